"""Download a competition: all of it as one archive, or some files of it one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mel.errors import MelError, near
from mel.kaggle.client import Client, Listing, RemoteFile, find, list_files, slug, usable
from mel.kaggle.downloading.job import Job
from mel.kaggle.downloading.record import Record
from mel.kaggle.downloading.unpacking import inside
from mel.progress import progress, say

__all__ = ["Downloaded", "download"]

_PAGES = 25  # pages of 200 files that are listed; beyond them Kaggle's archive speaks for itself
_FEW = 20  # missing files that are fetched one by one, sooner than all again


@dataclass(frozen=True)
class Downloaded:
    """What a download left in its folder: files and bytes there, and how many were fetched now.

    >>> found = Downloaded(Path("data"), files=33_130, bytes=34_000_000_000, fetched=0)
    >>> f"{found.bytes / 1e9:.0f} GB, {found.fetched} files new"
    '34 GB, 0 files new'
    """

    folder: Path
    files: int
    bytes: int
    fetched: int


def download(
    competition: str,
    out: Path | str,
    files: Sequence[str] = (),
    *,
    unzip: bool = True,
    patience: float = 360.0,
) -> Downloaded:
    """Download a competition's files with Kaggle's own client, called as a command.

    `competition` is its name or address, `files` some of its files by their listed names; none
    means all. What is in `out` with the size that Kaggle lists is not fetched again, a file of
    another size is replaced. A file gets its name only when it is whole, so a run that was killed
    goes on. With `unzip`, archives that Kaggle made for the download are unpacked and taken away;
    without, they are checked and kept. `patience`: seconds without a sign of life after which the
    client is ended. Gives how many files, and bytes, are in `out`.

    Raises MelError with one line to act on, and no secret in it: no client, no credentials, rules
    not accepted, no such competition or file, no network, too little room, a broken archive.

    The name is looked at before the client is called:

    >>> download("SIIM-ISIC Melanoma Classification", "data")
    Traceback (most recent call last):
    mel.errors.MelError: 'SIIM-ISIC Melanoma Classification' is no competition's name; give the last
    part of its address, as in https://www.kaggle.com/competitions/NAME
    """
    name, out = slug(competition), Path(out)
    wanted = [str(inside(file)) for file in files]
    client = find(patience=patience)
    if warning := usable(client).warning:
        say(f"warning: {warning}")
    listing = _list(client, name, wanted)
    record = Record.read(out, name)
    job = Job(client, name, out, record, unzip)
    chosen = _choose(listing, wanted, name)
    missing = [file for file in chosen if not job.holds(file)]
    if not wanted and _is_whole(job, listing, missing):
        return _result(job, chosen, 0, some=False)
    few = wanted or (unzip and _are_few(listing, missing))
    fetched = job.fetch(missing) if few else job.fetch_all(listing)
    return _result(job, chosen, fetched, some=bool(wanted))


def _list(client: Client, name: str, wanted: Sequence[str]) -> Listing:
    """List the files, until all that are wanted are known."""

    def enough(known: Listing) -> bool:
        return bool(wanted) and set(wanted) <= {file.name for file in known.files}

    with progress(f"{name}: listing", _PAGES, "pages") as tick:
        return list_files(client, name, pages=_PAGES, enough=enough, tick=tick)


def _choose(listing: Listing, wanted: Sequence[str], name: str) -> list[RemoteFile]:
    """Give the files to have; one that is not listed is refused, if the list is complete."""
    if not wanted:
        return [file for file in listing.files if inside(file.name)]  # refuses an unsafe name
    known = {file.name: file for file in listing.files}
    for file in wanted:
        if file not in known and listing.complete:
            raise MelError(f"{name}: has no file {file!r}; {near(file, known)}")
    return [known.get(file, RemoteFile(file, None)) for file in dict.fromkeys(wanted)]


def _is_whole(job: Job, listing: Listing, missing: Sequence[RemoteFile]) -> bool:
    """Say whether all of the competition is here; a list that is not complete proves nothing."""
    if not job.unzip:
        return job.holds_archive(listing)
    known = listing.complete and bool(listing.files)
    return not missing and (known or job.record.holds_all(job.out))


def _are_few(listing: Listing, missing: Sequence[RemoteFile]) -> bool:
    """Say whether to fetch what is missing one by one, sooner than everything again."""
    size = sum(file.size or 0 for file in missing)
    return listing.complete and 0 < len(missing) <= _FEW and 2 * size < listing.bytes


def _result(job: Job, chosen: Sequence[RemoteFile], fetched: int, *, some: bool) -> Downloaded:
    """Count what is here of the files that were asked for: `some` of them, or all there are."""
    names = {file.name for file in chosen}
    if not some:
        names |= {*job.record.files} if job.unzip else {job.archive.name}
    if not job.unzip:
        names |= {f"{name}.zip" for name in names}
    sizes = [path.stat().st_size for name in names if (path := job.out / name).is_file()]
    return Downloaded(job.out, len(sizes), sum(sizes), fetched)
