"""Settings of the networks: one member, and what members share."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mel.config.augmentation import Augmentation
from mel.config.base import Fraction, Name, Positive, Rate, Seed, Settings
from mel.config.hardware import HardwareSettings
from mel.config.scoring import TtaSettings
from mel.digests import digest_json
from mel.errors import MelError

__all__ = ["CnnSettings", "FreezeSettings", "MemberSettings"]

Weight = Annotated[float, Field(gt=0)]


class FreezeSettings(Settings):
    """Layers of the backbone that hold still at first, so that a new head can learn.

    >>> FreezeSettings(epochs=2, share=0.5, thaw_epochs=3).epochs  # the lower half, for 2 epochs
    2
    """

    epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs for which they hold still; 0: none ever does."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the backbone's layers that hold still, from the input."""
    thaw_epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs over which they then join, from the head down."""

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        if not self.epochs and (self.thaw_epochs or self.share < 1):
            name = "thaw_epochs" if self.thaw_epochs else "share"
            raise ValueError(f"{name} has no effect without epochs; set epochs, or remove it")
        return self


class CnnSettings(Settings):
    """How a network is trained and scores; shared by the members of a recipe.

    >>> CnnSettings(epochs=20, batch_size=64, weights="imagenet").batch  # images a step
    64
    """

    epochs: Positive = 10
    batch_size: Positive | Literal["auto"] = 32
    """Images a step; auto: what fits into memory."""
    accumulate: Positive = 1
    """Steps whose gradients make one update."""
    learning_rate: Rate = 1e-3
    """The peak, a step, after the warm-up; a cosine takes it to zero."""
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    ema: Fraction = 0.0
    """Decay an update of the average of weights that is scored; 0: the last."""
    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    focal_gamma: Weight | None = None
    """Exponent of the focal loss: 2 unless given."""
    label_smoothing: Fraction = 0.0
    dropout: Fraction = 0.2
    positive_share: Fraction = 0.0
    """Share of positives among each epoch's draws; 0 keeps the data's own share."""
    positive_weight: Weight | Literal["balanced"] = 1.0
    """Factor of a positive's loss."""
    source_weights: dict[str, Weight] = Field(default_factory=dict)
    """Factor of the loss of a source's images, by its name."""
    weights: str = "none"
    """none, imagenet, or a file or preset folder."""
    freeze: FreezeSettings = FreezeSettings()
    pooling: Literal["average", "gem"] = "average"
    head: Literal["target", "diagnosis"] = "target"
    """One logit, or one a diagnosis."""
    metadata: bool = False
    """Sex, age and site add to the logit."""
    pictures: Literal["originals", "prepared"] = "originals"
    """prepared: by mel kaggle prepare."""
    validate_every: Annotated[int, Field(ge=0)] = 1
    """Epochs; looked at, never chosen by; 0: never."""
    seed: Seed = 0
    augmentation: Augmentation = Augmentation()
    tta: TtaSettings = TtaSettings()
    hardware: HardwareSettings = HardwareSettings()

    @property
    def batch(self) -> int:
        """The images a step. Raises MelError while batch_size is "auto" and not measured yet."""
        if isinstance(self.batch_size, int):
            return self.batch_size
        raise MelError("batch_size is 'auto' and not measured yet; give a number")

    @model_validator(mode="after")
    def _warm_up_ends(self) -> Self:
        if self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs {self.warmup_epochs:g} is above epochs {self.epochs}: the peak "
                "would never be reached; lower it"
            )
        return self

    @model_validator(mode="after")
    def _freezing_ends(self) -> Self:
        if self.freeze.epochs + self.freeze.thaw_epochs >= self.epochs > 1 and self.freeze.epochs:
            raise ValueError(
                f"freeze.epochs {self.freeze.epochs} and thaw_epochs {self.freeze.thaw_epochs} "
                f"leave none of {self.epochs} epochs for the whole network; lower them"
            )
        return self

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        if self.loss != "focal" and self.focal_gamma is not None:
            raise ValueError("focal_gamma has no effect without loss = 'focal'; remove it")
        return self

    @model_validator(mode="after")
    def _rebalanced_once(self) -> Self:
        if self.positive_share and self.positive_weight == "balanced":
            raise ValueError(
                f"positive_weight 'balanced' makes up for the data's own share of positives, and "
                f"positive_share {self.positive_share:g} draws another; set one of the two, or "
                "positive_weight to a number"
            )
        return self


class MemberSettings(CnnSettings):
    """One network: a backbone at an image size, and how it is trained and scores.

    >>> member = MemberSettings(backbone="efficientnetv2_b0", size=128, epochs=5)  # pixels
    >>> member.name, len(member.digest)
    ('efficientnetv2_b0-128', 16)
    """

    backbone: str
    size: Annotated[int, Field(ge=16)]
    """Pixels, square."""
    variant: Name | None = None
    """Tells apart members of one backbone and size."""

    @model_validator(mode="after")
    def _scored_at_its_own_size_once(self) -> Self:
        if self.size in self.tta.sizes:
            raise ValueError(f"tta.sizes {self.tta.sizes} holds the member's own size; remove it")
        if self.pictures == "prepared" and self.tta.sizes:
            raise ValueError(
                f"pictures 'prepared' are of one size, and tta.sizes asks for {self.tta.sizes} "
                "besides; set pictures = 'originals', or remove tta.sizes"
            )
        return self

    @property
    def name(self) -> str:
        """What the member is called everywhere: backbone-size, or backbone-size-variant."""
        variant = "" if self.variant is None else f"-{self.variant}"
        return f"{self.backbone}-{self.size}{variant}"

    @property
    def training_digest(self) -> str:
        """Sixteen hex digits of every setting that can change the trained weights.

        Where a file of weights lies is of no account; what it holds is for `mel.cnn` to digest.
        """
        return self._digest_without({"hardware", "tta", "validate_every", "variant"})

    @property
    def digest(self) -> str:
        """Sixteen hex digits of every setting that can change a score."""
        return self._digest_without({"hardware", "validate_every", "variant"})

    @property
    def weights_file(self) -> str | None:
        """The file or folder that `weights` names; None of "none" and "imagenet"."""
        return None if self.weights in ("none", "imagenet") else self.weights

    def _digest_without(self, idle: set[str]) -> str:
        found = self.model_dump(mode="json", exclude=idle)
        return digest_json(found if self.weights_file is None else found | {"weights": "file"})
