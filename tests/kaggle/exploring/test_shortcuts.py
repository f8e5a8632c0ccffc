import numpy as np
import pytest

from mel.errors import MelError
from mel.kaggle.exploring.measuring import with_files
from mel.kaggle.exploring.shortcuts import Shortcut, audit_shortcuts
from mel.kaggle.exploring.verdicts import audit_rows, headline, verdict
from mel.tables import Folds


def _audit(table, folds) -> dict[str, Shortcut]:
    return {s.name: s for s in audit_shortcuts(table, with_files(table).frame, folds)}


@pytest.fixture(scope="module")
def planted(make, by_patient):
    """A table in which positives come from another camera, and its audit."""
    plain = make(600, 0, seed=1)
    rng = np.random.default_rng(2)
    far = [t == 1 if rng.random() < 0.9 else t == 0 for t in plain.frame["target"]]
    width = [4000.0 if other else 6000.0 for other in far]
    table = make(600, 0, seed=1, width=width, height=[3000.0] * 600)
    return table, _audit(table, by_patient(table))


def test_a_planted_shortcut_is_found(planted) -> None:
    size = planted[1]["image size"]
    assert size.features == ("width", "ratio")
    assert size.auc > 0.85
    assert 0.5 < size.low < size.auc < size.high


def test_noise_gives_nothing_away(planted) -> None:
    plain = planted[1]["metadata"]
    assert plain.low < 0.5 < plain.high
    assert verdict(plain) == "Nothing reliable: the interval holds 0.5."


def test_columns_together_are_audited_too(planted) -> None:
    assert planted[1]["metadata + image size"].auc > 0.85
    assert set(planted[1]) == {
        *("metadata", "image size", "metadata + image size"),
        *("file properties", "images per patient"),
    }


def test_what_is_not_known_or_always_the_same_is_said_so(planted) -> None:
    assert planted[1]["file properties"].why == "not known of these images"
    assert planted[1]["images per patient"].why == "the same for every train image"
    assert planted[1]["images per patient"].auc is None


def test_one_broken_file_among_equal_ones_is_no_column(make, by_patient) -> None:
    table = make(300, 0, width=[None] + [6000.0] * 299, height=[None] + [4000.0] * 299)
    size = _audit(table, by_patient(table))["image size"]
    assert (size.auc, size.why) == (None, "the same for every train image")


def test_the_words_name_the_shortcut_and_its_number(planted) -> None:
    found = list(planted[1].values())
    text = headline(found, "")
    assert f"Image size alone AUC {planted[1]['image size'].auc:.2f}" in text
    rows = {row[0]: row for row in audit_rows(found)}
    assert "cameras and hospitals, not lesions; do not feed it" in rows["image size"][3]
    assert rows["file properties"][1:] == ("–", "–", "Not measured: not known of these images.")


def test_a_patient_that_is_remembered_is_no_shortcut(make, by_patient) -> None:
    """The width tells the patient and with him the target: on patient folds it is worth nothing."""
    rng = np.random.default_rng(0)
    ill = rng.random(200) < 0.3
    rows = np.arange(600) // 3
    width = (1000 + rng.permutation(200))[rows].astype(float).tolist()
    table = make(600, 0, target=ill[rows].astype(int).tolist(), width=width, height=[700.0] * 600)
    assert abs(_audit(table, by_patient(table))["image size"].auc - 0.5) < 0.1


def test_the_order_of_the_rows_changes_no_number(make, by_patient) -> None:
    width = np.random.default_rng(0).lognormal(size=900).tolist()
    table = make(900, 0, width=width, height=[1.0] * 900)
    folds, frame = by_patient(table), with_files(table).frame
    other = frame.sample(fraction=1, shuffle=True, seed=5)
    assert audit_shortcuts(table, frame, folds) == audit_shortcuts(table, other, folds)


def test_a_word_that_training_never_saw_is_no_trouble(make, by_patient) -> None:
    sites = ["oral/genital" if n < 3 else ("torso", "head/neck")[n % 2] for n in range(90)]
    table = make(90, 0, site=sites, age=[None] * 90, sex=[None] * 90)
    found = _audit(table, by_patient(table))["metadata"]
    assert found.features == ("site",)
    assert found.auc is not None


def test_folds_that_leak_or_belong_to_another_table_are_refused(make, by_patient) -> None:
    table = make(90, 0)
    frame = with_files(table).frame
    with pytest.raises(MelError, match="build the folds again"):
        audit_shortcuts(table, frame, by_patient(make(60, 0)))
    rows = table.train.select("image_id").with_row_index("n")
    parted = Folds.of(rows.select("image_id", fold=rows["n"] % 3), seed=0, method="by row")
    with pytest.raises(MelError, match="would leak"):
        audit_shortcuts(table, frame, parted)


def test_external_rows_take_no_part(make, by_patient) -> None:
    """They would otherwise give the target away: all of them positive, all of one width."""
    split, targets = ["train"] * 300 + ["external"] * 90, [*make(300, 0).frame["target"], *[1] * 90]
    width = [6000.0, 5000.0] * 150 + [100.0] * 90
    table = make(300, 90, split=split, target=targets, width=width, height=width)
    alone = make(300, 0, target=targets[:300], width=width[:300], height=width[:300])
    folds = by_patient(alone)
    known = Folds.of(folds.frame, seed=0, method="x", external=table.external["image_id"])
    assert _audit(table, known)["image size"] == _audit(alone, folds)["image size"]


def test_bytes_alone_are_not_blamed_on_hospitals() -> None:
    found = Shortcut("file properties", ("file_bytes", "bytes_per_pixel"), 0.7, 0.65, 0.75, 0.7)
    assert "how much detail a picture has" in verdict(found)
