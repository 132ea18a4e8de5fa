"""`airlock close` and `airlock open`: the kill switch, and that what is closed tells nobody anything."""

from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.gate import ALL_CLOSED, ALL_OPEN, GateInMemory, Mode, read_mode
from airlock.policy import Policy
from workbench import close as close_command
from workbench import open as open_command
from workbench.closing import ParameterSwitch, close, reopen
from workbench.complaint import Complaint
from workbench.dev import Desk
from workbench.preview import Preview
from workbench.preview_lines import Line
from workbench.stories import read_stories

META, GOOGLE = Destination.META, Destination.GOOGLE


class NotThereError(Exception):
    """Systems Manager's answer for a parameter that never was."""


class Parameters:
    """A Systems Manager client."""

    class exceptions:  # noqa: N801 - boto3's name
        ParameterNotFound = NotThereError

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get_parameter(self, **asked: Any) -> Any:
        if asked["Name"] not in self.values:
            raise NotThereError
        return {"Parameter": {"Value": self.values[asked["Name"]]}}

    def put_parameter(self, **put: Any) -> None:
        self.values[put["Name"]] = put["Value"]


def test_a_closed_airlock_answers_204_and_drops(policy: Policy) -> None:
    story = next(story for story in read_stories() if story.name == "lead-with-consent")
    preview = Preview(policy, lambda: story.now, GateInMemory(ALL_CLOSED))
    result = preview.run(Line(**story.request))
    assert result.status == 204
    (outcome,) = result.outcomes
    assert (outcome.outcome, outcome.reason, outcome.request) == ("refused", "closed", None)
    assert '"reason":"closed"' in result.logs[0]


def test_one_closed_network_changes_nothing_for_another(policy: Policy) -> None:
    story = next(story for story in read_stories() if story.name == "lead-with-consent")
    outcomes = {
        mode: Preview(policy, lambda: story.now, GateInMemory(mode)).run(Line(**story.request)).outcomes
        for mode in (ALL_OPEN, Mode([META]))
    }
    shut = {outcome.destination: outcome for outcome in outcomes[Mode([META])]}
    assert (shut[META].outcome, shut[META].reason, shut[META].request) == ("withheld", "closed", None)
    others = [outcome for outcome in outcomes[ALL_OPEN] if outcome.destination != META]
    assert [shut[outcome.destination] for outcome in others] == others


def test_networks_are_closed_and_opened_by_name() -> None:
    assert close(ALL_OPEN, [META]) == Mode([META])
    assert close(Mode([META]), [GOOGLE]) == Mode([META, GOOGLE])
    assert close(Mode([META]), []) == ALL_CLOSED
    assert close(ALL_CLOSED, [META]) == ALL_CLOSED
    assert reopen(Mode([META, GOOGLE]), [META]) == Mode([GOOGLE])
    assert reopen(ALL_CLOSED, []) == ALL_OPEN
    with pytest.raises(Complaint):
        reopen(ALL_CLOSED, [META])


def test_the_switch_of_a_deployment_is_a_parameter(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Parameters()

    def open_switch(arguments: Any) -> ParameterSwitch:
        return ParameterSwitch(client, f"/airlock/{arguments.name}/gate")

    monkeypatch.setattr(close_command, "open_switch", open_switch)
    monkeypatch.setattr(open_command, "open_switch", open_switch)
    assert command("close", "meta", "--name", "glow")[0] == 0
    assert client.values == {"/airlock/glow/gate": "closed meta"}
    assert command("close", "--name", "glow")[0] == 0
    assert client.values == {"/airlock/glow/gate": "closed"}
    assert command("open", "meta", "--name", "glow")[0] == 1
    code, out, _ = command("open", "--name", "glow")
    assert code == 0
    assert client.values == {"/airlock/glow/gate": "open"}
    assert "within 30 seconds" in out


def test_wrong_usage_is_2(command: Any) -> None:
    assert command("close")[0] == 2
    assert command("close", "nobody", "--name", "glow")[0] == 2


def test_a_running_dev_is_closed_opened_and_flown_through(command: Any, policy: Policy) -> None:
    """End to end on loopback: the switch, its journal line, and the canary before, during and after."""
    desk = Desk(policy)
    desk.start()
    try:
        port = desk.origin.rpartition(":")[2]
        assert command("canary", "--dev", port)[0] == 0
        assert command("close", "--dev", port)[0] == 0
        told = [request for request in desk.networks.read() if request["method"] == "POST"]
        assert told, "open: the consented visit was told"
        assert command("canary", "--dev", port)[0] == 0
        assert [request for request in desk.networks.read() if request["method"] == "POST"] == told
        assert command("open", "--dev", port)[0] == 0
        log = desk.viewer.witness.read()
        assert '"kind":"gate"' in log
        assert '"change":"closed"' in log
        assert '"change":"open"' in log
        assert read_mode("open") == ALL_OPEN
    finally:
        desk.stop()
    assert command("canary", "--dev", port)[0] == 1
