"""Each message onto its own network's queue; whatever goes wrong there is a queue that did not take it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from airlock.address_book import Destination
from sanitizer.outbox import Message, SqsOutbox

QUEUES = {to: f"https://sqs.example/{to}" for to in Destination}
MESSAGES: list[Message] = [(Destination.META, b'{"v":1}'), (Destination.GOOGLE, b'{"v":2}')]


class Sqs:
    """SQS as far as the outbox knows it; some queues refuse."""

    def __init__(self, *refusing: Destination, meet: int = 1) -> None:
        self.sent: list[tuple[str, str]] = []
        self._refusing = {QUEUES[to] for to in refusing}
        self._meeting = Barrier(meet, timeout=5)

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> object:  # noqa: N803 - boto3's names
        self._meeting.wait()
        if QueueUrl in self._refusing:
            raise OSError("canary: what a client's error may hold")
        self.sent.append((QueueUrl, MessageBody))
        return {}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_each_message_goes_to_its_own_networks_queue(count: int) -> None:
    sqs = Sqs()
    with ThreadPoolExecutor(2) as executor:
        assert SqsOutbox(sqs, QUEUES, executor).put(MESSAGES[:count]) == frozenset()
    assert sorted(sqs.sent) == sorted((QUEUES[to], body.decode()) for to, body in MESSAGES[:count])


def test_the_sends_of_one_event_overlap() -> None:
    """Each of the two waits for the other: sent in turn they would never end."""
    sqs = Sqs(meet=2)
    with ThreadPoolExecutor(2) as executor:
        assert SqsOutbox(sqs, QUEUES, executor).put(MESSAGES) == frozenset()


@pytest.mark.parametrize("count", [1, 2])
def test_a_queue_that_refuses_is_named_and_the_others_have_theirs(count: int) -> None:
    sqs = Sqs(Destination.META)
    with ThreadPoolExecutor(2) as executor:
        assert SqsOutbox(sqs, QUEUES, executor).put(MESSAGES[:count]) == {Destination.META}
    assert len(sqs.sent) == count - 1


def test_a_network_without_a_queue_counts_as_one_that_refuses() -> None:
    with ThreadPoolExecutor(2) as executor:
        outbox = SqsOutbox(Sqs(), {Destination.GOOGLE: QUEUES[Destination.GOOGLE]}, executor)
        assert outbox.put(MESSAGES) == {Destination.META}


def test_one_message_needs_no_thread() -> None:
    sqs, executor = Sqs(), ThreadPoolExecutor(1)
    executor.shutdown()
    assert SqsOutbox(sqs, QUEUES, executor).put(MESSAGES[:1]) == frozenset()
    assert len(sqs.sent) == 1


def test_where_no_thread_can_be_had_nothing_was_taken() -> None:
    """An answer of 204 would lose the event."""
    executor = ThreadPoolExecutor(2)
    executor.shutdown()
    assert SqsOutbox(Sqs(), QUEUES, executor).put(MESSAGES) == {Destination.META, Destination.GOOGLE}
