"""The book of stories: each folder of events/ in, its requests out, moved in time where they are to happen now."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

EVENTS = Path(__file__).parent.parent.parent / "events"
_MOMENTS = frozenset({"at"})


class Story(Struct, frozen=True):
    """One worked example, `request` as `airlock preview` reads it, received at `now` in epoch milliseconds."""

    name: str
    title: str
    now: int
    authorizations: dict[str, dict[str, Any]]
    request: dict[str, Any]

    def __repr__(self) -> str:
        return f"<Story {self.name}>"

    def lines(self) -> Iterator[dict[str, Any]]:
        """The story's requests in order: what is put on file first, then the event."""
        for identifier, terms in self.authorizations.items():
            path = f"/v1/authorizations/{identifier}"
            yield {"method": "PUT", "path": path, "headers": {}, "body": json.dumps(terms)}
        yield self.request

    def moved_to(self, now: int) -> "Story":
        """The same story as if it happened at `now`."""
        delta = now - self.now
        request = self.request
        try:
            body = json.loads(request.get("body", ""))
        except ValueError:
            body = None
        if isinstance(body, dict):
            request = {**request, "body": json.dumps(_move(body, delta), separators=(",", ":"))}
        terms = {
            identifier: {key: value + delta if key.endswith("_at") else value for key, value in authorization.items()}
            for identifier, authorization in self.authorizations.items()
        }
        return Story(self.name, self.title, now, terms, request)


def _move(value: Any, delta: int) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_move(item, delta) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item + delta if key in _MOMENTS and type(item) is int else _move(item, delta)
        for key, item in value.items()
    }


def read_stories(folder: Path = EVENTS) -> list[Story]:
    """Every story, by name."""
    found = ((path.parent.name, path.read_bytes()) for path in sorted(folder.glob("*/1-request.json")))
    return [story for name, text in found if (story := read_story(name, text))]


def read_story(name: str, text: bytes) -> Story | None:
    """A story from its file's bytes; None where they are something else, a request alone say."""
    try:
        document = json.loads(text)
        moment = datetime.datetime.fromisoformat(document["now"])
        request = dict(document["request"])
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(request.get("body", ""), str):
        request["body"] = json.dumps(request["body"], separators=(",", ":"), ensure_ascii=False)
    return Story(
        name=name,
        title=document.get("title", name),
        now=round(moment.timestamp() * 1000),
        authorizations=document.get("authorizations", {}),
        request=request,
    )
