"""A page's path in, the policy's word for that page out; the path itself goes no further."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import unquote_to_bytes

from airlock.policy import Page, Policy, Surface

_ENCODED = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE | re.ASCII)
_SLASHES = re.compile(r"/{2,}")
# The same path could be read another way by the site's own server, so it counts as private.
_AMBIGUOUS = re.compile(r"[;\\]|%[0-9a-f]{2}", re.IGNORECASE | re.ASCII)

UNMATCHED = Page(match="/**", surface=Surface.HEALTH)
_PRIVATE = Page(match="", surface=Surface.PRIVATE)

PageFinder = Callable[[str], Page]


def build_finder(policy: Policy) -> PageFinder:
    """The function from a raw path to its page rule: first match wins, no match is a health page."""
    patterns = [(_compile(page.match), page) for page in policy.pages]

    def find(raw_path: str) -> Page:
        path = normalise(raw_path)
        if path is None:
            return _PRIVATE
        for pattern, page in patterns:
            if pattern.fullmatch(path):
                return page
        return UNMATCHED

    return find


def normalise(raw_path: str) -> str | None:
    """The path decoded once, lower-cased, its dot segments resolved and slashes merged; None where it is ambiguous."""
    path = raw_path or "/"
    if "%" in path:
        try:
            path = unquote_to_bytes(path).decode("utf-8") if _ENCODED.search(path) else path
        except UnicodeDecodeError:
            return None
    if _AMBIGUOUS.search(path) or (
        not (path.isascii() and path.isprintable()) and any(unicodedata.category(letter) == "Cc" for letter in path)
    ):
        return None
    path = _SLASHES.sub("/", path.lower())
    segments = _resolve(path.split("/")[1:]) if "." in path else path.split("/")[1:]
    if any(segment.endswith((".", " ")) for segment in segments):
        return None
    return "/" + "/".join(segments).rstrip("/")


def _resolve(segments: Sequence[str]) -> list[str]:
    resolved: list[str] = []
    for segment in segments:
        if segment == "..":
            resolved = resolved[:-1]
        elif segment != ".":
            resolved.append(segment)
    return resolved


def _compile(match: str) -> re.Pattern[str]:
    """`*` stands for anything within a segment, `**` for any number of segments, none included."""
    pattern = ""
    for segment in _SLASHES.sub("/", match).rstrip("/").split("/")[1:]:
        if segment == "**":
            pattern += "(?:/[^/]+)*"
        else:
            pattern += "/" + re.escape(segment).replace(r"\*", "[^/]*")
    return re.compile(pattern or "/")
