"""Settings of the networks: what has no effect is refused, what is the machine's is no digest's."""

from typing import Any

import pytest
from pydantic import ValidationError

from mel.config import MemberSettings
from mel.errors import MelError

BASE: dict[str, Any] = {"backbone": "resnet18_v2", "size": 32}


def member(**given: Any) -> MemberSettings:
    return MemberSettings.model_validate(BASE | given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"focal_gamma": 2.0}, "focal_gamma has no effect without loss = 'focal'"),
        ({"freeze": {"epochs": 6, "thaw_epochs": 4}}, "leave none of 10 epochs"),
        ({"freeze": {"thaw_epochs": 4}}, "thaw_epochs has no effect without epochs"),
        ({"freeze": {"share": 0.5}}, "share has no effect without epochs"),
        ({"augmentation": {"cutout_share": 0.3}}, "cutout_share has no effect without cutout"),
        ({"hardware": {"pixels": "kept", "pixels_gb": 9.0}}, "pixels_gb has no effect with"),
        ({"positive_share": 0.3, "positive_weight": "balanced"}, "set one of the two"),
        ({"tta": {"crops": 5}}, "crops = 5 needs a crop_share below 1"),
        ({"tta": {"average": "rank"}}, "average 'rank' has no effect with one view"),
        ({"tta": {"sizes": [48, 48]}}, "one is given twice"),
        ({"tta": {"sizes": [48, 32]}}, "holds the member's own size"),
        ({"tta": {"sizes": [48]}, "pictures": "prepared"}, "'prepared' are of one size"),
        ({"batch_size": "large"}, "auto"),
        ({"hardware": {"device": "npu"}}, "'auto', 'cpu', 'gpu' or 'tpu'"),
        ({"augmentation": {"rotation": 200.0}}, "less than or equal to 180"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        member(**given)


def test_the_machine_is_in_no_digest_and_views_only_in_that_of_the_scores() -> None:
    plain = member()
    machine = member(hardware={"device": "gpu", "precision": "float32"}, validate_every=0)
    assert (machine.training_digest, machine.digest) == (plain.training_digest, plain.digest)
    views = member(tta={"turns": "all"})
    assert views.training_digest == plain.training_digest
    assert views.digest != plain.digest
    longer = member(epochs=11)
    assert longer.training_digest != plain.training_digest


def test_where_a_file_of_weights_lies_is_in_no_digest_and_that_there_is_one_is() -> None:
    one, other = member(weights="a/w.h5"), member(weights="/b/w.weights.h5")
    assert (one.training_digest, one.digest) == (other.training_digest, other.digest)
    found = {member(weights=w).training_digest for w in ("none", "imagenet", "a/w.h5")}
    assert len(found) == 3


def test_a_variant_names_a_member_and_changes_nothing_of_it() -> None:
    other = member(variant="b")
    assert (other.name, member().name) == ("resnet18_v2-32-b", "resnet18_v2-32")
    assert other.training_digest == member().training_digest


def test_views_are_every_combination() -> None:
    found = member(tta={"turns": "all", "crops": 5, "crop_share": 0.8, "sizes": [48]})
    assert found.tta.views == 8 * 5 * 2


def test_a_batch_that_is_not_measured_yet_is_no_number() -> None:
    assert member(batch_size=8).batch == 8
    with pytest.raises(MelError, match="not measured yet"):
        _ = member(batch_size="auto").batch
