"""On the real tables: what is known of them is found."""

import pytest

from mel.config import DataSettings, FoldsSettings
from mel.folds import build
from mel.kaggle import explore, load


@pytest.fixture(scope="module")
def siim(real_data):
    """The 2020 competition's tables, with the pictures' sizes, explored."""
    settings = DataSettings(adapter="siim2020", images="none")
    table = load(settings, real_data / "siim2020").table
    return table, explore(table, build(table, FoldsSettings()))


def test_the_counts_of_the_real_table_are_the_known_ones(siim) -> None:
    train, test = siim[1].numbers.counts.rows(named=True)
    assert (train["images"], train["patients"], train["positives"]) == (33126, 2056, 584)
    assert (train["positive_patients"], train["most_images"]) == (428, 115)
    assert (test["images"], test["patients"]) == (10982, 690)
    assert siim[1].numbers.contradictions["age"] == 997
    (copies,) = siim[1].numbers.twins
    assert (copies.groups, copies.patients, copies.targets) == (425, 0, 0)


def test_image_size_alone_gives_much_away_on_the_real_table(siim) -> None:
    """More than the metadata do, and more again together with them."""
    found = {s.name: s for s in siim[1].numbers.shortcuts}
    assert 0.64 < found["metadata"].auc < 0.71
    assert 0.72 < found["image size"].auc < 0.82
    assert found["image size"].low > found["metadata"].auc
    assert found["metadata + image size"].auc > found["image size"].high
    assert found["everything"].auc > 0.82


def test_the_diagnosis_of_the_real_table_is_known_to_decide_the_target(siim) -> None:
    assert "decides the target" in siim[1].findings["diagnosis"]
