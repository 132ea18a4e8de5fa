"""Listings of health terms in, the tables that a text is looked up in out; built at every cold start.

One file a kind in `lexicon_terms/`, written the way folding leaves them: lower case, no accents, words parted by one
space. `*` after a term: it also counts inside a longer word.
"""

import re
import sys
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final

from airlock.files import ROOT, read_bytes

GLUED: Final = 8
"""So many letters make a term distinctive enough to count inside a longer word."""
LONG_START: Final = 7
"""So many letters at the start of a term hold a whole quad wherever the text is cut into quads."""
SHORT: Final = 4
"""A term of at most so many letters needs words around it."""
# Written so, an expression finds the next place several times faster than at the start of every line.
_LETTER_FIRST: Final = re.compile(r"\n(\w .*)")
_COMMENT: Final = re.compile(r"#.*\n")
_FIRST_OF_SEVERAL: Final = re.compile(r"\n(\w+) ")
FOLDED: Final = bytes(ord(char.lower() if char.isalnum() else " ") for char in map(chr, range(128))) + b" " * 128
"""Letters small, digits as they are, a space for all else."""
LETTERS: Final = FOLDED.translate(bytes.maketrans(b"0123456789", b" " * 10))
"""Letters small, a space for all else."""


class Rule(StrEnum):
    """What kind of term was found."""

    TREATMENT = "treatment"
    CONDITION = "condition"
    DRUG = "drug"
    DEVICE = "device"
    BODY_PART = "body_part"
    SENSITIVE = "sensitive"
    SPANISH = "spanish"


FILES: Final[Mapping[Rule, str]] = {
    Rule.TREATMENT: "treatments.txt",
    Rule.CONDITION: "conditions.txt",
    Rule.DRUG: "drugs.txt",
    Rule.DEVICE: "devices.txt",
    Rule.BODY_PART: "body_parts.txt",
    Rule.SENSITIVE: "sensitive.txt",
    Rule.SPANISH: "spanish.txt",
}


class Terms:
    """Listings of terms, a term a line, as lookup tables; built at every cold start, so a listing is taken whole."""

    def __init__(self, listings: Mapping[Rule, str]) -> None:
        singles: dict[str, Rule] = {}
        plurals: dict[str, Rule] = {}
        for rule, listing in listings.items():
            glued = listing.replace(" ", "").replace("*", "")
            singles |= dict.fromkeys(glued.split(), rule)
            plurals |= dict.fromkeys(pluralise(glued).split(), rule)
        everything = "\n".join(["", *listings.values()])
        self.rules: Final[Mapping[str, Rule]] = plurals | singles  # by the term without its spaces
        self.heads: Final = frozenset(_FIRST_OF_SEVERAL.findall(everything))
        self.starts: Final = frozenset([key[:GLUED] for key in singles if len(key) >= GLUED])
        spelled = "\n".join(_LETTER_FIRST.findall(everything)).replace(" ", "").replace("*", "")
        self.spelled: Final = frozenset(f"{spelled}\n{pluralise(spelled)}".split())
        starred = everything.split("*")[:-1]
        self.stems: Final = tuple(before[before.rfind("\n") + 1 :].replace(" ", "") for before in starred)
        self.short_stems: Final = tuple(stem for stem in self.stems if len(stem) < LONG_START)
        self._starts = [*self.starts, *(stem.ljust(GLUED)[:GLUED] for stem in self.stems if len(stem) >= LONG_START)]
        self.quads: Final = _list_quads(self._starts)
        starts = self.starts
        self.middling: Final = frozenset([key for key in self.rules if len(key) > SHORT and key[:GLUED] not in starts])
        self.long_heads: Final = frozenset([head for head in self.heads if len(head) > 1])

    @cached_property
    def long_starts(self) -> frozenset[str]:
        """The first letters of what may begin where a text holds a quad; most texts hold none."""
        return frozenset([start[:LONG_START] for start in self._starts])

    def continuing(self, head: str) -> Collection[str]:
        """The terms that may go on in the words behind this one: behind a single letter only those listed so."""
        return self.rules if len(head) > 1 else self.spelled

    def find_quads(self, folded: bytes) -> Collection[int]:
        """The quads of the text that are a term's too: of seven characters in a row four stand in one quad."""
        quads, cut = self.quads, _cut_into_quads(folded)
        return () if quads.isdisjoint(cut) else quads.intersection(cut)

    def holds_start(self, folded: str, quads: Iterable[int]) -> bool:
        """Whether a long term, or a long stem, seems to begin in the text; without one of its quads none does."""
        for quad in quads:
            four = quad.to_bytes(4, sys.byteorder).decode("ascii")
            at = folded.find(four)
            while at >= 0:
                starts = [folded[start : start + LONG_START] for start in range(max(at - 3, 0), at + 1)]
                if not self.long_starts.isdisjoint(starts):
                    return True
                at = folded.find(four, at + 1)
        return False


def read_terms() -> Terms:
    """The terms that ship beside this file."""
    return Terms({rule: _read_listing(name) for rule, name in FILES.items()})


def _read_listing(name: str) -> str:
    return _COMMENT.sub("", read_bytes(ROOT, "airlock", "lexicon_terms", name).decode("ascii"))


def _cut_into_quads(text: bytes) -> memoryview:
    """Every four characters as one number; up to three are left over."""
    return memoryview(text)[: len(text) & ~3].cast("I")


def _list_quads(starts: Iterable[str]) -> frozenset[int]:
    """The quads into which a text can be cut where it holds one of these starts, which are eight characters each."""
    together = "".join(starts).encode("ascii")
    # Of a set a frozen one is half as large as of anything else, and stays in the processor's cache.
    return frozenset({quad for shift in range(4) for quad in _cut_into_quads(together[shift:])[::2]})


def pluralise(glued: str) -> str:
    """Every line in the plural. A plural becomes what matches nothing; a regular expression takes ten times longer."""
    plurals = "s\n".join([*glued.split(), ""]).replace("ys\n", "ies\n")
    for vowel in "aeo":
        plurals = plurals.replace(f"{vowel}ies\n", f"{vowel}ys\n")
    return plurals
