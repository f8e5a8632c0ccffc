"""A submission on its way: checked, sent by Kaggle's own client, waited for, written down.

What `send` knows it writes into the JSON beside the submission before and after every step, so
that a run that was stopped, at whatever moment, is gone on with by the same command, and nothing
is sent twice. The client is a command (`mel.kaggle.client`), never imported.
"""

from mel.submit.sending.order import Notebook
from mel.submit.sending.sending import Sent, send

__all__ = ["Notebook", "Sent", "send"]
