"""`mel ensemble blend`."""

from mel.cli import options
from mel.cli.page import Page

__all__ = ["blend"]


@options.example(
    "mel ensemble blend recipes/demo.toml --work work",
    reads="RECIPE, WORK: folds.parquet, scores of members and stack.",
    writes="WORK/ensemble/NAME/: blend.json, oof.parquet, test.parquet, report.html.",
)
def blend(recipe: options.Recipe, work: options.WorkDir, json: options.JsonScores = False) -> None:
    """Blend all members by their ranks; honest and naive AUC are both shown."""
    from mel import pipeline

    with Page(json) as page:
        scores = pipeline.ensemble_blend(recipe, work)
        page.put(scores=scores)
        page.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])
