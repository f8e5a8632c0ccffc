"""What a worker can do: a module a task, opened only when it is asked for."""

from importlib import import_module
from typing import Any

from mel.cnn.events import Event

__all__ = ["TASKS", "run"]

TASKS = {
    "fold": "mel.cnn.jobs.fold",
    "predict": "mel.cnn.jobs.score",
    "explain": "mel.cnn.jobs.explain",
    "export": "mel.cnn.jobs.export",
    "doctor": "mel.cnn.jobs.doctor",
    "answer": "mel.cnn.jobs.answer",
    "batch": "mel.cnn.jobs.probe",
    "vet": "mel.cnn.jobs.vetting",
}


def run(job: dict[str, Any], tell: Event) -> None:
    """Do one job: its `task` names the module whose `run` does it.

    Nothing of Keras is imported before that module started its device: the first import fixes
    the backend.
    """
    import_module(TASKS[job["task"]]).run(job, tell)
