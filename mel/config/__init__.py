"""Recipes and the settings of each stage: TOML into strict typed models."""

from mel.config.augmentation import Augmentation
from mel.config.cnn import CnnSettings, FreezeSettings, MemberSettings
from mel.config.data import ColumnSettings, DataSettings, ExternalSettings, SourceSettings
from mel.config.ensemble import EnsembleSettings
from mel.config.folds import FoldsSettings
from mel.config.hardware import HardwareSettings
from mel.config.imported import ImportedSettings
from mel.config.recipe import Recipe
from mel.config.scoring import TtaSettings
from mel.config.serving import CalibrationSettings, OperatingSettings
from mel.config.tabular import TabularSettings

__all__ = [
    "Augmentation",
    "CalibrationSettings",
    "CnnSettings",
    "ColumnSettings",
    "DataSettings",
    "EnsembleSettings",
    "ExternalSettings",
    "FoldsSettings",
    "FreezeSettings",
    "HardwareSettings",
    "ImportedSettings",
    "MemberSettings",
    "OperatingSettings",
    "Recipe",
    "SourceSettings",
    "TabularSettings",
    "TtaSettings",
]
