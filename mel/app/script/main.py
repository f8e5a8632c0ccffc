"""The script that Streamlit runs for every session: the frame, then the page that was chosen."""

import os
from functools import partial

import streamlit as st

from mel.app.model import Model
from mel.app.pages import about, frame, photos
from mel.app.picturing import mark
from mel.app.serving import BUNDLE
from mel.errors import MelError

__all__ = ["main"]


def _opened(path: str, _changed: float) -> Model:
    return Model.open(path)


def main() -> None:
    """Open the model, once for all sessions, and show a page."""
    st.set_page_config(page_title="mel: moles", page_icon=mark(), layout="wide")
    path = os.environ.get(BUNDLE, "")
    opened = st.cache_resource(show_spinner="Opening the model …", max_entries=2)(_opened)
    try:
        model = opened(path, os.stat(path).st_mtime if path else 0.0)  # noqa: PTH116
    except (MelError, OSError) as error:
        st.error(f"The model cannot be opened: {error}")
        st.stop()
    pages = [
        st.Page(partial(photos.show, model), title="Moles", icon=":material/search:",
                url_path="moles", default=True),
        st.Page(partial(about.show, model), title="The model", icon=":material/info:",
                url_path="model"),
    ]  # fmt: skip
    chosen = st.navigation(pages, position="hidden")
    frame.show(model, pages)
    chosen.run()


if __name__ == "__main__":
    main()
