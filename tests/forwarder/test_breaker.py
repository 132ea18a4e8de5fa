"""A dead network is left alone for longer and longer, and found again at the first success."""

from airlock.outcome import Reason
from forwarder.answer import Delivered, Prohibited, Rejected, Repeated, Retry, Unauthorised
from forwarder.breaker import FAILURES, Breaker

DOWN = Retry(None, Reason.UNAVAILABLE)


def test_five_failures_in_a_row_open_it() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.note(DOWN, 0)
    assert breaker.pause_s(0) == 0
    breaker.note(DOWN, 0)
    assert breaker.pause_s(0) == 30
    assert breaker.pause_s(29) == 1
    assert breaker.pause_s(30) == 0
    assert breaker.is_trying


def test_a_success_between_them_counts_them_from_the_start() -> None:
    breaker = Breaker()
    for answer in [DOWN] * (FAILURES - 1) + [Delivered()] + [DOWN] * (FAILURES - 1):
        breaker.note(answer, 0)
    assert breaker.pause_s(0) == 0
    assert not breaker.is_trying


def test_an_event_that_is_rejected_is_the_events_fault() -> None:
    """The network is there, and said so."""
    breaker = Breaker()
    for _ in range(20):
        breaker.note(Rejected("400"), 0)
        breaker.note(Repeated(), 0)
    assert breaker.pause_s(0) == 0


def test_pauses_double_to_a_quarter_of_an_hour() -> None:
    breaker = Breaker()
    now = 0
    pauses = []
    for _ in range(FAILURES - 1):
        breaker.note(DOWN, now)
    for _ in range(8):
        breaker.note(DOWN, now)
        pauses.append(breaker.pause_s(now))
        now += breaker.pause_s(now)
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]
    breaker.note(Delivered(), now)
    assert (breaker.pause_s(now), breaker.is_trying) == (0, False)
    for _ in range(FAILURES):
        breaker.note(DOWN, now)
    assert breaker.pause_s(now) == 30


def test_answers_that_were_on_their_way_when_it_opened_change_nothing() -> None:
    breaker = Breaker()
    for _ in range(FAILURES + 10):
        breaker.note(DOWN, 100)
    assert breaker.pause_s(100) == 30


def test_a_token_at_fault_opens_it_at_once_and_says_why() -> None:
    for answer, reason in ((Unauthorised("190"), Reason.UNAUTHORISED), (Prohibited(), Reason.PROHIBITED)):
        breaker = Breaker()
        breaker.note(answer, 0)
        assert breaker.pause_s(0) == 900
        assert breaker.reason is reason
