"""Any images scored by a trained member: honestly, alike from every list, alike when turned."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.cnn import predict
from mel.cnn.jobs.done import MARK, REFERENCE, fold_dir
from mel.config import TtaSettings
from mel.errors import MelError
from mel.predictions import Predictions
from mel.tables import ImageTable

Trained = tuple[Path, Predictions, Predictions]


def squares(folder: Path, turned: bool = False) -> pl.DataFrame:
    """Six pictures at the network's own size, so that none is resized; turned ones on wish."""
    folder.mkdir(parents=True)
    rows = []
    for index in range(6):
        pixels = np.random.default_rng(index).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        if turned:
            pixels = np.rot90(pixels[::-1] if index % 2 else pixels, index % 4)
        path = folder / f"new{index}.png"
        Image.fromarray(np.ascontiguousarray(pixels)).save(path)
        rows.append({"image_id": path.stem, "path": str(path)})
    return pl.DataFrame(rows)


@pytest.mark.parametrize("average", ["logit", "rank"])
def test_a_turned_picture_has_the_score_of_the_picture_under_all_turns(
    trained: Trained, tmp_path: Path, average: str
) -> None:
    tta = TtaSettings(turns="all", average=average)  # type: ignore[arg-type]
    both = [squares(tmp_path / str(turned), turned) for turned in (False, True)]
    renamed = both[1].with_columns(pl.col("image_id") + "-turned")
    found = predict(trained[0], pl.concat([both[0], renamed]), tta=tta).frame
    plain, turned = found["score"].gather_every(2), found["score"].gather_every(2, 1)
    assert found["image_id"][1] == "new0-turned"
    assert plain.n_unique() > 1
    assert np.allclose(plain, turned, atol=1e-6)


def test_train_images_get_their_out_of_fold_scores_from_the_fold_that_held_them_out(
    trained: Trained, small: ImageTable
) -> None:
    out, oof, _ = trained
    some = small.train.sample(7, seed=0)
    found = predict(out, some, trained_on="out-of-fold")
    expected = some.select("image_id").join(oof.frame, on="image_id").sort("image_id")
    assert found.kind == "oof"
    assert found.frame["fold"].equals(expected["fold"])
    assert np.allclose(found.frame["score"], expected["score"], atol=1e-6)


def test_the_scores_of_a_list_do_not_depend_on_its_order_nor_on_where_pixels_are_kept(
    trained: Trained, small: ImageTable, tmp_path: Path
) -> None:
    out, _, test = trained
    listed = small.test.select("image_id", "path").sample(fraction=1, shuffle=True, seed=1)
    listed.write_csv(tmp_path / "list.csv")
    found = predict(out, tmp_path / "list.csv", cache=tmp_path / "cache")
    assert np.allclose(found.frame["score"], test.frame["score"], atol=1e-6)
    assert found.kind == "test"
    assert list((tmp_path / "cache").glob("pixels-32-*.npy"))


def test_train_images_are_refused_by_name_unless_asked_for(
    trained: Trained, small: ImageTable
) -> None:
    with pytest.raises(MelError, match=r"was trained on image img00 .*oof\.parquet"):
        predict(trained[0], small)
    with pytest.raises(MelError, match=r"was not trained on image img12 .* apart"):
        predict(trained[0], small, trained_on="out-of-fold")


def test_external_images_of_the_members_own_table_are_refused(
    trained: Trained, small: ImageTable, tmp_path: Path
) -> None:
    member = tmp_path / "member"
    shutil.copytree(trained[0], member)
    row = small.train.head(1).with_columns(
        image_id=pl.lit("other"), patient_id=pl.lit("q"), split=pl.lit("external")
    )
    table = ImageTable.of(pl.concat([small.frame, row]), "more")
    _rewrite(member / "recipe.json", inputs={"images": table.digest})
    for fold in (0, 1):
        _rewrite(fold_dir(member, fold) / MARK, inputs={"images": table.digest})
    with pytest.raises(MelError, match="was trained on image other"):
        predict(member, table)


def _rewrite(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_ranks_of_views_without_held_out_scores_are_refused_before_anything_starts(
    trained: Trained, small: ImageTable
) -> None:
    tta = TtaSettings(turns="flips", crop_share=0.8, average="rank")
    with pytest.raises(MelError, match="needs held-out scores of the view 'middle 32'"):
        predict(trained[0], small.test, tta=tta)


def test_every_fold_keeps_its_held_out_logits_for_ranks(trained: Trained) -> None:
    out, oof, _ = trained
    for fold in (0, 1):
        kept = pl.read_parquet(fold_dir(out, fold) / REFERENCE)
        scores = oof.frame.filter(fold=fold)["score"].sort()
        assert kept["view"].unique().to_list() == ["whole 32"]
        assert np.allclose(1 / (1 + np.exp(-kept["logit"].to_numpy())), scores, atol=1e-4)


def test_new_originals_are_framed_as_the_pictures_of_the_training_were(
    trained: Trained, small: ImageTable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    member = tmp_path / "member"
    shutil.copytree(trained[0], member)
    _rewrite(member / "recipe.json", framing={"fit": "squash"})
    found = predict(member, small.test)
    assert "originals get their Framing(fit='squash'" in capsys.readouterr().err
    assert not np.allclose(found.frame["score"], trained[2].frame["score"], atol=1e-4)
