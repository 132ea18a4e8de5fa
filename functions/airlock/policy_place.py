"""A TOML file's text in, where its tables and keys stand out, and each problem told by its place. Build time only."""

import re
from collections.abc import Mapping
from enum import StrEnum

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_PLAIN_NAME = re.compile(r"[\w.-]{1,60}")  # a key may be any text at all; what is no name is not repeated
_DEEPEST = 8  # tables in tables of which each has its line; no policy has as many

# What tokens and keys look like: Meta's, Google's, AWS's, LinkedIn's, Pinterest's, Stripe's, Slack's, a webhook's,
# a header's, a service account's, a JWT, a private key, forty and more hexadecimal digits.
_SECRET = re.compile(
    r"EAA[A-Za-z0-9]{20}|ya29\.|AIza[\w-]{30}|(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[\w-]{10,}\.|-----BEGIN"
    r"|GOCSPX-[\w-]{10}|(?<![\w/])1//0[\w-]{10}|\bAQ[A-Z][\w-]{30}|\bpina_[A-Za-z0-9]{10}"
    r"|\b[rs]k_(?:live|test)_[A-Za-z0-9]{10}|\bxox[a-z]-[\w-]{10}|\bwhsec_[A-Za-z0-9+/=]{10}"
    r"|\b[Aa]uthorization\W{1,4}(?:Basic|Bearer)\s+\S{8}|\b[Bb]earer\s+(?=\S*[0-9])[\w.~+/=-]{16}"
    r"|\"(?:type\\?\"\s*:\s*\\?\"service_account|private_key(?:_id)?\\?\"\s*:)"
    r"|\b[0-9a-fA-F]{40,}\b",
    re.ASCII,
)
# An AWS secret access key has no mark of its own: forty digits of base64, and not made of words as a path is.
_BASE64_40 = re.compile(
    r"(?<![A-Za-z0-9+/])(?=[A-Z0-9+/]*[a-z])(?=[a-z0-9+/]*[A-Z])(?=[A-Za-z+/]*[0-9])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"
)
_SYLLABLES = re.compile(r"[a-z]{3,}")

_TOML_SAYS = {
    "Cannot overwrite a value": "a key or a table stands twice, the second time before here",
    "Cannot declare": "a table stands twice",
    "Cannot mutate immutable namespace": "a table that was closed is written on",
    "Cannot redefine namespace": "a table stands twice",
    "Duplicate inline table key": "a key stands twice",
    "Invalid date or datetime": "there is no such day or time",
    "Invalid value": "no value that TOML knows; a text stands in quotes",
    "Invalid statement": "neither a key with its value nor a table",
    "Unterminated string": "a text without its closing quote",
    "Unclosed array": "a list without its closing bracket",
    "Unclosed inline table": "a table without its closing brace",
    "Invalid initial character for a key part": "no name can begin here",
    "Invalid hex value": "a backslash in a text that means nothing: write two",
    "Escaped character is not a Unicode scalar value": "a backslash in a text that means nothing: write two",
    "Unescaped": "a backslash in a text that means nothing: write two",
    "Illegal character": "a character that may not stand here, such as the end of a line in a text",
    "Found invalid character": "a character that may not stand here",
    "Expected newline or end of document after a statement": "something stands after the end of a value",
    "Expected": "a sign is missing",
}
"""How each of tomllib's messages begins, and what it means; more of it is not repeated, for it may hold a value."""


def find_lines(text: str) -> dict[Path, int]:
    """Where each table and key of a TOML text stands: its path to its line number, from 1."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    prefix: Path = ()
    for number, line in enumerate(text.split("\n"), 1):  # TOML's own lines: a comment may hold what ends one elsewhere
        if header := _HEADER.match(line):
            prefix = _below_latest(_split(header[2]), counts)
            if header[1] == "[[":
                index = counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, index)
            _mark(prefix, number, lines)
        elif key := _KEY.match(line):
            _mark((*prefix, *_split(key[1])), number, lines)
    return lines


def _mark(path: Path, number: int, lines: dict[Path, int]) -> None:
    """A path begins in this line, and so does each table around it that has no line yet."""
    for length in range(1, min(len(path), _DEEPEST)):
        lines.setdefault(path[:length], number)
    lines.setdefault(path, number)


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
    return key if _PLAIN_NAME.fullmatch(key) and not find_secrets(key) else "(a key)"


def say_syntax_error(error: ValueError) -> str:
    """What tomllib says in words of our own, and where; of a key or a value that it repeats nothing."""
    said, _, place = str(error).rpartition(" (at ")
    sentence = _TOML_SAYS.get(re.split("[ ]?[('\"]", said)[0], "syntax error")
    return f"{sentence} (at {place}" if said else sentence


def find_secrets(text: str) -> list[re.Match[str]]:
    """Where a text holds what looks like a token or a key."""
    unmarked = (found for found in _BASE64_40.finditer(text) if not is_made_of_words(found[0]))
    return [*_SECRET.finditer(text), *unmarked]


def is_made_of_words(run: str) -> bool:
    """Whether letters follow each other as in words, for half of a run at least; in a token they do not."""
    return 2 * sum(map(len, _SYLLABLES.findall(run))) >= len(run)


class Problems:
    """Problems as they are found, in sentences that never repeat a value."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines
        self._found: list[tuple[int, str]] = []

    def add(self, path: Path, sentence: str, rule: Rule = Rule.VALUE) -> None:
        """One problem at a path of the file."""
        self._found.append((find_line(path, self._lines), f"{say_place(path, self._lines)}: {sentence} [{rule}]"))

    def add_in_line(self, number: int, sentence: str, rule: Rule = Rule.VALUE) -> None:
        """One problem in a line of the file, such as in a comment."""
        self._found.append((number, f"line {number}: {sentence} [{rule}]"))

    def list(self) -> tuple[str, ...]:
        """Every problem, in the file's order."""
        return tuple(sentence for _, sentence in sorted(self._found, key=lambda problem: problem[0]))
