"""What every group of settings shares: strict types, and the names of common ranges."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mel.digests import digest_json

__all__ = ["Fraction", "Name", "Positive", "Rate", "Seed", "Settings"]

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Rate = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Settings(BaseModel):
    """Settings of one stage: strict types, no unknown key, never changed after they are read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @property
    def digest(self) -> str:
        """Sixteen hex digits of every setting that can change a result."""
        return digest_json(self.model_dump(mode="json"))
