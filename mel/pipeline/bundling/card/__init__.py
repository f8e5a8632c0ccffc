"""The model card of a bundle, a module a few sections."""

from mel.pipeline.bundling.card.writing import card

__all__ = ["card"]
