"""The canary: an invented patient with health and identity in every field, and what happens when she is seen again."""

import json
from typing import Any

import pytest

from airlock.gate import CLOSED
from airlock.policy import Policy
from canary import handler
from canary.handler import CanaryError, Settings, fly
from canary.patient import Patient, Visit
from canary.search import search_text
from workbench.canary import search_here
from workbench.preview import Line, Preview

MARKER = "canary0123456789abcdef"


class Cloud:
    """CloudWatch Logs and Systems Manager of one deployment."""

    def __init__(self, lines: list[str], groups: tuple[str, ...] = ("/airlock/glow/sanitizer",)) -> None:
        self.lines = lines
        self.groups = groups
        self.put: dict[str, Any] = {}
        self.asked: dict[str, Any] = {}

    def describe_log_groups(self, **_: Any) -> Any:
        return {"logGroups": [{"logGroupName": name} for name in self.groups]}

    def filter_log_events(self, **asked: Any) -> Any:
        self.asked = asked
        return {"events": [{"message": line} for line in self.lines]}

    def put_parameter(self, **put: Any) -> None:
        self.put = put


def settle(cloud: Cloud, now: int, status: int | None = None) -> Settings:
    waited: list[float] = []
    return Settings(
        host="collect.glow-medspa.example",
        site="https://www.glow-medspa.example",
        log_prefix="/airlock/glow/",
        own_group="/airlock/glow/canary",
        gate_parameter="/airlock/glow/gate",
        logs=cloud,
        systems_manager=cloud,
        post=lambda _host, visit: visit.status if status is None else status,
        now=lambda: now,
        wait=waited.append,
        marker=lambda: MARKER,
    )


def test_what_closes_the_airlock_is_what_the_command_writes() -> None:
    assert handler.CLOSED == CLOSED


def test_a_sound_airlock_answers_each_visit_as_it_should_and_keeps_nothing(policy: Policy, now: int) -> None:
    """Through the real handlers: nothing of the patient is in a log line, and networks are told no word of hers."""
    patient = Patient(MARKER)
    preview = Preview(policy, lambda: now)
    logs: list[str] = []
    told: list[str] = []
    for visit in patient.visits(policy.sites[0], now, told=True):
        result = preview.run(Line(headers=dict(visit.headers), body=visit.body.decode()))
        assert result.status == visit.status, visit.name
        logs += result.logs
        told += [outcome.request.body for outcome in result.outcomes if outcome.request]
    assert told, "the consented visit reaches a network"
    assert search_here({"log.jsonl": "\n".join(logs), "deliveries.json": "\n".join(told)}, patient) == []


def test_every_visit_carries_the_patient(now: int) -> None:
    """A visit without the marker would prove nothing."""
    for visit in Patient(MARKER).visits("https://www.glow-medspa.example", now, told=True):
        assert MARKER.encode() in visit.body, visit.name


def test_a_flight_that_finds_nothing_says_so_in_one_line(now: int, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud([])
    fly(settle(cloud, now))
    line = json.loads(capsys.readouterr().out)
    assert (line["kind"], line["found"], line["wrong"], line["groups"]) == ("canary", [], [], 1)
    assert cloud.put == {}
    assert f'?"{MARKER}"' in cloud.asked["filterPattern"]
    assert cloud.asked["startTime"] == now


def test_a_finding_closes_the_airlock_and_is_told_without_its_text(
    now: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = Cloud([f'{{"error":"bad value Zinnia{MARKER.upper()}"}}'])
    with pytest.raises(CanaryError, match="the airlock is closed: marker in /airlock/glow/sanitizer"):
        fly(settle(cloud, now))
    assert cloud.put == {"Name": "/airlock/glow/gate", "Value": "closed", "Type": "String", "Overwrite": True}
    out = capsys.readouterr().out
    assert MARKER not in out
    assert json.loads(out)["change"] == "closed"


def test_a_flight_that_proves_nothing_fails_but_closes_nothing(now: int) -> None:
    for cloud, status in ((Cloud([], groups=()), None), (Cloud([]), 500)):
        with pytest.raises(CanaryError):
            fly(settle(cloud, now, status))
        assert cloud.put == {}


def test_its_own_log_is_not_searched(now: int) -> None:
    """Its role may not read it, and a flight that fails for that would prove nothing."""
    with pytest.raises(CanaryError, match="no log group"):
        fly(settle(Cloud([], groups=("/airlock/glow/canary",)), now))


def test_a_hash_of_the_patient_in_a_log_is_a_finding() -> None:
    """A SHA-256 of an e-mail address is an identifier, wherever it stands."""
    patient = Patient(MARKER)
    needles = patient.needles()
    (found,) = search_text("log", f'{{"em":"{needles["hash_of_email"].upper()}"}}', needles)
    assert found.needle == "hash_of_email"


def test_a_visit_names_its_expectation() -> None:
    assert Visit._fields == ("name", "headers", "body", "status")
