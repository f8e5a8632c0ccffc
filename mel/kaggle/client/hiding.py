"""Secrets taken out of a text before anyone sees it."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

__all__ = ["Secrets"]

_MASK = "[hidden]"
_TELLING = re.compile(r"key|token|secret|passw|credential|signature|cookie", re.IGNORECASE)
_SHORT = 8  # characters; a shorter secret is hidden only where it stands alone
_LEAST = 4  # characters; anything shorter would blot out half of a message
_TOKEN = re.compile(r"KGAT_\w+")  # Kaggle's own
_SHAPES = (  # what gives a secret away by its looks
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {_MASK}"),
    (_TOKEN, _MASK),
    (re.compile(r"://[^/\s@]+@"), f"://{_MASK}@"),
    (re.compile(r"(/[^\s?'\"]*\?)[^\s'\")]{8,}"), rf"\1{_MASK}"),  # signed addresses
    (
        re.compile(
            r"(\b\w*(?:key|token|secret|passw\w*|signature|credential)s?['\"]?\s*[:=]\s*['\"]?)"
            r"[^\s'\",;&}]{4,}",
            re.IGNORECASE,
        ),
        rf"\1{_MASK}",
    ),
    (re.compile(r"\b[0-9a-fA-F]{32,}\b"), _MASK),
)


@dataclass(frozen=True)
class Secrets:
    """Texts that must never be shown, themselves not shown by repr; `hide` masks them."""

    values: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, values: Iterable[str], environment: Mapping[str, str]) -> "Secrets":
        """Collect secrets, and the values of variables whose name says that they are secret."""
        named = {v for k, v in environment.items() if _TELLING.search(k) and len(v) >= _SHORT}
        plain = {v.strip() for v in values if len(v.strip()) >= _LEAST} | named
        return cls(frozenset(form for value in plain for form in _forms(value)))

    def among(self, text: str) -> bool:
        """Say whether the text holds a secret, or one of Kaggle's tokens; a digest is none.

        >>> Secrets.of([], {}).among("KGAT_0123456789abcdef"), Secrets.of([], {}).among("key=fold5")
        (True, False)
        """
        return bool(_TOKEN.search(text)) or any(value in text for value in self.values)

    def hide(self, text: str) -> str:
        """Give the text without the secrets, and without what looks like one.

        >>> Secrets.of(["hunter2"], {}).hide("login with hunter2 failed, token=abcdef")
        'login with [hidden] failed, token=[hidden]'
        """
        for value in sorted(self.values, key=len, reverse=True):
            if len(value) < _SHORT:
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", _MASK, text)
            else:
                text = text.replace(value, _MASK)
        for shape, shown in _SHAPES:
            text = shape.sub(shown, text)
        return text


def _forms(value: str) -> set[str]:
    """Give a secret as it is, quoted for an address, inside JSON, and in base 64."""
    coded = base64.b64encode(value.encode()).decode()
    return {value, quote(value, safe=""), json.dumps(value)[1:-1], repr(value)[1:-1], coded}
