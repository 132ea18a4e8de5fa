"""What a policy says of one webhook: who signs it, which of its fields are read, and as what; the rest is dropped."""

from enum import StrEnum

from msgspec import Struct

from airlock.clean import Source
from airlock.tokens import EventName


class Scheme(StrEnum):
    """How a sender shows that a request is its own and of now."""

    TIMESTAMPED = "timestamped"  # a header `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`
    STANDARD = "standard"  # standardwebhooks.com: webhook-id, webhook-timestamp and webhook-signature, HMAC-SHA256
    CALLRAIL = "callrail"  # a header `Signature`: base64 of HMAC-SHA1 of the body, which holds the time


class HookConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a record says that consent was given: `field` is, or lists, one of the words `says`; `at` dates it."""

    field: str
    says: tuple[str, ...]
    at: str


class Hook(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One webhook. `fields` maps names of the contract to the payload's, of which the first that holds anything counts.

    A payload's names are written with dots where one object stands in another. `only` names fields that must hold one
    of the given words, or the record is none of this hook's. `event` is told for every record, unless `fields` maps it.
    """

    name: str
    secret: str
    scheme: Scheme
    header: str
    window_s: int
    event: EventName | None
    source: Source
    fields: dict[str, tuple[str, ...]]
    only: dict[str, tuple[str, ...]] = {}
    consent: HookConsent | None = None
