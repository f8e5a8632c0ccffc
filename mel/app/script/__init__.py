"""What Streamlit runs, alone in its folder, which goes onto the import path and may shadow none."""

__all__: list[str] = []
