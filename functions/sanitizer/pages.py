"""A page's path in, the policy's word for that page out; the path itself goes no further."""

import re
from collections.abc import Callable, Sequence

from msgspec import structs

from airlock.policy import Page, Policy, Surface
from airlock.tokens import write_plainly

_DOTS = frozenset({".", ".."})
# The same path could be read another way by the site's own server, so it counts as private.
_AMBIGUOUS = re.compile(r"[;\\]|%[0-9a-f]{2}")

# Already as `read_path` would write it.
_PLAIN = re.compile(r"(?:/[a-z0-9_-]+)+", re.ASCII)

# Parts of an expression: one whole segment, and that no segment goes on here.
_SEGMENT = "(?:/[^/]++)"
_END = "(?![^/])"

UNMATCHED = Page(match="/**", surface=Surface.HEALTH)
_PRIVATE = Page(match="", surface=Surface.PRIVATE)

PageFinder = Callable[[str], Page]


def build_finder(policy: Policy) -> PageFinder:
    """The function from a raw path to its page rule: first match wins, no match is a health page."""
    pages = tuple(map(_ready, policy.pages))
    fullmatch = re.compile("|".join(f"({_write(page.match)})" for page in pages) or "(?!)").fullmatch

    def match(path: str) -> Page:
        found = fullmatch(path)  # the first of the rules that fits: a group of its own each
        return pages[found.lastindex - 1] if found and found.lastindex else UNMATCHED

    def find(raw_path: str) -> Page:
        paths = read_path(raw_path)
        if len(paths) == 1:
            return match(paths[0])
        readings = [match(path) for path in paths]
        return next((page for page in readings if page.surface is Surface.PRIVATE), readings[0]) if paths else _PRIVATE

    return find


def _ready(page: Page) -> Page:
    return page if page.label is None else structs.replace(page, label=write_plainly(page.label))


def read_path(raw_path: str) -> tuple[str, ...]:
    """The path decoded once, lower-cased, its dot segments resolved and slashes merged; none where it is ambiguous.

    The root is the empty string. Where there are dots, both readings are given: dots first and slashes first.
    """
    if _PLAIN.fullmatch(raw_path):
        return (raw_path,)
    if raw_path in {"", "/"}:
        return ("",)
    path = raw_path
    if "%" in path:
        from urllib.parse import unquote_to_bytes  # noqa: PLC0415 - few paths are quoted, and every cold start would pay

        try:
            path = unquote_to_bytes(path).decode("utf-8")
        except UnicodeDecodeError:
            return ()
    path = _fold(path)
    if not path.isprintable() or _AMBIGUOUS.search(path):  # so with any sign that nobody sees, such as a soft hyphen
        return ()
    segments = path.split("/")[1:]
    if any(segment.endswith((".", " ")) and segment not in _DOTS for segment in segments):
        return ()
    merged = [segment for segment in segments if segment]
    if _DOTS.isdisjoint(segments):
        return (_join(merged),)
    return (_join(_resolve(segments)), _join(_resolve(merged)))


def _fold(text: str) -> str:
    """In lower case, and each letter as one character where it can be: an accent may also stand behind its letter."""
    if text.isascii():
        return text.lower()
    from unicodedata import normalize  # noqa: PLC0415 - its tables cost a cold start, and most paths are ASCII

    return normalize("NFC", text.lower())


def _join(segments: Sequence[str]) -> str:
    return "".join(f"/{segment}" for segment in segments if segment)


def _resolve(segments: Sequence[str]) -> list[str]:
    resolved: list[str] = []
    for segment in segments:
        if segment == "..":
            resolved = resolved[:-1]
        elif segment != ".":
            resolved.append(segment)
    return resolved


def _write(match: str) -> str:
    """A rule as a regular expression: `*` for anything within a segment, `**` for any number of segments, or none.

    How far a star reaches is settled once: the first place where what follows it fits is as good as any later one.
    So no path takes more steps than its length times the rule's, however often it repeats itself.
    """
    blocks: list[str] = [""]
    for segment in filter(None, _fold(match).split("/")):
        if segment == "**":
            blocks.append("")
        else:
            blocks[-1] += _write_segment(segment)
    first, *others = blocks
    if not others:
        return first
    *between, last = others
    found = "".join(f"(?>{_SEGMENT}*?{block}{_END})" for block in between if block)
    return f"{first}{found}{_SEGMENT}*{last or '+'}"


def _write_segment(segment: str) -> str:
    first, *others = map(re.escape, re.split(r"\*+", segment))
    if not others:
        return f"/{first}"
    *between, last = others
    found = "".join(f"(?>[^/]*?{part})" for part in between)
    return f"/{first}{found}" + (f"(?>[^/]*{last}{_END})" if last else "[^/]*+")
