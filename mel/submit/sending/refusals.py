"""What to do when Kaggle refuses a submission: its client's words -> one line of ours."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mel.kaggle.client import ClientError, Output, explain, page
from mel.submit.sending.order import Order

__all__ = ["arrived", "refusal", "used_up"]

_FAILED = "Could not submit to competition"  # said with status 0
_NONE = "Could not find competition"  # said with status 0
_BARE = r"400 Client Error|400 - Bad Request|\(400\)|Bad Request"


def arrived(output: Output) -> bool:
    """Say whether the client is sure that Kaggle took a submission.

    Its status alone does not tell: it is 0 after an upload that failed, or was interrupted, too.
    """
    return not output.status and "Successfully submitted" in output.stdout


def refusal(output: Output, order: Order) -> ClientError:
    """Give the line that answers a submission that was not taken."""
    text = output.text
    for reason, pattern, advice in _KNOWN:
        if re.search(pattern, text, re.IGNORECASE):
            return ClientError(reason, advice(order))
    if output.status:
        return explain(output, order.competition)
    if _NONE in text:
        return ClientError("deadline", _deadline(order))
    return _odd_end(output, order)


def _odd_end(output: Output, order: Order) -> ClientError:
    said = [line.strip() for line in _lines(output) if _FAILED not in line]
    told = f" ({said[-1][:200]!r})" if said else ""
    if _FAILED in output.text:
        return ClientError(
            "upload",
            f"{order.competition}: the upload did not succeed{told}; see whether the network (or "
            "the proxy) lets it through, then run the same again",
        )
    return ClientError(
        "nonsense",
        f"{order.competition}: Kaggle's client ended without saying that it submitted{told}; run "
        "the same again: it looks first whether Kaggle has it",
    )


def _lines(output: Output) -> list[str]:
    """Give what the client said, without its progress bar and empty lines."""
    return [line for line in output.text.splitlines() if line.strip() and "%|" not in line]


def _until_midnight(at: datetime | None = None) -> str:
    """Give the time left of Kaggle's day, which ends at midnight in UTC.

    >>> _until_midnight(datetime(2020, 8, 17, 20, 48, tzinfo=UTC))
    '3 h 12 min'
    """
    moment = at or datetime.now(UTC)
    night = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = int((night - moment).total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02d} min"


def used_up(order: Order) -> str:
    """Say that no submission is left today, and when there will be."""
    return (
        f"{order.competition}: today's submissions are used up; Kaggle counts anew at 00:00 UTC, "
        f"in {_until_midnight()}: run the same again then"
    )


def _notebooks(order: Order) -> str:
    return (
        f"{order.competition}: takes submissions from notebooks only; run yours on Kaggle, then "
        f"mel submit send -k OWNER/NOTEBOOK -v VERSION -f submission.csv -c {order.competition}"
    )


def _named(order: Order) -> str:
    return f"{order.competition}: the file must be called submission.csv; name it so"


def _internet(order: Order) -> str:
    return f"{_of_notebook(order)}: Kaggle wants it without internet; turn that off, run it anew"


def _version(order: Order) -> str:
    return (
        f"{_of_notebook(order)}: Kaggle shows this account no such version that ran to its end; "
        f"correct -k and -v{_address(order)}, and wait until its run is complete"
    )


def _deadline(order: Order) -> str:
    return (
        f"{order.competition}: takes no submissions now, its deadline is over or the name is "
        f"mistyped; see {page(order.competition)}"
    )


def _bare(order: Order) -> str:
    causes = (
        "the version is not complete or made no such file, it has internet on"
        if order.notebook
        else "only notebooks are taken (-k, -v, -f)"
    )
    return (
        f"{order.competition}: Kaggle refuses it, and its client does not say why (400); usual "
        f"causes: today's submissions are used up, {causes}, rules not accepted, or the deadline "
        f"is over; {page(order.competition, 'submissions')} tells which"
    )


def _of_notebook(order: Order) -> str:
    return str(order.notebook) if order.notebook else order.competition


def _address(order: Order) -> str:
    return f", see https://www.kaggle.com/code/{order.notebook.kernel}" if order.notebook else ""


# In this order: what says most comes first. Kaggle joins several of these in one answer.
_KNOWN: tuple[tuple[str, str, Callable[[Order], str]], ...] = (
    ("notebooks", r"only accepts submissions from notebooks|through notebooks", _notebooks),
    (
        "limit",
        r"daily submission allowance|submission limit|maximum number of submissions"
        r"|no (?:more )?submissions (?:left|remaining)|submission allowance",
        used_up,
    ),
    ("file", r"files must be named", _named),
    ("notebook", r"internet (?:access )?(?:is |must )?(?:be )?(?:enabled|disabled)", _internet),
    (
        "notebook",
        r"kernelSessions\.get|kernels\.get|find provided notebook"
        r"|(?:kernel|notebook)[^.\n]{0,40} not (?:be )?found"
        r"|404 Client Error[^\n]*CreateCodeSubmission|404 Client Error[^\n]*submit-notebook",
        _version,
    ),
    (
        "deadline",
        r"not accepting submissions|deadline (?:has|is) |competition (?:has )?(?:ended|closed)"
        r"|no longer accept",
        _deadline,
    ),
    ("refused", _BARE, _bare),
)
