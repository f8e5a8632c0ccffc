"""What `train` keeps of a member whose folds are all trained, and what is read from it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mel.cnn.jobs.done import fold_dir, is_done
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_json
from mel.images import Framing

__all__ = ["MemberRecipe", "read_recipe"]


class MemberRecipe(BaseModel):
    """A member's recipe.json: its settings, labels and framing, and what it was trained on.

    `labels` has the outputs of each fold's network; an older file those of all folds together.
    `external` are the images that trained a fold and are scored by none.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    settings: MemberSettings
    n_folds: int
    folds: str
    inputs: dict[str, str]
    labels: list[dict[str, list[Any]]] | dict[str, list[Any]] | None = None
    framing: dict[str, Any] | None = None
    external: list[str] = Field(default_factory=list)

    @property
    def taught(self) -> list[Labels]:
        """The outputs of each fold's network."""
        if isinstance(self.labels, list):
            return [Labels.read(said) for said in self.labels]
        return [Labels() if self.labels is None else Labels.read(self.labels)] * self.n_folds

    @property
    def framed(self) -> Framing:
        """How the pictures were framed that the networks were trained on."""
        return Framing(**(self.framing or {}))


def read_recipe(member: Path) -> MemberRecipe:
    """Read recipe.json of a trained member's folder: what it was trained by and on.

    Raises MelError for a file that is missing or broken, and where a fold is unfinished or was
    changed.

    >>> recipe = read_recipe(Path("work/demo/cnn/efficientnetv2_micro-32"))
    >>> recipe.settings.name, recipe.n_folds, recipe.settings.epochs, recipe.external
    ('efficientnetv2_micro-32', 2, 2, [])
    """
    path = member / "recipe.json"
    try:
        recipe = MemberRecipe.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MelError(f"{path}: {place}: {first['msg']}; train the member again") from None
    for fold in range(recipe.n_folds):
        if not is_done(member, fold, recipe.inputs):
            raise MelError(
                f"{fold_dir(member, fold)}: is not a finished fold as it was trained; remove it "
                "and run mel cnn train RECIPE --work DIR again"
            )
    return recipe
