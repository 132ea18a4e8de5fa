"""Tables of a TOML file in, values by kind out; what does not fit is a problem with its place. Build time only."""

import datetime
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from airlock.clean import Amount
from airlock.policy_place import Path, Problems, Rule

Word = TypeVar("Word", bound=StrEnum)

_MOST = 1_000_000_000


class Table:
    """One table of the file. What is read from it is known; `close` finds what nobody asked for."""

    def __init__(self, raw: object, path: Path, problems: Problems) -> None:
        self.problems = problems
        self._flawed = False
        self._children: list[Table] = []
        self._path = path
        self._read: set[str] = set()
        self._raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        self._is_table = isinstance(raw, dict)
        if not self._is_table:
            self._flawed = True
            single = ", written once and in single brackets" if isinstance(raw, list) else ""
            problems.add(path, f"must be a table{single}")

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._raw))

    def complain(self, key: str, sentence: str, rule: Rule = Rule.VALUE) -> None:
        """Add a problem at one key of this table. What is no table has been told so, and lacks nothing else."""
        self._flawed = True
        if self._is_table:
            self.problems.add((*self._path, key), sentence, rule)

    def refuse(self, key: str, sentence: str) -> None:
        """A setting that is known, but has no effect here: a problem where it is written."""
        if key in self._raw:
            self._read.add(key)
            self.complain(key, sentence, Rule.UNKNOWN)

    @property
    def flawed(self) -> bool:
        """Whether anything in this table, or in one below it, could not be read."""
        return self._flawed or any(child.flawed for child in self._children)

    def _below(self, raw: object, *path: str | int) -> "Table":
        child = Table(raw, (*self._path, *path), self.problems)
        self._children.append(child)
        return child

    def close(self) -> None:
        """Every key that nobody read is a problem: an unknown setting is never silently ignored."""
        for key in self._raw:
            if key not in self._read:
                self.complain(key, "is not a setting that is known here", Rule.UNKNOWN)

    def _take(self, key: str) -> Any:  # noqa: ANN401 - TOML hands over anything; every caller narrows it
        self._read.add(key)
        return self._raw.get(key)

    def table(self, key: str) -> "Table":
        """A table below this one; a missing one is a problem."""
        if key not in self._raw:
            self.complain(key, "is missing", Rule.MISSING)
        return self._below(self._take(key) if key in self._raw else {}, key)

    def tables(self, key: str) -> list["Table"]:
        """The `[[key]]` tables, none if there are none."""
        raw = self._take(key)
        if raw is None:
            return []
        if not isinstance(raw, list):
            self.complain(key, f"must be written as [[{key}]]")
            return []
        return [self._below(item, key, index) for index, item in enumerate(raw)]

    def text(self, key: str, grammar: re.Pattern[str], rule: str, default: str | None = None) -> str:
        """A string of a grammar; `""` stands for what could not be read."""
        value = self._take(key)
        if value is None:
            if default is None:
                self.complain(key, f"is missing: must be {rule}", Rule.MISSING)
            return default or ""
        if not isinstance(value, str) or grammar.fullmatch(value) is None:
            self.complain(key, f"must be {rule}")
            return ""
        return value

    def texts(
        self,
        key: str,
        grammar: re.Pattern[str],
        rule: str,
        default: tuple[str, ...] | None = None,
        name: Rule = Rule.VALUE,
    ) -> tuple[str, ...]:
        """The strings of a list that are of a grammar, without repetition; not empty unless there is a default."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, list) or (not value and default is None):
            self.complain(key, f"must be a list, with at least one entry; each must be {rule}")
            return ()
        good: list[str] = []
        for index, item in enumerate(value):
            if isinstance(item, str) and grammar.fullmatch(item):
                good.append(item)
            else:
                self.complain(key, f"entry {index + 1} must be {rule}", name)
        self._refuse_repetition(key, good)
        return tuple(good)

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
        rule = f"must be a list of words out of {', '.join(words)}"
        if not isinstance(value, list):
            self.complain(key, rule)
            return []
        good: list[Word] = []
        for index, item in enumerate(value):
            if isinstance(item, str) and item in words:
                good.append(words(item))
            else:
                self.complain(key, f"{rule}; entry {index + 1} is none of them")
        self._refuse_repetition(key, good)
        return good

    def _refuse_repetition(self, key: str, words: Sequence[str]) -> None:
        if len(set(words)) < len(words):
            self.complain(key, "names something twice")

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
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST
