"""What the stand-ins' suites share: a desk that sends one network's requests, and changes of one thing at a time."""

import copy
import json
from collections.abc import Mapping
from typing import Any

from airlock.address_book import Destination
from workbench.stand_ins.request import Answer, Request
from workbench.stand_ins.service import StandIns

NOW = 1_795_421_700  # 2026-11-23 08:15:00 UTC
AT = 1_795_420_800  # a quarter of an hour before
DAY = 86_400
TOKEN = "invented-token"
EVENT_ID = "01JD8Q4Z0V6M3N"
EMAIL = "831f6494ad6be4fcb3a724c3d5fef22d3ceffa3c62ef3a7984e45a0ea177f982"
PHONE = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
PLAIN = "jane.doe@clinic.example"
GONE = object()
NOT_DIGESTS = (PLAIN, EMAIL.upper(), EMAIL[:63], EMAIL[:32], f"x{EMAIL}", "", 7, None)

Path = tuple[str | int, ...]


class Desk:
    """One network's stand-in, and the request that it is sent unless told otherwise."""

    def __init__(self, destination: Destination, url: str, headers: Mapping[str, str]) -> None:
        self.destination = destination
        self.url = url
        self.headers = {"content-type": "application/json", **headers}
        self.stand_ins = StandIns(TOKEN)

    def send(self, body: Any, *, now: int = NOW, method: str = "POST", url: str = "", **headers: Any) -> Answer:
        """Send a document (or bytes); a header given as None is left out, and underscores stand for hyphens."""
        changed = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in changed.items() if value is not None}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.stand_ins.serve(self.destination, Request(method, url or self.url, kept, content), now)

    @property
    def effects(self) -> Mapping[str, int]:
        return self.stand_ins.effects(self.destination)


def change(document: Any, path: Path, value: Any) -> Any:
    """A copy with one place changed, added or, with GONE, taken away."""
    changed = copy.deepcopy(document)
    *way, last = path
    place = changed
    for step in way:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return changed


def read(answer: Answer) -> Any:
    return json.loads(answer.body)
