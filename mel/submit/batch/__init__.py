"""Any number of images -> a file with a row each: streamed, in shards, resumed after a kill.

>>> from mel.submit.batch import COLUMNS, score
>>> COLUMNS[:2]
('image_id', 'probability')
"""

from mel.submit.batch.columns import COLUMNS, FLAGS
from mel.submit.batch.scoring import SHARD, score
from mel.submit.batch.summary import Summary

__all__ = ["COLUMNS", "FLAGS", "SHARD", "Summary", "score"]
