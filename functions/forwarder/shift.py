"""An SQS batch of one network in, the messages to keep out: admits, delivers and settles each, whatever goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, assert_never

import msgspec
from msgspec import Struct

from airlock import wire
from airlock.authorization import Authorizations
from airlock.clean import CleanEvent
from airlock.gate import Gate, NoGate
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.outcome import Outcome, Reason
from forwarder import follow_up
from forwarder.breaker import Breaker
from forwarder.delivery import Courier, Delivery, MaySend
from forwarder.door import Admitted, Door, Ends, Waits
from forwarder.follow_up import FollowUp
from forwarder.ledger import LedgerError
from forwarder.queue import Queue, Record, read_records
from forwarder.reports import Reports, read_trace
from forwarder.settlement import Desk, Item

_NO_GATE = NoGate()


class Forwarder(Struct, frozen=True, dict=True):
    """One network's forwarder. `now` gives epoch milliseconds, `jitter` a number from 0 to 1."""

    courier: Courier
    guard: Guard
    queue: Queue
    authorizations: Authorizations
    journal: Journal
    now: Callable[[], int]
    jitter: Callable[[], float]
    waits: bool = True  # false only in the workbench, where nothing waits for its rounded time unless told to
    gate: Gate = _NO_GATE
    breaker: Breaker = msgspec.field(default_factory=Breaker)

    @cached_property
    def door(self) -> Door:
        """What its events have to pass."""
        courier = self.courier
        return Door(courier.adapter, courier.policy, self.guard, self.authorizations, self.gate, self.waits)

    @cached_property
    def desk(self) -> Desk:
        """Where they are settled."""
        return Desk(self.courier.adapter, self.queue, self.journal, self.jitter)

    @cached_property
    def reports(self) -> Reports:
        """What is still to be asked of the network."""
        return Reports(self.courier, self.queue, self.journal, self.jitter, self.waits)


def forward(
    event: Mapping[str, Any], forwarder: Forwarder, may_send: MaySend = lambda: True
) -> dict[str, list[dict[str, str]]]:
    """Work one SQS batch off. What is named in `batchItemFailures` stays on the queue; nothing else does."""
    shift = _Shift(forwarder, may_send)
    for record in read_records(event):
        shift.take(record)
    shift.deliver()
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in sorted(shift.kept)]}


class _Shift:
    """One batch at work. Every message is kept unless it has reached its end."""

    def __init__(self, forwarder: Forwarder, may_send: MaySend) -> None:
        self._forwarder = forwarder
        self._may_send = may_send
        self._now = forwarder.now()
        self._items: dict[str, Item] = {}
        self.kept: set[str] = set()

    def take(self, record: Record) -> None:
        """Settle a message that is not to be told now; the others wait for `deliver`."""
        self.kept.add(record.id)
        try:
            asked = follow_up.read(record.body)
            is_done = self._take_event(record) if asked is None else self._look(asked, record)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message stays, and only type and line are told
            self._stumble(error)
            return
        if is_done:
            self.kept.discard(record.id)

    def _take_event(self, record: Record) -> bool:
        """Whether the message has reached its end already."""
        event = self._read(record)
        if event is None:
            return True
        desk, item = self._forwarder.desk, Item(record, event)
        match self._forwarder.door.admit(event, record.body, self._now):
            case Ends(outcome=outcome, reason=reason, rule=rule):
                return desk.end(item, self._now, outcome, reason, rule=rule)
            case Waits(reason=reason, seconds=seconds):
                return desk.hold(item, self._now, reason, seconds)
            case Admitted(event=allowed):
                if event.event_id in self._items:
                    return desk.end(item, self._now, Outcome.WITHHELD, Reason.DUPLICATE)
                self._items[event.event_id] = Item(record, allowed)
                return False
            case _ as unreachable:
                assert_never(unreachable)

    def _read(self, record: Record) -> CleanEvent | None:
        """The message's event; None, and the message buried, where it is none of this network's."""
        destination = self._forwarder.courier.adapter.destination
        try:
            event = wire.read(record.body)
        except wire.MessageError:
            event = None
        if event is not None and event.destination is destination:
            return event
        self._forwarder.queue.bury(record, Reason.UNREADABLE)
        self._forwarder.journal.decide(
            self._now, outcome=Outcome.REJECTED, reason=Reason.UNREADABLE, destination=destination
        )
        return None

    def deliver(self) -> None:
        """Tell the network of what was admitted, and settle each."""
        items = list(self._items.values())
        breaker = self._forwarder.breaker
        if items and breaker.is_trying and not breaker.pause_s(self._now // 1000):
            self._send(items[:1])
            items = items[1:]
        if pause_s := breaker.pause_s(self._now // 1000):
            self._hold(items, breaker.reason, pause_s)
        elif items:
            self._send(items)

    def _hold(self, items: Sequence[Item], reason: Reason, pause_s: int) -> None:
        for item in items:
            try:
                if self._forwarder.desk.hold(item, self._now, reason, pause_s):
                    self.kept.discard(item.record.id)
            except Exception as error:  # noqa: BLE001 - as in `take`
                self._stumble(error)

    def _send(self, items: Sequence[Item]) -> None:
        courier = self._forwarder.courier
        deliveries: list[Delivery] = []
        for batch in courier.deliver([item.event for item in items], self._now, self._may_go_on):
            self._watch(batch)
            deliveries += batch
            for delivery in batch:
                self._settle(delivery)
        self._ask_later(deliveries)
        try:
            courier.conclude(deliveries)
        except LedgerError as error:
            self._stumble(error)

    def _may_go_on(self) -> bool:
        """Whether there is time for another request, and the breaker has not opened since the last one."""
        return self._may_send() and not self._forwarder.breaker.pause_s(self._now // 1000)

    def _watch(self, batch: Sequence[Delivery]) -> None:
        """Let the breaker see what came of each request."""
        seen: set[int] = set()
        for delivery in batch:
            if delivery.error is not None:
                self._stumble(delivery.error)
            if delivery.sent is not None and id(delivery.sent) not in seen:
                seen.add(id(delivery.sent))
                self._forwarder.breaker.note(delivery.answer, self._now // 1000)

    def _settle(self, delivery: Delivery) -> None:
        record = self._items[delivery.event.event_id].record
        try:
            if self._forwarder.desk.settle(delivery, record, self._now):
                self.kept.discard(record.id)
        except Exception as error:  # noqa: BLE001 - as in `take`
            self._stumble(error)

    def _ask_later(self, deliveries: Sequence[Delivery]) -> None:
        for unasked, error in self._forwarder.reports.ask_later(deliveries, self._now):
            # Told again under the same id they count once, and the question comes with them.
            self._stumble(error)
            again = (delivery.event.event_id for delivery in deliveries if read_trace(delivery) == unasked)
            self.kept.update(self._items[event_id].record.id for event_id in again)

    def _look(self, asked: FollowUp, record: Record) -> bool:
        pause_s = self._forwarder.breaker.pause_s(self._now // 1000)
        may_ask = not pause_s and self._may_send()
        return self._forwarder.reports.look(asked, record, self._now, None if may_ask else pause_s)

    def _stumble(self, error: Exception) -> None:
        forwarder = self._forwarder
        forwarder.journal.stumble(self._now, Reason.INTERNAL, error, forwarder.courier.adapter.destination)
