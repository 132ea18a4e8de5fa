"""The troubles that a person or a test sets for a network: so many of the next requests go wrong in one way."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from airlock.address_book import Destination


class Kind(StrEnum):
    """The ways in which a request can go wrong."""

    STATUS = "status"  # answered with `status`, in the network's own words; nothing is taken
    TIMEOUT = "timeout"  # taken, with its effect, and never answered
    RESET = "reset"  # the connection breaks; nothing is taken
    ZERO_RECEIVED = "zero_received"  # 200, and nothing is taken


class FaultError(ValueError):
    """A fault that cannot be set. Names the field and the rule."""


class Fault(Struct, frozen=True):
    """The next `count` requests for one network go wrong in one way."""

    destination: Destination
    kind: Kind = Kind.STATUS
    status: int = 503
    count: int = 1


def read_fault(document: Any) -> Fault:  # noqa: ANN401 - any JSON
    """A fault of `{"destination", "status", "count"}`, or with `kind` in place of a status.

    Raises:
        FaultError: a field is missing, unknown or of another kind.
    """
    if not isinstance(document, dict) or not document.keys() <= {"destination", "status", "count", "kind"}:
        raise FaultError("a fault has destination, status, count and kind")
    status, count = document.get("status", 503), document.get("count", 1)
    if type(status) is not int or not 200 <= status <= 599:  # noqa: PLR2004 - HTTP
        raise FaultError("status: must be an HTTP status from 200 to 599")
    if type(count) is not int or count < 0:
        raise FaultError("count: must be a whole number from 0")
    try:
        destination, kind = Destination(str(document.get("destination"))), Kind(document.get("kind", "status"))
    except ValueError:
        raise FaultError("destination must be a network's name, kind one of " + ", ".join(Kind)) from None
    return Fault(destination, kind, status, count)


class Faults:
    """At most one fault for each network; a new one takes the old one's place."""

    def __init__(self) -> None:
        self._set: dict[Destination, Fault] = {}

    @property
    def pending(self) -> Mapping[Destination, Fault]:
        """What is still to go wrong."""
        return dict(self._set)

    def set(self, fault: Fault) -> None:
        """Set a fault; one with a count of 0 takes away what was set."""
        if fault.count:
            self._set[fault.destination] = fault
        else:
            self._set.pop(fault.destination, None)

    def take(self, destination: Destination) -> Fault | None:
        """The fault of the next request for a network, used up once."""
        fault = self._set.get(destination)
        if fault is not None:
            self.set(Fault(fault.destination, fault.kind, fault.status, fault.count - 1))
        return fault
