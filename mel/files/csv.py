"""CSV files as text, column by column."""

from pathlib import Path

import polars as pl

from mel.errors import MelError

__all__ = ["read_csv"]


def read_csv(path: Path, missing: str = "correct the path") -> pl.DataFrame:
    """Read a CSV file, every column as text; a path is a name and never a pattern.

    `missing` says what to do when there is no such file. Raises MelError for that, and for a file
    that is not UTF-8 text in lines, or whose rows have more fields than its header.

    >>> frame = read_csv(Path("work/demo/sample_submission.csv"))
    >>> frame.columns, frame.height, set(frame.dtypes)
    (['image_name', 'target'], 36, {String})
    """
    try:
        content = path.read_bytes()
        _check_text(content)
        return pl.read_csv(content, infer_schema=False)
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; {missing}") from None
    except PermissionError:
        raise MelError(
            f"{path}: you may not read it (permission denied); chmod u+r, or ask its owner"
        ) from None
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0]
        raise MelError(f"{path}: is no readable CSV ({reason}); fetch it again") from error


def _check_text(content: bytes) -> None:
    """Refuse other encodings, and the line ends of old Macs, of which polars makes one line."""
    fine = b"\0" not in content and (b"\n" in content or b"\r" not in content)
    try:
        content.decode()
    except UnicodeDecodeError:
        fine = False
    if not fine:
        raise ValueError("it is not UTF-8 text with line ends \\n")
