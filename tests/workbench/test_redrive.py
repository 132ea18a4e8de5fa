"""Dead letters are counted by reason, and go back where they came from: all, or those of one reason."""

import json
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from workbench.complaint import Complaint
from workbench.redrive import redrive

DEAD, LIVING = "https://sqs.example/0/airlock-glow-meta-dead", "https://sqs.example/0/airlock-glow-meta"
CANARY = "canary-7d1f"


class Sqs:
    """SQS, as far as a redrive asks it: queues with visibility, and tasks that move messages."""

    def __init__(self, *names: str, has_tasks: bool = True) -> None:
        self.urls = [f"https://sqs.example/0/{name}" for name in names]
        self.messages: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.hidden: set[str] = set()
        self.has_tasks = has_tasks
        self.tasks: list[dict[str, str]] = []
        self._count = 0

    def list_queues(self, *, QueueNamePrefix: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        found = [url for url in self.urls if url.rpartition("/")[2].startswith(QueueNamePrefix)]
        return {"QueueUrls": found} if found else {}

    def send_message(self, *, QueueUrl: str, MessageBody: str, reason: str | None = None) -> None:  # noqa: N803 - boto3's
        self._count += 1
        attributes = {"MessageAttributes": {"reason": {"StringValue": reason, "DataType": "String"}}} if reason else {}
        identifier = f"m-{self._count}"
        self.messages[QueueUrl][identifier] = {"MessageId": identifier, "Body": MessageBody, **attributes}

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int, **more: Any) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert more["MessageAttributeNames"] == ["reason"]
        assert more["VisibilityTimeout"] > 0
        seen = [m for m in self.messages[QueueUrl].values() if m["MessageId"] not in self.hidden][:MaxNumberOfMessages]
        self.hidden.update(message["MessageId"] for message in seen)
        told = [{**message, "ReceiptHandle": message["MessageId"]} for message in seen]
        return {"Messages": told} if told else {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803 - boto3's
        assert ReceiptHandle in self.messages[QueueUrl]
        assert VisibilityTimeout == 0
        self.hidden.discard(ReceiptHandle)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 - boto3's
        del self.messages[QueueUrl][ReceiptHandle]

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert AttributeNames == ["QueueArn"]
        return {"Attributes": {"QueueArn": f"arn:aws:sqs:us-east-1:0:{QueueUrl.rpartition('/')[2]}"}}

    def start_message_move_task(self, **asked: str) -> dict[str, str]:
        if not self.has_tasks:
            raise ClientError({"Error": {"Code": "InvalidAction", "Message": ""}}, "StartMessageMoveTask")
        self.tasks.append(asked)
        return {"TaskHandle": "t-1"}


def fill(sqs: Sqs) -> Sqs:
    for reason in ("rejected", "rejected", "in_doubt", None, CANARY):
        sqs.send_message(QueueUrl=DEAD, MessageBody=CANARY, reason=reason)
    return sqs


def ask(**changes: Any) -> Any:
    return SimpleNamespace(**{"network": "meta", "reason": None, "queue": None, "yes": False, "json": False} | changes)


@pytest.fixture
def sqs() -> Sqs:
    return fill(Sqs("airlock-glow-meta", "airlock-glow-meta-dead", "airlock-glow-google", "airlock-glow-google-dead"))


def test_without_yes_they_are_counted_and_stay(sqs: Sqs, capsys: pytest.CaptureFixture[str]) -> None:
    """And can be seen again at once; nothing of what they hold is shown."""
    assert redrive(ask(), sqs) == 0
    shown = capsys.readouterr().out
    assert "meta: 5 dead letters" in shown
    assert "2  rejected" in shown
    assert "1  in_doubt" in shown
    assert "2  none" in shown
    assert "--yes" in shown
    assert CANARY not in shown
    assert len(sqs.messages[DEAD]) == 5
    assert sqs.hidden == set()
    assert sqs.tasks == []


def test_all_of_them_are_moved_by_sqs_itself(sqs: Sqs) -> None:
    """The destination is named: the forwarder buried them itself, so SQS knows no source."""
    assert redrive(ask(yes=True), sqs) == 0
    assert sqs.tasks == [
        {
            "SourceArn": "arn:aws:sqs:us-east-1:0:airlock-glow-meta-dead",
            "DestinationArn": "arn:aws:sqs:us-east-1:0:airlock-glow-meta",
        }
    ]


def test_those_of_one_reason_are_moved_and_the_others_stay(sqs: Sqs, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive(ask(yes=True, reason="rejected", json=True), sqs) == 0
    assert json.loads(capsys.readouterr().out) == {
        "network": "meta",
        "dead": {"rejected": 2, "in_doubt": 1, "none": 2},
        "chosen": 2,
        "moved": 2,
    }
    assert len(sqs.messages[LIVING]) == 2
    assert len(sqs.messages[DEAD]) == 3
    assert sqs.hidden & sqs.messages[DEAD].keys() == set()
    assert {message["Body"] for message in sqs.messages[LIVING].values()} == {CANARY}


def test_twice_moves_nothing_twice(sqs: Sqs) -> None:
    for _ in range(2):
        redrive(ask(yes=True, reason="rejected"), sqs)
    assert len(sqs.messages[LIVING]) == 2


def test_where_sqs_has_no_such_task_they_are_moved_one_by_one() -> None:
    sqs = fill(Sqs("airlock-glow-meta", "airlock-glow-meta-dead", has_tasks=False))
    assert redrive(ask(yes=True), sqs) == 0
    assert len(sqs.messages[LIVING]) == 5
    assert sqs.messages[DEAD] == {}


def test_another_error_of_sqs_is_not_hidden() -> None:
    class Denied(Sqs):
        def start_message_move_task(self, **asked: str) -> dict[str, str]:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": str(asked)}}, "StartMessageMoveTask")

    sqs = fill(Denied("airlock-glow-meta", "airlock-glow-meta-dead"))
    with pytest.raises(ClientError):
        redrive(ask(yes=True), sqs)
    assert len(sqs.messages[DEAD]) == 5


def test_an_interrupted_move_leaves_every_message_somewhere(sqs: Sqs) -> None:
    def stop(**_: Any) -> None:
        raise KeyboardInterrupt

    sqs.delete_message = stop  # type: ignore[method-assign]  # the process ends between two calls
    with pytest.raises(KeyboardInterrupt):
        redrive(ask(yes=True, reason="rejected"), sqs)
    assert len(sqs.messages[DEAD]) == 5
    assert len(sqs.messages[LIVING]) == 1


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "there is no queue airlock-\\*-meta"),
        (("airlock-glow-meta",), "dead-letter queue"),
        (("airlock-a-meta", "airlock-b-meta", "airlock-a-meta-dead", "airlock-b-meta-dead"), "several: airlock-a-meta"),
    ],
)
def test_queues_that_cannot_be_told_are_asked_for(names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(Complaint, match=sentence):
        redrive(ask(), Sqs(*names))


def test_one_of_several_clinics_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    sqs = Sqs("airlock-a-meta", "airlock-b-meta", "airlock-a-meta-dead", "airlock-b-meta-dead")
    assert redrive(ask(queue="airlock-b-meta"), sqs) == 0
    assert "meta: 0 dead letters" in capsys.readouterr().out
