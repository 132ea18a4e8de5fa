"""What Lambda starts: the forwarder that the environment describes, closed where a setting is missing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from airlock import wire
from airlock.address_book import Destination
from airlock.authorization import NoAuthorizations
from airlock.authorization_table import AuthorizationTable
from airlock.policy import Policy
from forwarder import handler
from forwarder.ledger import DynamoLedger, NoLedger
from tests.forwarder.desk import AT, DAY, make_event

FUNCTIONS = Path(__file__).parents[2] / "functions"


class Client:
    """Any AWS client: remembers what it was asked."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None))

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self.asked.append((name, arguments))


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch, policy: Policy, tmp_path: Path) -> Iterator[dict[str, Client]]:
    made: dict[str, Client] = {}
    monkeypatch.setattr(boto3, "client", lambda service, **_: made.setdefault(service, Client(service)))
    compiled = tmp_path / "policy.json"
    compiled.write_bytes(policy.compiled)
    for name, value in {
        "AIRLOCK_POLICY": str(compiled),
        "AIRLOCK_DESTINATION": "meta",
        "AIRLOCK_QUEUE_URL": "https://sqs.example/airlock-meta",
        "AIRLOCK_DEAD_LETTER_URL": "https://sqs.example/airlock-meta-dead",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AIRLOCK_LEDGER_TABLE", "AIRLOCK_AUTHORIZATIONS_TABLE"):
        monkeypatch.delenv(name, raising=False)
    handler._open_forwarder.cache_clear()
    yield made
    handler._open_forwarder.cache_clear()


def batch(*events: Any) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "receiptHandle": "r",
                "body": wire.write(event).decode(),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795532400000"},
            }
            for number, event in enumerate(events)
        ]
    }


def context(left_ms: int = 60_000) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: left_ms)


def test_it_is_opened_once_for_all_invocations(clients: dict[str, Client]) -> None:
    """No client and no TLS context is made for an invocation."""
    assert handler._open_forwarder() is handler._open_forwarder()
    assert set(clients) == {"sqs"}


def test_its_tables_are_those_of_the_environment(clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_LEDGER_TABLE", "airlock-ledger")
    monkeypatch.setenv("AIRLOCK_AUTHORIZATIONS_TABLE", "airlock-authorizations")
    forwarder = handler._open_forwarder()
    assert isinstance(forwarder.courier.ledger, DynamoLedger)
    assert isinstance(forwarder.authorizations, AuthorizationTable)
    assert clients["dynamodb"].asked == []


def test_without_tables_nothing_is_sent_that_needs_them(clients: dict[str, Client]) -> None:
    forwarder = handler._open_forwarder()
    assert isinstance(forwarder.courier.ledger, NoLedger)
    assert isinstance(forwarder.authorizations, NoAuthorizations)
    told = make_event(Destination.META, at=recent(), not_before=recent())
    answer = handler.handler(batch(told), context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    assert [name for name, _ in clients["sqs"].asked] == ["change_message_visibility"]


@pytest.mark.usefixtures("clients")
def test_an_old_event_ends_with_a_line_and_is_acknowledged(capsys: pytest.CaptureFixture[str]) -> None:
    answer = handler.handler(batch(make_event(Destination.META, at=AT - 1800 * DAY)), context())
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"disclosure"' in text]
    assert (line["outcome"], line["reason"]) == ("expired", "expired")
    assert answer == {"batchItemFailures": []}


def test_a_version_that_ends_soon_is_journalled_when_it_starts(
    clients: dict[str, Client], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "ends_soon", lambda *_: True)
    handler._open_forwarder()
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["kind"], line["reason"], line["destination"]) == ("api_version", "version_ends", "meta")
    assert line["change"].startswith("v26.0 ends 20")
    assert set(clients) == {"sqs"}


def test_an_invocation_near_its_end_sends_nothing(
    clients: dict[str, Client], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request would be cut off, and nobody would know whether it was taken."""
    monkeypatch.setenv("AIRLOCK_DESTINATION", "google")  # it needs no ledger
    handler._open_forwarder()
    told = make_event(Destination.GOOGLE, at=recent(), not_before=recent())
    answer = handler.handler(batch(told), context(left_ms=9_000))
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["outcome"], line["code"]) == ("held", "not_sent")
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m-0"}]
    assert [name for name, _ in clients["sqs"].asked] == ["change_message_visibility"]


def recent() -> int:
    import time  # noqa: PLC0415 - for this only

    return time.time_ns() // 1_000_000_000 // 900 * 900


@pytest.mark.parametrize("missing", ["AIRLOCK_DESTINATION", "AIRLOCK_QUEUE_URL", "AIRLOCK_DEAD_LETTER_URL"])
def test_in_lambda_a_missing_setting_ends_the_start(missing: str, policy: Policy, tmp_path: Path) -> None:
    """Not the first batch: messages wait on the queue, and the alarm names the function."""
    (tmp_path / "policy.json").write_bytes(policy.compiled)
    environment = {
        "PYTHONPATH": str(FUNCTIONS),
        "AWS_LAMBDA_FUNCTION_NAME": "airlock-meta",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AIRLOCK_POLICY": str(tmp_path / "policy.json"),
        "AIRLOCK_DESTINATION": "meta",
        "AIRLOCK_QUEUE_URL": "https://sqs.example/q",
        "AIRLOCK_DEAD_LETTER_URL": "https://sqs.example/d",
    }
    del environment[missing]
    done = subprocess.run(
        [sys.executable, "-c", "import forwarder.handler"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert missing in done.stderr


def test_a_corrupt_policy_ends_the_start(tmp_path: Path, policy: Policy) -> None:
    (tmp_path / "policy.json").write_bytes(policy.compiled[:-100])
    environment = {
        "PYTHONPATH": str(FUNCTIONS),
        "AWS_LAMBDA_FUNCTION_NAME": "airlock-meta",
        "AIRLOCK_POLICY": str(tmp_path / "policy.json"),
        "AIRLOCK_DESTINATION": "meta",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import forwarder.handler"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "PolicyError" in done.stderr


def test_the_workbench_side_of_it_brings_no_aws_client_and_no_google() -> None:
    """What `airlock preview` imports stays light: boto3, google-auth and certifi are loaded where they are needed."""
    code = (
        "import sys, forwarder.handler\n"
        "print([name for name in ('boto3', 'botocore', 'google.auth', 'certifi', 'rsa') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
