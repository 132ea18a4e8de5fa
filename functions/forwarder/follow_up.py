"""A request that a network has accepted and not yet worked off in, a message for later out, and the message read back.

Google answers 200 when it has accepted a request and tells hours later what it did with the events. That question is a
message of its own kind on the network's own queue, so that it is as hard to lose as an event.
"""

import msgspec
from msgspec import Struct

FIRST_LOOK_S = 900  # also the longest that SQS lets a new message wait
GIVE_UP_S = 3 * 86_400


class FollowUp(Struct, frozen=True, forbid_unknown_fields=True):
    """One open question: the network's own id of a request, how many events it told, and when (epoch seconds)."""

    request: str
    events: int
    told_at: int


class _Envelope(Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    follow_up: FollowUp


VERSION = 1
_START = '{"v":1,"follow_up":'
_decode = msgspec.json.Decoder(_Envelope).decode


def write(follow_up: FollowUp) -> str:
    """The message."""
    return msgspec.json.encode(_Envelope(VERSION, follow_up)).decode()


def read(body: str) -> FollowUp | None:
    """The follow-up that a message is; None for a message of any other kind, a clean event first of all."""
    if not body.startswith(_START):
        return None
    try:
        return _decode(body).follow_up
    except msgspec.DecodeError:
        return None
