"""Recipes: TOML into strict typed models; an unknown key or a wrong type is an error."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from mel.errors import MelError, near
from mel.files import digest_json

__all__ = [
    "Augmentation",
    "CnnSettings",
    "DataSettings",
    "EnsembleSettings",
    "FoldsSettings",
    "MemberSettings",
    "Recipe",
    "TabularSettings",
]

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Rate = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_COLUMNS = ("image_id", "fold", "score", "target")  # of mel's own tables: no member's name


class Settings(BaseModel):
    """Settings of one stage: strict types, no unknown key, never changed after they are read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @property
    def digest(self) -> str:
        """Sixteen hex digits of every setting that can change a result."""
        return digest_json(self.model_dump(mode="json"))


class DataSettings(Settings):
    """Where the images and their table come from."""

    adapter: Literal["siim2020", "ham10000"]
    missing_patient: Literal["refuse", "own"] = "refuse"
    test_fraction: Fraction = 0.0  # held out by group, for data that bring no test set
    seed: Seed = 0

    @model_validator(mode="after")
    def _seed_has_an_effect(self) -> Self:
        if "seed" in self.model_fields_set and not self.test_fraction:
            raise ValueError("seed has no effect without test_fraction; remove it")
        return self


class FoldsSettings(Settings):
    """How many folds, and the seed of their making."""

    n_folds: Annotated[int, Field(ge=2)] = 5
    seed: Seed = 0


class Augmentation(Settings):
    """Random changes to training images; none is applied to what is scored."""

    flips: bool = True  # both flips and the quarter turns: a mole has no upright
    zoom: Fraction = 0.0  # crop side, as a fraction of the image, drawn from 1 - zoom to 1
    brightness: Fraction = 0.0  # added, as a fraction of full scale
    contrast: Fraction = 0.0  # factor drawn from 1 - contrast to 1 + contrast
    saturation: Fraction = 0.0  # factor drawn from 1 - saturation to 1 + saturation


class CnnSettings(Settings):
    """How a network is trained; shared by the members of a recipe."""

    epochs: Positive = 10
    batch_size: Positive = 32
    learning_rate: Rate = 1e-3  # the peak, after the warm-up; a cosine takes it to zero
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    label_smoothing: Fraction = 0.0
    dropout: Fraction = 0.2
    positive_share: Fraction = 0.0  # of each epoch's draws; 0 keeps the data's own share
    weights: str = "none"  # none, imagenet, or a preset folder
    seed: Seed = 0
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _warm_up_ends(self) -> Self:
        if self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs {self.warmup_epochs:g} is above epochs {self.epochs}: the peak "
                "would never be reached; lower it"
            )
        return self


class MemberSettings(CnnSettings):
    """One network: a backbone at an image size, and how it is trained."""

    backbone: str
    size: Annotated[int, Field(ge=16)]  # pixels, square

    @property
    def name(self) -> str:
        """What the member is called everywhere: backbone-size."""
        return f"{self.backbone}-{self.size}"


class TabularSettings(Settings):
    """The LightGBM stack over metadata and the members' out-of-fold scores."""

    name: Name = "lightgbm"
    metadata: list[Literal["age", "sex", "site"]] = ["age", "sex", "site"]
    rounds: Positive = 200  # fixed: no early stopping on a fold that is scored
    learning_rate: Rate = 0.05
    num_leaves: Annotated[int, Field(ge=2)] = 7
    min_data_in_leaf: Positive = 50
    lambda_l2: Annotated[float, Field(ge=0)] = 10.0
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: Seed = 0

    @field_validator("metadata")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        for name in value:
            if value.count(name) > 1:
                raise ValueError(f"{name} is given {value.count(name)} times; give it once")
        return value


class EnsembleSettings(Settings):
    """How the members' ranks are blended."""

    name: Name = "blend"
    method: Literal["greedy", "mean"] = "greedy"
    rounds: Positive = 30  # greedy picks, with replacement
    rank_within_test: bool = False  # Kaggle's habit; off, one image alone scores as in a batch

    @model_validator(mode="after")
    def _rounds_have_an_effect(self) -> Self:
        if self.method == "mean" and "rounds" in self.model_fields_set:
            raise ValueError("rounds has no effect with method 'mean'; remove it")
        return self


class Recipe(Settings):
    """Everything `mel run` needs to know."""

    name: Name
    data: DataSettings
    folds: FoldsSettings = FoldsSettings()
    cnn: Annotated[list[MemberSettings], Field(min_length=1)]
    tabular: TabularSettings = TabularSettings()
    ensemble: EnsembleSettings = EnsembleSettings()

    @model_validator(mode="after")
    def _distinct_members(self) -> Self:
        names = [member.name for member in self.cnn]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"member {name} is given {names.count(name)} times")
        return self

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        """Members, stack and blend are told apart by name: in tables, files and submissions."""
        taken = dict.fromkeys(self.names, "a member") | dict.fromkeys(_COLUMNS, "a column of mel's")
        own = {"tabular.name": self.tabular.name, "ensemble.name": self.ensemble.name}
        for setting, name in own.items():
            if name in taken:
                raise ValueError(
                    f"{setting} {name!r} is also the name of {taken[name]}; choose another"
                )
            taken[name] = "the stack (tabular.name)"
        return self

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a TOML recipe; any fault is one line that names the file, the key and a way out.

        `[cnn]` holds what the members share, each `[[cnn.members]]` what is its own.
        """
        try:
            raw = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise MelError(f"{path}: no such recipe; see recipes/ for examples") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise MelError(f"{path}: is no readable TOML ({error})") from error
        try:
            return cls.model_validate(_with_shared_settings(raw))
        except ValidationError as error:
            raise MelError(f"{path}: {_explain(error, cls)}") from None

    def member(self, name: str) -> MemberSettings:
        """Give one member's settings by its name."""
        for member in self.cnn:
            if member.name == name:
                return member
        raise MelError(f"no member {name!r} in recipe {self.name}; {near(name, self.names)}")

    @property
    def names(self) -> list[str]:
        """The CNN members' names, in the recipe's order."""
        return [member.name for member in self.cnn]


def _with_shared_settings(raw: dict[str, Any]) -> dict[str, Any]:
    cnn = raw.get("cnn")
    if not isinstance(cnn, dict):
        return raw
    shared = {key: value for key, value in cnn.items() if key != "members"}
    members = cnn.get("members", [])
    if not isinstance(members, list) or not all(isinstance(m, dict) for m in members):
        return raw
    return raw | {"cnn": [shared | member for member in members]}


def _explain(error: ValidationError, model: type[BaseModel]) -> str:
    """One line for the first fault; the others are counted."""
    first, *others = error.errors()
    place = ".".join(str(part) for part in first["loc"]) or "recipe"
    if first["type"] == "extra_forbidden":
        owner = _model_at(model, first["loc"][:-1])
        text = f"unknown setting; {near(str(first['loc'][-1]), owner.model_fields)}"
    else:
        text = f"{first['msg'].removeprefix('Value error, ')}"
        if not isinstance(first["input"], dict | list | BaseModel):
            text += f", got {first['input']!r}"
    return f"{place}: {text}" + (f" (and {len(others)} more)" if others else "")


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    for part in loc:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[str(part)].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        model = inner
    return model
