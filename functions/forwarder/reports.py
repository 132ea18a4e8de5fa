"""What a network tells later of its requests: deliveries in, questions out; a question in, its answer journalled."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from airlock.journal import Journal
from airlock.outcome import Outcome
from airlock.policy import Stage
from forwarder import follow_up
from forwarder.answer import Delivered, Processed, Rejected, Retry
from forwarder.delivery import Courier, Delivery
from forwarder.follow_up import FIRST_LOOK_S, GIVE_UP_S, FollowUp
from forwarder.patience import back_off, steady_wait
from forwarder.queue import Queue, Record


class Reports(Struct, frozen=True):
    """One network's open questions. `jitter` gives a number from 0 to 1."""

    courier: Courier
    queue: Queue
    journal: Journal
    jitter: Callable[[], float]
    waits: bool

    def ask_later(self, deliveries: Sequence[Delivery], now: int) -> Iterable[tuple[str, Exception]]:
        """Put the questions what came of these requests on the queue; the requests whose question it did not take."""
        if self.courier.adapter.report is None or self.courier.policy.stage is Stage.TEST:
            return
        traces = Counter(trace for delivery in deliveries if (trace := read_trace(delivery)))
        for trace, count in traces.items():
            message = follow_up.write(FollowUp(trace, count, now // 1000))
            try:
                self.queue.send(message, FIRST_LOOK_S if self.waits else 0)
            except Exception as error:  # noqa: BLE001 - botocore's errors are many, and each means that it is not there
                yield trace, error

    def look(self, asked: FollowUp, record: Record, now: int, pause_s: int | None) -> bool:
        """Ask what came of an earlier request, or wait where there is a pause; true where nothing is left to ask."""
        wait_s = self._ask(asked, record, now) if pause_s is None else max(pause_s, self._back_off(record))
        if wait_s is None:
            return True
        if now // 1000 + wait_s - asked.told_at >= GIVE_UP_S:
            self._write(asked, now, Processed({}), Outcome.HELD)
            return True
        self.queue.delay(record, wait_s)
        return False

    def _ask(self, asked: FollowUp, record: Record, now: int) -> int | None:
        """In how many seconds to ask again; None where there is an answer."""
        match self.courier.look(asked.request):
            case Processed(failed=failed) as processed:
                self._write(asked, now, processed, Outcome.REJECTED if failed else Outcome.DELIVERED)
                return None
            case Rejected():
                return GIVE_UP_S
            case Retry(after_s=after_s):
                return max(after_s or 0, self._back_off(record))
            case _:
                return steady_wait(record.received)

    def _back_off(self, record: Record) -> int:
        return back_off(record.received, self.jitter())

    def _write(self, asked: FollowUp, now: int, processed: Processed, outcome: Outcome) -> None:
        destination = self.courier.adapter.destination
        self.journal.record_processing(now, destination, outcome, asked.request, asked.events, processed.failed)


def read_trace(delivery: Delivery) -> str | None:
    """The network's own id of the request that delivered an event."""
    return delivery.answer.trace if isinstance(delivery.answer, Delivered) else None
