"""Recipes and the settings of each stage: TOML into strict typed models."""

from mel.config.cnn import Augmentation, CnnSettings, MemberSettings
from mel.config.data import ColumnSettings, DataSettings, ExternalSettings, SourceSettings
from mel.config.ensemble import EnsembleSettings
from mel.config.folds import FoldsSettings
from mel.config.recipe import Recipe
from mel.config.tabular import TabularSettings

__all__ = [
    "Augmentation",
    "CnnSettings",
    "ColumnSettings",
    "DataSettings",
    "EnsembleSettings",
    "ExternalSettings",
    "FoldsSettings",
    "MemberSettings",
    "Recipe",
    "SourceSettings",
    "TabularSettings",
]
