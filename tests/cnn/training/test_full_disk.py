"""A disk that fills up: what Keras and TensorFlow write themselves is one clear line as well."""

import subprocess
import sys
from pathlib import Path

FULL = """
import resource, sys
from pathlib import Path
from mel.cnn.devices import choose
from mel.config import HardwareSettings
choose(HardwareSettings(device="cpu")).start()
from mel.cnn import networks
from mel.cnn.jobs.fold import save_weights
from mel.cnn.training.tensorboard import Logs
from mel.config import MemberSettings
from mel.errors import MelError
here = Path(sys.argv[1])
model = networks.build(MemberSettings(backbone="efficientnetv2_micro", size=32))
logs = Logs(here / "logs", anew=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (150, resource.RLIM_INFINITY))
for epoch in range(1, 6):
    try:
        logs.write(epoch, {"loss": 0.5, "auc": None})
    except MelError as error:
        print(error)
        break
for limit in (300, 70_000, 10**6):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        save_weights(model, here / "checkpoint.weights.h5")
    except MelError as error:
        print(error)
print((here / "checkpoint.weights.h5").stat().st_size < 200_000)
"""


def test_checkpoint_and_logs_say_so_in_one_line_and_leave_no_part_of_a_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    logs, *checkpoints, whole = done.stdout.splitlines()
    assert logs.startswith(f"{tmp_path / 'logs'}: cannot be written (")
    assert logs.endswith("free or choose a place")
    said = "checkpoint.weights.h5: cannot be written (File too large); free or choose a place"
    assert checkpoints == [f"{tmp_path}/{said}"] * 2
    assert whole == "True", "what was reserved is given back"
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "checkpoint.weights.h5"}
