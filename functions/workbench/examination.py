"""A check in, what it found out: right, soon to be wrong, wrong, or not seen, which is never taken for right."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

OpenClient = Callable[[str], Any]
"""An AWS service's name to boto3's client for it."""


class Verdict(StrEnum):
    """How something stands."""

    GOOD = "good"
    SOON = "soon"  # works, and will not for long or not under load
    BAD = "bad"
    UNSEEN = "unseen"  # the check could not be made


class Finding(Struct, frozen=True):
    """One finding: what was looked at, how it stands, and what to do where it does not stand well."""

    about: str
    verdict: Verdict
    says: str
    remedy: str = ""


class UnseenError(Exception):
    """A check could not be made. Says why, for the person at the terminal."""


Check = Callable[[], Iterable[Finding]]


def examine(checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    """Every check's findings, in order; a check that fails is one finding, that it could not be made."""
    for about, check in checks:
        try:
            yield from list(check())
        except UnseenError as error:
            yield Finding(about, Verdict.UNSEEN, str(error))
        except Exception as error:  # noqa: BLE001 - botocore's errors are many, and each means that nothing was seen
            yield Finding(about, Verdict.UNSEEN, f"could not be looked at: {name_error(error)}")


def name_error(error: Exception) -> str:
    """An AWS error's code, or the type of any other."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__))


def read_pages(operation: Callable[..., Any], key: str, token: str = "nextToken", **asked: Any) -> Iterator[Any]:  # noqa: ANN401, S107 - boto3 ships no types; the name of the field that holds the next page's mark
    """The entries under `key` of every page of an AWS list operation that takes and gives its mark by one name."""
    while True:
        page = operation(**asked)
        yield from page.get(key, ())
        if not page.get(token):
            return
        asked[token] = page[token]
