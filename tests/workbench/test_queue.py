"""The workbench's queue does what SQS does: visibility, redelivery, receive counts, dead letters."""

from airlock.outcome import Reason
from forwarder.queue import Record, read_records
from workbench.queue import MOST_RECEIVES, VISIBILITY_S, Queue, as_event


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make() -> tuple[Queue, Clock]:
    clock = Clock()
    return Queue("meta", clock), clock


def records(queue: Queue) -> list[Record]:
    return read_records(as_event(queue.receive()))


def test_a_message_comes_back_until_it_is_settled() -> None:
    queue, clock = make()
    queue.send("{}")
    (first,) = records(queue)
    assert records(queue) == []
    clock.now = VISIBILITY_S
    batch = queue.receive()
    assert (batch[0].received, first.received) == (2, 1)
    queue.settle(batch, frozenset())
    assert len(queue) == 0


def test_what_failed_stays() -> None:
    queue, _ = make()
    queue.send("a")
    queue.send("b")
    batch = queue.receive()
    queue.settle(batch, frozenset({batch[0].id}))
    assert [message.body for message in queue.read()] == ["a"]


def test_a_wait_is_kept_and_an_old_receipt_changes_nothing() -> None:
    queue, clock = make()
    queue.send("{}")
    (old,) = records(queue)
    clock.now = VISIBILITY_S
    (new,) = records(queue)
    queue.delay(old, 0)
    assert records(queue) == []
    queue.delay(new, 30)
    clock.now += 29
    assert records(queue) == []
    clock.now += 1
    assert len(records(queue)) == 1


def test_a_message_may_wait_from_the_start() -> None:
    queue, clock = make()
    queue.send("{}", 900)
    assert queue.next_moment() == 900
    assert records(queue) == []
    clock.now = 900
    assert len(records(queue)) == 1


def test_a_burial_leaves_the_original_to_its_caller() -> None:
    queue, _ = make()
    queue.send("{}")
    (record,) = records(queue)
    queue.bury(record, Reason.REJECTED)
    assert [(message.body, message.reason) for message in queue.dead] == [("{}", Reason.REJECTED)]
    assert len(queue) == 1


def test_a_message_that_is_received_for_ever_is_given_up() -> None:
    queue, clock = make()
    queue.send("{}")
    for _ in range(MOST_RECEIVES + 1):
        queue.receive()
        clock.now += VISIBILITY_S
    assert len(queue) == 0
    assert [message.reason for message in queue.dead] == [None]


def test_ten_at_a_time() -> None:
    queue, _ = make()
    for _ in range(12):
        queue.send("{}")
    assert len(queue.receive()) == 10
    assert len(queue.receive()) == 2
    assert "{}" not in repr(queue.read()[0])
