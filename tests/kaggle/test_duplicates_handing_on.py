"""A row goes, its links stay: no image of its patient or lesion is parted from its picture."""

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from mel import folds
from mel.config import DataSettings, FoldsSettings
from mel.kaggle import Competition, load
from mel.kaggle.duplicates import hand_on
from mel.tables import Folds

_NAMES = {"train": "t.csv", "image_id": "id", "target": "y", "patient_id": "p", "lesion_id": "l"}


def _table(folder: Path, rows: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text("\n".join(["id,y,p,l", *rows]))
    return folder


def _joined(tmp_path: Path, main: list[str], other: list[str], **more: object) -> Competition:
    plain = {"adapter": "columns", "missing_patient": "own", "columns": _NAMES}
    external = plain | {"source": "other", "folder": str(_table(tmp_path / "other", other))}
    given = plain | {"images": "none", "test_fraction": 0.3, "external": [external]} | more
    return load(DataSettings.model_validate(given), _table(tmp_path / "main", main))


def _barred(found: Competition, name: str) -> set[int]:
    made = folds.build(found.table, FoldsSettings(n_folds=3))
    return set(made.barred.filter(image_id=name)["fold"])


def _scoring(found: Competition, name: str) -> set[int]:
    """The folds that must not be trained by what is linked to the image."""
    if found.table.frame.filter(image_id=name)["split"][0] == "test":
        return {0, 1, 2}
    made = folds.build(found.table, FoldsSettings(n_folds=3))
    return set(made.frame.filter(image_id=name)["fold"])


_MAIN = [f"m{k},{int(k % 4 == 0)},p{k // 2}," for k in range(40)]


def test_another_picture_of_a_shared_lesion_or_patient_is_barred(tmp_path: Path) -> None:
    """The main table knows no lesions and other patients: the external one says what is linked."""
    for seed in range(6):  # m1 and m5 are held out by some, and scored in a fold by others
        others = ["m1,0,e1,L1", "same_lesion,1,e9,L1", "m5,0,e5,", "same_patient,0,e5,"]
        found = _joined(tmp_path, _MAIN, others, seed=seed)
        assert _barred(found, "same_lesion") == _scoring(found, "m1")
        assert _barred(found, "same_patient") == _scoring(found, "m5")


def test_dropping_a_copy_keeps_its_patient_together(tmp_path: Path) -> None:
    """A dropped copy of another patient's image: both patients stay in one fold."""
    twins = ["m7.jpg,0,twin,", "other_of_twin,1,twin,"]
    dropped = 0
    for seed in range(6):  # where the group is held out, nothing is dropped
        found = _joined(tmp_path, [*_MAIN, *twins], ["e,1,e,"], drop_duplicates=True, seed=seed)
        patients = dict(found.table.frame["image_id", "patient_id"].iter_rows())
        if found.left_out["image_id"].to_list() == ["m7.jpg"]:
            assert patients["other_of_twin"] == patients["m7"] == "p3"
            dropped += 1
    assert dropped


def test_ids_that_differ_by_an_extension_alone_are_copies(tmp_path: Path) -> None:
    found = _joined(tmp_path, [*_MAIN, "m7.jpg,0,q,", "m9_downsampled,0,r,"], ["e,1,e,"])
    copies = found.table.frame.drop_nulls("duplicate_id")["image_id", "duplicate_id"].rows()
    assert copies == [("m7", "m7"), ("m7.jpg", "m7"), ("m9", "m9"), ("m9_downsampled", "m9")]


def test_a_patient_is_never_put_on_both_sides() -> None:
    frame = pl.DataFrame(
        {"image_id": ["a", "b"], "split": ["train", "test"], "patient_id": ["p", "q"]}
    )
    after = hand_on(frame, pl.DataFrame({"kept_id": ["b"], "patient_id": ["p"]}))
    assert after.drop("person_id").equals(frame)
    assert after["person_id"].to_list() == ["a", "a"]


def test_external_images_between_train_and_test_go_with_the_test_images() -> None:
    """The external patient e has pictures of train patient p and q, and of test patient t."""
    frame = pl.DataFrame(
        {
            "image_id": ["a", "b", "c", "d", "z"],
            "split": ["train", "train", "test", "external", "train"],
            "patient_id": ["p", "q", "t", "e", "z"],
        }
    )
    gone = pl.DataFrame({"kept_id": ["a", "b", "c"], "patient_id": ["e", "e", "e"]})
    after = hand_on(frame, gone)
    assert after["patient_id"].to_list() == ["p", "p", "t", "t", "z"]
    assert after["person_id"].to_list() == ["a", "a", "a", "a", None]


def test_persons_found_one_after_the_other_become_one() -> None:
    """First p is t, then q is u; then r's copies show that t is u."""
    frame = pl.DataFrame(
        {
            "image_id": list("abcdef"),
            "split": ["train", "test", "train", "test", "train", "test"],
            "patient_id": list("ptquru"),
        }
    )
    after = hand_on(frame, pl.DataFrame({"kept_id": ["a", "b"], "patient_id": ["e", "e"]}))
    assert after["person_id"].to_list() == ["a", "a", None, None, None, None]
    after = hand_on(after, pl.DataFrame({"kept_id": ["c"], "patient_id": ["u"]}))
    assert after["person_id"].to_list() == ["a", "a", "c", "c", None, "c"]
    after = hand_on(after, pl.DataFrame({"kept_id": ["e", "e"], "patient_id": ["t", "u"]}))
    assert after["person_id"].to_list() == ["a"] * 6


def test_a_person_in_train_and_test_keeps_a_chain_in_one_fold(tmp_path: Path) -> None:
    """The other source says that train patient p3 is test patient t, and y shows t's lesion."""
    sets = {"test": "test.csv", "sample": None}
    main = _table(tmp_path / "main", [*_MAIN, "y,0,r,L"])
    (main / "test.csv").write_text("id,p\nt0,t\nt1,v\n")
    other = _table(tmp_path / "other", ["m7,0,e,", "t0,0,e,", "d,0,e,L", "far,0,f,"])
    plain = {"adapter": "columns", "missing_patient": "own", "images": "none"}
    external = plain | {"source": "other", "folder": str(other), "columns": _NAMES}
    external.pop("images")
    given = plain | {"columns": _NAMES | sets, "external": [external]}
    found = load(DataSettings.model_validate(given), main)
    for seed in range(4):  # without the link they are together by chance at most
        made = folds.build(found.table, FoldsSettings(n_folds=3, seed=seed))
        place = dict(made.frame.iter_rows())
        assert place["m6"] == place["m7"] == place["y"]
        assert set(made.barred["image_id"]) == {"d"}
        assert folds.audit(found.table, made).ok
    parted = made.frame.with_columns(
        fold=pl.when(pl.col("image_id") == "y").then((pl.col("fold") + 1) % 3).otherwise("fold")
    )
    leaking = folds.audit(
        found.table, Folds.of(parted, seed=0, method="x", barred=made.barred, external=["d", "far"])
    )
    assert leaking.faults == ("1 chain with 3 images in more than one fold",)


_IDS = st.integers(0, 6)


@given(st.lists(_IDS, min_size=1, max_size=8), st.lists(st.tuples(_IDS, _IDS), max_size=6))
def test_what_a_row_that_goes_linked_stays_linked(patients, gone) -> None:
    count = len(patients)
    frame = pl.DataFrame(
        {
            "image_id": [f"i{k}" for k in range(count)],
            "split": "train",
            "patient_id": [f"p{p}" for p in patients],
        }
    )
    lost = pl.DataFrame(
        {
            "kept_id": [f"i{k % count}" for k, _ in gone],
            "patient_id": [f"p{p}" for _, p in gone],
        },
        schema={"kept_id": pl.String, "patient_id": pl.String},
    )
    after = hand_on(frame, lost)
    assert after.drop("patient_id").equals(frame.drop("patient_id"))
    now = dict(zip(frame["patient_id"], after["patient_id"], strict=True))
    assert len(set(zip(frame["patient_id"], after["patient_id"], strict=True))) == len(now)
    kept = dict(after["image_id", "patient_id"].iter_rows())
    for name, patient in lost.iter_rows():
        assert now.get(patient, kept[name]) == kept[name]
    again = hand_on(frame.reverse(), lost.reverse()).sort("image_id")
    assert again.equals(after)
