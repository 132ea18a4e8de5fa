"""What the forwarder does with a message besides taking it: put it back for later, or bury it with its reason."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from airlock.outcome import Reason

LONGEST_WAIT_S = 43_200  # SQS: a message stays invisible for 12 hours at most


class Record(Struct, frozen=True):
    """One SQS message of a batch. `received` counts its receives, this one included."""

    id: str
    receipt: str
    body: str
    received: int

    def __repr__(self) -> str:
        return "<Record>"


class Queue(Protocol):
    """The queue that the batch came from, and its dead-letter queue."""

    def delay(self, record: Record, seconds: int) -> None:
        """Show the message again after so many seconds, and not before."""

    def bury(self, record: Record, reason: Reason) -> None:
        """Put a copy on the dead-letter queue, with the reason as an attribute; the caller lets the original go."""


class SqsQueue:
    """The real one, through boto3's client."""

    def __init__(self, client: Any, url: str, dead_letter_url: str) -> None:  # noqa: ANN401 - boto3 ships no types
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def delay(self, record: Record, seconds: int) -> None:
        """Show the message again after so many seconds, 12 hours at most."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=record.receipt, VisibilityTimeout=min(seconds, LONGEST_WAIT_S)
        )

    def bury(self, record: Record, reason: Reason) -> None:
        """Put a copy on the dead-letter queue, with the reason as an attribute."""
        self._client.send_message(
            QueueUrl=self._dead_letter_url,
            MessageBody=record.body,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
        )


def read_records(event: Mapping[str, Any]) -> list[Record]:
    """The records of an SQS batch event."""
    return [
        Record(
            id=record["messageId"],
            receipt=record["receiptHandle"],
            body=record["body"],
            received=int(record["attributes"]["ApproximateReceiveCount"]),
        )
        for record in event["Records"]
    ]
