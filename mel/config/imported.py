"""Settings of a member whose scores were made elsewhere."""

from mel.config.base import Name, Settings

__all__ = ["ImportedSettings"]


class ImportedSettings(Settings):
    """A member that `mel ensemble import` put into the work folder.

    `foreign` lets the stack and the blend use it though it was made on other folds than theirs.

    >>> ImportedSettings(name="cp_1", foreign=True).foreign
    True
    """

    name: Name
    foreign: bool = False
