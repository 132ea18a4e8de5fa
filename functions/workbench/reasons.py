"""The reasons of the journal's vocabulary in sentences, for a reader who was not there."""

from collections.abc import Mapping
from types import MappingProxyType

from airlock.outcome import Reason

REASONS: Mapping[str, str] = MappingProxyType(
    {
        Reason.UNKNOWN_PATH: "The path is none that the airlock serves.",
        Reason.METHOD: "The HTTP method is not one that the path takes.",
        Reason.FOREIGN_ORIGIN: "The request does not come from a page of the policy's sites.",
        Reason.UNSUPPORTED_TYPE: "The content type, charset or encoding is not taken.",
        Reason.TOO_LARGE: "The body is larger than 8 KiB.",
        Reason.MALFORMED: "The body is not a JSON object of the agreed shape.",
        Reason.UNKNOWN_EVENT: "The policy does not list this event.",
        Reason.EVENT_EXPIRED: "The review of this event has run out: nobody has approved it beyond that day.",
        Reason.BAD_TIME: "The event's time lies too far in the past or in the future.",
        Reason.FOREIGN_PAGE: "The page is not on one of the policy's sites.",
        Reason.PRIVATE_PAGE: "The policy marks this page private: nothing is taken from it.",
        Reason.GPC: "The browser sends the Global Privacy Control signal.",
        Reason.NO_CONSENT: "The visitor did not give the consent that the policy requires.",
        Reason.STALE_CONSENT: "The consent carries no date, or is older than the policy allows.",
        Reason.NOT_CONFIGURED: "The policy does not set this network up for the event.",
        Reason.NO_AUTHORIZATION: "Contact data came, but no HIPAA authorization covers it; nothing else identifies.",
        Reason.AUTHORIZATION_REVOKED: "The HIPAA authorization was revoked while the event waited.",
        Reason.NO_IDENTITY: "Nothing is left by which this network could recognise the visit.",
        Reason.PHI_SUSPECTED: "The second fence found something that looks like health or contact data.",
        Reason.INTERNAL: "Something failed inside; the airlock stays closed then.",
        Reason.QUEUE_UNAVAILABLE: "The queue did not take it; the browser was asked to try again.",
        Reason.NOT_YET: "The rounded time of the event has not come yet.",
        Reason.EXPIRED: "The event is older than the network takes.",
        Reason.REJECTED: "The network says that the request is wrong; trying again would not help.",
        Reason.DUPLICATE: "It was delivered before, under the same id.",
        Reason.UNREADABLE: "The message on the queue could not be read.",
        Reason.THROTTLED: "The network asked for patience; it is tried again.",
        Reason.UNAVAILABLE: "The network did not answer, or answered with a fault; it is tried again.",
        Reason.UNAUTHORISED: "The network does not accept the credential; it is tried again once that is mended.",
        Reason.PROHIBITED: "The network forbids this kind of data.",
        Reason.LEDGER_UNAVAILABLE: "The record of what was delivered could not be reached; it is tried again.",
        Reason.CLOSED: "The kill switch was closed.",
        Reason.BAD_SIGNATURE: "A webhook's signature does not hold.",
        Reason.IN_DOUBT: "Perhaps told, at a network that would count it twice: it is on the dead-letter queue.",
        Reason.GIVEN_UP: "It waited as long as its queue is trusted to keep it: it is on the dead-letter queue.",
        Reason.VERSION_ENDS: "The network's API version that is pinned here ends soon, or has ended.",
    }
)
