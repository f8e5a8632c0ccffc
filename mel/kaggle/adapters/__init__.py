"""One module a competition: its tables -> rows in mel's columns, and where its images lie."""

from collections.abc import Mapping

from mel.kaggle.adapters import columns, ham10000, isic2019, isic2024, siim2020
from mel.kaggle.rows import Adapter

__all__ = ["ADAPTERS"]

ADAPTERS: Mapping[str, Adapter] = {
    "siim2020": siim2020.ADAPTER,
    "isic2019": isic2019.ADAPTER,
    "ham10000": ham10000.ADAPTER,
    "isic2024": isic2024.ADAPTER,
    "columns": columns.ADAPTER,
}
