"""A submission is sent once, found again, and its score is written down, whatever happens."""

import json

from mel.submit.sending import send


def _json(path):
    return json.loads(path.with_suffix(".json").read_text())


def test_a_submission_is_sent_scored_and_written_down(world, blend):
    world.set(looks=2, public="0.9490", private="0.9488")
    done = send(blend, "titanic")
    assert (done.state, done.public, done.private) == ("complete", 0.949, 0.9488)
    (row,) = _json(blend)["sent"]
    assert {k: row[k] for k in ("state", "public", "private")} == {
        "state": "complete",
        "public": 0.949,
        "private": 0.9488,
    }
    assert row["ref"] == "101"
    assert world.count("submit") == 1
