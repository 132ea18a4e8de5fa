"""A previewed request in, what a person reads of it in a terminal out: before, and after at each network."""

import datetime
import json
import textwrap
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.preview import Line, Previewed, Result

_WIDTH = 100
_INDENT = " " * 13


def print_result(line: "Line", result: "Result") -> str:
    """One request and what follows from it, as text that ends with a line end."""
    parts = [f"{'─' * 3} {line.method} {line.path} {'─' * _WIDTH}"[:_WIDTH]]
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
    return textwrap.indent(text, _INDENT).replace(_INDENT, f"{name:<{len(_INDENT)}}", 1)


def _pretty(body: str | None) -> str:
    if not body:
        return "(no body)"
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
