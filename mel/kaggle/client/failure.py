"""The error that says why Kaggle's client did not do what was asked."""

from mel.errors import MelError

__all__ = ["ClientError"]


class ClientError(MelError):
    """What the client could not do, and what to do about it: one line, without a secret.

    `reason` is a word for programs: access, broken, competition, credentials, disk, file, missing,
    network, nonsense, old, phone, rate, rules, server, silent, unknown.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
