"""`mel kaggle load`."""

from typing import Annotated

from mel.cli import options
from mel.cli.page import Page

__all__ = ["load"]

_LOADED = (
    "data, synthetic, train {images, patients, positives}, external {images, patients, "
    "positives, sources}, test {images, patients}, digest, unmapped [column, value, rows, source]"
)
_Json = Annotated[bool, options.as_json(_LOADED)]


@options.example(
    "mel kaggle load recipes/demo.toml --data competition --work work",
    reads="RECIPE, the files of --data.",
    writes="WORK: images.parquet, sample_submission.csv, load.json.",
)
def load(
    recipe: options.Recipe, data: options.Data, work: options.WorkDir, json: _Json = False
) -> None:
    """Read and check a competition's tables and image files into a work folder.

    Words for sex, site or diagnosis that mel's vocabularies do not have are missing in the table,
    and listed.
    """
    from mel import pipeline

    with Page(json) as page:
        counts = pipeline.kaggle_load(recipe, work, data)
        page.put(**counts)
        page.facts(pipeline.facts(work), hang=True)
        if unmapped := counts["unmapped"]:
            page.line()
            page.table(list(unmapped[0]), [list(row.values()) for row in unmapped])
