"""Columns are found or named, and what is no score of exactly these images is refused."""

import gzip
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from mel.predictions import Predictions


def test_public_files_become_predictions_whatever_their_form_and_the_order_of_rows(files) -> None:
    found = {suffix: files.imported(suffix) for suffix in ("csv", "parquet")}
    for frame in ("oof", "test"):
        rows = getattr(files, frame).sample(fraction=1, shuffle=True, seed=1)
        setattr(files, frame, rows.select(reversed(rows.columns)))
    found["shuffled"] = files.imported()
    (oof, test), *others = found.values()
    assert oof.frame.equals(
        files.folds.frame.join(
            files.oof.select(image_id="image_name", score="pred"), on="image_id"
        ).sort("image_id")
    )
    assert test.frame["score"].to_list() == files.test.sort("image_name")["target"].to_list()
    assert (oof.folds, oof.foreign, oof.scale) == (files.folds.digest, {}, "probability")
    assert oof.metric["columns"] == {"oof": "image_name, pred", "test": "image_name, target"}
    for pair in others:
        for one, other in zip((oof, test), pair, strict=True):
            assert one.frame.equals(other.frame)
            assert (one.metric, one.inputs, one.digest) == (
                other.metric,
                other.inputs,
                other.digest,
            )


@pytest.mark.parametrize(
    ("ids", "scores"), [("ISIC_ID", " Prob "), ("image", "prediction"), ("id", "oof")]
)
def test_columns_of_usual_names_are_found_and_others_are_named(files, ids, scores) -> None:
    plain = files.imported()[0].digest
    files.oof = files.oof.rename({"image_name": ids, "pred": scores})
    assert files.imported()[0].digest == plain
    files.oof = files.oof.rename({scores: "cnn"}).with_columns(more=0.5)
    line = files.refused()
    assert "no column of scores by a usual name (score, scores, pred …); 'target' is taken" in line
    assert "for the truth, and labels are no scores: name it with --score-column" in line
    assert "no column 'cnnn' of scores; did you mean 'cnn'?" in files.refused(score_column="cnnn")
    assert files.imported(score_column="cnn")[0].digest == plain
    files.oof = files.oof.with_columns(pred=0.1, prob=0.2)
    assert "columns 'pred' and 'prob' may both hold the scores; name one" in files.refused()
    assert "'image_name' cannot hold both ids and scores" in files.refused(
        score_column="cnn", test_score_column="image_name"
    )


def test_a_submission_may_have_its_scores_beside_a_target(files) -> None:
    before = files.imported()[1].digest
    files.test = files.test.rename({"target": "score"}).with_columns(target=0)
    assert files.imported()[1].digest == before
    files.test = files.test.rename({"image_name": "picture", "score": "mine"})
    options = {"test_id_column": "picture", "test_score_column": "mine"}
    assert files.imported(**options)[1].digest == before


def test_files_that_mel_wrote_are_read_but_for_in_sample_scores(files, tmp_path, member) -> None:
    oof, test = member("other")
    for scores in (oof, test):
        scores.write(tmp_path / f"{scores.kind}.mel")
    files.oof, files.test = oof.frame, test.frame.drop("fold")
    found = files.imported("parquet")[0]
    assert (found.name, found.digest, found.foreign) == ("cp_1", oof.digest, {})
    inside = Predictions.of(oof.frame, name="x", kind="in_sample", folds=oof.folds)
    inside.write(tmp_path / "in.parquet")
    from mel.ensemble import import_scores
    from mel.errors import MelError

    common = {"name": "x", "own_folds": files.folds}
    own = import_scores(
        files.table, files.folds, tmp_path / "oof.mel", tmp_path / "test.mel", **common
    )
    assert own[1].digest == test.digest
    with pytest.raises(MelError, match="holds in-sample scores of x; nothing may learn of them"):
        import_scores(
            files.table, files.folds, tmp_path / "in.parquet", tmp_path / "test.mel", **common
        )


def _but(column: str, value: object) -> Callable[[pl.DataFrame], pl.DataFrame]:
    there = pl.col("image_name").is_in(["img003", "img004", "img063"])
    return lambda rows: rows.with_columns(
        pl.when(there).then(pl.lit(value)).otherwise(pl.col(column).cast(pl.String)).alias(column)
    )


