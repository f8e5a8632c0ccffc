"""Settings of the data: whose files they are, and what is made of them on loading."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Fraction, Seed, Settings

__all__ = ["DataSettings", "ExternalSettings", "SourceSettings"]


class SourceSettings(Settings):
    """One competition's files."""

    adapter: Literal["siim2020", "isic2019", "ham10000", "isic2024", "columns"]
    missing_patient: Literal["refuse", "own"] = "refuse"


class ExternalSettings(SourceSettings):
    """Another competition's files: its images train, and are never validated on or scored."""

    folder: str  # absolute, or within the data folder


class DataSettings(SourceSettings):
    """Where the images and their table come from."""

    test_fraction: Fraction = 0.0  # held out by group, for data that bring no test set
    seed: Seed = 0
    images: Literal["files", "none"] = "files"  # none: tables only, such as for stacks and audits
    external: list[ExternalSettings] = Field(default_factory=list)
    duplicates: Literal["listed", "find"] = "listed"  # find: compare the pictures themselves
    drop_duplicates: bool = False  # keep one of each; otherwise copies share a fold

    @model_validator(mode="after")
    def _seed_has_an_effect(self) -> Self:
        if "seed" in self.model_fields_set and not self.test_fraction:
            raise ValueError("seed has no effect without test_fraction; remove it")
        return self
