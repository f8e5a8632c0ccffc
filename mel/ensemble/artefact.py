"""Blend: the weights and ranking references that score one image as they score a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from numpy.typing import ArrayLike

from mel.ensemble.judging import columns_of, envelope, parts_of
from mel.ensemble.mixing import combine
from mel.ensemble.ranks import Floats
from mel.ensemble.record import Record
from mel.errors import MelError
from mel.metrics import percentile

__all__ = ["Blend"]


@dataclass(frozen=True, eq=False)
class Blend(Record):
    """A weighted mean of members' percentiles, each against its own stored OOF scores.

    All that a scorer needs, in plain JSON: `read` a file, then `score`, `judge`, `explain` and
    `across` frames of members' scores. None of it imports more than numpy and polars.

    Holds only members with a weight: whoever serves a Blend need run no other. A negative weight
    counts the member's mirror image, 1 - p for a percentile p; the sizes of the weights sum to 1.
    `references` are each member's out-of-fold scores, sorted; `folds` is the digest of the fold
    map they were made on. `scale` is the one on which percentiles are averaged; `spread`, where
    there is one, holds the out-of-fold images' own blends, sorted, and a score is its percentile
    among them (blends that may have negative weights). `peers` are the out-of-fold images' scores
    by this very blend, sorted: an image's place among them says how many training images look less
    like a positive. `honest` is the AUC with weights and references found on the other folds,
    `naive` with both found on the very rows that are scored. `objective` says what the weights
    were chosen for, and `ranks` whether they were chosen, and both AUCs measured, by percentiles
    among "all" rows or within each "fold"; neither changes how an image is scored here.
    `calibration` turns scores into probabilities, `operating_points` hold the user's objective and
    its threshold, `advice` what the proof said in words.

    >>> import tempfile
    >>> import numpy as np
    >>> from mel.ensemble import Calibration, OperatingPoint, Share
    >>> from mel.metrics import AucReport
    >>> auc, share = AucReport(0.9, 0.9, 0.8, 1.0), Share(0.9, 0.8, 1.0)
    >>> made = Blend(
    ...     "blend", "mean", "f01d5", {"cnn": 0.5, "stack": 0.5},
    ...     {"cnn": np.array([0.1, 0.2, 0.3, 0.4]), "stack": np.array([-2.0, -1.0, 0.0, 1.0])},
    ...     honest=auc, naive=auc, peers=np.array([0.125, 0.375, 0.625, 0.875]),
    ...     calibration=Calibration("platt", 1000, 0.1, 0.1, slope=2.0, offset=-3.0),
    ...     operating_points=(
    ...         OperatingPoint("sensitivity", 0.9, 0.6, 0.5, 0.7, 0.1, share, share, share, share),
    ...     ),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made.write(f"{folder}/blend.json")
    ...     blend = Blend.read(f"{folder}/blend.json")
    >>> image = pl.DataFrame({"image_id": ["x"], "cnn": [0.35], "stack": [0.5]})
    >>> blend.judge(image).with_columns(pl.col("probability").round(3)).row(0, named=True)
    {'image_id': 'x', 'score': 0.75, 'place': 0.75, 'probability': 0.309, 'alarm': True}
    >>> blend.explain(image).select("member", "place", "push").rows()
    [('cnn', 0.75, 0.125), ('stack', 0.75, 0.125)]
    >>> second = image.with_columns(cnn=pl.lit(0.15))  # the same image by another fold's models
    >>> blend.across([image, second]).select("low", "high", "alarms").row(0)
    (0.5, 0.75, 0.5)
    """

    def score(self, wide: pl.DataFrame) -> pl.DataFrame:
        """Score a frame of image_id and a column a member: image_id and score, from 0 to 1.

        Rows keep their order; other columns are ignored. An image's score depends on its own row
        alone, to the last bit. Raises MelError naming the member whose column is missing or holds
        something else than finite numbers, and for a missing or repeated id.

        >>> import numpy as np
        >>> from mel.metrics import AucReport
        >>> report = AucReport(0.9, 0.9, 0.8, 1.0)
        >>> reference = {"a": np.array([0.1, 0.2, 0.3, 0.4])}
        >>> blend = Blend("blend", "mean", "f01d5", {"a": 1.0}, reference, report, report)
        >>> blend.score(pl.DataFrame({"image_id": ["x", "y"], "a": [0.3, 0.05]}))["score"].to_list()
        [0.625, 0.0]
        """
        where = f"blend {self.name}"
        columns = columns_of(wide, self.members, where)
        known = [self.references[member] for member in self.members]
        scores = combine(columns, known, list(self.weights.values()), self.scale, self.spread)
        return wide.select(pl.col("image_id").cast(pl.String), pl.Series("score", scores))

    def probability(self, scores: ArrayLike, prevalence: float | None = None) -> Floats:
        """Give the calibrated probabilities of blend scores, each from its own score alone.

        At `prevalence`, where positives are rarer or more frequent than the calibration says they
        are. Raises MelError for a blend that holds no calibration.

        >>> blend = Blend.read("work/demo/ensemble/blend/blend.json")
        >>> blend.probability([0.2, 0.8]).shape
        (2,)
        """
        if self.calibration is None:
            raise MelError(f"blend {self.name}: holds no calibration; blend again")
        return self.calibration.apply(scores, prevalence)

    def judge(self, wide: pl.DataFrame, prevalence: float | None = None) -> pl.DataFrame:
        """Give all that is said of each image: score, place, probability, alarm.

        `place` is the share of the out-of-fold images, all but a few of them negative, that score
        lower; `probability` the calibrated one, at `prevalence` where that is given; `alarm`
        whether the score reaches the threshold of the user's objective, which the prevalence does
        not move. Raises MelError as `score` does, and for a blend that lacks one of these.
        """
        if self.peers is None or not self.operating_points:
            raise MelError(f"blend {self.name}: holds no peers or operating point; blend again")
        scored = self.score(wide)
        score = scored["score"].to_numpy()
        return scored.with_columns(
            place=pl.Series(percentile(score, self.peers)),
            probability=pl.Series(self.probability(score, prevalence)),
            alarm=pl.Series(score >= self.operating_points[0].threshold, dtype=pl.Boolean),
        )

    def explain(self, wide: pl.DataFrame) -> pl.DataFrame:
        """Give what each member adds to each image's score: a row an image and member.

        `score` is the member's own, `place` its percentile among the member's out-of-fold scores,
        `push` how far it moves the blend up or down from where a middling image stands. On the
        scale of ranks, pushes of an image sum to its score minus one half (before it is spread
        out, where there is a `spread`); on the others, to the difference on that scale. Raises
        MelError as `score` does.
        """
        columns = columns_of(wide, self.members, f"blend {self.name}")
        ids = wide["image_id"].cast(pl.String)
        return pl.concat(
            parts_of(ids, name, column, self.references[name], self.weights[name], self.scale)
            for name, column in zip(self.members, columns, strict=True)
        )

    def across(
        self, folds: Sequence[pl.DataFrame], prevalence: float | None = None
    ) -> pl.DataFrame:
        """Say how far models of different folds agree: a frame of the same images from each fold.

        Gives image_id, the ends `low` and `high` of the scores and of the probabilities, and
        `alarms`, the share of folds that would raise one. A wide span is an image that the choice
        of training patients decides; a narrow one is no proof, since all folds share most of them.
        Raises MelError as `judge` does, without a frame, and for images that a fold lacks.
        """
        return envelope([self.judge(wide, prevalence) for wide in folds])
