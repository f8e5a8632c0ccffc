"""The device of a run: what computes, how, and why so."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from mel.config import CnnSettings
from mel.errors import MelError, many

__all__ = ["Backend", "Device", "Kind", "misfit", "unshared"]

Kind = Literal["cpu", "gpu", "tpu"]
Backend = Literal["tensorflow", "jax"]


def unshared(size: int, count: int, name: str = "batch_size") -> str:
    """Say why a batch cannot be shared by `count` devices; empty where it can.

    >>> unshared(32, 4), unshared(3, 4)
    ('', 'batch_size 3 is no multiple of the 4 devices that share it; set 4, or hardware.devices')
    """
    below = size // count * count
    if below == size:
        return ""
    near = " or ".join(str(n) for n in (below, below + count) if n)
    return (
        f"{name} {size} is no multiple of the {count} devices that share it; "
        f"set {near}, or hardware.devices"
    )


def misfit(settings: CnnSettings, count: int, backend: str) -> str:
    """Say why `count` devices cannot share a member's training; empty where they can.

    A batch must be a multiple of the devices. Keras adds gradients up over steps within a
    condition, and TensorFlow has no way to exchange anything between devices inside of one.

    >>> misfit(CnnSettings(accumulate=2), 4, "tensorflow")
    'accumulate 2: TensorFlow cannot add up gradients that 4 devices share; set accumulate = 1 ...'
    >>> misfit(CnnSettings(accumulate=2), 4, "jax")
    ''
    """
    if settings.accumulate > 1 and count > 1 and backend == "tensorflow":
        return (
            f"accumulate {settings.accumulate}: TensorFlow cannot add up gradients that {count} "
            f"devices share; set accumulate = 1 (they share a batch {count} times as large), "
            "or hardware.devices = 1"
        )
    size = settings.batch_size
    return unshared(size, count) if isinstance(size, int) else ""


@dataclass(frozen=True)
class Device:
    """What computes, `count` of one kind that share each batch, and how.

    `jit_compile` is what Keras is told; JAX and TPUs compile with XLA in any case. `threads` is 0
    where the backend chooses them. `reasons` say why it is so, a sentence each; `advice` what to
    set where an accelerator seems to be there and cannot be used.

    >>> print(Device("gpu", "mixed_float16", jit_compile=True, threads=0))
    gpu, mixed_float16, with XLA
    >>> print(Device("tpu", "mixed_bfloat16", True, 0, count=8, backend="jax"))
    8 x tpu by jax, mixed_bfloat16, with XLA
    """

    kind: Kind
    precision: str
    jit_compile: bool
    threads: int
    count: int = 1
    backend: Backend = "tensorflow"
    reasons: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f"{self.count} x {self.kind}" if self.count > 1 else self.kind
        by = f" by {self.backend}" if self.backend != "tensorflow" else ""
        xla = "with XLA" if self.xla else "without XLA"
        threads = f", {many(self.threads, 'thread')}" if self.threads else ""
        return f"{what}{by}, {self.precision}, {xla}{threads}"

    @property
    def xla(self) -> bool:
        """Whether steps are compiled with XLA."""
        return self.jit_compile or self.kind == "tpu"

    @property
    def news(self) -> tuple[str, ...]:
        """What a run says of its device, a line each: the device, then the advice.

        >>> Device("cpu", "float32", False, 2).news
        ('on cpu, float32, without XLA, 2 threads',)
        """
        return (f"on {self}", *self.advice)

    def check_batch(self, size: int, name: str = "batch_size") -> None:
        """Refuse a batch that the devices cannot share equally, and name the nearest they can.

        >>> Device("gpu", "float32", True, 0, count=4).check_batch(30)
        Traceback (most recent call last):
        mel.errors.MelError: batch_size 30 is no multiple of the 4 devices that share it; ...
        """
        if fault := unshared(size, self.count, name):
            raise MelError(fault)

    def check(self, settings: CnnSettings) -> None:
        """Refuse a member's training that the devices cannot share; see `misfit`."""
        if fault := misfit(settings, self.count, self.backend):
            raise MelError(fault)

    def start(self) -> None:
        """Set Keras and its backend to the device; before anything else of Keras is used.

        Raises MelError when Keras was imported with another backend before.
        """
        from mel.cnn.devices.using import start

        start(self)

    def scope(self) -> AbstractContextManager[Any]:
        """Give the context in which networks are built and compiled."""
        from mel.cnn.devices.using import scope

        return scope(self)

    def settle(self, model: Any) -> None:
        """Let batch normalisation see the whole batch, of all devices; before the first step."""
        from mel.cnn.devices.using import settle

        settle(self, model)
