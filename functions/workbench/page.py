"""A previewed request in, what a person reads of it in a terminal out: before, and after at each network."""

import datetime
import json
import textwrap
import unicodedata
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.preview import Previewed, Result
    from workbench.preview_lines import Line

_WIDTH = 100
_INDENT = " " * 13
_DEEPEST = 32
# Controls, what turns the direction of writing or cannot be seen, lone surrogates, line and paragraph separators.
_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def print_result(line: "Line", result: "Result") -> str:
    """One request and what follows from it, as text that ends with a line end."""
    parts = [f"{'─' * 3} {_spell(line.method)} {_spell(line.path)} {'─' * _WIDTH}"[:_WIDTH]]
    parts.append(_entry("before", _pretty(line.body)))
    parts.append(_entry("answer", f"{result.status}{f'  {result.answer}' if result.answer else ''}"))
    parts += [_describe(previewed) for previewed in result.outcomes]
    if not result.outcomes and result.status == HTTPStatus.NO_CONTENT:
        parts.append(_entry("after", "no network is told"))
    return "\n".join(parts) + "\n\n"


def _describe(previewed: "Previewed") -> str:
    words = str(previewed.outcome)
    if previewed.reason:
        words += f": {previewed.reason}"
    if isinstance(previewed.not_before, int):
        words += (
            f" until {datetime.datetime.fromtimestamp(previewed.not_before / 1000, datetime.UTC):%Y-%m-%d %H:%M} UTC"
        )
    lines = [_entry(previewed.destination or "request", words)]
    if request := previewed.request:
        lines.append(_entry("", f"{request.method} {request.url}"))
        lines += [_entry("", f"{name}: {value}") for name, value in request.headers.items()]
        lines.append(_entry("", _pretty(request.body)))
    return "\n".join(lines)


def _entry(name: str, text: str) -> str:
    text = "\n".join(map(_spell, text.split("\n")))
    return textwrap.indent(text, _INDENT).replace(_INDENT, f"{name:<{len(_INDENT)}}", 1)


def _pretty(body: str | None) -> str:
    if not body:
        return "(no body)"
    try:
        document = json.loads(body)
        return body if _is_deep(document) else json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return body


def _is_deep(document: object, levels: int = _DEEPEST) -> bool:
    """Whether it has more levels than any request: indented, a body of nothing but brackets would fill a disk."""
    if not levels:
        return True
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return any(_is_deep(each, levels - 1) for each in inner)


def _spell(text: str) -> str:
    """A line of text with each character that could steer a terminal written as Python escapes it."""
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _UNPRINTED else char
        for char in text
    )
