"""Keras and its backend set to a device; called through `Device`, in a child process only."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from typing import Any

import numpy as np

from mel.cnn.devices.device import Device
from mel.cnn.devices.finding import virtual
from mel.cnn.devices.importing import sparing
from mel.errors import MelError

__all__ = ["forward", "scope", "settle", "start"]

_FLAG = "--xla_force_host_platform_device_count"


def start(device: Device) -> None:
    """Set backend, devices, threads and precision; see `Device.start`."""
    os.environ["KERAS_BACKEND"] = device.backend
    _prepare_jax(device) if device.backend == "jax" else _prepare_tensorflow(device)
    import keras

    if (other := keras.backend.backend()) != device.backend:
        raise MelError(
            f"Keras was imported with {other}, and this device needs {device.backend}; "
            "choose and start the device before keras is imported"
        )
    if device.backend == "jax":
        _share_in_jax(device)
    keras.config.set_dtype_policy(device.precision)


def scope(device: Device) -> AbstractContextManager[Any]:
    """Give the context to build in; JAX needs none, there `start` said how a batch is shared."""
    if device.backend == "tensorflow" and (device.count > 1 or device.kind == "tpu"):
        return _strategy(device.kind, device.count).scope()  # type: ignore[no-any-return]
    return nullcontext()


def settle(device: Device, model: Any) -> None:
    """Share batch statistics over replicas in TensorFlow; in JAX they are of the whole batch."""
    if device.backend != "tensorflow" or device.count == 1:
        return
    import keras

    for layer in model._flatten_layers(include_self=False):  # nested ones too; no public way
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def _prepare_tensorflow(device: Device) -> None:
    with sparing():
        import tensorflow as tf
    if device.kind == "cpu":
        tf.config.set_visible_devices([], "GPU")
        _divide_cpu(virtual())
    if device.threads:
        tf.config.threading.set_intra_op_parallelism_threads(device.threads)


def _divide_cpu(count: int) -> None:
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    if count > 1 and tf.config.get_logical_device_configuration(cpu) is None:
        parts = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
        tf.config.set_logical_device_configuration(cpu, parts)


def _prepare_jax(device: Device) -> None:
    """Fix what JAX shows, before it looks; TensorFlow, which reads the pictures, gets no GPU."""
    flags = os.environ.get("XLA_FLAGS", "")
    if device.kind == "cpu" and virtual() > 1 and _FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_FLAG}={virtual()}".strip()
    import jax

    with sparing():
        import tensorflow as tf
    if device.kind == "cpu":
        jax.config.update("jax_platforms", "cpu")
    tf.config.set_visible_devices([], "GPU")


def _share_in_jax(device: Device) -> None:
    import keras

    names = keras.distribution.list_devices(device.kind)[: device.count]
    shared = keras.distribution.DataParallel(devices=names) if device.count > 1 else None
    keras.distribution.set_distribution(shared)


@cache
def _strategy(kind: str, count: int) -> Any:
    import tensorflow as tf

    if kind == "tpu":
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
        return tf.distribute.TPUStrategy(resolver)
    return tf.distribute.MirroredStrategy([f"{kind.upper()}:{index}" for index in range(count)])


def forward(model: Any) -> Callable[[Any], Any]:
    """Give a function of a batch of inputs, NumPy arrays, to the network's outputs, an array.

    Where several devices of TensorFlow share a batch each computes its own part: Keras'
    `predict_on_batch` would have every one compute the whole.
    """
    strategy = getattr(model, "distribute_strategy", None)
    if getattr(strategy, "num_replicas_in_sync", 1) == 1:
        return model.predict_on_batch  # type: ignore[no-any-return]
    return partial(_in_parts, _step(model, strategy), strategy)


def _step(model: Any, strategy: Any) -> Any:
    import tensorflow as tf

    def one(*inputs: Any) -> Any:
        return model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)

    return tf.function(lambda *parts: strategy.run(one, args=parts))


def _in_parts(step: Any, strategy: Any, inputs: Any) -> Any:
    """Run a step on a part of the batch a replica; zeros fill the last part up."""
    arrays = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    count, parts = len(arrays[0]), strategy.num_replicas_in_sync
    each = -(-count // parts)

    def part_of(array: Any) -> Any:
        filling = [(0, each * parts - count)] + [(0, 0)] * (array.ndim - 1)
        whole = np.pad(array, filling)

        def part(context: Any) -> Any:
            first = context.replica_id_in_sync_group * each
            return whole[first : first + each]

        return strategy.experimental_distribute_values_from_function(part)

    made = strategy.experimental_local_results(step(*map(part_of, arrays)))
    return np.concatenate([np.asarray(part) for part in made])[:count]
