"""What came of one event in, its line in the journal and its message's fate out: gone, buried, or back for later."""

from collections.abc import Callable
from typing import assert_never

from msgspec import Struct

from airlock.clean import CleanEvent
from airlock.guard import Hit
from airlock.journal import Journal
from airlock.outcome import Outcome, Reason
from forwarder.adapter import Adapter
from forwarder.answer import (
    Delivered,
    Expired,
    InDoubt,
    Prohibited,
    Rejected,
    Repeated,
    Retry,
    Split,
    Stopped,
    Unauthorised,
)
from forwarder.delivery import Delivery
from forwarder.patience import back_off, fit, is_out_of_patience, steady_wait
from forwarder.queue import Queue, Record

# Nobody knows when the wait for these ends: a person has to act.
_STEADY = frozenset({Reason.UNAUTHORISED, Reason.PROHIBITED, Reason.CLOSED})


class Item(Struct, frozen=True):
    """One event and the message that brought it."""

    record: Record
    event: CleanEvent


class Desk(Struct, frozen=True):
    """Where the fate of one network's messages is sealed. `jitter` gives a number from 0 to 1."""

    adapter: Adapter
    queue: Queue
    journal: Journal
    jitter: Callable[[], float]

    def settle(self, delivery: Delivery, record: Record, now: int) -> bool:
        """Write what came of a delivery; true where the message has reached its end."""
        item = Item(record, delivery.event)
        match delivery.answer:
            case Delivered():
                return self.end(item, now, Outcome.DELIVERED, None, delivery=delivery)
            case Repeated():
                return self.end(item, now, Outcome.WITHHELD, Reason.DUPLICATE, delivery=delivery)
            case Stopped(rule=rule):
                return self.end(item, now, Outcome.WITHHELD, Reason.PHI_SUSPECTED, rule=rule)
            case Expired():
                return self.end(item, now, Outcome.EXPIRED, Reason.EXPIRED, delivery=delivery)
            case Rejected() | Split():
                return self.bury(item, now, Reason.REJECTED, delivery)
            case InDoubt():
                return self.bury(item, now, Reason.IN_DOUBT, delivery)
            case Retry(after_s=after_s, reason=reason):
                return self.hold(item, now, reason, after_s, delivery)
            case Unauthorised() | Prohibited() as why:
                reason = Reason.PROHIBITED if isinstance(why, Prohibited) else Reason.UNAUTHORISED
                return self.hold(item, now, reason, None, delivery)
            case _ as unreachable:
                assert_never(unreachable)

    def end(
        self,
        item: Item,
        now: int,
        outcome: Outcome,
        reason: Reason | None,
        *,
        rule: Hit | None = None,
        delivery: Delivery | None = None,
    ) -> bool:
        """Write the end of an event; true."""
        self._write(item, now, outcome, reason, rule, delivery)
        return True

    def hold(
        self, item: Item, now: int, reason: Reason, asked_s: int | None = None, delivery: Delivery | None = None
    ) -> bool:
        """Write that an event waits, and put its message back for as long; false.

        True where its queue might forget it before: then it is buried.
        """
        received = item.record.received
        if reason in _STEADY:
            wait_s = steady_wait(received)
        elif reason is Reason.NOT_YET and asked_s is not None:
            wait_s = asked_s
        else:
            wait_s = max(asked_s or 0, back_off(received, self.jitter()))
        wait_s = fit(wait_s, item.event, self.adapter, now // 1000)
        if is_out_of_patience(item.record.sent_at, wait_s, now // 1000):
            return self.bury(item, now, Reason.GIVEN_UP, delivery)
        self._write(item, now, Outcome.HELD, reason, None, delivery)
        self.queue.delay(item.record, wait_s)
        return False

    def bury(self, item: Item, now: int, reason: Reason, delivery: Delivery | None = None) -> bool:
        """Put the message on the dead-letter queue with its reason, and write that; true."""
        self.queue.bury(item.record, reason)
        self._write(item, now, Outcome.REJECTED, reason, None, delivery)
        return True

    def _write(
        self,
        item: Item,
        now: int,
        outcome: Outcome,
        reason: Reason | None,
        rule: Hit | None,
        delivery: Delivery | None,
    ) -> None:
        sent = delivery.sent if delivery else None
        answer = delivery.answer if delivery else None
        self.journal.disclose(
            now,
            outcome=outcome,
            reason=reason,
            clean=item.event,
            attempt=item.record.received,
            host=sent.call.host if sent else None,
            status=delivery.status if delivery else None,
            code=getattr(answer, "code", None),
            trace=getattr(answer, "trace", None),
            rule=rule,
            payload=sent.payload if sent else None,
            sha256=sent.sha256 if sent else None,
            size=len(sent.call.body) if sent else None,
        )
