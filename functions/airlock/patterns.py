"""A text in, the shape of identifier that it holds out, or None: what no opaque id and no word of a policy looks like.

The kinds are those of 45 CFR 164.514(b)(2)(i). Most texts hold nothing with which a shape could begin, and are done;
the shapes themselves are loaded with the first text that does.
"""

import re
from collections.abc import Iterable
from typing import Final

from airlock.identifier import BASE58, LONG_LABELS, MBI_LETTER, SHORT_LABELS, Rule
from airlock.plain_text import decode_runs, unwrap


def find(text: str) -> Rule | None:
    """The shape of an identifier that the text holds, plainly, percent-encoded or in base64; None if it holds none."""
    plain = unwrap(text)
    return find_in(plain, decode_runs(plain))


def find_in(plain: str, decoded: Iterable[str]) -> Rule | None:
    """The same for a text that is unwrapped already, and what its runs decode to."""
    if hit := _find_in(plain):
        return hit
    for text in decoded:
        if hit := _find_in(text):
            return hit
        if _PROSE.search(text):
            return Rule.ENCODED_TEXT
    return None


def _find_in(plain: str) -> Rule | None:
    lowered = plain.lower()
    may_be_address = any(map(lowered.__contains__, _MARKS))
    is_labelled = _NUMBER.search(plain) is not None and any(map(lowered.__contains__, LABELS))
    spaced = f" {plain}"
    begins = is_labelled or _BEGINNING.search(spaced) is not None or find_by_small_number(spaced) is not None
    if not may_be_address and not begins:
        return None
    from airlock import shapes  # noqa: PLC0415 - few texts come so far, and every cold start would pay

    if may_be_address and (hit := shapes.find_address(plain, lowered)):
        return hit
    return shapes.find_number(plain, is_labelled=is_labelled) if begins else None


_MARKS: Final = ("@", ".", ":", "com", "net")  # without one of them there is no address
LABELS: Final = (*SHORT_LABELS, *LONG_LABELS)
_PROSE: Final = re.compile(r"[A-Za-z']{2,} [A-Za-z]{2,}")
_NUMBER: Final = re.compile("[0-9][0-9]{2}")  # written so, it is found fastest
_END: Final = "(?![A-Za-z0-9])"
_MONTHS: Final = "(?:[jJ][aAuU]|[fF][eE]|[mM][aA]|[aA][bBgGpPuU]|[sS][eE]|[oO][cC]|[nN][oO]|[dD][eEiI]|[eE][nN])"
_PAIR: Final = "[:-][0-9A-Fa-f]{2}[:-]"
_FOURS: Final = "[0-9A-Fa-f]{3}[.][0-9A-Fa-f]{4}[.]"
_AGE: Final = "[yY](?:[^A-Za-z0-9]?[oO]|[eErR])"
_BEGINS_WITH_A_DIGIT: Final = (
    f"[0-9](?:[0-9]{{2,}}+{_END}|[0-9]{{0,2}}+(?:{_AGE}|(?:st|nd|rd|th){_END})|[0-9A-Fa-f]?{_PAIR}|{_FOURS}"
    f"|(?<=[13])[{BASE58}]{{25,34}}+{_END}|{MBI_LETTER}[A-Za-z0-9][0-9]-?{MBI_LETTER}[A-Za-z0-9][0-9])"
)
_BEGINS_WITH_A_LETTER: Final = (
    "[A-Za-z](?:[A-Z](?:[0-9](?:[0-9](?:[ -]?[A-Z0-9]{4}){2}|[0-9]?[A-Z]{1,3}[0-9]{4})|[A-Z]{3}[0-9]{4}[A-Z])"
    f"|[A-Za-z]?[0-9]{{7,14}}+[A-Za-z]?+{_END}|[0-9A-Fa-f](?:{_PAIR}|[0-9A-Fa-f]{{2}}[.][0-9A-Fa-f]{{4}}[.])"
    f"|(?<=b)c1|(?<=[aA])[gG][eE][^A-Za-z0-9]{{0,2}}[0-9]{{2,3}}+{_END})"
)
BEGINNING: Final = f"{_BEGINS_WITH_A_DIGIT}|{_BEGINS_WITH_A_LETTER}"
"""With this a shape, a group or a checked code begins or goes on, where no letter or digit touches it from the left.

All of them do, but for those by a small number.
"""
SMALL_NUMBERS: Final = frozenset(
    f"{number}{ending}"
    for number in [*map(str, range(100)), *(f"0{digit}" for digit in range(10))]
    for ending in ("", "st", "nd", "rd", "th")
)
"""Numbers that stand alone, as days do."""
find_by_small_number: Final = re.compile(
    "[^A-Za-z0-9](?:"
    f"[0-9][0-9]?+(?=[^A-Za-z0-9]{{1,3}}(?:[0-9]++(?![A-Za-z])|{_AGE}|{_MONTHS}))"
    f"|[A-Za-z][aAbBcCeEgGiInNoOpPuU][A-Za-z]{{1,8}}+[^A-Za-z0-9]{{1,2}}[0-9]{{1,2}}(?:st|nd|rd|th)?+{_END})"
).search
"""Where a date, an age or a group of numbers begins with one."""
_BEGINNING: Final = re.compile(f"[^A-Za-z0-9](?:{BEGINNING})")
