"""The bundle: everything a trained ensemble needs to score new images, in one file.

A ZIP archive, not compressed, whose first entry, manifest.json, lists every other with its size
and SHA-256. Nothing in it is executed or unpickled, and nothing is unpacked but by `folder`.
"""

from mel.bundles.names import MANIFEST
from mel.bundles.reading import Bundle
from mel.bundles.writing import write_bundle

__all__ = ["MANIFEST", "Bundle", "write_bundle"]
