"""Clean messages in, each onto its network's own queue, or the networks whose queue did not take it out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from airlock.address_book import Destination

if TYPE_CHECKING:
    from concurrent.futures import Executor

Message = tuple[Destination, bytes]


class Outbox(Protocol):
    """Where clean messages go."""

    def put(self, messages: Sequence[Message]) -> frozenset[Destination]:
        """Put each message on its queue; the networks whose queue refused come back. Never raises."""


class SqsClient(Protocol):
    """The part of an SQS client that is used here, by boto3's names."""

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> object:  # noqa: N803 - boto3's names
        """Put one message on a queue."""


class SqsOutbox:
    """One SQS queue per network. The sends of one event overlap, so that four queues take as long as one."""

    def __init__(self, client: SqsClient, queue_urls: Mapping[Destination, str], executor: "Executor") -> None:
        self._client = client
        self._queue_urls = queue_urls
        self._executor = executor

    def put(self, messages: Sequence[Message]) -> frozenset[Destination]:
        """Put each message on its queue; the networks whose queue refused come back."""
        try:
            refused = self._executor.map(self._send, messages) if len(messages) > 1 else map(self._send, messages)
            return frozenset(destination for destination in refused if destination)
        except RuntimeError:  # no thread could be started: what may have been sent is safe to send again
            return frozenset(destination for destination, _ in messages)

    def _send(self, message: Message) -> Destination | None:
        destination, body = message
        try:
            self._client.send_message(QueueUrl=self._queue_urls[destination], MessageBody=body.decode())
        except Exception:  # noqa: BLE001 - whatever it is, the queue did not take it
            return destination
        return None
