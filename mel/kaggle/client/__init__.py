"""Kaggle's own client, called as a command: found, checked, run, and its failures made advice.

The client is never imported: its package signs in when it is imported, and may end the process.
`find` gives a `Client`, `Client.ask` runs one of its commands and gives what it printed, and a
`ClientError` is the one line that says what to do where it failed. What a client prints is shown
only after `Secrets.hide`, and no secret is ever an argument.

Nothing here knows what is downloaded or submitted: that is for those who use it.
"""

from mel.kaggle.client.advice import explain
from mel.kaggle.client.checking import Check, check, require, usable
from mel.kaggle.client.credentials import Credentials, credentials
from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.finding import Client, find
from mel.kaggle.client.hiding import Secrets
from mel.kaggle.client.listing import Listing, RemoteFile, list_files
from mel.kaggle.client.running import Output, run
from mel.kaggle.client.slug import page, slug

__all__ = [
    "Check",
    "Client",
    "ClientError",
    "Credentials",
    "Listing",
    "Output",
    "RemoteFile",
    "Secrets",
    "check",
    "credentials",
    "explain",
    "find",
    "list_files",
    "page",
    "require",
    "run",
    "slug",
    "usable",
]
