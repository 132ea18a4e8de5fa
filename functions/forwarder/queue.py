"""What the forwarder does with a message besides taking it: put it back for later, or bury it with its reason."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from airlock.outcome import Reason

LONGEST_DELAY_S = 900  # SQS lets a new message wait for a quarter of an hour at most


class Record(Struct, frozen=True):
    """One SQS message of a batch. `received` counts its receives, this one included; `sent_at` is in epoch seconds."""

    id: str
    receipt: str
    body: str
    received: int
    sent_at: int | None = None

    def __repr__(self) -> str:
        return "<Record>"


class Queue(Protocol):
    """The queue that the batch came from, and its dead-letter queue."""

    def delay(self, record: Record, seconds: int) -> None:
        """Show the message again after so many seconds, and not before; 12 hours at most from its receive."""

    def send(self, body: str, delay_s: int) -> None:
        """Put a message of the forwarder's own on the queue, to be shown after so many seconds, 900 at most."""

    def bury(self, record: Record, reason: Reason) -> None:
        """Put a copy on the dead-letter queue, with the reason as an attribute; the caller lets the original go."""


class SqsQueue:
    """The real one, through boto3's client."""

    def __init__(self, client: Any, url: str, dead_letter_url: str) -> None:  # noqa: ANN401 - boto3 ships no types
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def delay(self, record: Record, seconds: int) -> None:
        """Show the message again after so many seconds."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=record.receipt, VisibilityTimeout=seconds
        )

    def send(self, body: str, delay_s: int) -> None:
        """Put a message on the queue that the batches come from."""
        self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=min(delay_s, LONGEST_DELAY_S))

    def bury(self, record: Record, reason: Reason) -> None:
        """Put a copy on the dead-letter queue, with the reason as an attribute."""
        self._client.send_message(
            QueueUrl=self._dead_letter_url,
            MessageBody=record.body,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
        )


def read_records(event: Mapping[str, Any]) -> list[Record]:
    """The records of an SQS batch event."""
    return [_read_record(record) for record in event["Records"]]


def _read_record(record: Mapping[str, Any]) -> Record:
    attributes = record["attributes"]
    sent = attributes.get("SentTimestamp")  # epoch milliseconds
    return Record(
        id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        received=int(attributes["ApproximateReceiveCount"]),
        sent_at=None if sent is None else int(sent) // 1000,
    )
