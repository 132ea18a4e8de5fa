"""What one network may know of one event: made by the sanitizer, read by the forwarder, with no place for free text."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.tokens import AuthorizationRef, ClickId, Currency, Digest, EventId, EventName, PageLabel

QUARTER_HOUR_MS = 900_000

# Epoch seconds on a quarter hour, 2020 to 2100.
QuarterHour = Annotated[int, Meta(ge=1_577_836_800, le=4_102_444_800, multiple_of=900)]
Amount = Annotated[int, Meta(ge=0, le=1_000_000_000)] | Annotated[float, Meta(ge=0, le=1_000_000_000)]


class Source(StrEnum):
    """Where the conversion happened; a network that asks is told truthfully."""

    WEBSITE = "website"
    CRM = "crm"
    PHONE_CALL = "phone_call"
    IN_PERSON = "in_person"


class Basis(StrEnum):
    """What an identifier in the event rests on."""

    NONE = "none"  # no identifier is told
    CONSENT = "consent"
    AUTHORIZATION = "authorization"


class Digests(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Hashed identifiers, each normalised as this one network documents."""

    email: Digest | None = None
    phone: Digest | None = None
    first_name: Digest | None = None
    last_name: Digest | None = None
    city: Digest | None = None
    state: Digest | None = None
    zip: Digest | None = None
    country: Digest | None = None
    date_of_birth: Digest | None = None
    external_id: Digest | None = None


class CleanEvent(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One event for one network. Times are epoch seconds on a quarter hour.

    What many events have in common stands first, then the times, then what is one visit's own: so it is written.
    """

    destination: Destination
    event: EventName
    source: Source = Source.WEBSITE
    amount: Amount | None = None
    currency: Currency | None = None
    label: PageLabel | None = None
    basis: Basis = Basis.NONE
    at: QuarterHour
    not_before: QuarterHour
    click_at: QuarterHour | None = None
    event_id: EventId
    click: ClickId | None = None
    digests: Digests | None = None
    authorization: AuthorizationRef | None = None


def round_up(epoch_ms: int) -> int:
    """Epoch milliseconds to the next quarter hour in epoch seconds; a time exactly on one keeps it."""
    return -(-epoch_ms // QUARTER_HOUR_MS) * 900


def longest_s(destination: Destination, source: Source) -> int:
    """How old an event of this source may be, in seconds, when the network is told."""
    address = ADDRESS_BOOK[destination]
    if source is Source.IN_PERSON:
        return max(address.max_age_s, address.max_age_in_person_s)
    return address.max_age_s
