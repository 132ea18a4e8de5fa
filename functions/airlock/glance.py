"""Click ids in, whether at a glance they are opaque out: nothing in them gives cause to look closer.

Nearly all are, and are done. It may ask for a closer look without need, but lets pass nothing that the lexicon or the
identifier patterns would find: no term, plain or read by its capitals or digits, no shape, no coded text.
"""

import re
from typing import Final

from airlock.identifier import TOP_LEVELS
from airlock.lexicon_tables import FOLDED, LETTERS, Terms
from airlock.patterns import BEGINNING, LABELS, SMALL_NUMBERS, find_by_small_number
from airlock.plain_text import CODED

APART: Final = "~"
"""Parts several ids, and is part of none."""
_LETTER_BY_LETTER: Final = "[A-Za-z0-9](?:[._-]++[A-Za-z0-9](?![A-Za-z0-9])){4}"
_SHORT_RUN: Final = 10  # of fewer letters and digits: taken for a word
_WORDLIKE_SHARE: Final = 0.75
_CAPITALS: Final = re.compile(r"A{4,}+(?![a0])")


def _name_kind(char: str) -> str:
    if char in "._-":
        return "."
    if not char.isalnum():
        return " " if char == APART else "?"
    return "a" if char.islower() else "A" if char.isupper() else "0"


# What a character is: a small letter, a capital, a digit, another of a click id, between two ids, or of none.
_KINDS: Final = "".join(map(_name_kind, map(chr, range(128)))).encode("ascii") + b"?" * 128


class Glance:
    """A first look at click ids, with the terms of the lexicon."""

    __slots__ = ("_find_cause", "_loud", "_terms")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._loud = terms.long_heads | TOP_LEVELS
        # What may begin behind a separator: a shape, the end of a written-out address, a term whose first letter stands
        # alone, a word letter by letter, and coded text.
        alone = "|".join([*sorted({_spell(term[:3]) for term in terms.spelled}), _LETTER_BY_LETTER])
        causes = f"{BEGINNING}|[cC][oO][mM]|[nN][eE][tT]|(?=[A-Za-z0-9][._-])(?:{alone})|{CODED}"
        self._find_cause = re.compile(f"[^A-Za-z0-9](?:{causes})").search

    def is_opaque(self, text: str) -> bool:
        """Whether the text, one click id or several APART, needs no closer look."""
        raw = text.encode("utf-8", "replace")
        kinds = raw.translate(_KINDS).decode("ascii")
        if "?" in kinds or self._find_cause(APART + text):
            return False
        folded = raw.translate(FOLDED)
        small = folded.decode("ascii")
        words = small.split()
        terms = self._terms
        rules = terms.rules.keys()
        if not (rules.isdisjoint(words) and self._loud.isdisjoint(words)):
            return False
        if not SMALL_NUMBERS.isdisjoint(words) and find_by_small_number(APART + text):
            return False
        if not terms.middling.isdisjoint(raw.translate(LETTERS).decode("ascii").split()):
            return False
        quads = terms.find_quads(folded)
        if any(map(small.__contains__, terms.short_stems)) or (quads and terms.holds_start(small, quads)):
            return False
        if "000" in kinds and any(map(small.__contains__, LABELS)):
            return False
        return _reads_one_way(kinds)


def _spell(start: str) -> str:
    """The first letters of a term, each in either case; behind the first a word ends, behind the others it may."""
    first, *others = (f"[{char}{char.upper()}]" for char in start)
    return f"{first}[._-]++" + "[._-]*+".join(others)


def _reads_one_way(kinds: str) -> bool:
    """Whether no run has other readings, for none reads as words, nor is in one case."""
    has_capitals = "AAAA." in kinds or "AAAA " in kinds or kinds.endswith("AAAA")
    for run in kinds.split():
        length = len(run) - run.count(".")
        if length < _SHORT_RUN:
            return False
        small = run.count("a")
        # A wordlike piece is of small letters, but for its first, or of four capitals.
        if 2 * small >= length or has_capitals:
            capitals = sum(map(len, _CAPITALS.findall(run))) if has_capitals else 0
            if small + run.count("Aaa") + capitals >= _WORDLIKE_SHARE * length:
                return False
        if not small or (run.count("A") < 2 and "A" not in run.lstrip(".")[1:]):  # noqa: PLR2004 - the first, and another
            return False
    return True
