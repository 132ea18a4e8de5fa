"""A text in, the kind of health term that it holds out, or None: the words that no ad network may be told.

The terms stand in `lexicon_terms/`, one file a kind, written the way folding leaves them: lower case, no accents, words
parted by one space. `*` after a term: it also counts inside a longer word ("botoxmidtown"); so does any term of eight
letters or more.

A term is looked up without its spaces, so that "CoolSculpting", "cool-sculpting" and "coolsculpting" are one. A short
term is easily part of an opaque id by chance, so it counts only where the text around it reads as words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from airlock.plain_text import decode_runs, unwrap

GLUED: Final = 8
"""So many letters make a term distinctive enough to count inside a longer word."""
SHORT: Final = 4
"""A term of at most so many letters needs words around it."""
_LONGEST: Final = 40
_WORDS: Final = 5  # in the longest term
_OPAQUE: Final = 10  # shorter runs are taken for words
_WORDLIKE_SHARE: Final = 0.75
_HUMP_LENGTH: Final = 3.5  # on average, in words

_TERMS: Final = Path(__file__).with_name("lexicon_terms")
_RUN: Final = re.compile(r"[A-Za-z0-9._-]+")
# Where a word may end although no separator stands there: at a capital, at a digit. Rare characters come first: faster.
_BEND: Final = re.compile(
    r"[A-Z0-9](?:(?<=[a-z].)|(?<=[A-Z][0-9])|(?<=[0-9][A-Z])|(?<=[0-9])(?=[A-Za-z])|(?=[A-Z][a-z]))"
)
_LETTERS: Final = re.compile(f"[a-z]{{{GLUED},}}")
_HUMP: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NUMBERED_HUMP: Final = re.compile(r"[A-Z][0-9][a-z](?![a-z])|(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)[0-9]*|[0-9]+")
_WORDLIKE: Final = re.compile(r"[A-Z][a-z]{2,}|[a-z]{3,}|[A-Z]{4,}(?![A-Za-z0-9])")
_COMMENT: Final = re.compile(r"^#.*\n", re.MULTILINE)
_FIRST_OF_SEVERAL: Final = re.compile(r"^(\w+) ", re.MULTILINE)
_FOLDED: Final = bytes(ord(char.lower() if char.isalnum() else " ") for char in map(chr, range(128))) + b" " * 128
_KINDS: Final = (
    bytes(
        ord("a" if char.islower() else "A" if char.isupper() else "0" if char.isdigit() else " ")
        for char in map(chr, range(128))
    )
    + b" " * 128
)
# Digits that stand for letters; a 1 may be an i or an l.
_LEET: Final = tuple(_FOLDED.translate(bytes.maketrans(b"013457", letters)) for letters in (b"oieast", b"oleast"))


class Rule(StrEnum):
    """What kind of term was found."""

    TREATMENT = "treatment"
    CONDITION = "condition"
    DRUG = "drug"
    DEVICE = "device"
    BODY_PART = "body_part"
    SENSITIVE = "sensitive"
    SPANISH = "spanish"


_FILES: Final[Mapping[Rule, str]] = {
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

    __slots__ = ("heads", "mixed_starts", "rules", "starts", "stems")

    def __init__(self, listings: Mapping[Rule, str]) -> None:
        singles: dict[str, Rule] = {}
        plurals: dict[str, Rule] = {}
        for rule, listing in listings.items():
            glued = listing.replace(" ", "").replace("*", "")
            singles |= dict.fromkeys(glued.split(), rule)
            plurals |= dict.fromkeys(_pluralise(glued).split(), rule)
        everything = "\n".join(listings.values())
        self.rules: Final[Mapping[str, Rule]] = plurals | singles  # by the term without its spaces
        self.heads: Final = frozenset(_FIRST_OF_SEVERAL.findall(everything))
        self.starts: Final = frozenset([key[:GLUED] for key in singles if len(key) >= GLUED])
        self.mixed_starts: Final = tuple(start for start in self.starts if not start.isalpha())
        starred = everything.split("*")[:-1]
        self.stems: Final = tuple(before[before.rfind("\n") + 1 :].replace(" ", "") for before in starred)


class Lexicon:
    """Health terms, and the few of them that a clinic lets pass. Never changes once made."""

    __slots__ = ("_exempt", "_stems", "_terms")

    def __init__(self, terms: Terms, exempt: frozenset[str] = frozenset()) -> None:
        self._terms = terms
        self._exempt = exempt
        self._stems = tuple(stem for stem in terms.stems if stem not in exempt)

    def exempting(self, words: Iterable[str]) -> "Lexicon":
        """The same lexicon, but exactly these terms pass, and their plurals."""
        keys = {_key(word) for word in words} - {""}
        return Lexicon(self._terms, self._exempt | keys | {_pluralise(key).strip() for key in keys})

    def knows(self, term: str) -> bool:
        """Whether this is one of the terms; to exempt any other exempts nothing."""
        return _key(term) in self._terms.rules

    def hits(self, text: str) -> bool:
        """Whether the text holds a term."""
        return self.find(text) is not None

    def find(self, text: str) -> Rule | None:
        """The kind of a term that the text holds, plainly or in disguise; None if it holds none."""
        plain = unwrap(text)
        return self.find_in(plain, decode_runs(plain))

    def find_in(self, plain: str, decoded: Sequence[str]) -> Rule | None:
        """The same for a text that is unwrapped already, and what its runs decode to."""
        return self._read(plain) or next(filter(None, map(self._read, decoded)), None)

    def _read(self, plain: str) -> Rule | None:
        key = self._look(_split(plain))
        if key is not None and len(key) > SHORT:
            return self._terms.rules[key]
        is_doubtful = key is not None or self._look_inside(plain) is not None
        if not is_doubtful and not _BEND.search(plain):
            return None
        return next(filter(None, (self._read_run(run, is_doubtful=is_doubtful) for run in _RUN.findall(plain))), None)

    def _read_run(self, run: str, *, is_doubtful: bool) -> Rule | None:
        if is_doubtful and (key := self._look(_split(run))) and (len(key) > SHORT or _reads_as_words(run)):
            return self._terms.rules[key]
        for words, shortest in _readings(run):
            key = self._look(words)
            if key is not None and len(key) >= shortest:
                return self._terms.rules[key]
        stem = self._look_inside(run) if is_doubtful else None
        return self._terms.rules[stem] if stem is not None and _reads_as_words(run) else None

    def _look(self, words: list[str]) -> str | None:
        """A term among these words, if possible one that is not short."""
        rules, heads = self._terms.rules, self._terms.heads
        spared = self._spare(words) if self._exempt and self._may_spare("".join(words)) else None
        short = None
        holds_mixed: bool | None = None
        for at, word in enumerate(words):
            is_spared = spared is not None and spared[at] > at
            if word in rules and not is_spared:
                if len(word) > SHORT:
                    return word
                short = word
            if word in heads:
                key = word
                for end, following in enumerate(words[at + 1 : at + _WORDS], at + 2):
                    key += following
                    if key in rules and (spared is None or end > spared[at]):
                        return key
            if len(word) > GLUED and not is_spared:
                may_be = self._may_be_glued(word)
                if not may_be and not word.isalpha():
                    holds_mixed = self._holds_mixed_start(words) if holds_mixed is None else holds_mixed
                    may_be = holds_mixed
                if may_be and (inner := self._find_glued(word)):
                    return inner
        return short

    def _may_be_glued(self, word: str) -> bool:
        """Whether a term begins in the word; nearly always not, and an opaque id has few runs of letters so long."""
        starts = self._terms.starts
        for run in _LETTERS.findall(word):
            if not starts.isdisjoint([run[at : at + GLUED] for at in range(len(run) - GLUED + 1)]):
                return True
        return False

    def _holds_mixed_start(self, words: list[str]) -> bool:
        """Whether a term that begins with letters and digits stands somewhere in these words."""
        text = " ".join(words)
        for start in self._terms.mixed_starts:  # noqa: SIM110 - a generator takes three times as long
            if start in text:
                return True
        return False

    def _find_glued(self, word: str) -> str | None:
        for start in range(len(word) - GLUED + 1):
            if word[start : start + GLUED] in self._terms.starts:
                for end in range(start + GLUED, min(len(word), start + _LONGEST) + 1):
                    if (key := word[start:end]) in self._terms.rules and key not in self._exempt:
                        return key
        return None

    def _look_inside(self, plain: str) -> str | None:
        """A starred term inside a word; a short one only where the word begins."""
        lowered = plain.lower()
        for stem in self._stems:
            if stem in lowered and (len(stem) > SHORT or any(word.startswith(stem) for word in _split(plain))):
                return stem
        return None

    def _may_spare(self, glued: str) -> bool:
        return any(key in glued for key in self._exempt)

    def _spare(self, words: list[str]) -> list[int]:
        """For each word, where the exempt term ends that it is part of; 0 if it is part of none."""
        ends = [0] * len(words)
        for at in range(len(words)):
            key = ""
            for end, word in enumerate(words[at : at + _WORDS], at + 1):
                key += word
                if key in self._exempt:
                    ends[at:end] = [max(earlier, end) for earlier in ends[at:end]]
        return ends


@cache
def load() -> Lexicon:
    """The lexicon that ships beside this file: package data, read once a process."""
    listings = {rule: _COMMENT.sub("", (_TERMS / name).read_text("ascii")) for rule, name in _FILES.items()}
    return Lexicon(Terms(listings))


def _pluralise(glued: str) -> str:
    """Every line in the plural. A plural becomes what matches nothing; a regular expression takes ten times longer."""
    plurals = "\n".join([*glued.split(), ""])
    plurals = plurals.replace("\n", "s\n").replace("ys\n", "ies\n")
    for vowel in "aeo":
        plurals = plurals.replace(f"{vowel}ies\n", f"{vowel}ys\n")
    return plurals


def _key(term: str) -> str:
    return "".join(_split(unwrap(term)))


def _split(plain: str, table: bytes = _FOLDED) -> list[str]:
    return plain.encode("ascii").translate(table, b"'").decode("ascii").split()


def _readings(run: str) -> Iterator[tuple[list[str], int]]:
    """The other ways to read a run as words, by capitals and with digits for letters; how long a term must be there."""
    if not _BEND.search(run):
        return
    are_words = _reads_as_words(run)
    if not are_words and not run[1:].islower() and not run.isupper():
        return
    if are_words:
        humps = _HUMP.findall(run)
        if len(run) < _OPAQUE or sum(map(len, humps)) >= _HUMP_LENGTH * len(humps):
            yield [hump.lower() for hump in humps], 1
            if not run.isalpha():
                yield [hump.lower() for hump in _NUMBERED_HUMP.findall(run)], 1
    if run[1:].islower() or run.isupper():
        for table in _LEET:
            yield _split(run, table), 1 if are_words else SHORT + 1


def _reads_as_words(run: str) -> bool:
    if len(run) < _OPAQUE:
        return True
    letters = len(run) - run.count("-") - run.count("_") - run.count(".")
    kinds = run.encode("ascii").translate(_KINDS) + b" "
    if 4 * kinds.count(b"aa") < _WORDLIKE_SHARE * letters and b"AAAA " not in kinds:
        return False  # a wordlike piece of up to four letters has a pair of small ones: there are too few pairs
    return sum(map(len, _WORDLIKE.findall(run))) >= _WORDLIKE_SHARE * letters