@pytest.mark.parametrize(
    ("side", "change", "said"),
    [
        ("oof", lambda r: r.slice(1), "oof.csv: image 'img000' is a train image and has no row (1"),
        ("test", lambda r: r.slice(2), "test.csv: image 'img060' is a test image and has no row"),
        ("oof", _but("image_name", "x"), "oof.csv: image_name 'x' stands 2 times (1 such id)"),
        ("oof", _but("image_name", None), "oof.csv: 2 rows without image_name; give each row"),
        ("test", _but("image_name", "x"), "test.csv: image 'x' is not in table handmade (1 such"),
        ("test", _but("image_name", "img000"), "image 'img000' is a train image (1 such image); "),
        ("oof", _but("pred", "high"), "oof.csv: pred of image 'img003' is high (2 such rows)"),
        ("oof", _but("pred", None), "oof.csv: pred of image 'img003' is empty (2 such rows)"),
        ("oof", _but("pred", "NaN"), "oof.csv: pred of image 'img003' is NaN (2 such rows)"),
        ("oof", _but("pred", "1e999"), "oof.csv: pred of image 'img003' is 1e999 (2 such rows)"),
        ("test", _but("target", "-inf"), "test.csv: target of image 'img063' is -inf (1 such row)"),
        ("oof", lambda r: r.head(0), "oof.csv: has no rows below its header; give scores with a"),
        ("oof", lambda r: r.rename({"image_name": "x"}), "oof.csv: no column of ids by a usual"),
        ("test", lambda r: r.rename({"image_name": "x"}), "name it with --test-id-column"),
        (
            "test",
            lambda r: r.rename({"target": "x"}),
            "there are image_name, x: name it with --test",
        ),
    ],
)
def test_a_file_that_lacks_or_has_too_much_is_refused_by_name(files, side, change, said) -> None:
    setattr(files, side, change(getattr(files, side)))
    assert said in files.refused(own_folds=files.folds)


@pytest.mark.parametrize(
    "value", [pl.struct("fold", "target"), pl.lit(date(2020, 1, 1)), pl.concat_list("pred")]
)
def test_columns_of_other_things_than_numbers_are_no_scores(files, value) -> None:
    files.oof = files.oof.with_columns(pred=value)
    assert ", which are no scores" in files.refused(suffix="parquet", scale="logit")


def test_blank_lines_are_passed_over(files) -> None:
    before = files.imported()[0].digest
    path = files.place / "blank.csv"
    path.write_text(files.oof.write_csv().replace("\n", "\n\n", 3) + "\n\n")
    from mel.ensemble import import_scores

    found = import_scores(
        files.table, files.folds, path, files.place / "test.csv", name="x", own_folds=files.folds
    )
    assert found[0].digest == before


def test_the_files_of_the_two_sides_are_told_apart(files) -> None:
    files.oof, files.test = files.test.rename({"target": "pred"}), files.oof
    assert "oof.csv: image 'img060' is a test image (16 such images); --oof takes the train " in (
        files.refused()
    )


def test_other_delimiters_and_missing_headers_are_named(files, tmp_path) -> None:
    from mel.ensemble import import_scores
    from mel.errors import MelError

    path = tmp_path / "scores.csv"
    for text, said in (
        (files.oof.write_csv(separator=";"), "its columns are parted by semicolons"),
        (files.oof.write_csv(include_header=False), "has no header: its first line holds an image"),
        ("", "is empty; give scores with a row an image"),
        (gzip.compress(files.oof.write_csv().encode()), "is packed by gzip and no CSV; unpack it"),
        (b"PK\x03\x04" + files.oof.write_csv().encode(), "is a ZIP archive or an Excel file"),
    ):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(MelError, match=said):
            import_scores(files.table, files.folds, path, path, name="x")


def test_external_images_are_passed_over_and_file_names_are_ids(files, news) -> None:
    plain = files.imported()[0]
    files.oof = files.oof.with_columns(pl.format("train/{}.jpg", "image_name").alias("image_name"))
    assert files.imported()[0].digest == plain.digest
    assert "image_name holds file names; taken without folder and ending" in news()
    outer = files.table.train.head(2).with_columns(
        split=pl.lit("external"), image_id=pl.format("far{}", "image_id"), source=pl.lit("far")
    )
    table = type(files.table).of(pl.concat([files.table.frame, outer]), "more")
    files.table, files.folds = table, _knowing(files.folds, outer)
    rows = pl.DataFrame({"image_name": outer["image_id"], "target": outer["target"]})
    more = rows.with_columns(fold=pl.lit(0), pred=pl.lit(0.5)).select("image_name", "fold", "pred")
    files.oof = pl.concat([files.oof.drop("target"), more], how="diagonal_relaxed").with_columns(
        pl.col("image_name").str.replace(r"^train/(.*)\.jpg$", "$1")
    )
    oof, _ = files.imported()
    assert oof.digest == plain.digest
    said = news()
    assert "2 rows of external images ignored" in said
    assert "what these folds bar, 2 pairs of image and fold, no map can tell" in said


def _knowing(folds, outer):
    known = folds.frame.join(
        pl.DataFrame({"image_id": outer["image_id"].str.slice(3)}), on="image_id"
    )
    barred = known.with_columns(pl.format("far{}", "image_id").alias("image_id"))
    return type(folds).of(
        folds.frame, seed=0, method="by hand", barred=barred, external=outer["image_id"]
    )
