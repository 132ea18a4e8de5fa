"""A text in, the kind of health term that it holds out, or None: the words that no ad network may be told.

The terms stand in `lexicon_terms/`, one file a kind, written the way folding leaves them: lower case, no accents, words
parted by one space. `*` after a term: it also counts inside a longer word ("botoxmidtown"); so does any term of eight
letters or more.

A term is looked up without its spaces, so that "CoolSculpting", "cool-sculpting" and "coolsculpting" are one. A short
term is easily part of an opaque id by chance, so there it counts only where the text around it reads as words. What
somebody chose, such as a page's label, is no opaque id: in it every term counts.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Final

from airlock.lexicon_tables import FOLDED, GLUED, SHORT, Rule, Terms, pluralise, read_terms
from airlock.plain_text import decode_runs, unwrap

_LONGEST: Final = 40

_OPAQUE: Final = 10  # shorter runs are taken for words
_WORDLIKE_SHARE: Final = 0.75
_HUMP_LENGTH: Final = 3.5  # on average, in words

_WORDS: Final = 5  # in the longest term
_RUN: Final = re.compile(r"[A-Za-z0-9._-]+")
# Where a word may end although no separator stands there: at a capital, at a digit. Rare characters come first: faster.
_BEND: Final = re.compile(
    r"[A-Z0-9](?:(?<=[a-z].)|(?<=[A-Z][0-9])|(?<=[0-9][A-Z])|(?<=[0-9])(?=[A-Za-z])|(?=[A-Z][a-z]))"
)
_HUMP: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SPELLED: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9](?:[^A-Za-z0-9]+[A-Za-z0-9](?![A-Za-z0-9])){4,}")
# Between digits or separators: in one case, that is rare enough in an opaque id to say what it spells.
_PIECE: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]{5,}(?![A-Za-z])")
_NUMBERED_HUMP: Final = re.compile(r"[A-Z][0-9][a-z](?![a-z])|(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)[0-9]*|[0-9]+")
_WORDLIKE: Final = re.compile(r"[A-Z][a-z]{2,}|[a-z]{3,}|[A-Z]{4,}(?![A-Za-z0-9])")
# Digits that stand for letters; a 1 may be an i or an l.
_LEET: Final = tuple(FOLDED.translate(bytes.maketrans(b"013457", letters)) for letters in (b"oieast", b"oleast"))


class Lexicon:
    """Health terms, and the few of them that a clinic lets pass. Never changes once made."""

    __slots__ = ("_exempt", "_short_stems", "_stems", "terms")

    def __init__(self, terms: Terms, exempt: frozenset[str] = frozenset()) -> None:
        self.terms = terms
        self._exempt = exempt
        self._stems = tuple(stem for stem in terms.stems if stem not in exempt)
        self._short_stems = tuple(stem for stem in terms.short_stems if stem not in exempt)

    def exempting(self, words: Iterable[str]) -> "Lexicon":
        """The same lexicon, but exactly these terms pass, and their plurals."""
        keys = {_key(word) for word in words} - {""}
        return Lexicon(self.terms, self._exempt | keys | {pluralise(key).strip() for key in keys})

    def knows(self, term: str) -> bool:
        """Whether this is one of the terms; to exempt any other exempts nothing."""
        return _key(term) in self.terms.rules

    def hits(self, text: str, *, is_chosen: bool = False) -> bool:
        """Whether the text holds a term."""
        return self.find(text, is_chosen=is_chosen) is not None

    def find(self, text: str, *, is_chosen: bool = False) -> Rule | None:
        """The kind of a term that the text holds, plainly or in disguise; None if it holds none.

        `is_chosen`: somebody chose the text, so it is no opaque id in which a short term may stand by chance.
        """
        plain = unwrap(text)
        return self.find_in(plain, decode_runs(plain), is_chosen=is_chosen)

    def find_in(self, plain: str, decoded: Iterable[str], *, is_chosen: bool = False) -> Rule | None:
        """The same for a text that is unwrapped already, and what its runs decode to."""
        for text in (plain, *decoded):
            if hit := self._read(text, is_chosen=is_chosen):
                return hit
        return None

    def _read(self, plain: str, *, is_chosen: bool) -> Rule | None:
        folded = _fold(plain)
        quads = self.terms.find_quads(folded.encode("ascii"))
        key = self._look(folded.split(), folded, quads)
        if key is not None and (is_chosen or len(key) > SHORT):
            return self.terms.rules[key]
        if found := self._look_anew(["".join(_split(run)) for run in _SPELLED.findall(plain)]):
            return self.terms.rules[found]
        stems = self._stems if quads else self._short_stems
        is_doubtful = key is not None or self._look_inside(plain, stems) is not None
        if not is_doubtful and not _BEND.search(plain):
            return None
        for run in _RUN.findall(plain):
            if rule := self._read_run(run, is_doubtful=is_doubtful, is_chosen=is_chosen):
                return rule
        return None

    def _read_run(self, run: str, *, is_doubtful: bool, is_chosen: bool) -> Rule | None:
        are_words = is_chosen or _reads_as_words(run)
        if is_doubtful and (key := self._look_anew(_split(run))) and (len(key) > SHORT or are_words):
            return self.terms.rules[key]
        for words, shortest in _readings(run, are_words=are_words, is_chosen=is_chosen):
            key = self._look_anew(words)
            if key is not None and len(key) >= shortest:
                return self.terms.rules[key]
        stem = self._look_inside(run, self._stems) if is_doubtful else None
        return self.terms.rules[stem] if stem is not None and are_words else None

    def _look_anew(self, words: list[str]) -> str | None:
        text = " ".join(words)
        return self._look(words, text, self.terms.find_quads(text.encode("ascii")))

    def _look(self, words: list[str], text: str, quads: Collection[int]) -> str | None:
        """A term among these words of a text, if possible one that is not short."""
        rules, heads = self.terms.rules, self.terms.heads
        holds_start = bool(quads) and self.terms.holds_start(text, quads)
        if not holds_start and rules.keys().isdisjoint(words) and not self._holds_several(words):
            return None
        spared = self._spare(words) if self._exempt and self._may_spare("".join(words)) else None
        short = None
        for at, word in enumerate(words):
            is_spared = spared is not None and spared[at] > at
            if word in rules and not is_spared:
                if len(word) > SHORT:
                    return word
                short = word
            if word in heads:
                key, known = word, self.terms.continuing(word)
                for end, following in enumerate(words[at + 1 : at + _WORDS], at + 2):
                    key += following
                    if key in known and (spared is None or end > spared[at]):
                        if len(key) > SHORT:
                            return key
                        short = key
            if holds_start and len(word) > GLUED and not is_spared and (inner := self._find_glued(word)):
                return inner
        return short

    def _holds_several(self, words: list[str]) -> bool:
        """Whether words in a row make a term."""
        for head in self.terms.heads.intersection(words):
            at, known = -1, self.terms.continuing(head)
            for _ in range(words.count(head)):
                at = words.index(head, at + 1)
                key = head
                for following in words[at + 1 : at + _WORDS]:
                    key += following
                    if key in known:
                        return True
        return False

    def _find_glued(self, word: str) -> str | None:
        for start in range(len(word) - GLUED + 1):
            if word[start : start + GLUED] in self.terms.starts:
                for end in range(start + GLUED, min(len(word), start + _LONGEST) + 1):
                    if (key := word[start:end]) in self.terms.rules and key not in self._exempt:
                        return key
        return None

    def _look_inside(self, plain: str, stems: Iterable[str]) -> str | None:
        """A starred term inside a word; a short one only where the word begins."""
        lowered = plain.lower()
        if not any(map(lowered.__contains__, stems)):
            return None
        for stem in stems:
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
    """The lexicon that ships with this package: package data, read once a process."""
    return Lexicon(read_terms())


def _key(term: str) -> str:
    return "".join(_split(unwrap(term)))


def _fold(plain: str, table: bytes = FOLDED) -> str:
    return plain.encode("ascii").translate(table, b"'").decode("ascii")


def _split(plain: str, table: bytes = FOLDED) -> list[str]:
    return _fold(plain, table).split()


def _readings(run: str, *, are_words: bool, is_chosen: bool) -> Iterator[tuple[list[str], int]]:
    """The other ways to read a run as words, by capitals and with digits for letters; how long a term must be there."""
    if not _BEND.search(run):
        return
    humps = _HUMP.findall(run) if are_words else []
    if humps and (is_chosen or len(run) < _OPAQUE or sum(map(len, humps)) >= _HUMP_LENGTH * len(humps)):
        yield [hump.lower() for hump in humps], 1
        if not run.isalpha():
            yield [hump.lower() for hump in _NUMBERED_HUMP.findall(run)], 1
    else:
        yield from (([piece.lower()], 1) for piece in _PIECE.findall(run) if piece[1:].islower() or piece.isupper())
    if is_chosen or run.lstrip("._-")[1:].islower() or run.isupper():
        for table in _LEET:
            yield _split(run, table), 1 if are_words else SHORT + 1


def _reads_as_words(run: str) -> bool:
    if len(run) < _OPAQUE:
        return True
    letters = len(run) - run.count("-") - run.count("_") - run.count(".")
    return sum(map(len, _WORDLIKE.findall(run))) >= _WORDLIKE_SHARE * letters
