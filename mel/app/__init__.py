"""The app: photos of moles in, what the whole ensemble says of them, and how far to trust it.

`mel.app.script` is what Streamlit runs; `serve` starts it. Only `script` and `pages` import
Streamlit, everything else is plain functions over a Scorer. Nothing here writes a file or opens a
connection: photos stay in the memory of the session that sent them.
"""

from mel.app.serving import require, serve

__all__ = ["require", "serve"]
