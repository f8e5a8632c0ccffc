"""Settings of the machine: how a network is computed, never what."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Positive, Settings

__all__ = ["HardwareSettings"]

_USUAL_GB = 50.0


class HardwareSettings(Settings):
    """What computes, and how; none of it is part of a member's digest.

    "auto" takes what suits the device that is found. A device that is named is demanded: where it
    is not found, nothing is trained on another one.

    >>> hardware = HardwareSettings(device="gpu", precision="mixed_float16")
    >>> hardware.devices, hardware.pixels_gb  # all there are; gigabytes of 10^9 bytes
    ('all', 50.0)
    """

    device: Literal["auto", "cpu", "gpu", "tpu"] = "auto"
    devices: Positive | Literal["all"] = "all"
    """How many of that kind share each batch."""
    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"] = "auto"
    xla: Literal["auto", "on", "off"] = "auto"
    pixels: Literal["auto", "kept", "decoded"] = "auto"
    """kept: decoded once, on disk, for all epochs."""
    pixels_gb: Annotated[float, Field(gt=0)] = _USUAL_GB
    """auto keeps up to this many gigabytes (10^9 bytes), if there is room."""

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        if self.pixels != "auto" and self.pixels_gb != _USUAL_GB:
            raise ValueError(f"pixels_gb has no effect with pixels = {self.pixels!r}; remove it")
        return self
