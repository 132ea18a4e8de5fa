"""The closed vocabulary of what can happen to an event, and why; logs, metrics, preview and tests share it."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one event at one network, or of a whole request where no network is named."""

    ACCEPTED = "accepted"  # clean, and on the network's queue
    DELIVERED = "delivered"  # the network took it
    WITHHELD = "withheld"  # policy, consent or a missing identity says no
    REFUSED = "refused"  # the request or the event as a whole is not acceptable
    HELD = "held"  # not yet: a moment, a token or a network is waited for
    EXPIRED = "expired"  # older than the network takes
    REJECTED = "rejected"  # the network will never take this event


class Reason(StrEnum):
    """Why; in the order in which the sanitizer gives them where several apply."""

    UNKNOWN_PATH = "unknown_path"
    METHOD = "method"
    FOREIGN_ORIGIN = "foreign_origin"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNKNOWN_EVENT = "unknown_event"
    EVENT_EXPIRED = "event_expired"
    BAD_TIME = "bad_time"
    FOREIGN_PAGE = "foreign_page"
    PRIVATE_PAGE = "private_page"
    GPC = "gpc"
    NO_CONSENT = "no_consent"
    STALE_CONSENT = "stale_consent"
    NOT_CONFIGURED = "not_configured"
    NO_AUTHORIZATION = "no_authorization"
    NO_IDENTITY = "no_identity"
    # Not a gate of the visit: the second fence, the queue, the door, the network.
    PHI_SUSPECTED = "phi_suspected"
    INTERNAL = "internal"
    QUEUE_UNAVAILABLE = "queue_unavailable"
    AUTHORIZATION_REVOKED = "authorization_revoked"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    UNAUTHORISED = "unauthorised"
    PROHIBITED = "prohibited"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
