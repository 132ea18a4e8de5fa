"""What a network's answer means for an event: each outcome a value, none with room for a text of the network's."""

import re
from collections.abc import Mapping

from msgspec import Struct

from airlock.outcome import Reason

_CODE = re.compile(r"[A-Za-z0-9_./:-]{1,64}", re.ASCII)


class Delivered(Struct, frozen=True):
    """The network took the event; `trace` is its own id of the request, `code` what it remarked."""

    trace: str | None = None
    code: str | None = None


class Retry(Struct, frozen=True):
    """Not now. `after_s` is the wait in seconds that the network asked for.

    `may_have_arrived`: there was no answer, and the network may have taken the event all the same.
    """

    after_s: int | None
    reason: Reason
    code: str | None = None
    may_have_arrived: bool = False


class Expired(Struct, frozen=True):
    """Older than the network takes."""

    code: str | None = None


class Rejected(Struct, frozen=True):
    """The network will never take this event."""

    code: str | None = None


class Unauthorised(Struct, frozen=True):
    """The token or the account is at fault, not the event: hold everything, alarm."""

    code: str | None = None


class Prohibited(Struct, frozen=True):
    """The account's data policy forbids it: hold everything, alarm; a person has to decide."""

    code: str | None = None


class InDoubt(Struct, frozen=True):
    """Nobody knows whether the network took the event, and it would count twice: never send it again."""

    code: str | None = None


class Repeated(Struct, frozen=True):
    """The ledger says that the network took it before: there is nothing to send."""

    code: str | None = None


class Stopped(Struct, frozen=True):
    """The guard let the request not leave: it held what nobody declared. A bug or a bad policy; `rule` says which."""

    rule: str


class Split(Struct, frozen=True):
    """One event spoils an all-or-nothing batch: send its halves."""

    code: str | None = None


Answer = Delivered | Retry | Expired | Rejected | Unauthorised | Prohibited | InDoubt | Repeated | Stopped | Split


class Processed(Struct, frozen=True):
    """The end of a request that was accepted before: how many of its events did not count, by the network's reason."""

    failed: Mapping[str, int]


def narrow(code: object) -> str | None:
    """A network's code or trace id if it looks like one; anything else is dropped, it could repeat what was sent."""
    text = str(code) if type(code) in {int, str} else ""
    return text if _CODE.fullmatch(text) else None
