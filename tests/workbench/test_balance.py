"""Accepted is delivered + withheld + expired + rejected + held + in flight, whatever order the lines come in."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.address_book import Destination
from airlock.outcome import Outcome, Reason
from workbench.balance import Balance, read_balances

META = Destination.META
ENDS = (Outcome.DELIVERED, Outcome.WITHHELD, Outcome.EXPIRED, Outcome.REJECTED, Outcome.HELD)


def accept(event_id: str = "a", network: str = "meta") -> dict[str, Any]:
    return {"kind": "decision", "outcome": "accepted", "destination": network, "event_id": event_id, "at": 0}


def tell(outcome: str, at: int = 1, event_id: str = "a", reason: str | None = None) -> dict[str, Any]:
    line = {"kind": "disclosure", "outcome": outcome, "destination": "meta", "event_id": event_id, "at": at}
    return line | ({"reason": reason} if reason else {})


def balance(*lines: dict[str, Any]) -> Balance:
    return read_balances(lines)[META]


@pytest.mark.parametrize("outcome", ENDS)
def test_an_event_is_where_its_line_says(outcome: Outcome) -> None:
    found = balance(accept(), tell(outcome))
    assert found == Balance(accepted=1, **{str(outcome): 1})
    assert found.closes


def test_what_no_forwarder_has_seen_is_in_flight() -> None:
    assert balance(accept("a"), accept("b"), tell("delivered")) == Balance(accepted=2, delivered=1, in_flight=1)


def test_a_hold_ends_and_a_dead_letter_can_be_told_after_all() -> None:
    assert balance(accept(), tell("held", 1), tell("held", 2), tell("delivered", 3)).delivered == 1
    assert balance(accept(), tell("rejected", 1), tell("held", 2)).held == 1
    assert balance(accept(), tell("rejected", 1), tell("delivered", 2)).delivered == 1


def test_what_was_delivered_stays_delivered() -> None:
    """A late copy of its message changes nothing."""
    for late in ("held", "rejected", "withheld", "expired"):
        assert balance(accept(), tell("delivered", 1), tell(late, 2)) == Balance(accepted=1, delivered=1)


def test_copies_count_once() -> None:
    lines = [accept(), accept(), tell("delivered", 1), tell("withheld", 1, reason=Reason.DUPLICATE)]
    assert balance(*lines) == Balance(accepted=1, delivered=1)
    assert balance(accept(), tell("withheld", 1, reason=Reason.DUPLICATE)) == Balance(accepted=1, in_flight=1)


def test_what_was_never_accepted_does_not_close() -> None:
    found = balance(accept(), tell("delivered"), tell("delivered", event_id="b"))
    assert (found.unaccounted, found.closes) == (1, False)


def test_decisions_that_accept_nothing_are_no_part_of_it() -> None:
    lines = [
        {"kind": "decision", "outcome": "withheld", "reason": "gpc", "destination": "meta", "event_id": "x", "at": 0},
        {"kind": "decision", "outcome": "refused", "reason": "malformed", "at": 0},
        {
            "kind": "decision",
            "outcome": "refused",
            "reason": "queue_unavailable",
            "destination": "meta",
            "event_id": "y",
        },
        {"kind": "processing", "outcome": "rejected", "destination": "google", "trace": "r", "events": 2},
        {"kind": "fault", "outcome": "held", "destination": "meta"},
        {"kind": "disclosure", "outcome": "delivered", "destination": "nobody", "event_id": "z"},
        {"kind": "disclosure", "outcome": "vanished", "destination": "meta", "event_id": "z"},
        {"kind": "end"},
    ]
    assert read_balances(lines) == {}


def test_networks_are_apart() -> None:
    found = read_balances([accept("a", "meta"), accept("a", "tiktok"), tell("delivered")])
    assert found == {
        META: Balance(accepted=1, delivered=1),
        Destination.TIKTOK: Balance(accepted=1, in_flight=1),
    }


LINES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from((Outcome.ACCEPTED, *ENDS)), st.integers(0, 3)), max_size=8
)


@given(lines=LINES)
def test_every_event_is_in_exactly_one_state_in_any_order(lines: Sequence[tuple[str, Outcome, int]]) -> None:
    told = [
        accept(event_id) if outcome is Outcome.ACCEPTED else tell(outcome, at, event_id)
        for event_id, outcome, at in lines
    ]
    orders = itertools.islice(itertools.permutations(told), 40)
    results = [read_balances(order) for order in orders]
    assert all(result == results[0] for result in results)
    for found in results[0].values():
        states = found.delivered + found.withheld + found.expired + found.rejected + found.held + found.in_flight
        assert found.accepted == states
        assert found.closes is (found.unaccounted == 0)
