import base64
import io

import polars as pl
from PIL import Image

from mel.kaggle.exploring.examples import pick_examples
from mel.tables import ImageTable


def test_broken_pictures_are_passed_over_and_counted(pictured) -> None:
    found = pick_examples(pictured, 30)
    assert {p.image_id for p in found.pictures} <= {f"i{n:05d}" for n in range(5, 30)}
    assert set(found.broken) <= {f"i{n:05d}" for n in range(5)}
    assert found.broken


def test_each_group_has_positives_and_negatives_and_a_patient_once(pictured) -> None:
    targets = [n % 2 for n in range(30)] + [None] * 10
    table = ImageTable.of(pictured.frame.with_columns(target=pl.Series(targets)), "made")
    found = pick_examples(table, 4)
    assert found.axis == "site"
    patients = dict(table.frame.select("image_id", "patient_id").iter_rows())
    sites = dict(table.frame.select("image_id", "site").iter_rows())
    for group in {p.group for p in found.pictures}:
        own = [p for p in found.pictures if p.group == group]
        assert len(own) <= 4
        assert {sites[p.image_id] for p in own} == {group}
        for target in (0, 1):
            seen = [patients[p.image_id] for p in own if p.target == target]
            assert len(seen) == len(set(seen))
    assert {p.target for p in found.pictures} == {0, 1}


def test_half_of_a_group_is_positive_where_it_can_be_and_a_patient_is_shown_once(pictured) -> None:
    targets = [int(n in (5, 8, 11)) for n in range(30)] + [None] * 10
    frame = pictured.frame.with_columns(target=pl.Series(targets), site=pl.lit("torso"))
    table = ImageTable.of(frame, "made")
    for each, ill in ((2, 1), (4, 2), (8, 3)):
        shown = [p.target for p in pick_examples(table, each).pictures]
        assert (len(shown), sum(shown)) == (each, ill)
    patients = dict(table.frame.select("image_id", "patient_id").iter_rows())
    healthy = [patients[p.image_id] for p in pick_examples(table, 30).pictures if not p.target]
    assert len(healthy) == len(set(healthy)) > 5


def test_test_images_are_never_shown(pictured) -> None:
    shown = {p.image_id for p in pick_examples(pictured, 30).pictures}
    assert not shown & set(pictured.test["image_id"])


def test_diagnoses_go_before_sites_where_most_images_have_one(pictured) -> None:
    names = ["nevus", "melanoma"] * 15 + [None] * 10
    table = ImageTable.of(pictured.frame.with_columns(diagnosis=pl.Series(names)), "made")
    assert pick_examples(table, 2).axis == "diagnosis"
    few = [name if n < 9 else "unknown" for n, name in enumerate(names[:30])] + [None] * 10
    table = ImageTable.of(pictured.frame.with_columns(diagnosis=pl.Series(few)), "made")
    assert pick_examples(table, 2).axis == "site"


def test_a_picture_is_a_small_jpeg_within_the_page(pictured) -> None:
    kind, _, text = pick_examples(pictured, 1).pictures[0].address.partition(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        assert image.format == "JPEG"
        assert image.size == (112, 112)


def test_the_same_pictures_are_drawn_whatever_the_order_of_the_rows(pictured) -> None:
    other = ImageTable.of(pictured.frame.sample(fraction=1, shuffle=True, seed=2), "made")
    assert pick_examples(other, 3) == pick_examples(pictured, 3)
    assert pick_examples(other, 3, seed=1) != pick_examples(pictured, 3)


def test_without_pictures_or_wishes_there_are_none(pictured, make) -> None:
    assert pick_examples(make(30, 0), 8).pictures == ()
    assert pick_examples(pictured, 0).pictures == ()
    assert pick_examples(make(0, 30), 8).pictures == ()
