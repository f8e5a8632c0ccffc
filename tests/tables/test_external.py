"""External images train and are never scored; no fold is trained by what is linked to its rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.tables import Folds, ImageTable

FRAME = pl.DataFrame(
    {
        "image_id": ["a", "b", "c", "d", "t", "x", "y", "z"],
        "patient_id": ["p1", "p1", "p2", "p3", "p4", "p1", "p8", "p4"],
        "target": [0, 1, 0, 1, None, 1, 0, 1],
        "split": ["train"] * 4 + ["test"] + ["external"] * 3,
        "path": [f"{name}.jpg" for name in "abcdtxyz"],
        "sex": [None] * 8,
        "age": [None] * 8,
        "site": [None] * 8,
        "source": ["main"] * 5 + ["other"] * 3,
    }
)
MAP = pl.DataFrame({"image_id": list("abcd"), "fold": [0, 0, 1, 2]})
BARRED = pl.DataFrame({"image_id": ["x", "z", "z", "z"], "fold": [0, 0, 1, 2]})


def table(frame: pl.DataFrame = FRAME) -> ImageTable:
    return ImageTable.of(frame, "toy")


def folds(barred: pl.DataFrame | None = BARRED, external: str = "xyz") -> Folds:
    return Folds.of(MAP, seed=0, method="by hand", barred=barred, external=external)


def ids(frame: pl.DataFrame) -> str:
    return "".join(frame["image_id"])


def test_external_images_are_neither_train_nor_test() -> None:
    assert [ids(part) for part in (table().train, table().test, table().external)] == [
        "abcd",
        "t",
        "xyz",
    ]


@pytest.mark.parametrize("target", [None, 2])
def test_an_external_target_must_be_0_or_1(target: int | None) -> None:
    with pytest.raises(MelError, match="of external image x"):
        table(FRAME.with_columns(target=pl.Series([0, 1, 0, 1, None, target, 0, 1])))


def test_an_image_trains_every_fold_but_its_own_and_those_it_is_barred_from() -> None:
    assert [ids(folds().training(table(), k)) for k in range(3)] == ["cdy", "abdxy", "abcxy"]
    assert [ids(folds().scored(table(), k)) for k in range(3)] == ["ab", "c", "d"]


@given(st.permutations(range(8)))
def test_what_may_train_does_not_hang_on_the_order_of_rows(order: list[int]) -> None:
    names = FRAME["image_id"].gather(order)
    may = folds().may_train(names)
    for k in range(3):
        chosen = sorted(np.array(names.to_list())[may[k]])
        assert "".join(chosen) == ids(folds().training(table(), k))


def test_an_image_that_the_map_does_not_know_trains_no_fold() -> None:
    assert not folds().may_train(pl.Series(["t", "elsewhere"])).any()
    frame = FRAME.with_columns(image_id=pl.col("image_id").replace({"a": "new", "y": "strange"}))
    assert [ids(folds().training(table(frame), k)) for k in range(3)] == ["cd", "bdx", "bcx"]


def test_a_map_with_barred_and_external_images_comes_back_as_it_went(tmp_path: Path) -> None:
    folds().write(tmp_path / "folds.parquet")
    again = Folds.read(tmp_path / "folds.parquet")
    assert again.digest == folds().digest
    assert again.barred.equals(folds().barred)
    assert again.external == ("x", "y", "z")


def test_the_digest_changes_with_what_is_barred_and_with_external_images() -> None:
    plain = Folds.of(MAP, seed=0, method="by hand")
    assert len({plain.digest, folds(None).digest, folds().digest, folds(None, "xy").digest}) == 4


def test_barring_an_image_from_its_own_fold_changes_nothing() -> None:
    own = pl.DataFrame({"image_id": ["a"], "fold": [0]})
    assert folds(pl.concat([BARRED, own])).digest == folds().digest


def test_a_map_that_bars_all_that_is_linked_matches() -> None:
    folds().matches(table())


@pytest.mark.parametrize(
    ("lacks", "message"),
    [
        (("x", 0), r"external image 'x' of patient 'p1' trains fold 0"),
        (("z", 1), r"external image 'z' shares patient 'p4' with a test image"),
    ],
)
def test_a_linked_external_image_that_may_train_is_a_leak(
    lacks: tuple[str, int], message: str
) -> None:
    name, fold = lacks
    kept = BARRED.filter((pl.col("image_id") != name) | (pl.col("fold") != fold))
    with pytest.raises(MelError, match=message):
        folds(kept).matches(table())


def test_a_patient_in_two_folds_is_no_leak_where_the_rows_are_barred_from_each_other() -> None:
    frame = MAP.with_columns(fold=pl.Series([0, 1, 1, 2]))
    pairs = pl.DataFrame({"image_id": ["a", "b", "x"], "fold": [1, 0, 1]})
    parted = Folds.of(
        frame, seed=0, method="held out", barred=pl.concat([BARRED, pairs]), external="xyz"
    )
    parted.matches(table())
    unbarred = Folds.of(frame, seed=0, method="held out", barred=BARRED, external="xyz")
    with pytest.raises(MelError, match="patient 'p1' has images in folds 0, 1"):
        unbarred.matches(table())


def test_folds_that_do_not_know_an_external_image_are_refused() -> None:
    with pytest.raises(MelError, match=r"image 'z' is in none of the folds' external images"):
        folds(BARRED.head(1), "xy").covers(table())


@pytest.mark.parametrize(
    ("barred", "external", "message"),
    [
        ({"image_id": ["q"], "fold": [0]}, "xyz", "barred image 'q' is in no fold"),
        ({"image_id": ["x"], "fold": [7]}, "xyz", "fold 7, which does not exist"),
        ({"image_id": ["x"], "fold": [0]}, "xa", "external image 'a' has a fold"),
    ],
)
def test_an_impossible_map_is_refused(
    barred: dict[str, list[object]], external: str, message: str
) -> None:
    with pytest.raises(MelError, match=message):
        folds(pl.DataFrame(barred), external)


def test_a_table_may_have_no_pictures_at_all_but_not_lack_some() -> None:
    bare = table(FRAME.with_columns(path=pl.lit(None, pl.String)))
    assert not bare.has_images
    with pytest.raises(MelError, match="1 row without path"):
        table(FRAME.with_columns(path=pl.when(pl.col("image_id") != "a").then("path")))
