"""From pictures to batches: decoded pixels, the order they are seen in, what is trained on."""

__all__: list[str] = []
