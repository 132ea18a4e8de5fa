"""The kill switch: what its setting means, how fast a change is seen, and what holds while it cannot be read."""

from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.gate import ALL_CLOSED, ALL_OPEN, BLIND_MS, CACHE_MS, Mode, NoGate, ParameterGate, read_mode, write_mode


class Parameters:
    """A Systems Manager client with one parameter."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.asked = 0
        self.broken = False

    def get_parameter(self, **asked: Any) -> Any:
        del asked
        self.asked += 1
        if self.broken:
            raise OSError("throttled")
        return {"Parameter": {"Value": self.value}}


@pytest.mark.parametrize("mode", [ALL_OPEN, ALL_CLOSED, Mode([Destination.META, Destination.GOOGLE])])
def test_a_setting_reads_as_it_was_written(mode: Mode) -> None:
    assert read_mode(write_mode(mode)) == mode


@pytest.mark.parametrize("text", ["", "opened", "open meta", "closed nobody", "closed meta nobody", "{}"])
def test_a_setting_that_cannot_be_read_closes_everything(text: str) -> None:
    assert read_mode(text) == ALL_CLOSED


def test_one_network_can_be_closed_alone() -> None:
    mode = read_mode("closed meta")
    assert mode.stops(Destination.META)
    assert not mode.stops(Destination.GOOGLE)
    assert not mode.stops_all


def test_a_change_is_seen_within_half_a_minute_and_told_once(now: int) -> None:
    client, seen = Parameters("open"), []
    gate = ParameterGate(lambda: client, "/airlock/gate", lambda at, mode: seen.append((at, write_mode(mode))))
    assert gate.look(now) == ALL_OPEN
    client.value = "closed"
    assert gate.look(now + CACHE_MS - 1) == ALL_OPEN
    assert gate.look(now + CACHE_MS) == ALL_CLOSED
    gate.look(now + CACHE_MS + 1)
    assert client.asked == 2
    assert seen == [(now + CACHE_MS, "closed")]


def test_an_unreadable_setting_holds_for_five_minutes_and_then_closes(now: int) -> None:
    client = Parameters("open")
    gate = ParameterGate(lambda: client, "/airlock/gate")
    gate.look(now)
    client.broken = True
    assert gate.look(now + BLIND_MS - 1) == ALL_OPEN
    assert gate.look(now + BLIND_MS + CACHE_MS) == ALL_CLOSED


def test_a_setting_that_was_never_read_closes_everything(now: int) -> None:
    client = Parameters("open")
    client.broken = True
    assert ParameterGate(lambda: client, "/airlock/gate").look(now).stops_all
    assert not NoGate().look(now).stops_all
