"""A JSON document in, its flaws against a strict shape out: each with its place and the rule it breaks."""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

Path = tuple[str | int, ...]


class Rule(StrEnum):
    """What a place in a document can break."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    TYPE = "type"
    FORMAT = "format"
    CHOICE = "choice"
    DIGEST = "digest"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"


class Flaw(Struct, frozen=True):
    """One broken rule. `found` is what stood there, for the networks that repeat it; it is never shown otherwise."""

    path: Path
    rule: Rule
    wanted: str
    found: Any = None

    def __repr__(self) -> str:
        return f"<Flaw {self.rule}>"

    @property
    def name(self) -> str:
        """The last field name on the way."""
        return next((str(step) for step in reversed(self.path) if isinstance(step, str)), "")

    @property
    def dotted(self) -> str:
        """The place as `data[0].user_data.em[1]`."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return steps.removeprefix(".")


Shape = Callable[[Any, Path], Iterator[Flaw]]


def find_flaws(shape: Shape, document: Any) -> list[Flaw]:  # noqa: ANN401 - any JSON
    """Every flaw of a document, in its order."""
    return list(shape(document, ()))


def text(grammar: str = r"\S{1,2048}", wanted: str = "text without spaces", rule: Rule = Rule.FORMAT) -> Shape:
    """Text whose whole matches a grammar."""
    pattern = re.compile(grammar, re.ASCII)

    def check(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
        if not isinstance(value, str):
            yield Flaw(path, Rule.TYPE, "a string", value)
        elif pattern.fullmatch(value) is None:
            yield Flaw(path, rule, wanted, value)

    return check


def one_of(*words: str) -> Shape:
    """One word of a closed list, in its own case."""

    def check(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
        if not isinstance(value, str):
            yield Flaw(path, Rule.TYPE, "a string", value)
        elif value not in words:
            yield Flaw(path, Rule.CHOICE, "one of " + ", ".join(words), value)

    return check


def integer(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
    """A whole number of 64 bits; a boolean is none."""
    if type(value) is not int or not -(2**63) <= value < 2**63:
        yield Flaw(path, Rule.TYPE, "an integer", value)


def number(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
    """A number from 0."""
    if type(value) not in {int, float}:
        yield Flaw(path, Rule.TYPE, "a number", value)
    elif value < 0:
        yield Flaw(path, Rule.FORMAT, "a number from 0", value)


def boolean(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
    """True or false."""
    if type(value) is not bool:
        yield Flaw(path, Rule.TYPE, "a boolean", value)


def array(of: Shape, least: int = 1, most: int = 100) -> Shape:
    """A list of `least` to `most` elements of one shape."""

    def check(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
        if not isinstance(value, list):
            yield Flaw(path, Rule.TYPE, "a list", value)
        elif len(value) < least:
            yield Flaw(path, Rule.TOO_FEW, f"a list of at least {least}")
        elif len(value) > most:
            yield Flaw(path, Rule.TOO_MANY, f"a list of at most {most}")
        else:
            for place, element in enumerate(value):
                yield from of(element, (*path, place))

    return check


def one_or_more(of: Shape) -> Shape:
    """One value, or a list of them."""
    many = array(of)

    def check(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
        yield from (many if isinstance(value, list) else of)(value, path)

    return check


def fields(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with these fields and no other."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
        if not isinstance(value, dict):
            yield Flaw(path, Rule.TYPE, "an object", value)
            return
        for name in required:
            if name not in value:
                yield Flaw((*path, name), Rule.MISSING, "required")
        for name, element in value.items():
            if name in known:
                yield from known[name](element, (*path, name))
            else:
                yield Flaw((*path, name), Rule.UNKNOWN, "no such field", element)

    return check


TEXT = text()
DIGEST = text(r"[0-9a-f]{64}", "a SHA-256 digest of 64 lower-case hex digits", Rule.DIGEST)
DIGESTS = one_or_more(DIGEST)
CURRENCY = text(r"[A-Z]{3}", "an ISO 4217 code")
URL = text(r"https?://[^\s/?#]+(/\S*)?", "a URL")
