"""What to do about a failure of Kaggle's client: its words -> one line of ours."""

import re
from collections.abc import Callable

from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.running import Output
from mel.kaggle.client.slug import SETTINGS, page

__all__ = ["explain"]

_SHOWN = 240  # characters of the client's own words that a message quotes
_AGAIN = "run the same again"


def _credentials(_: str) -> str:
    return (
        f"Kaggle does not accept the credentials; make a new token at {SETTINGS}/api and put it "
        "into KAGGLE_API_TOKEN or ~/.kaggle/access_token"
    )


def _rules(name: str) -> str:
    return (
        f"{name}: its rules are not accepted; join and accept them at {page(name, 'rules')}, "
        f"then {_AGAIN}"
    )


def _phone(name: str) -> str:
    return f"{name}: asks for a verified phone number; verify yours at {SETTINGS}, then {_AGAIN}"


def _competition(name: str) -> str:
    return (
        f"{name}: Kaggle shows no such competition to this account; correct the name, the last "
        f"part of its address, and see whether {page(name)} opens"
    )


def _participate(name: str) -> str:
    return (
        f"{name}: this account does not take part, or the name is mistyped; join and accept the "
        f"rules at {page(name, 'rules')}, or correct the name"
    )


def _forbidden(name: str) -> str:
    return (
        f"{name}: Kaggle refuses (403); join and accept the rules at {page(name, 'rules')}, "
        f"and verify your phone number at {SETTINGS} if it asks for that"
    )


def _rate(name: str) -> str:
    return (
        f"{name}: Kaggle had too many requests from this account (429); wait, some minutes to an "
        f"hour, then {_AGAIN}: what is here is kept"
    )


def _proxy(_: str) -> str:
    return (
        "the proxy does not let Kaggle's client through; correct HTTPS_PROXY (and its name and "
        f"password), then {_AGAIN}"
    )


def _certificate(_: str) -> str:
    return (
        "the certificate of Kaggle's server is not trusted here, as behind a company's proxy; "
        "point REQUESTS_CA_BUNDLE at your company's certificates"
    )


def _network(_: str) -> str:
    return (
        "Kaggle's server cannot be reached; see whether https://www.kaggle.com opens from this "
        f"machine (network, name service, proxy), then {_AGAIN}: what is here is kept"
    )


def _server(name: str) -> str:
    return f"{name}: Kaggle's server fails at present; try later: what is here is kept"


def _disk(_: str) -> str:
    return f"the disk is full; free some space, then {_AGAIN}: what is here is kept"


def _old(_: str) -> str:
    return "Kaggle's client does not know this command; pip install --upgrade kaggle"


def _broken(_: str) -> str:
    return "Kaggle's client does not start; pip install --upgrade --force-reinstall kaggle"


_CODE = r"(?:\b{0} - |\b{0} (?:Client|Server) Error|code\W+{0}\b|\({0}\)|HTTP {0}\b)"

# In this order: what says most comes first, and a number stands for what nothing else told.
_KNOWN: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("disk", r"No space left on device|Errno 28\b|Disk quota exceeded", _disk),
    ("rules", r"accept this competition.{1,8}s rules|accept the (?:competition )?rules", _rules),
    ("phone", r"verif\w* (?:\w+ ){0,4}phone|phone (?:\w+ ){0,4}verif", _phone),
    ("access", r"competitions\.participate", _participate),
    ("competition", r"competitions\.get\b|Could not find competition", _competition),
    ("rate", rf"TooManyRequests|Too many requests|{_CODE.format('429')}", _rate),
    ("network", r"ProxyError|407 Proxy|Cannot connect to proxy|Tunnel connection failed", _proxy),
    ("network", r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError", _certificate),
    (
        "credentials",
        r"Unauthenticated|Authentication required|Could not find kaggle\.json|Invalid credentials"
        rf"|Unauthorized|{_CODE.format('401')}",
        _credentials,
    ),
    ("access", rf"Forbidden|Permission .{{0,60}} was denied|{_CODE.format('403')}", _forbidden),
    ("competition", rf"\bNotFound\b|^Not Found\b|{_CODE.format('404')}", _competition),
    ("server", rf"Bad Gateway|Service Unavailable|{_CODE.format('5[0-9][0-9]')}", _server),
    (
        "network",
        r"NameResolutionError|NewConnectionError|Max retries exceeded|Connection (?:refused|reset"
        r"|aborted|timed out|broken)|ConnectionError|ConnectTimeout|ReadTimeout|Read timed out"
        r"|ChunkedEncodingError|IncompleteRead|SSLError|Network is unreachable",
        _network,
    ),
    ("old", r"unrecognized arguments|invalid choice|^usage: kaggle", _old),
    ("broken", r"ModuleNotFoundError|ImportError|SyntaxError", _broken),
)


def explain(output: Output, name: str) -> ClientError:
    """Give the line that answers a client's failure; `name` is the competition's.

    >>> told = "403 - Forbidden - You must accept this competition's rules before"
    >>> explain(Output(1, told, ""), "titanic").reason
    'rules'
    """
    if output.status < 0:
        return ClientError(
            "broken",
            f"Kaggle's client was killed by signal {-output.status}; if memory ran out, end other "
            f"programs, then {_AGAIN}: what is here is kept",
        )
    for reason, pattern, advice in _KNOWN:
        if re.search(pattern, output.text, re.IGNORECASE | re.MULTILINE):
            return ClientError(reason, advice(name))
    said = output.last_line[:_SHOWN]
    words = f"said {said!r}" if said else "said nothing"
    return ClientError(
        "unknown",
        f"{name}: Kaggle's client ended with status {output.status} and {words}; see {page(name)}, "
        "or pip install --upgrade kaggle",
    )
