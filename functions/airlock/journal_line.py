"""The forms of the journal's lines: every field a word of a closed vocabulary, a derived id, a number or a hash.

`workbench/journal_schema.py` says in words what each field means; a test holds the two against each other.
"""

from typing import Literal

import msgspec

from airlock.address_book import ContactField, Destination
from airlock.clean import Amount, Basis, Source
from airlock.outcome import Outcome, Reason
from airlock.policy import Surface
from airlock.tokens import ClickIdKind, EventId, EventName, PageLabel

SCHEMA = 1


class _Line(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    schema: int
    kind: str
    at: int  # epoch milliseconds at which the line was written
    policy: str
    version: str  # of the code that wrote the line
    outcome: Outcome | None = None
    reason: Reason | None = None
    destination: Destination | None = None


class _EventLine(_Line, frozen=True, omit_defaults=True, kw_only=True):
    event: EventName | None = None
    event_id: EventId | None = None
    click_id: ClickIdKind | None = None
    digests: list[ContactField] = []
    basis: Basis = Basis.NONE
    authorization: str | None = None
    not_before: int | None = None
    rule: str | None = None
    bytes: int | None = None


class Decision(_EventLine, frozen=True, omit_defaults=True, kw_only=True):
    """What the sanitizer decided about one event for one network, or about a request as a whole."""

    surface: Surface | None = None
    label: PageLabel | None = None
    source: Source | None = None
    props: dict[str, str] = {}
    dropped: dict[str, int] = {}
    field: str | None = None


class Disclosure(_EventLine, frozen=True, omit_defaults=True, kw_only=True):
    """What became of one event at its network."""

    attempt: int = 1
    host: str | None = None
    status: int | None = None
    code: str | None = None  # the network's own
    trace: str | None = None
    told_at: int | None = None
    amount: Amount | None = None
    payload: msgspec.Raw | None = None
    payload_at: int | None = None
    sha256: str | None = None


class Processing(_Line, frozen=True, omit_defaults=True, kw_only=True):
    """What a network told later of a request that it had accepted."""

    kind: Literal["processing"]
    trace: str
    events: int
    failed: dict[str, int] = {}


class Note(_Line, frozen=True, omit_defaults=True, kw_only=True):
    """A fault, a change of an authorization or of the kill switch."""

    kind: Literal["fault", "authorization", "gate", "api_version"]
    type: str | None = None
    line: str | None = None
    authorization: str | None = None
    change: str | None = None


class Checkpoint(_Line, frozen=True, omit_defaults=True, kw_only=True):
    """A signature over everything that its chain holds so far; none where the key could not be used."""

    kind: Literal["checkpoint"]
    key: str
    signature: str | None = None
