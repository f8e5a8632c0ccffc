"""What a worker frees it uses again: the kernel is not asked to clear the same pages anew."""

import os
import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys
import numpy as np
from mel.process import keep_freed

if sys.argv[1] == "keep":
    assert keep_freed()
np.empty(300_000, np.uint8).fill(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    np.empty(300_000, np.uint8).fill(1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(how: str) -> int:
    """Count the pages that were faulted while 200 pieces came and went."""
    settings = os.environ | {"MALLOC_MMAP_THRESHOLD_": "131072"}
    command = [sys.executable, "-c", _FAULTS, how]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told so")
def test_freed_pieces_are_used_again_without_a_fault() -> None:
    if (otherwise := _faults("do not")) < 5_000:
        pytest.skip(f"this Python keeps what is freed anyway ({otherwise} faults)")
    assert _faults("keep") < 200
