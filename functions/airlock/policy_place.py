"""Tables of a TOML file in, values by kind out; what does not fit is a problem with its place. Build time only."""

import datetime
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from airlock.clean import Amount
from airlock.policy import PolicyError

Path = tuple[str | int, ...]
Word = TypeVar("Word", bound=StrEnum)

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_MOST = 1_000_000_000


def find_lines(text: str) -> dict[Path, int]:
    """Where each table and key of a TOML text stands: its path to its line number, from 1."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    prefix: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            prefix = _split(header[2])
            if header[1] == "[[":
                index = counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, index)
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            lines.setdefault((*prefix, *_split(key[1])), number)
    return lines


def _split(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


class Problems:
    """Problems as they are found, in sentences that never repeat a value."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines
        self._found: list[tuple[int, str]] = []

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return bool(self._found)

    def add(self, path: Path, sentence: str) -> None:
        """One problem at a path of the file."""
        line = self.line(path)
        where = ".".join(f"{part + 1}" if isinstance(part, int) else part for part in path)
        self._found.append((line, f"line {line}, {where}: {sentence}" if line else f"{where}: {sentence}"))

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest table around it; 0 where the file has none of it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 0)

    def stop(self) -> None:
        """Raise PolicyError if anything was found, in the file's order."""
        if self._found:
            raise PolicyError(tuple(sentence for _, sentence in sorted(self._found, key=lambda problem: problem[0])))


class Table:
    """One table of the file. What is read from it is known; `close` finds what nobody asked for."""

    def __init__(self, raw: object, path: Path, problems: Problems) -> None:
        self.problems = problems
        self._path = path
        self._read: set[str] = set()
        self._raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        if not isinstance(raw, dict):
            problems.add(path, "must be a table")

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._raw))

    def complain(self, key: str, sentence: str) -> None:
        """Add a problem at one key of this table."""
        self.problems.add((*self._path, key), sentence)

    def close(self) -> None:
        """Every key that nobody read is a problem: an unknown setting is never silently ignored."""
        for key in self._raw:
            if key not in self._read:
                self.complain(key if key.isidentifier() else "(a key)", "is not a setting that is known here")

    def _take(self, key: str) -> Any:  # noqa: ANN401 - TOML hands over anything; every caller narrows it
        self._read.add(key)
        return self._raw.get(key)

    def table(self, key: str) -> "Table":
        """A table below this one; a missing one is a problem."""
        if key not in self._raw:
            self.complain(key, "is missing")
        return Table(self._take(key) if key in self._raw else {}, (*self._path, key), self.problems)

    def tables(self, key: str) -> list["Table"]:
        """The `[[key]]` tables, none if there are none."""
        raw = self._take(key) or []
        if not isinstance(raw, list):
            self.complain(key, f"must be written as [[{key}]]")
            return []
        return [Table(item, (*self._path, key, index), self.problems) for index, item in enumerate(raw)]

    def text(self, key: str, grammar: re.Pattern[str], rule: str, default: str | None = None) -> str:
        """A string of a grammar; `""` stands for what could not be read."""
        value = self._take(key)
        if value is None:
            if default is None:
                self.complain(key, f"is missing: must be {rule}")
            return default or ""
        if not isinstance(value, str) or grammar.fullmatch(value) is None:
            self.complain(key, f"must be {rule}")
            return ""
        return value

    def texts(
        self, key: str, grammar: re.Pattern[str], rule: str, default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """A list of strings of a grammar, without repetition; not empty unless there is a default."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, list) or (not value and default is None):
            self.complain(key, f"must be a list, with at least one entry; each must be {rule}")
            return ()
        for index, item in enumerate(value):
            if not isinstance(item, str) or grammar.fullmatch(item) is None:
                self.complain(key, f"entry {index + 1} must be {rule}")
                return ()
        if len(set(value)) < len(value):
            self.complain(key, "names something twice")
        return tuple(value)

    def choice(self, key: str, words: type[Word], default: Word | None) -> Word | None:
        """One word of a vocabulary."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value not in words:
            self.complain(key, f"must be one of {', '.join(words)}")
            return None
        return words(value)

    def choices(self, key: str, words: type[Word]) -> list[Word]:
        """Words of a vocabulary, without repetition."""
        value = self._take(key)
        if not isinstance(value, list) or any(not isinstance(item, str) or item not in words for item in value):
            self.complain(key, f"must be a list of words out of {', '.join(words)}")
            return []
        if len(set(value)) < len(value):
            self.complain(key, "names something twice")
        return [words(item) for item in value]

    def whole(self, key: str, least: int, most: int, default: int) -> int:
        """A whole number in bounds."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.complain(key, f"must be a whole number from {least} to {most}")
            return default
        return value

    def numbers(self, key: str, *, single: bool = False) -> tuple[Amount, ...]:
        """Amounts of money, whole ones as int; a single one comes as a list of one."""
        value = self._take(key)
        if value is None:
            return ()
        items = [value] if single else value
        if not isinstance(items, list) or not items or any(not _is_amount(item) for item in items):
            self.complain(key, f"must be {'an amount' if single else 'a list of amounts'} from 0 to {_MOST}")
            return ()
        return tuple(int(item) if float(item).is_integer() else item for item in items)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.complain(key, "must be true or false")
            return default
        return value

    def date(self, key: str) -> datetime.date | None:
        """A day, written as 2027-11-02 without quotes; none if it is missing."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            self.complain(key, "must be a day such as 2027-11-02, without quotes and without a time")
            return None
        return value


def _is_amount(value: object) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= _MOST
    )


def entries(document: Mapping[str, Any], key: str) -> Iterable[dict[str, Any]]:
    """The `[[key]]` tables of a document, those that are tables at all."""
    raw = document.get(key)
    return [item if isinstance(item, dict) else {} for item in raw] if isinstance(raw, list) else []
