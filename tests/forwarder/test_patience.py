"""How long a message waits: never less than nothing, never more than SQS allows, never past the network's window."""

from hypothesis import given
from hypothesis import strategies as st

from airlock.address_book import Destination
from airlock.clean import Source
from forwarder.destinations import DESTINATIONS
from forwarder.patience import (
    LONGEST_WAIT_S,
    PATIENCE_S,
    back_off,
    fit,
    is_out_of_patience,
    steady_wait,
)
from tests.forwarder.desk import AT, DAY, make_event

SQS_LONGEST_S = 43_200
RECEIVES = 1_000  # after so many SQS gives a message up itself


@given(received=st.integers(0, 10_000), jitter=st.floats(0, 1))
def test_a_backoff_is_a_random_part_of_a_doubling_bound(received: int, jitter: float) -> None:
    wait = back_off(received, jitter)
    assert 1 <= wait <= min(LONGEST_WAIT_S, 30 * 2 ** min(max(received, 1) - 1, 20))
    assert wait < SQS_LONGEST_S


def test_the_whole_bound_is_used() -> None:
    """Full jitter: what failed together does not come back together."""
    assert {back_off(5, part / 10) for part in range(11)} == {1, 48, 96, 144, 192, 240, 288, 336, 384, 432, 480}


@given(
    wait=st.integers(0, 10**6),
    age=st.integers(0, 100 * DAY),
    destination=st.sampled_from(Destination),
    source=st.sampled_from(Source),
)
def test_a_wait_never_misses_the_last_chance(wait: int, age: int, destination: Destination, source: Source) -> None:
    """Where the network still takes the event for more than two minutes, it is tried again while it does."""
    adapter = DESTINATIONS[destination]
    event = make_event(destination, source=source)
    fitted = fit(wait, event, adapter, AT + age)
    assert fitted <= min(wait, LONGEST_WAIT_S) or fitted <= wait
    left = adapter.takes_until(event) - (AT + age)
    if left > 120:
        assert AT + age + fitted < adapter.takes_until(event)


def test_meta_takes_a_visit_to_the_clinic_for_62_days() -> None:
    adapter = DESTINATIONS[Destination.META]
    assert adapter.takes_until(make_event(Destination.META, source=Source.IN_PERSON)) == AT + 62 * DAY
    assert adapter.takes_until(make_event(Destination.META)) == AT + 7 * DAY


def test_patience_is_longer_than_a_day_and_shorter_than_a_queue_keeps_a_message() -> None:
    assert DAY < PATIENCE_S < 14 * DAY - LONGEST_WAIT_S
    assert not is_out_of_patience(AT, 0, AT + PATIENCE_S)
    assert is_out_of_patience(AT, 1, AT + PATIENCE_S)
    assert not is_out_of_patience(None, 10**9, AT)


def test_waiting_for_a_person_uses_few_receives() -> None:
    now = received = 0
    while now < PATIENCE_S:
        received += 1
        now += steady_wait(received)
    assert received < RECEIVES / 2
    assert steady_wait(1) == 900
