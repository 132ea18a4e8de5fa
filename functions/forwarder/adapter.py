"""What every destination file gives: a network's limits, how its request is written and how its answer is read."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent, Source
from airlock.outcome import Reason
from airlock.policy import PageTold, Policy
from airlock.tokens import to_text
from forwarder.answer import Answer, Processed, Rejected, Retry, Split, Unauthorised

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


class Report(Struct, frozen=True):
    """Where a network tells later what it did with a request: how it is asked, and how its answer is read."""

    ask: Callable[[str, str], Call]  # the network's id of the request, and the credential
    read: Callable[[int, Mapping[str, str], bytes], Processed | Answer]


class Adapter(Struct, frozen=True):
    """One network, as the delivery sees it."""

    destination: Destination
    host: str
    version: str
    version_ends: datetime.date | None  # the day from which the pinned version may stop working, where one is known
    identifiers: Mapping[ContactField, str]  # the network's key for each digest that it takes
    max_batch: int
    max_age_s: int
    recognises_s: int | None  # how long an event id is known again: None for ever, 0 never, else a ledger helps
    render: Render
    read_answer: ReadAnswer
    group_key: Callable[[CleanEvent, Policy], str] = lambda _event, _policy: ""  # events of one key share a request
    report: Report | None = None
    other_ages_s: Mapping[Source, int] = MappingProxyType({})  # where a source has a window of its own

    def takes_until(self, event: CleanEvent) -> int:
        """The last moment at which the network takes the event, epoch seconds."""
        return event.at + self.other_ages_s.get(event.source, self.max_age_s)


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


def read_number(value: object) -> int | None:
    """A whole number of an answer; None for anything else, true and false too."""
    return value if type(value) is int else None


LONGEST_ASKED_S = 43_200


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The wait in seconds that an answer asks for, 12 hours at most; None where it asks for none that can be read.

    A moment counts from the answer's own `Date`, so that no two clocks are compared.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_ASKED_S)
    try:
        wait = (parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(0, round(wait)), LONGEST_ASKED_S)


_TOO_MANY = 429
_PASSING = frozenset({408, 423, 425})
# Of these none is the event's fault: a token, an account, an address or a version is, and a person has to look.
_NOT_THE_EVENT = frozenset({401, 402, 403, 404, 405, 407, 410, 415, 421, 426, 451})


def read_status(status: int, headers: Mapping[str, str], count: int, code: str | None = None) -> Answer:
    """What an HTTP status that is no success means, where the network's own words have not said it better."""
    shown = code or str(status)
    if status == _TOO_MANY:
        return Retry(retry_after(headers), Reason.THROTTLED, shown)
    if status in _NOT_THE_EVENT or 300 <= status < 400:  # noqa: PLR2004 - a redirect is never followed
        return Unauthorised(shown)
    if status in _PASSING or not 400 <= status < 500:  # noqa: PLR2004 - HTTP
        return Retry(retry_after(headers), Reason.UNAVAILABLE, shown)
    return Split(shown) if count > 1 else Rejected(shown)
