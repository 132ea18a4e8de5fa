"""Journal lines in, the conservation balance of each network out: what was accepted, and where each event is now.

    read_balances(lines: Iterable[Mapping[str, Any]]) -> dict[Destination, Balance]

`lines` are journal lines as JSON objects (decisions and disclosures), in any order and from any number of log streams;
lines of other kinds are passed over. An event is one outbound event id at one network, however often it was accepted,
sent again or copied by its queue. `Balance` is frozen, with one number a state; `Balance.closes` says that nothing is
missing and nothing appeared from nowhere. What the journal alone cannot tell, `in_flight`, is what was accepted and has
no line of a forwarder's yet: against an idle queue it must be 0.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from airlock.address_book import Destination
from airlock.outcome import Outcome, Reason

_ENDS = (Outcome.DELIVERED, Outcome.WITHHELD, Outcome.EXPIRED, Outcome.REJECTED, Outcome.HELD)


class Balance(Struct, frozen=True, kw_only=True):
    """One network's events by where they are; accepted is the sum of the other states while nothing is lost."""

    accepted: int = 0  # taken onto the network's queue
    delivered: int = 0  # the network took it
    withheld: int = 0  # at the forwarder's door: the policy or the authorization changed, or the guard found something
    expired: int = 0  # older than the network takes
    rejected: int = 0  # on the dead-letter queue, with its reason
    held: int = 0  # waits for its moment, a token or the network
    in_flight: int = 0  # no line of the forwarder's yet
    unaccounted: int = 0  # in a state without having been accepted: the lines reach back too little, or a fault

    @property
    def closes(self) -> bool:
        """Whether every accepted event is in exactly one state, and no event is in one without having been accepted."""
        return not self.unaccounted and self.accepted == (
            self.delivered + self.withheld + self.expired + self.rejected + self.held + self.in_flight
        )


def read_balances(lines: Iterable[Mapping[str, Any]]) -> dict[Destination, Balance]:
    """The balance of every network that the lines name, in the networks' own order."""
    accepted: dict[Destination, set[str]] = {}
    states: dict[Destination, dict[str, tuple[int, int, Outcome]]] = {}
    for line in lines:
        event = _read_event(line)
        if event is None:
            continue
        destination, event_id, outcome = event
        if outcome is Outcome.ACCEPTED:
            accepted.setdefault(destination, set()).add(event_id)
        elif line.get("kind") == "disclosure" and outcome in _ENDS and line.get("reason") != Reason.DUPLICATE:
            state = (_read_moment(line), _ENDS.index(outcome), outcome)
            known = states.setdefault(destination, {})
            known[event_id] = _later(known.get(event_id), state)
    return {
        destination: _add_up(accepted.get(destination, set()), states.get(destination, {}))
        for destination in Destination
        if destination in accepted or destination in states
    }


def _later(one: tuple[int, int, Outcome] | None, other: tuple[int, int, Outcome]) -> tuple[int, int, Outcome]:
    """The state that holds: what was delivered stays delivered, else the newer; of one moment an end before a hold."""
    if one is None:
        return other
    if Outcome.DELIVERED in {one[2], other[2]}:
        return one if one[2] is Outcome.DELIVERED else other
    return max(one, other, key=lambda state: (state[0], -state[1]))


def _add_up(accepted: set[str], states: Mapping[str, tuple[int, int, Outcome]]) -> Balance:
    counts = Counter(state[2] for event_id, state in states.items() if event_id in accepted)
    return Balance(
        accepted=len(accepted),
        in_flight=len(accepted - states.keys()),
        unaccounted=len(states.keys() - accepted),
        **{str(outcome): counts[outcome] for outcome in _ENDS},
    )


def _read_event(line: Mapping[str, Any]) -> tuple[Destination, str, Outcome] | None:
    """Network, outbound event id and outcome of a line about one event; None for any other line."""
    try:
        destination, outcome = Destination(line.get("destination", "")), Outcome(line.get("outcome", ""))
    except ValueError:
        return None
    event_id = line.get("event_id")
    return (destination, event_id, outcome) if isinstance(event_id, str) else None


def _read_moment(line: Mapping[str, Any]) -> int:
    at = line.get("at")
    return at if type(at) is int else 0
