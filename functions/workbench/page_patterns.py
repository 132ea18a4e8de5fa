"""Two page patterns of a policy in, whether one takes all pages of the other, or any page of it, out.

Patterns are read as `sanitizer.pages` matches them: in lower case and NFC, without empty segments, `**` for any number
of segments, none included, and each `*` of a segment for any number of its characters.
"""

import unicodedata
from collections.abc import Callable, Sequence


def covers(wide: str, narrow: str) -> bool:
    """Whether every path of `narrow` is one of `wide`; where that is hard to tell, no."""
    return _align(_split(wide), _split(narrow), "**", _covers_segment, both_stretch=False)


def meet(one: str, other: str) -> bool:
    """Whether some path fits both patterns."""
    return _align(_split(one), _split(other), "**", _meet_segment, both_stretch=True)


def _split(match: str) -> list[str]:
    return [segment for segment in unicodedata.normalize("NFC", match.lower()).split("/") if segment]


def _covers_segment(wide: str, narrow: str) -> bool:
    return _align(wide, narrow, "*", str.__eq__, both_stretch=False)


def _meet_segment(one: str, other: str) -> bool:
    return _align(one, other, "*", str.__eq__, both_stretch=True)


def _align(
    one: Sequence[str], other: Sequence[str], star: str, fit: Callable[[str, str], bool], *, both_stretch: bool
) -> bool:
    """Whether the two can be laid side by side, part by part: a star lies beside any number of the other's parts.

    Where only `one` may stretch, a star of the other is a part that nothing but a star of `one` lies beside.
    """
    end = (len(one), len(other))
    ways, seen = [(0, 0)], {(0, 0)}
    while ways and end not in seen:
        at, to = ways.pop()
        left, right = at < end[0], to < end[1]
        further: list[tuple[int, int]] = []
        if (left and one[at] == star) or (right and both_stretch and other[to] == star):
            further = [*([(at + 1, to)] if left else []), *([(at, to + 1)] if right else [])]
        elif left and right and other[to] != star and fit(one[at], other[to]):
            further = [(at + 1, to + 1)]
        ways += [way for way in further if way not in seen]
        seen.update(further)
    return end in seen
