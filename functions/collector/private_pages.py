"""A policy's page rules in, the JavaScript pattern that finds a private page's path out. Build time only."""

import re
import unicodedata
from collections.abc import Iterable

from airlock.policy import Page, Surface

_SYNTAX = re.compile(r"[\^$\\.*+?()\[\]{}|/]")
# A path that the site's own server could read another way: a second layer of encoding, a character that is not seen, a
# segment that ends in a dot or a space. Plain dot segments are gone before a script sees the path.
_AMBIGUOUS = r"[;\\\p{C}]|%[\da-f]{2}|[. ](\/|$)"


def write_pattern(pages: Iterable[Page]) -> str:
    """The source of a JavaScript pattern (flag u) that finds a decoded, lower-cased path of a private page.

    The first rule that matches a path decides, as in the sanitizer: a private rule holds where no earlier one is open.
    """
    opened: list[str] = []
    private: list[str] = []
    for page in pages:
        pattern = _translate(page.match)
        if page.surface is not Surface.PRIVATE:
            opened.append(pattern)
        elif opened:
            private.append(rf"(?!(?:{'|'.join(opened)})\/*$){pattern}")
        else:
            private.append(pattern)
    return rf"{_AMBIGUOUS}|^(?:{'|'.join(private)})\/*$" if private else _AMBIGUOUS


def _translate(match: str) -> str:
    """One rule's path as a pattern. Slashes may stand several in a row in a path that was not merged."""
    segments = [segment for segment in unicodedata.normalize("NFC", match.lower()).split("/") if segment]
    if segments == ["*"]:
        return r"\/+[^/]*"
    return "".join(_translate_segment(segment) for segment in segments)


def _translate_segment(segment: str) -> str:
    if segment == "**":
        return r"(?:\/+[^/]+)*"
    if segment == "*":
        return r"\/+[^/]+"
    return r"\/+" + "[^/]*".join(_SYNTAX.sub(r"\\\g<0>", part) for part in segment.split("*"))
