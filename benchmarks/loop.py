"""The loop of `mel cnn train` against its bare compiled step: writes results/loop.md.

python benchmarks/loop.py
"""

import argparse
import itertools
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "loop.md"
GOAL = 0.95
TURN = 20  # steps of either before it is the other's turn
PLANS = (  # backbone, pixels, images a step, steps an epoch
    ("resnet_v2_nano", 64, 32, 240),
    ("efficientnetv2_b0", 96, 16, 200),
)


def _settings(backbone: str, size: int, batch: int, epochs: int) -> Any:
    from mel.config import MemberSettings

    return MemberSettings.model_validate(
        {
            "backbone": backbone,
            "size": size,
            "batch_size": batch,
            "epochs": epochs,
            "ema": 0.99,
            "validate_every": 0,  # scoring the held-out fold is no training step
            "augmentation": {
                "rotation": 180.0,
                "zoom": 0.2,
                "shift": 0.1,
                "brightness": 0.1,
                "contrast": 0.1,
                "saturation": 0.1,
                "hue": 10.0,
                "cutout": 0.2,
            },
        }
    )


class Bare:
    """The same network, optimizer, loss and batch in one tf.function, and nothing around it."""

    def __init__(self, settings: Any, device: Any) -> None:
        import tensorflow as tf

        from mel.cnn import networks
        from mel.cnn.labels import Labels
        from mel.cnn.training.session import Session

        model = networks.build(settings, Labels())
        session = Session(model, networks.body_layers(model), settings, Labels(), steps=1000)
        session.enter(0, device.jit_compile)
        shape = (settings.batch, settings.size, settings.size, 3)
        draw = np.random.default_rng(0)
        images = tf.constant(draw.integers(0, 256, shape, dtype=np.uint8))
        labels = tf.constant(draw.integers(0, 2, (settings.batch, 1)).astype(np.float32))
        weights = tf.ones(settings.batch)
        loss_of, optimizer = session._loss, model.optimizer

        @tf.function(jit_compile=device.jit_compile)
        def step() -> Any:
            with tf.GradientTape() as tape:
                logits = model(images, training=True)
                loss = loss_of(labels, logits, sample_weight=weights)
                scaled = optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        self._step = step
        float(step())

    def take(self, steps: int) -> None:
        """Take steps one after another and wait for the last."""
        for _ in range(steps):
            loss = self._step()
        float(loss)


class Clock:
    """Seconds of the wall, and of this process on all cores: other load changes only the first."""

    def __init__(self) -> None:
        self.rounds: list[tuple[float, float]] = []
        self.start()

    def start(self) -> None:
        """Begin a round."""
        self._from = (time.perf_counter(), time.process_time())

    def stop(self) -> None:
        """End it."""
        now = (time.perf_counter(), time.process_time())
        self.rounds.append((now[0] - self._from[0], now[1] - self._from[1]))


def _measured(backbone: str, size: int, batch: int, steps: int, rounds: int) -> dict[str, Any]:
    """Train with everything on; between its steps take as many bare ones."""
    from mel.cnn import training
    from mel.cnn.devices import choose
    from mel.cnn.feeding import Examples
    from mel.cnn.feeding.pictures import Kept
    from mel.cnn.labels import Labels

    settings = _settings(backbone, size, batch, rounds + 1)
    device = choose(settings.hardware)
    device.start()
    count = steps * batch
    draw = np.random.default_rng(1)
    pictures = Kept(size, {}, draw.integers(0, 256, (count, size, size, 3), dtype=np.uint8))
    target = np.arange(count) % 2
    labels = target[:, None].astype(np.float32)
    examples = Examples(np.arange(count), labels, target, np.ones(count, dtype=np.float32))
    bare = Bare(settings, device)
    loop, alone = Clock(), Clock()

    def between() -> None:
        loop.stop()
        alone.start()
        bare.take(TURN)
        alone.stop()
        loop.start()

    with tempfile.TemporaryDirectory() as folder, _in_turns(between):
        training.fit(
            pictures,
            examples,
            settings,
            0,
            Labels(),
            lambda _: None,
            device=device,
            state=Path(folder),
        )
    facts = {"network": f"{backbone} at {size}", "batch": batch, "device": str(device)}
    turns = steps // TURN
    return facts | _figures(count, _rounds(loop, turns), _rounds(alone, turns))


