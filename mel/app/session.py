"""Session: the moles of one visitor and what the networks saw in them; nothing outlives it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from mel.app.findings import Finding, findings, look
from mel.app.model import Model
from mel.app.moles import Mole
from mel.app.picturing import Layer, layers
from mel.app.receiving import Sent, receive
from mel.submit.scoring import Looked

__all__ = ["Session"]

Progress = Callable[[int, int], None]


@dataclass
class Session:
    """One visitor's moles, by key and in their order, and what was seen of them.

    refused: lines about the files that came last and were not taken. round: how often files came,
    so that each time a fresh, empty picker can be shown.
    """

    moles: dict[str, Mole] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    round: int = 0
    _looked: dict[tuple[object, ...], Looked] = field(default_factory=dict)
    _layers: dict[tuple[object, ...], tuple[Layer, ...]] = field(default_factory=dict)
    _judged: tuple[object, list[Finding]] = (None, [])

    def take(self, files: Iterable[Sent]) -> None:
        """Take what a browser sent."""
        received = receive(files, list(self.moles.values()))
        self.moles |= {mole.key: mole for mole in received.moles}
        self.refused, self.round = received.refused, self.round + 1

    def add(self, moles: Sequence[Mole]) -> None:
        """Add moles that are here already, such as examples."""
        self.moles |= {mole.key: mole for mole in moles if mole.key not in self.moles}
        self.refused = ()

    def change(self, mole: Mole) -> None:
        """Take another version of a mole that is there."""
        if mole.key in self.moles:
            self.moles[mole.key] = mole

    def align(self) -> None:
        """Give all moles the age and sex of the first."""
        first = next(iter(self.moles.values()))
        known = {"age": first.age, "sex": first.sex}
        self.moles = {key: replace(mole, **known) for key, mole in self.moles.items()}  # type: ignore[arg-type]

    def drop(self, key: str) -> None:
        """Forget a mole and all that was seen of it."""
        self.moles.pop(key, None)
        self.refused = ()
        self._forget()

    def clear(self) -> None:
        """Forget everything."""
        self.moles.clear()
        self.refused = ()
        self._forget()

    def found(self, model: Model, *, together: bool, progress: Progress) -> list[Finding]:
        """Look at what was not looked at yet, and judge all; `progress` is told how many of it."""
        moles = list(self.moles.values())
        new = [mole for mole in moles if mole.asked not in self._looked]
        for number, mole in enumerate(new):
            progress(number, len(new))
            self._looked[mole.asked] = look(model, mole)
        self._forget()
        question = (together, [(mole.asked, mole.label) for mole in moles])
        if self._judged[0] != question:
            seen = {mole.key: self._looked[mole.asked] for mole in moles}
            both = together and len(moles) > 1
            self._judged = (question, findings(model, moles, seen, together=both))
        return self._judged[1]

    @property
    def judged(self) -> list[Finding]:
        """What was found last."""
        return self._judged[1]

    def layers(self, model: Model, one: Finding) -> tuple[Layer, ...]:
        """Give a mole's photo and maps as pictures, drawn once."""
        asked = one.mole.asked
        if asked not in self._layers:
            self._layers[asked] = layers(model, one)
        return self._layers[asked]

    def _forget(self) -> None:
        """Keep nothing of moles that are gone."""
        self._judged = (None, []) if not self.moles else self._judged
        there = {mole.asked for mole in self.moles.values()}
        self._looked = {asked: seen for asked, seen in self._looked.items() if asked in there}
        self._layers = {asked: drawn for asked, drawn in self._layers.items() if asked in there}
