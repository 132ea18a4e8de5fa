"""The kill switch: what its setting means, how fast a change is seen, and what holds while it cannot be read."""

from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.gate import (
    ALL_CLOSED,
    ALL_OPEN,
    GateInMemory,
    Mode,
    NoGate,
    ParameterGate,
    read_mode,
    write_mode,
)

NAME = "/airlock/glow/gate"
HALF_A_MINUTE = 30_000
FIVE_MINUTES = 300_000


class Parameters:
    """A Systems Manager client with one parameter."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.asked = 0
        self.broken = False

    def get_parameter(self, **asked: Any) -> Any:
        assert asked == {"Name": NAME}
        self.asked += 1
        if self.broken:
            raise OSError("throttled")
        return {"Parameter": {"Value": self.value}}


@pytest.mark.parametrize("mode", [ALL_OPEN, ALL_CLOSED, Mode([Destination.META, Destination.GOOGLE])])
def test_a_setting_reads_as_it_was_written(mode: Mode) -> None:
    assert read_mode(write_mode(mode)) == mode


@pytest.mark.parametrize(
    "text", ["", "opened", "open meta", "closed nobody", "closed meta nobody", "meta closed", "{}"]
)
def test_a_setting_that_cannot_be_read_closes_everything(text: str) -> None:
    assert read_mode(text) == ALL_CLOSED


def test_one_network_can_be_closed_alone() -> None:
    mode = read_mode("closed meta")
    assert mode.stops(Destination.META)
    assert not mode.stops(Destination.GOOGLE)
    assert not mode.stops_all


def test_a_setting_is_read_to_its_end_however_long_it_is() -> None:
    """What stands behind a hundred words closes its network too, or everything if it names none."""
    assert read_mode("closed " + "meta " * 150 + "google") == Mode([Destination.META, Destination.GOOGLE])
    assert read_mode("closed " + "meta " * 150 + "nobody") == ALL_CLOSED


def test_a_change_is_seen_within_half_a_minute_and_told_once(now: int) -> None:
    client, seen = Parameters("open"), []
    gate = ParameterGate(lambda: client, NAME, lambda at, mode: seen.append((at, write_mode(mode))))
    assert gate.look(now) == ALL_OPEN
    client.value = "closed"
    assert gate.look(now + HALF_A_MINUTE - 1) == ALL_OPEN
    assert gate.look(now + HALF_A_MINUTE) == ALL_CLOSED
    gate.look(now + HALF_A_MINUTE + 1)
    assert client.asked == 2
    assert seen == [(now + HALF_A_MINUTE, "closed")]


def test_one_client_asks_each_time_and_none_is_opened_before_the_first(now: int) -> None:
    """Opening a client costs more than all that an event needs."""
    opened: list[Parameters] = []

    def open_client() -> Parameters:
        opened.append(Parameters("open"))
        return opened[-1]

    gate = ParameterGate(open_client, NAME)
    assert opened == []
    gate.look(now)
    gate.look(now + HALF_A_MINUTE)
    assert [client.asked for client in opened] == [2]


def test_a_burst_of_events_asks_once(now: int) -> None:
    client = Parameters("open")
    gate = ParameterGate(lambda: client, NAME)
    for _ in range(100):
        gate.look(now)
    assert client.asked == 1


def test_a_clock_that_is_set_back_makes_the_setting_no_younger(now: int) -> None:
    client = Parameters("open")
    gate = ParameterGate(lambda: client, NAME)
    gate.look(now)
    client.value = "closed"
    assert gate.look(now - 1) == ALL_CLOSED


def test_every_turn_is_told_once_the_opening_too(now: int) -> None:
    client, seen = Parameters("closed"), []
    gate = ParameterGate(lambda: client, NAME, lambda at, mode: seen.append((at, write_mode(mode))))
    for step, value in enumerate(["closed", "closed", "closed meta", "open", "open"]):
        client.value = value
        gate.look(now + step * HALF_A_MINUTE)
    assert seen == [(now, "closed"), (now + 2 * HALF_A_MINUTE, "closed meta"), (now + 3 * HALF_A_MINUTE, "open")]


def test_an_unreadable_setting_holds_for_five_minutes_and_then_closes(now: int) -> None:
    client = Parameters("open")
    gate = ParameterGate(lambda: client, NAME)
    gate.look(now)
    client.broken = True
    assert gate.look(now + FIVE_MINUTES - 1) == ALL_OPEN
    assert gate.look(now + FIVE_MINUTES - 1 + HALF_A_MINUTE) == ALL_CLOSED


def test_at_the_fifth_minute_an_unreadable_setting_closes(now: int) -> None:
    client = Parameters("open")
    gate = ParameterGate(lambda: client, NAME)
    gate.look(now)
    client.broken = True
    assert gate.look(now + FIVE_MINUTES) == ALL_CLOSED


def test_a_setting_that_was_never_read_closes_everything_until_it_is_read(now: int) -> None:
    client = Parameters("open")
    client.broken = True
    gate = ParameterGate(lambda: client, NAME)
    assert gate.look(now).stops_all
    assert gate.look(now + HALF_A_MINUTE).stops_all
    client.broken = False
    assert gate.look(now + 2 * HALF_A_MINUTE) == ALL_OPEN


def test_a_switch_in_memory_stands_as_it_was_set_and_open_at_first(now: int) -> None:
    assert GateInMemory().look(now) == ALL_OPEN
    assert GateInMemory(ALL_CLOSED).look(now) == ALL_CLOSED


def test_without_a_switch_everything_is_open(now: int) -> None:
    assert NoGate().look(now) == ALL_OPEN
