"""The batch that fits into this machine's memory, measured in a process of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mel.cnn.devices import choose
from mel.cnn.devices.memory import meter_for
from mel.cnn.events import Event
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.files import versions, write_json

__all__ = ["run"]


def run(job: Mapping[str, Any], tell: Event) -> None:
    """Measure, and write the batch with what it was measured on to the job's `out`."""
    settings = MemberSettings.model_validate(job["settings"])
    count = int(job["labels"])
    labels = Labels() if count == 1 else Labels(tuple(map(str, range(count))), (True,) * count)
    device = choose(settings.hardware)
    device.start()
    tell({"news": f"measures the batch on {device}"})
    from mel.cnn.training import batch_size  # it imports Keras: only when the device was started

    meter = meter_for(device)
    points, line = batch_size.measured(
        settings, labels, device, meter, lambda batch: tell({"done": batch // device.count})
    )
    batch = batch_size.fitting(
        line, meter.limit, batch_size.EACH * device.count, batch_size.most_for(device)
    )
    found = {
        "batch": batch,
        "key": job["key"],
        "member": settings.name,
        "device": str(device),
        "memory": meter.memory,
        "share": meter.share,
        "measured": points,
        "fixed": round(line.fixed),
        "each": round(line.each),
        "versions": versions(),
    }
    write_json(Path(job["out"]), found)
