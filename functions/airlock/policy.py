"""The compiled policy: checked once at build, loaded by a Lambda in well under a millisecond, named by its SHA-256."""

import hashlib
from enum import StrEnum
from functools import cached_property

import msgspec
from msgspec import Struct

from airlock.address_book import ContactField, Destination
from airlock.clean import Amount
from airlock.hook import Hook
from airlock.tokens import Currency, EventName, PageLabel, to_text, to_token


class PolicyError(ValueError):
    """The policy cannot be used. Carries every problem as one sentence each, with its place in the file."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Surface(StrEnum):
    """What kind of page an event came from."""

    PRIVATE = "private"  # nothing is taken
    HEALTH = "health"  # conversions only
    GENERAL = "general"  # conversions only


class ValueRule(StrEnum):
    """What a network is told of a conversion's worth."""

    NONE = "none"
    FIXED = "fixed"
    BANDS = "bands"


class Identity(StrEnum):
    """By what a network may recognise a visitor."""

    NONE = "none"
    CLICK_ID = "click_id"
    HASHED = "hashed"  # digests, and the click id too


class HashedRequires(StrEnum):
    """What has to be there before a digest is made."""

    AUTHORIZATION = "authorization"
    CONSENT = "consent"


class PageTold(StrEnum):
    """What a network is told of the page."""

    ORIGIN = "origin"
    LABEL = "label"


class Stage(StrEnum):
    """Whether the networks' own test modes may be used."""

    LIVE = "live"
    TEST = "test"


class PayloadLog(StrEnum):
    """How much of a disclosure its journal line shows."""

    FULL = "full"
    MASKED = "masked"
    DIGEST = "digest"


class Shim(StrEnum):
    """A pixel whose calls the browser script takes, so that a site goes on making them."""

    FBQ = "fbq"
    GTAG = "gtag"
    TTQ = "ttq"
    LINTRK = "lintrk"
    UETQ = "uetq"


class ConsentTool(StrEnum):
    """A consent tool whose answer the browser script takes."""

    CONSENT_MODE = "consent-mode"
    ONETRUST = "onetrust"
    COOKIEBOT = "cookiebot"
    TCF = "tcf"
    GPP = "gpp"
    COOKIEYES = "cookieyes"
    COMPLIANZ = "complianz"


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """One page rule; `match` is a path pattern in which `*` stands for one segment and a last `**` for all below."""

    match: str
    surface: Surface
    label: PageLabel | None = None


class Event(Struct, frozen=True, forbid_unknown_fields=True):
    """One event that the clinic allows. `expires_ms`: the first moment after its last good day, epoch milliseconds."""

    name: EventName
    aliases: tuple[str, ...]
    expires_ms: int | None
    value: ValueRule
    amount: Amount | None
    bands: tuple[Amount, ...]
    props: dict[str, tuple[str, ...]]
    to: tuple[Destination, ...]
    why: str = ""
    reviewed_by: str = ""
    reviewed_on: str = ""


class DestinationRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What one network is told. `events` maps the policy's event names to the network's words."""

    destination: Destination
    account: str
    events: dict[str, str]
    identity: Identity
    identifiers: tuple[ContactField, ...]
    hashed_requires: HashedRequires
    page: PageTold
    secret: str
    enabled: bool = True
    login_account: str | None = None
    test_code: str | None = None


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything a clinic allows, and by leaving it out everything it does not."""

    name: str
    sites: tuple[str, ...]
    collect_host: str
    public_url: str
    country: str
    currency: Currency
    state: str | None
    stage: Stage
    payload_log: PayloadLog
    exempt_terms: tuple[str, ...]
    consent_required: tuple[str, ...]
    consent_max_age_ms: int
    pages: tuple[Page, ...]
    events: tuple[Event, ...]
    destinations: tuple[DestinationRule, ...]
    shims: tuple[Shim, ...] = ()
    consent_tools: tuple[ConsentTool, ...] = ()
    hooks: tuple[Hook, ...] = ()
    time_zone: str | None = None  # by which the clinic's own files are dated; no network is told

    @cached_property
    def events_by_name(self) -> dict[str, Event]:
        """Names and aliases to their event; both match exactly."""
        return {name: event for event in self.events for name in (event.name, *event.aliases)}

    @cached_property
    def rules(self) -> dict[Destination, DestinationRule]:
        """The enabled destinations' rules."""
        return {rule.destination: rule for rule in self.destinations if rule.enabled}

    @cached_property
    def public_origin(self) -> str:
        """Scheme and host of `public_url`, without the last slash."""
        return "/".join(self.public_url.split("/")[:3])

    @cached_property
    def compiled(self) -> bytes:
        """The canonical bytes of this policy."""
        return _encoder.encode(self)

    @cached_property
    def digest(self) -> str:
        """The policy hash: SHA-256 of the compiled bytes, 64 lower-case hex digits."""
        return hashlib.sha256(self.compiled).hexdigest()


_encoder = msgspec.json.Encoder(enc_hook=to_text, order="deterministic")
_decoder = msgspec.json.Decoder(Policy, dec_hook=to_token)


def load(compiled: bytes) -> Policy:
    """A policy from its compiled bytes.

    Raises:
        PolicyError: the bytes are not what the compiler wrote.
    """
    try:
        policy = _decoder.decode(compiled)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError((f"compiled policy: {error}",)) from None
    if policy.compiled != compiled:
        raise PolicyError(("compiled policy: was changed after it was compiled; compile it again",))
    return policy
