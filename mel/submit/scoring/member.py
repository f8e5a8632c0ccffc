"""Member: what serving must know of a network besides its graphs."""

from typing import Any, Literal

from pydantic import Field, ValidationError

from mel.config import TtaSettings
from mel.config.base import Settings
from mel.errors import MelError
from mel.images import Framing
from mel.views import View, views

__all__ = ["Member"]


class Member(Settings):
    """A member as member.json in a bundle holds it.

    `graphs` names the graphs in the bundle, by fold ("0", "1", …, or "mean" for networks that were
    averaged into one) and by size in pixels. `references` names, by fold, the sorted held-out
    logits that `tta.average` "rank" needs. `checkpoints` has, by fold, the SHA-256 of the trained
    weights that its graphs were made from; none for "mean". `weights` says how the graphs keep
    their numbers.
    """

    name: str
    size: int = Field(ge=1)
    tta: TtaSettings = TtaSettings()
    framing: dict[str, Any] = Field(default_factory=dict)
    metadata: bool = False
    graphs: dict[str, dict[str, str]] = Field(min_length=1)
    references: dict[str, str] = Field(default_factory=dict)
    checkpoints: dict[str, str] = Field(default_factory=dict)
    weights: Literal["float32", "float16", "int8"] = "float32"

    @classmethod
    def of(cls, content: object, where: str) -> "Member":
        """Read what `model_dump(mode="json")` gave; MelError, opening with `where`, otherwise."""
        try:
            found = cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise MelError(f"{where}: {place}: {first['msg']}; bundle again") from None
        for fold, graphs in found.graphs.items():
            if {str(size) for size in found.sizes} != set(graphs):
                raise MelError(f"{where}: fold {fold} lacks the graph of a size; bundle again")
        return found

    @property
    def folds(self) -> tuple[str, ...]:
        """The folds whose networks are there, in their order."""
        return tuple(self.graphs)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes at which pictures are read, the member's own first."""
        return (self.size, *self.tta.sizes)

    @property
    def views(self) -> list[View]:
        """The views under which an image is scored."""
        return views(self.tta, self.size)

    @property
    def framed(self) -> Framing:
        """What becomes of a picture on its way to a square."""
        return Framing(**self.framing)
