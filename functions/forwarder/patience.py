"""How often a message was received in, how long it waits out: backoff, steady waits, and when patience ends. Pure."""

from airlock.clean import CleanEvent
from forwarder.adapter import Adapter

FIRST_WAIT_S = 30
# SQS counts its 12 hours from the receive, and some of them are over when the wait is set.
LONGEST_WAIT_S = 12 * 3600 - 600
STEADY_WAIT_S = 900
SLOW_WAIT_S = 3600
_STEADY_RECEIVES = 100
# A queue keeps a message for 14 days and then forgets it; it is buried, with its reason, before that.
PATIENCE_S = 12 * 86_400
_LAST_CHANCE_S = 120


def back_off(received: int, jitter: float) -> int:
    """Seconds until the next try: a random part of a bound that doubles from 30 s to 12 h (full jitter)."""
    bound: int = min(LONGEST_WAIT_S, FIRST_WAIT_S << min(max(received, 1) - 1, 20))
    return max(1, round(bound * jitter))


def steady_wait(received: int) -> int:
    """Seconds until the next look where a person has to act: a quarter hour for a day, then an hour.

    Half of the receives after which SQS itself gives a message up are never reached within PATIENCE_S.
    """
    return STEADY_WAIT_S if received <= _STEADY_RECEIVES else SLOW_WAIT_S


def fit(wait_s: int, event: CleanEvent, adapter: Adapter, now_s: int) -> int:
    """A wait that is possible: within SQS's bound, and where the network's window ends earlier, to just before that."""
    left = adapter.takes_until(event) - now_s
    if wait_s > left > _LAST_CHANCE_S:
        wait_s = left - _LAST_CHANCE_S // 2
    return min(wait_s, LONGEST_WAIT_S)


def is_out_of_patience(sent_at_s: int | None, wait_s: int, now_s: int) -> bool:
    """Whether a message would have waited longer than its queue is trusted to keep it."""
    return sent_at_s is not None and now_s + wait_s - sent_at_s > PATIENCE_S
