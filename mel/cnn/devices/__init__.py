"""What the machine has to compute with, and what is used of it."""

from mel.cnn.devices.choosing import choose
from mel.cnn.devices.device import Device
from mel.cnn.devices.finding import Accelerator, Found, find

__all__ = ["Accelerator", "Device", "Found", "choose", "find"]
