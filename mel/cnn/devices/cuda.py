"""The memory of NVIDIA GPUs, asked of their driver: TensorFlow does not say how much there is."""

import ctypes

__all__ = ["memories"]


def memories() -> list[int]:
    """Give the bytes of memory of each GPU this process may use, in CUDA's order.

    Empty where there is no driver, or it does not answer.

    >>> all(size > 0 for size in memories())
    True
    """
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
        if cuda.cuInit(0):
            return []
        count = ctypes.c_int()
        cuda.cuDeviceGetCount(ctypes.byref(count))
        return [size for index in range(count.value) if (size := _memory(cuda, index))]
    except (OSError, AttributeError):
        return []


def _memory(cuda: ctypes.CDLL, index: int) -> int:
    device, size = ctypes.c_int(), ctypes.c_size_t()
    cuda.cuDeviceGet(ctypes.byref(device), index)
    cuda.cuDeviceTotalMem_v2(ctypes.byref(size), device)
    return size.value
