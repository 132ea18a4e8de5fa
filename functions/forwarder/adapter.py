"""What every destination file gives: a network's limits, how its request is written and how its answer is read."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent
from airlock.policy import PageTold, Policy
from airlock.tokens import to_text
from forwarder.answer import Answer

PRODUCT = "airlock/1"
"""The one user agent that any network sees, of the forwarder's requests and where one is asked of the visitor's."""


class Call(Struct, frozen=True):
    """One request to a network, its credential in place. Shows nothing of itself."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"

    @property
    def host(self) -> str:
        """The network's host."""
        return urlsplit(self.url).hostname or ""

    def __repr__(self) -> str:
        return f"<Call {self.method} {self.host}>"


Render = Callable[[Sequence[CleanEvent], Policy, str], Call]
"""Events, policy and credential to the one request that tells them."""
ReadAnswer = Callable[[int, Mapping[str, str], bytes, int], Answer | tuple[Answer, ...]]
"""Status, lower-cased headers, body and the number of events sent, to one answer for all or one for each."""


class Adapter(Struct, frozen=True):
    """One network, as the delivery sees it."""

    destination: Destination
    host: str
    version: str
    version_ends: datetime.date | None  # the day from which the pinned version may stop working, where one is known
    identifiers: Mapping[ContactField, str]  # the network's key for each digest that it takes
    max_batch: int
    max_age_s: int
    render: Render
    read_answer: ReadAnswer
    group_key: Callable[[CleanEvent, Policy], str] = lambda _event, _policy: ""  # events of one key share a request


_encode = msgspec.json.Encoder(enc_hook=to_text).encode


def write_json(document: Mapping[str, Any]) -> bytes:
    """Compact JSON, keys in the order given, so that equal events give equal bytes."""
    return _encode(document)


def read_json(body: bytes) -> dict[str, Any]:
    """An answer's JSON object; empty where it is none."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def json_headers(*more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers of a JSON request."""
    return (("content-type", "application/json"), ("accept", "application/json"), ("user-agent", PRODUCT), *more)


def page_url(event: CleanEvent, policy: Policy) -> str:
    """The only URL that a network may be told: the clinic's public one, or a page label of the policy's under it."""
    if event.label is not None and policy.rules[event.destination].page is PageTold.LABEL:
        return policy.public_origin + event.label
    return policy.public_url


def digest_fields(event: CleanEvent, keys: Mapping[ContactField, str]) -> dict[str, str]:
    """The event's digests under the network's keys."""
    if event.digests is None:
        return {}
    return {key: digest for field, key in keys.items() if (digest := getattr(event.digests, field)) is not None}


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The wait in seconds that an answer asks for, 12 hours at most; None where it asks for none that can be read."""
    text = headers.get("retry-after", "")
    return min(int(text), 43_200) if text.isascii() and text.isdigit() and len(text) < 9 else None  # noqa: PLR2004 - seconds
