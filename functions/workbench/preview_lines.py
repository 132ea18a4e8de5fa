"""Files in, the requests that `airlock preview` reads in them out: one a line, whole files, or stories of events/."""

import base64
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from workbench.complaint import Complaint
from workbench.stories import Story, read_story


class Line(Struct, forbid_unknown_fields=True):
    """One request as `--jsonl` reads it."""

    id: Any = None
    method: str = "POST"
    path: str = "/v1/events"
    headers: dict[str, str] | None = None
    body: str | None = None
    body_base64: str | None = None


def read_lines(files: Sequence[str]) -> Iterator[Line]:
    """One request a line; Complaint, by place, where one is none."""
    for name in files or ["-"]:
        with _open(name) as source:
            for number, text in enumerate(source, 1):
                if text.strip():
                    yield _read_request(text, f"{_name(name)}, line {number}")


def read_files(files: Sequence[str], suppose: Callable[[int | None], None]) -> Iterator[Line]:
    """The requests of whole files; `suppose` is told each story's own time before its requests come."""
    if not files and sys.stdin.isatty():
        raise Complaint("name a FILE with a request in JSON, or pipe one in; see `airlock preview --help`", 2)
    for name in files or ["-"]:
        with _open(name) as source:
            text = source.read()
        story = _find_story(name, text)
        suppose(story.now if story else None)
        if story:
            yield from (Line(**line) for line in story.lines())
        else:
            yield _read_request(text, _name(name))


def _find_story(name: str, text: bytes) -> Story | None:
    try:
        return read_story(name, text)
    except RecursionError:  # no story is that deep; a request of that depth is the sanitizer's to refuse
        return None


def _name(name: str) -> str:
    return "stdin" if name == "-" else name


def _open(name: str) -> BinaryIO:
    if name == "-":
        return open(sys.stdin.fileno(), "rb", closefd=False)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Complaint(f"cannot read {name}: {error.strerror}", 2) from None


def _read_request(text: bytes, place: str) -> Line:
    """A request in the form of `--jsonl`, or an event alone as a browser would post it."""
    try:
        document = json.loads(text)
    except ValueError:  # UnicodeDecodeError too
        raise Complaint(f"{place}: not JSON", 2) from None
    except RecursionError:
        return _read_too_deep(text)
    if isinstance(document, dict) and "event" in document:
        try:
            return Line(body=json.dumps(document))
        except RecursionError:
            return _read_too_deep(text)
    line = _read_line(document, place)
    if line.body_base64 is not None:
        try:
            base64.b64decode(line.body_base64, validate=True)
        except ValueError:
            raise Complaint(f"{place}: body_base64 is not base64", 2) from None
    try:
        json.dumps(line.id, allow_nan=False)
    except ValueError:
        raise Complaint(f"{place}: not a request: `id` holds a number that JSON has not", 2) from None
    except RecursionError:
        return _read_too_deep(text)
    return line


def _read_line(document: object, place: str) -> Line:
    """The document as a line. What is wrong is said without a key that is not the line's own."""
    if isinstance(document, dict) and not document.keys() <= set(Line.__struct_fields__):
        fields = ", ".join(Line.__struct_fields__)
        raise Complaint(f"{place}: not a request: it has another key than {fields}", 2)
    try:
        return msgspec.convert(document, Line)
    except msgspec.ValidationError as error:
        raise Complaint(f"{place}: not a request: {error}", 2) from None


def _read_too_deep(text: bytes) -> Line:
    """JSON too deep to be read is handed on as what was posted: the sanitizer refuses it, and the next line comes."""
    return Line(body=text.decode("utf-8", "replace"))
