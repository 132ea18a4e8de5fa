"""One HTTP request in, one HTTP answer out, both frozen and without a socket."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct

RETRY_AFTER_S = 30


class Request(Struct, frozen=True):
    """A request as it arrived: the whole URL, header names in lower case. Shows nothing of itself."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<Request {self.method}>"

    @property
    def path(self) -> str:
        """The URL's path."""
        return urlsplit(self.url).path

    @property
    def query(self) -> Mapping[str, str]:
        """The URL's query; of a repeated name the last."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.url).query).items()}

    @property
    def bearer(self) -> str:
        """The token of the authorization header; empty without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else ""

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Ending(StrEnum):
    """What becomes of an answer on its way back."""

    SENT = "sent"
    TIMEOUT = "timeout"  # it never arrives, though the request was taken
    RESET = "reset"  # the connection breaks before the request is taken


class Answer(Struct, frozen=True):
    """An answer; where it does not end well, `status` and `body` are what the caller never sees."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}
    ending: Ending = Ending.SENT

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.ending}>"


def answer_json(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:  # noqa: ANN401 - any JSON
    """An answer with a JSON body; a 429 or 503 says when to come back."""
    told = {"content-type": "application/json"} | dict(headers or {})
    if status in {429, 503}:
        told["retry-after"] = str(RETRY_AFTER_S)
    return Answer(status, msgspec.json.encode(document), told)


def read_document(request: Request) -> Any | None:  # noqa: ANN401 - any JSON
    """The JSON of a request's body; None where it is none, is nested without end or says it is something else."""
    if request.media_type != "application/json":
        return None
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