@contextmanager
def _in_turns(between: Callable[[], None]) -> Iterator[None]:
    """Call `between` after every so many steps of a training."""
    from mel.cnn.training.watching import Watch

    told, done = Watch.on_train_batch_end, itertools.count(1)

    def after(watch: Any, batch: int, logs: Any = None) -> None:
        told(watch, batch, logs)
        if next(done) % TURN == 0:
            between()

    Watch.on_train_batch_end = after
    try:
        yield
    finally:
        Watch.on_train_batch_end = told


def _rounds(clock: Clock, turns: int) -> list[tuple[float, float]]:
    """Add up the turns of an epoch; the first epoch, in which all is compiled, is left out."""
    parts = np.array(clock.rounds).reshape(-1, turns, 2).sum(axis=1)
    return [(float(wall), float(cpu)) for wall, cpu in parts[1:]]


def _figures(
    count: int, loop: list[tuple[float, float]], bare: list[tuple[float, float]]
) -> dict[str, Any]:
    """Compare each epoch of the loop with the bare steps that took turns with its own."""
    found: dict[str, Any] = {}
    for index, name in enumerate(("wall", "cpu")):
        mine, other = [r[index] for r in loop], [r[index] for r in bare]
        ratios = sorted(b / a for a, b in zip(mine, other, strict=True))
        found[name] = (
            statistics.median(ratios),
            ratios[len(ratios) // 4],
            ratios[-1 - len(ratios) // 4],
        )
        found |= {"rounds": len(ratios)}
        if name == "wall":
            found |= {"loop": count / statistics.median(mine)}
            found |= {"bare": count / statistics.median(other)}
    return found


def _report(rows: list[dict[str, Any]], seconds: float, command: str) -> str:
    names = ("tensorflow", "keras", "numpy", "numba")
    lines = [
        "# The training loop against its bare step",
        "",
        f"- command: `{command}`",
        f"- machine: {os.cpu_count()} {platform.machine()} cores, {rows[0]['device']}; "
        + ", ".join(f"{name} {version(name)}" for name in names),
        f"- time: {seconds / 60:.0f} minutes",
        "",
        "The loop is `training.fit`, which `mel cnn train` runs: augmentation (turns, zoom, shift,",
        "colour, cutout), AdamW with weight averages, progress, history, TensorBoard's logs, and a",
        "checkpoint of all state an epoch. The bare step is one `tf.function` of the same network,",
        "optimizer and loss on one batch in memory. Both take turns in one process, "
        f"{TURN} steps each:",
        "a ratio compares an epoch of the loop, its checkpoint included, with as many bare steps.",
        "It is that of the median epoch, with the middle half in brackets. By the wall's clock it",
        "is what a user waits; by the processor's it is the work of all threads. While the bare",
        "step has its turn the loop makes four batches ahead, a fifth of its input, which costs",
        f"about a hundredth of a step. The goal is {GOAL}.",
        "",
        "| network | batch | bare step | loop | loop / bare: wall | processor | rounds |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['network']} | {row['batch']} | {row['bare']:.1f} images/s | {row['loop']:.1f} | "
        f"{_shown(row['wall'])} | {_shown(row['cpu'])} | {row['rounds']} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _shown(ratio: tuple[float, float, float]) -> str:
    return f"{ratio[0]:.3f} ({ratio[1]:.3f} to {ratio[2]:.3f})"


def main() -> None:
    """Measure both networks, then write and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--only", default="", help="a part of the network's name")
    given = parser.parse_args()
    from mel.process import keep_freed

    keep_freed()  # as every process does in which mel trains; it serves the bare step as well
    start = time.monotonic()
    rows = [_measured(*plan, given.rounds) for plan in PLANS if given.only in plan[0]]
    text = _report(rows, time.monotonic() - start, "python benchmarks/loop.py")
    if not given.only:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
