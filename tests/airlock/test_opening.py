"""A Lambda's journal and kill switch, as its environment describes them; `infra/` sets the same names."""

import io
import json
from typing import Any

from airlock.chain import CHECKPOINT_MS
from airlock.gate import CACHE_MS
from airlock.opening import open_gate, open_journal
from airlock.outcome import Outcome, Reason


class Cloud:
    """KMS and Systems Manager, opened by their names."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.mode = "open"

    def open_client(self, service: str) -> Any:
        self.opened.append(service)
        return self

    def sign(self, **_: Any) -> Any:
        return {"Signature": b"signed"}

    def get_parameter(self, **asked: Any) -> Any:
        self.asked.append(asked)
        return {"Parameter": {"Value": self.mode}}


def test_a_journal_names_its_chain_and_its_code_and_signs_when_a_checkpoint_is_due(now: int) -> None:
    """The client is opened for the first checkpoint and not at the cold start, where every millisecond counts."""
    cloud, log = Cloud(), io.StringIO()
    environment = {"AIRLOCK_JOURNAL_KEY": "arn:key", "AIRLOCK_VERSION": "0688db944ceaf691"}
    journal = open_journal("sanitizer", "a1b2", environment, cloud.open_client, log, "ab" * 32)
    journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    assert cloud.opened == []
    journal.decide(now + CHECKPOINT_MS, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    assert cloud.opened == ["kms"]
    first, *_, last = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (first["chain"], first["version"], first["policy"]) == ("sanitizer-a1b2", "0688db944ceaf691", "ab" * 32)
    assert (last["kind"], last["key"]) == ("checkpoint", "arn:key")


def test_without_a_key_there_are_no_checkpoints(now: int) -> None:
    log = io.StringIO()
    environment = {"AWS_LAMBDA_FUNCTION_VERSION": "7"}
    journal = open_journal("sanitizer", "a1b2", environment, Cloud().open_client, log, "ab" * 32)
    for minute in range(3):
        journal.decide(now + minute * CHECKPOINT_MS, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    assert [json.loads(line)["kind"] for line in log.getvalue().splitlines()] == ["decision"] * 3
    assert json.loads(log.getvalue().splitlines()[0])["version"] == "7"


def test_each_turn_of_the_kill_switch_is_journalled_once(now: int) -> None:
    cloud, log = Cloud(), io.StringIO()
    journal = open_journal("forwarder-meta", "a1b2", {}, cloud.open_client, log, "ab" * 32)
    gate = open_gate({"AIRLOCK_GATE_PARAMETER": "/airlock/glow/gate"}, cloud.open_client, journal)
    assert cloud.opened == []
    assert not gate.look(now).stops_all
    assert (cloud.opened, cloud.asked) == (["ssm"], [{"Name": "/airlock/glow/gate"}])
    cloud.mode = "closed"
    for step in range(4):
        assert gate.look(now + CACHE_MS + step).stops_all
    (line,) = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["kind"], line["change"], line["at"]) == ("gate", "closed", now + CACHE_MS)


def test_without_a_parameter_there_is_no_kill_switch(now: int) -> None:
    cloud = Cloud()
    cloud.mode = "closed"
    journal = open_journal("sanitizer", "a1b2", {}, cloud.open_client, io.StringIO(), "ab" * 32)
    assert not open_gate({}, cloud.open_client, journal).look(now)
    assert cloud.opened == []
