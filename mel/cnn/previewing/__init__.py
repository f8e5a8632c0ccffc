"""The random changes of a recipe as a picture, for a person to judge."""

from mel.cnn.previewing.making import preview

__all__ = ["preview"]
