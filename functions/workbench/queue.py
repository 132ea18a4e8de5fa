"""One network's queue with SQS's semantics, in this process: visibility, redelivery, receive counts, dead letters."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from airlock.outcome import Reason
from forwarder.queue import Record

VISIBILITY_S = 180
MOST_RECEIVES = 1_000  # holds and backoff are receives too; the forwarder itself buries what will never be taken


class Message(msgspec.Struct):
    """One message. `visible_at` is in seconds of the queue's clock; `receipt` is that of its newest receive."""

    id: str
    body: str
    visible_at: float
    received: int = 0
    receipt: str = ""
    reason: Reason | None = None
    sent_at: int | None = None  # epoch milliseconds, where the queue's clock tells them

    def __repr__(self) -> str:
        return f"<Message {self.id}>"


class Queue:
    """Messages wait here; `now` gives seconds. Safe to use from several threads."""

    def __init__(self, name: str, now: Callable[[], float], visibility_s: int = VISIBILITY_S) -> None:
        self.name = name
        self._now = now
        self._visibility_s = visibility_s
        self._messages: dict[str, Message] = {}
        self.dead: list[Message] = []
        self._count = 0
        self._changed = threading.Condition()

    def send(self, body: str, delay_s: int = 0) -> None:
        """Put a message on the queue, to be shown after so many seconds."""
        with self._changed:
            self._count += 1
            identifier = f"{self.name}-{self._count}"
            self._messages[identifier] = Message(identifier, body, self._now() + delay_s)
            self._changed.notify_all()

    def receive(self, most: int = 10) -> list[Message]:
        """Up to `most` visible messages, each then invisible for the queue's visibility time-out."""
        with self._changed:
            now = self._now()
            batch: list[Message] = []
            for message in list(self._messages.values()):
                if message.visible_at > now:
                    continue
                message.received += 1
                if message.received > MOST_RECEIVES:
                    self.dead.append(self._messages.pop(message.id))
                    continue
                message.receipt = f"{message.id}-{message.received}"
                message.visible_at = now + self._visibility_s
                batch.append(message)
                if len(batch) == most:
                    break
            return batch

    def settle(self, batch: Sequence[Message], failed: frozenset[str]) -> None:
        """What Lambda's poller does with an answer: delete what did not fail, leave the rest until it is visible."""
        with self._changed:
            for message in batch:
                if message.id not in failed:
                    self._messages.pop(message.id, None)
            self._changed.notify_all()

    def delay(self, record: Record, seconds: int) -> None:
        """Change a message's visibility; a receipt that is not the newest changes nothing."""
        with self._changed:
            message = self._messages.get(record.id)
            if message is not None and message.receipt == record.receipt:
                message.visible_at = self._now() + seconds
                self._changed.notify_all()

    def bury(self, record: Record, reason: Reason) -> None:
        """Put a copy on the dead-letter queue."""
        with self._changed:
            self.dead.append(Message(record.id, record.body, self._now(), record.received, reason=reason))

    def wait(self, longest_s: float) -> None:
        """Sleep until something changes, a message becomes visible, or the time is up."""
        with self._changed:
            now = self._now()
            soonest = min((message.visible_at - now for message in self._messages.values()), default=longest_s)
            if soonest > 0:
                self._changed.wait(min(soonest, longest_s))

    def wake(self) -> None:
        """End every wait."""
        with self._changed:
            self._changed.notify_all()

    def next_moment(self) -> float | None:
        """When the next message is visible, or was; None without any."""
        with self._changed:
            return min((message.visible_at for message in self._messages.values()), default=None)

    def read(self) -> list[Message]:
        """Every message, visible or not."""
        with self._changed:
            return list(self._messages.values())

    def __len__(self) -> int:
        with self._changed:
            return len(self._messages)


def as_event(batch: Sequence[Message]) -> dict[str, Any]:
    """A batch as Lambda's poller hands it to a function."""
    return {
        "Records": [
            {
                "messageId": message.id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": str(message.received),
                    **({} if message.sent_at is None else {"SentTimestamp": str(message.sent_at)}),
                },
                "eventSource": "aws:sqs",
            }
            for message in batch
        ]
    }
