"""Cores and memory are those of the container: of either version of control groups."""

import os
from pathlib import Path

import pytest

from mel.cnn.devices.machine import cores, free_disk, memory_free, memory_total

MEMINFO = "MemTotal:       32000 kB\nMemFree:   1 kB\nMemAvailable:   20000 kB\n"


def _root(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"proc/meminfo": MEMINFO, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_without_a_container_the_machine_counts(tmp_path: Path) -> None:
    root = _root(tmp_path, {})
    assert memory_total(root) == 32_000 * 1024
    assert memory_free(root) == 20_000 * 1024
    assert cores(root) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("inner", ["", "box/"])
def test_limits_of_version_2_count_without_files_that_can_be_dropped(
    tmp_path: Path, inner: str
) -> None:
    place = f"sys/fs/cgroup/{inner}"
    files = {
        "proc/self/cgroup": f"0::/{inner.rstrip('/')}\n",
        f"{place}memory.max": "10000\n",
        f"{place}memory.current": "6000\n",
        f"{place}memory.stat": "anon 3000\ninactive_file 2500\n",
        f"{place}cpu.max": "100000 100000\n",
    }
    root = _root(tmp_path, files)
    assert (memory_total(root), memory_free(root)) == (10_000, 6_500)
    assert cores(root) == 1


def test_limits_of_version_1_count(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "4:memory:/docker/abc\n1:cpu,cpuacct:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9000\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "4000\n",
        "sys/fs/cgroup/memory/memory.stat": "total_inactive_file 1000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    root = _root(tmp_path, files)
    assert (memory_total(root), memory_free(root)) == (9_000, 6_000)
    assert cores(root) == 1


def test_no_limit_is_none(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/\nnonsense\n",
        "sys/fs/cgroup/memory.max": "max\n",
        "sys/fs/cgroup/cpu.max": "max 100000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    }
    root = _root(tmp_path, files)
    assert memory_total(root) == 32_000 * 1024
    assert cores(root) == len(os.sched_getaffinity(0))


def test_the_disk_of_a_folder_that_is_not_made_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    assert free_disk(tmp_path / "a" / "b") == pytest.approx(free_disk(tmp_path), rel=0.1)
