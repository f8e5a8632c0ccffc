"""What stands on the pages: Streamlit's widgets, and nothing that could be said without them."""

__all__: list[str] = []
