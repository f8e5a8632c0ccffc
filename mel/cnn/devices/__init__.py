"""What the machine has to compute with, and what is used of it."""

from mel.cnn.devices.choosing import Device, choose

__all__ = ["Device", "choose"]
