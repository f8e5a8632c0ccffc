"""Settings of the data: whose files they are, and what is made of them on loading."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Fraction, Name, Seed, Settings

__all__ = ["ColumnSettings", "DataSettings", "ExternalSettings", "SourceSettings"]

_WITH_DIAGNOSES = ("isic2019", "ham10000", "isic2024")


class ColumnSettings(Settings):
    """Which file and column holds what, for a competition that has no adapter of its own.

    A column that is not named is missing in every row. Other columns of the files are not read.

    >>> columns = ColumnSettings(train="train.csv", image_id="id", target="label", age="years")
    >>> columns.test is None, columns.sex is None
    (True, True)
    """

    train: str
    """CSV files and image places lie within the data folder."""
    test: str | None = None
    sample: str | None = None
    """Its first column is the id, its second the target."""
    train_images: list[str] = Field(default_factory=list)
    """Folders, HDF5, TFRecords."""
    test_images: list[str] = Field(default_factory=list)
    """`train_images`, where none is given."""
    image_id: str
    target: str
    positive: list[str] = Field(default_factory=list)
    """Words that mean 1; without: 0 and 1."""
    patient_id: str | None = None
    lesion_id: str | None = None
    diagnosis: str | None = None
    sex: str | None = None
    age: str | None = None
    """Years."""
    site: str | None = None
    sexes: dict[str, str] = Field(default_factory=dict)
    """Further spellings, and mel's word for each."""
    sites: dict[str, str] = Field(default_factory=dict)
    diagnoses: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_has_an_effect(self) -> Self:
        needs = {"sample": "test", "test_images": "test"}
        needs |= {"sexes": "sex", "sites": "site", "diagnoses": "diagnosis"}
        for name, needed in needs.items():
            if getattr(self, name) and getattr(self, needed) is None:
                raise ValueError(f"{name} has no effect without {needed}; remove it")
        return self


class SourceSettings(Settings):
    """One competition's files.

    >>> SourceSettings(adapter="ham10000", positive_diagnoses=["melanoma"]).name
    'ham10000'
    """

    adapter: Literal["siim2020", "isic2019", "ham10000", "isic2024", "columns"]
    source: Name | None = None
    """What the table calls it; the adapter's name by default."""
    missing_patient: Literal["refuse", "own"] = "refuse"
    positive_diagnoses: list[str] = Field(default_factory=list)
    """Diagnoses whose target is 1; else as in the files."""
    columns: ColumnSettings | None = None

    @property
    def name(self) -> str:
        """What the column source says."""
        return self.source or self.adapter

    @model_validator(mode="after")
    def _columns_belong_to_their_adapter(self) -> Self:
        if self.adapter == "columns" and self.columns is None:
            raise ValueError("adapter 'columns' needs [columns]: train, image_id and target")
        if self.adapter != "columns" and self.columns is not None:
            raise ValueError(f"columns has no effect with adapter {self.adapter!r}; remove it")
        return self

    @model_validator(mode="after")
    def _positive_diagnoses_have_an_effect(self) -> Self:
        if self.positive_diagnoses and self.adapter not in _WITH_DIAGNOSES:
            raise ValueError(
                f"positive_diagnoses has no effect with adapter {self.adapter!r}; remove it"
            )
        return self


class ExternalSettings(SourceSettings):
    """Another competition's files: its images train, and are never validated on or scored.

    >>> ExternalSettings(adapter="isic2019", folder="../isic2019").name
    'isic2019'
    """

    folder: str
    """Absolute, or within the data folder."""

    @model_validator(mode="after")
    def _tests_have_no_effect(self) -> Self:
        if self.columns is not None and self.columns.test is not None:
            raise ValueError("columns.test has no effect in an external source; remove it")
        return self


class DataSettings(SourceSettings):
    """Where the images and their table come from.

    >>> data = DataSettings(adapter="siim2020", test_fraction=0.2, seed=1)
    >>> data.images, data.external, data.drop_duplicates
    ('files', [], False)
    """

    test_fraction: Fraction = 0.0
    """Share of the images that is held out, by group; the data's own test set is left aside."""
    seed: Seed = 0
    images: Literal["files", "none"] = "files"
    """none: tables only, such as for stacks and audits."""
    external: list[ExternalSettings] = Field(default_factory=list)
    duplicates: Literal["listed", "find"] = "listed"
    """find: compare the pictures themselves."""
    drop_duplicates: bool = False
    """Keep one of each; otherwise copies share a fold."""

    @model_validator(mode="after")
    def _seed_has_an_effect(self) -> Self:
        if "seed" in self.model_fields_set and not self.test_fraction:
            raise ValueError("seed has no effect without test_fraction; remove it")
        return self

    @model_validator(mode="after")
    def _pictures_are_there_to_compare(self) -> Self:
        if self.images == "none" and self.duplicates == "find":
            raise ValueError("duplicates 'find' compares pictures, and images is 'none'")
        return self

    @model_validator(mode="after")
    def _distinct_sources(self) -> Self:
        names = [self.name, *(other.name for other in self.external)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"source {name!r} is given {names.count(name)} times; name them apart: source"
                )
        return self
