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
    REJECTED = "rejected"  # it is on the dead-letter queue with its reason: the network will never take it as it is


class Reason(StrEnum):
    """Why; in the order in which the sanitizer gives them where several apply."""

    UNKNOWN_PATH = "unknown_path"
    METHOD = "method"
    FOREIGN_ORIGIN = "foreign_origin"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"  # a webhook's; every other signature is API Gateway's to check
    CLOSED = "closed"  # the kill switch
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
    IN_DOUBT = "in_doubt"  # perhaps told, at a network that would count it twice: on the dead-letter queue
    GIVEN_UP = "given_up"  # waited as long as its queue is trusted to keep it: on the dead-letter queue
    VERSION_ENDS = "version_ends"  # the network's API version that is pinned here ends soon, or has ended
