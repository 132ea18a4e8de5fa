"""The sanitizer with the forwarders behind it and nothing sent: what the suites ask it, and how to read its answers."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from airlock.address_book import Destination
from airlock.policy import Policy
from sanitizer.handler import respond
from sanitizer.intake import Taken
from tests.sanitizer.visits import NOW, SITE
from workbench.preview import Preview, Previewed, Result
from workbench.preview_lines import Line
from workbench.request import as_http_event


class Desk:
    """One airlock in one process, with the forwarders behind it and nothing sent."""

    def __init__(self, policy: Policy, now: int = NOW) -> None:
        self.preview = Preview(policy, lambda: now)
        self.queued: list[tuple[Destination, bytes]] = []
        self.full: frozenset[Destination] = frozenset()
        put = self.preview._outbox.put

        def keep(messages: Sequence[tuple[Destination, bytes]]) -> frozenset[Destination]:
            if self.full:
                return self.full
            self.queued.extend(messages)
            return put(messages)

        self.preview._outbox.put = keep  # type: ignore[method-assign]  # looks over the shoulder

    def tell(self, body: Any, **line: Any) -> Result:
        """What `airlock preview` makes of a body: a document, text or bytes."""
        if isinstance(body, bytes):
            return self.preview.run(Line(body_base64=base64.b64encode(body).decode(), **line))
        return self.preview.run(Line(body=body if isinstance(body, str) else json.dumps(body), **line))

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> tuple[Taken, list[str]]:
        """The answer itself, with its headers, and the log lines; nothing is forwarded."""
        own = {"origin": SITE, "content-type": "application/json"}
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        taken = respond(as_http_event(method, path, own if headers is None else headers, text), self.preview._airlock)
        lines = self.preview._log.getvalue().splitlines()
        self.preview._log.seek(0)
        self.preview._log.truncate()
        self.preview._outbox.messages = []
        return taken, lines

    def post(self, visit: Any, **headers: str) -> tuple[Taken, list[str]]:
        """The answer to one event; underscores in header names stand for hyphens."""
        own = {"origin": SITE, "content-type": "application/json"}
        return self.ask("POST", "/v1/events", own | {k.replace("_", "-"): v for k, v in headers.items()}, visit)


def reasons(result: Result) -> dict[str | None, str]:
    """Each network's reason, or what became of it; a refusal stands under None."""
    return {told.destination: told.reason or told.outcome for told in result.outcomes}


def refusal(result: Result) -> str | None:
    """The reason for which the request as a whole was refused, if it was."""
    refused = [told.reason for told in result.outcomes if told.destination is None]
    return refused[0] if refused else None


def bodies(result: Result) -> dict[str, dict[str, Any]]:
    """Each told network's request body."""
    return {str(told.destination): json.loads(told.request.body) for told in result.outcomes if told.request}


def told_to(result: Result, destination: str) -> Previewed:
    """What became of the event at one network."""
    return next(told for told in result.outcomes if told.destination == destination)
