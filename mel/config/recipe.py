"""A recipe: TOML into strict typed settings; an unknown key or a wrong type is an error."""

import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from mel.config.base import Name, Settings
from mel.config.cnn import MemberSettings
from mel.config.data import DataSettings
from mel.config.ensemble import EnsembleSettings
from mel.config.folds import FoldsSettings
from mel.config.imported import ImportedSettings
from mel.config.tabular import TabularSettings
from mel.errors import MelError, near

__all__ = ["Recipe"]

_COLUMNS = ("image_id", "fold", "score", "target")  # of mel's own tables: no member's name


class Recipe(Settings):
    """Everything `mel run` needs to know; without members, what loading and folds need.

    >>> recipe = Recipe.read("work/demo/recipe.toml")
    >>> recipe.name, recipe.folds.n_folds, recipe.names, recipe.tabular.name, recipe.ensemble.name
    ('tiny', 2, ['efficientnetv2_micro-32'], 'lightgbm', 'blend')
    """

    name: Name
    data: DataSettings
    folds: FoldsSettings = FoldsSettings()
    cnn: list[MemberSettings] = Field(default_factory=list)
    imported: list[ImportedSettings] = Field(default_factory=list)
    tabular: TabularSettings = TabularSettings()
    ensemble: EnsembleSettings = EnsembleSettings()

    @model_validator(mode="after")
    def _distinct_members(self) -> Self:
        names = self.level1
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"member {name} is given {names.count(name)} times")
        return self

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        """Members, stack and blend are told apart by name: in tables, files and submissions."""
        taken = dict.fromkeys(_COLUMNS, "a column of mel's")
        for member in self.imported:
            if member.name in taken:
                raise ValueError(f"imported {member.name!r} is {taken[member.name]}; rename it")
        taken |= dict.fromkeys(self.level1, "a member")
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

        `[cnn]` holds what the members share, each `[[cnn.members]]` what is its own: also within a
        table, so that `tta = { turns = "all" }` of a member leaves the other settings of [cnn.tta].

        >>> text = Path("work/demo/recipe.toml").read_text()
        >>> _ = Path("work/wrong.toml").write_text(text.replace("n_folds", "n_fold"))
        >>> Recipe.read("work/wrong.toml")
        Traceback (most recent call last):
            ...
        mel.errors.MelError: work/wrong.toml: folds.n_fold: unknown setting; did you mean 'n_folds'?
        """
        try:
            raw = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise MelError(f"{path}: no such recipe; see recipes/ for examples") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise MelError(f"{path}: is no readable TOML ({error})") from error
        _refuse_idle(raw, path)
        try:
            return cls.model_validate(_with_shared_settings(raw))
        except ValidationError as error:
            raise MelError(f"{path}: {_explain(error, cls)}") from None

    def member(self, name: str) -> MemberSettings:
        """Give one member's settings by its name.

        Raises MelError for a name that is no member's.

        >>> Recipe.read("work/demo/recipe.toml").member("efficientnetv2_micro-32").size
        32
        """
        self.require_networks()
        for member in self.cnn:
            if member.name == name:
                return member
        raise MelError(f"no member {name!r} in recipe {self.name}; {near(name, self.names)}")

    def require_members(self) -> None:
        """Refuse a recipe without members: there is nothing to train, and nothing to blend."""
        if not self.imported:
            self.require_networks()

    def require_networks(self) -> None:
        """Refuse a recipe without networks, for what trains them."""
        if not self.cnn:
            raise MelError(
                f"recipe {self.name}: names no network to train; add one under [[cnn.members]], "
                "with backbone and size (mel cnn list)"
            )

    @property
    def names(self) -> list[str]:
        """The CNN members' names, in the recipe's order."""
        return [member.name for member in self.cnn]

    @property
    def level1(self) -> list[str]:
        """The names of all whose scores the stack and the blend take, imported ones last."""
        return [*self.names, *(member.name for member in self.imported)]


def _refuse_idle(raw: dict[str, Any], path: Path | str) -> None:
    """Refuse settings under [cnn] that no member has: a typing error would go unseen."""
    cnn = raw.get("cnn")
    if not isinstance(cnn, dict) or cnn.get("members") or not cnn.keys() - {"members"}:
        return
    known = [*MemberSettings.model_fields, "members"]
    for key in cnn:
        if key not in known:
            raise MelError(f"{path}: cnn.{key}: unknown setting; {near(key, known)}")
    raise MelError(
        f"{path}: cnn: its settings have no effect without a member; add one under "
        "[[cnn.members]], with backbone and size, or remove [cnn]"
    )


def _with_shared_settings(raw: dict[str, Any]) -> dict[str, Any]:
    cnn = raw.get("cnn")
    if not isinstance(cnn, dict):
        return raw
    shared = {key: value for key, value in cnn.items() if key != "members"}
    members = cnn.get("members", [])
    if not isinstance(members, list) or not all(isinstance(m, dict) for m in members):
        return raw
    return raw | {"cnn": [_over(shared, member) for member in members]}


def _over(shared: dict[str, Any], member: dict[str, Any]) -> dict[str, Any]:
    """Lay a member's settings over the shared ones; those of a table, such as tta, one by one."""
    tables = {name: value for name, value in member.items() if isinstance(value, dict)}
    both = {n: shared[n] | own for n, own in tables.items() if isinstance(shared.get(n), dict)}
    return shared | member | both


def _explain(error: ValidationError, model: type[BaseModel]) -> str:
    """One line for the first setting at fault; the others are counted."""
    first, *others = error.errors()
    where = _setting(first["loc"])
    place = ".".join(str(part) for part in where) or "recipe"
    if first["type"] == "extra_forbidden":
        owner = _model_at(model, first["loc"][:-1])
        text = f"unknown setting; {near(str(first['loc'][-1]), owner.model_fields)}"
    else:
        same = (fault["msg"] for fault in others if _setting(fault["loc"]) == where)
        text = " or ".join([first["msg"], *same])
        text = text.removeprefix("Value error, ").replace(" or Input should be ", " or ")
        if not isinstance(first["input"], dict | list | BaseModel):
            text += f", got {first['input']!r}"
    more = {_setting(fault["loc"]) for fault in others} - {where}
    return f"{place}: {text}" + (f" (and {len(more)} more)" if more else "")


def _setting(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Give the place of a setting that may be of several kinds, without the kind last tried."""
    tried = bool(loc) and str(loc[-1]).startswith(("constrained-", "literal["))
    return loc[:-1] if tried else loc


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    for part in loc:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[str(part)].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        model = inner
    return model
