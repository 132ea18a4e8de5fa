"""What every stand-in's file gives, and what a stand-in remembers between two requests."""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from workbench.stand_ins.request import Answer, Request

DAY_S = 86_400
# Clocks differ a little; the networks do not say how much they bear.
_SKEW_S = 60


class Memory:
    """One stand-in's memory: a counter for the ids it gives out, and what had an effect on a report."""

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()  # by the outbound event id; an event without one counts under ""
        self.dropped = 0  # taken with a smile and thrown away, as GA4 does
        self.requests: dict[str, list[dict[str, Any]]] = {}  # Google: what became of each destination, by request id
        self.polled: set[str] = set()  # Google: request ids whose state was asked for
        self.tokens: dict[str, int] = {}  # Google: access tokens given out, and when they end
        self._first: dict[tuple[str, ...], int] = {}
        self._given = 0

    def next_number(self) -> int:
        """1, 2, 3 and so on: the stand-in's own ids are made of it."""
        self._given += 1
        return self._given

    def count(self, event_id: str | None, *rest: str, now: int, window_s: int | None = None) -> bool:
        """Count an event; True if it had an effect.

        The same event id with the same `rest`, less than `window_s` after the first, is a repetition without one; None
        is for ever, 0 is never.
        """
        key = (event_id or "", *rest)
        first = self._first.get(key)
        if event_id and first is not None and (window_s is None or now - first < window_s):
            return False
        self._first[key] = now
        self.effects[event_id or ""] += 1
        return True


class StandIn(Struct, frozen=True):
    """One network."""

    hosts: tuple[str, ...]
    answer: Callable[[Request, int, str, Memory], Answer]  # request, epoch seconds, credential, memory
    fail: Callable[[int, Memory], Answer]  # the network's own words for a status; 200 is a success that took nothing


class Age(StrEnum):
    """How a moment stands to a network's window."""

    FINE = "fine"
    OLD = "old"
    FUTURE = "future"


def judge(at_s: float, now: int, most_s: int) -> Age:
    """A moment in epoch seconds against a window of seconds that ends now."""
    if at_s > now + _SKEW_S:
        return Age.FUTURE
    return Age.OLD if now - at_s > most_s else Age.FINE
