"""SQS as the forwarder asks it, and the batches that it hands over."""

from typing import Any

from airlock.outcome import Reason
from forwarder.queue import Record, SqsQueue, read_records

RECORD = Record("m-1", "r-1", '{"v":1}', 3)


class Sqs:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self.asked.append((name, arguments))


def test_a_wait_is_a_change_of_the_messages_visibility() -> None:
    sqs = Sqs()
    SqsQueue(sqs, "https://sqs.example/q", "https://sqs.example/q-dead").delay(RECORD, 900)
    assert sqs.asked == [
        (
            "change_message_visibility",
            {"QueueUrl": "https://sqs.example/q", "ReceiptHandle": "r-1", "VisibilityTimeout": 900},
        )
    ]


def test_a_burial_keeps_the_body_and_names_the_reason() -> None:
    sqs = Sqs()
    SqsQueue(sqs, "https://sqs.example/q", "https://sqs.example/q-dead").bury(RECORD, Reason.REJECTED)
    ((name, asked),) = sqs.asked
    assert name == "send_message"
    assert (asked["QueueUrl"], asked["MessageBody"]) == ("https://sqs.example/q-dead", '{"v":1}')
    assert asked["MessageAttributes"] == {"reason": {"DataType": "String", "StringValue": "rejected"}}


def test_a_message_of_its_own_waits_a_quarter_hour_at_most() -> None:
    sqs = Sqs()
    SqsQueue(sqs, "https://sqs.example/q", "https://sqs.example/q-dead").send("{}", 5_000)
    assert sqs.asked == [
        ("send_message", {"QueueUrl": "https://sqs.example/q", "MessageBody": "{}", "DelaySeconds": 900})
    ]


def test_a_batch_is_read_as_lambda_hands_it_over() -> None:
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": "{}",
        "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1795532400123"},
        "eventSource": "aws:sqs",
    }
    assert read_records({"Records": [record]}) == [Record("m-1", "r-1", "{}", 3, 1_795_532_400)]


def test_a_record_shows_nothing_of_itself() -> None:
    assert repr(RECORD) == "<Record>"
