"""A member on prepared images: served from the records, stale when these change."""

import shutil

import pytest

from mel import cnn, pipeline
from mel.errors import MelError
from mel.images.references import split


@pytest.fixture
def prepared_recipe(recipe_file):
    """The recipe with its first member, of 32 pixels, on prepared images."""
    text = recipe_file.read_text().replace("size = 32", 'size = 32\npictures = "prepared"')
    recipe_file.write_text(text)
    return recipe_file


@pytest.fixture
def work(prepared_recipe, competition, tmp_path):
    """A work folder with images and folds, and nothing prepared."""
    pipeline.only(prepared_recipe, tmp_path / "work", "load", competition)
    pipeline.only(prepared_recipe, tmp_path / "work", "folds")
    return tmp_path / "work"


MEMBER = "efficientnetv2_micro-32"


def _state(work, recipe):
    return next(s for s in pipeline.status(work, recipe) if s.name == f"cnn/{MEMBER}")


def test_without_prepared_images_it_is_refused_with_the_command(work, prepared_recipe, trained):
    command = rf"run first: mel kaggle prepare --work {work} --size 32$"
    with pytest.raises(MelError, match=rf"{MEMBER}: needs prepared images of 32.*{command}"):
        pipeline.cnn_train(prepared_recipe, work, MEMBER)
    with pytest.raises(MelError, match=command):
        pipeline.cnn_train(prepared_recipe, work, MEMBER, fold=0)
    assert trained == []
    assert "mel kaggle prepare" in _state(work, prepared_recipe).why


def test_a_size_that_comes_later_is_prepared_aside_and_leaves_the_others_as_they_are(
    work, prepared_recipe, trained
):
    """A picture is decoded for the largest size: one more changes the pixels of all."""
    text = prepared_recipe.read_text().replace("size = 16", 'size = 16\npictures = "prepared"')
    prepared_recipe.write_text(text)
    with pytest.raises(MelError, match=r"--size 16 --size 32$"):
        pipeline.run(prepared_recipe, work)
    assert trained == [], "days of training before a refusal"
    pipeline.kaggle_prepare(work, [16])
    pipeline.cnn_train(prepared_recipe, work, "efficientnetv2_micro-16")
    pipeline.kaggle_prepare(work, [32], work / "prepared-32")
    pipeline.cnn_train(prepared_recipe, work)
    assert trained == ["efficientnetv2_micro-16", MEMBER]


def test_where_other_sizes_are_prepared_the_new_one_goes_aside(work, prepared_recipe, trained):
    pipeline.kaggle_prepare(work, [16])
    aside = work / "prepared-32"
    with pytest.raises(MelError, match=rf"holds only 16; run first: .* --size 32 --out {aside}$"):
        pipeline.cnn_train(prepared_recipe, work, MEMBER)


def test_it_is_trained_on_the_records_of_its_size_and_the_other_on_files(
    work, prepared_recipe, monkeypatch, trained
):
    pipeline.kaggle_prepare(work, [32])
    seen, fake = {}, cnn.train

    def train(table, folds, settings, out, **others):
        seen[settings.size] = table, others
        return fake(table, folds, settings, out, **others)

    monkeypatch.setattr(cnn, "train", train)
    pipeline.cnn_train(prepared_recipe, work)
    table, others = seen[32]
    place, key = split(table.frame["path"][0])
    assert place.parent == (work / "prepared" / "32").absolute()
    assert key is not None
    assert others["framing"].fit == "crop"
    assert split(seen[16][0].frame["path"][0])[1] is None
    assert {s.kind for s in pipeline.status(work, prepared_recipe) if "cnn/" in s.name} == {"done"}


def test_images_prepared_otherwise_make_it_stale_and_no_other_member(
    work, prepared_recipe, trained
):
    pipeline.kaggle_prepare(work, [32])
    pipeline.cnn_train(prepared_recipe, work)
    shutil.rmtree(work / "prepared")
    assert "needs prepared images" in _state(work, prepared_recipe).why
    pipeline.kaggle_prepare(work, [32])
    assert _state(work, prepared_recipe).done
    shutil.rmtree(work / "prepared")
    pipeline.kaggle_prepare(work, [32], quality=80)
    states = {s.name: s for s in pipeline.status(work, prepared_recipe)}
    assert "input pictures changed" in states[f"cnn/{MEMBER}"].why
    assert states["cnn/efficientnetv2_micro-16"].done


def test_other_weights_in_the_same_file_make_its_member_stale_and_their_absence_does_not(
    recipe_file, competition, trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(cnn, "check_member", lambda member: None)
    file = tmp_path / "w.h5"
    text = recipe_file.read_text().replace("size = 32", f'size = 32\nweights = "{file}"')
    recipe_file.write_text(text)
    file.write_bytes(b"pretrained")
    work = tmp_path / "work"
    pipeline.run(recipe_file, work, competition)
    assert {s.kind for s in pipeline.status(work)} == {"done"}
    file.rename(tmp_path / "moved.h5")
    assert _state(work, recipe_file).done
    file.write_bytes(b"pretrained longer")
    states = {s.name: s for s in pipeline.status(work)}
    assert "input weights changed" in states[f"cnn/{MEMBER}"].why
    assert states["cnn/efficientnetv2_micro-16"].done
