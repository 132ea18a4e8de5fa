"""A TOML file's text in, where its tables and keys stand out, and each problem told by its place. Build time only."""

import re
from collections.abc import Mapping
from enum import StrEnum

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_PLAIN_NAME = re.compile(r"[\w.-]{1,60}")  # a key may be any text at all; what is no name is not repeated


def find_lines(text: str) -> dict[Path, int]:
    """Where each table and key of a TOML text stands: its path to its line number, from 1."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    prefix: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            prefix = _below_latest(_split(header[2]), counts)
            if header[1] == "[[":
                index = counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, index)
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            lines.setdefault((*prefix, *_split(key[1])), number)
    return lines


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _below_latest(names: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """A header's path: `[hook.fields]` belongs to the `[[hook]]` before it."""
    path: Path = ()
    for name in names:
        path = (*path, counts[path], name) if path in counts else (*path, name)
    return path


class Rule(StrEnum):
    """What a problem is called: by its rule a person finds what the README says of it."""

    MISSING = "missing-setting"
    UNKNOWN = "unknown-setting"
    VALUE = "wrong-value"
    SITE = "site-without-https"
    SECRET = "secret-value-in-policy"  # noqa: S105 - the name of a rule
    IDENTIFIER = "identifier-not-taken"
    CONTACT_REFUSED = "google-hashed-contact"
    AMBIGUOUS = "ambiguous-name"
    UNDECLARED = "undeclared-name"
    PRIVATE_LABEL = "private-page-label"


def find_line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of a path, or of the nearest table around it; 0 where the file has none of it."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[place] for place in around if place in lines), 0)


def say_place(path: Path, lines: Mapping[Path, int]) -> str:
    """A path as a person finds it: its line and its name."""
    line = find_line(path, lines)
    name = ".".join(f"{part + 1}" if isinstance(part, int) else _name(part) for part in path)
    return f"line {line}, {name}" if line else name


def _name(key: str) -> str:
    return key if _PLAIN_NAME.fullmatch(key) else "(a key)"


class Problems:
    """Problems as they are found, in sentences that never repeat a value."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines
        self._found: list[tuple[int, str]] = []

    def add(self, path: Path, sentence: str, rule: Rule = Rule.VALUE) -> None:
        """One problem at a path of the file."""
        self._found.append((find_line(path, self._lines), f"{say_place(path, self._lines)}: {sentence} [{rule}]"))

    def list(self) -> tuple[str, ...]:
        """Every problem, in the file's order."""
        return tuple(sentence for _, sentence in sorted(self._found, key=lambda problem: problem[0]))
