"""`mel cnn train`."""

from mel.cli import options
from mel.cli.page import Page

__all__ = ["train"]


@options.example(
    "mel cnn train recipes/demo.toml --work work --fold 0",
    reads="RECIPE, WORK: images.parquet, folds.parquet, the pictures.",
    writes="WORK/cnn/MEMBER/: a folder a fold, oof.parquet, test.parquet.",
)
def train(
    recipe: options.Recipe,
    work: options.WorkDir,
    member: options.Members = None,
    fold: options.OnlyFolds = None,
    json: options.JsonScores = False,
) -> None:
    """Train members fold by fold; a finished fold is skipped, a stopped one goes on.

    Several of these may run in one work folder, on one machine or on several that share it: each
    takes the folds that no other is at.
    """
    from mel import pipeline

    with Page(json) as page:
        scores = pipeline.cnn_train(recipe, work, member, fold)
        page.put(scores=scores)
        if scores:
            page.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])
