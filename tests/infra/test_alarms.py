"""What somebody hears of, and that what they are sent names no visitor."""

import re

import pytest

from infra.template import Resource, Template, resources
from tests.infra.conftest import Pick

NETWORKS = ("google", "meta")
PREFIX = "airlock-glow-medspa-"


@pytest.fixture
def alarms(pick: Pick) -> dict[str, Resource]:
    return {alarm.get("AlarmName").removeprefix(PREFIX): alarm for alarm in pick("CloudWatch::Alarm")}


def test_everything_that_can_go_wrong_has_an_alarm(alarms: dict[str, Resource]) -> None:
    for_each = ("dead-letters", "errors", "finding", "late", "refusing")
    assert set(alarms) == {
        *(f"{network}-{what}" for network in NETWORKS for what in for_each),
        *(f"sanitizer-{what}" for what in ("errors", "finding", "silence", "throttles")),
        *(f"edge-{what}" for what in ("4xx", "5xx", "finding")),
        "canary-errors",
        "canary-finding",
        "faults",
        "suspected",
        "version-ends",
    }


def test_every_alarm_goes_to_the_encrypted_topic(alarms: dict[str, Resource], pick: Pick) -> None:
    (topic,) = pick("SNS::Topic")
    for alarm in alarms.values():
        assert alarm.get("AlarmActions") == [{"Ref": topic.name}]
        assert alarm.get("ActionsEnabled") in (None, True)
    assert topic.get("KmsMasterKeyId")


def test_an_alarm_says_what_to_do_and_names_nobody(alarms: dict[str, Resource]) -> None:
    """Mail leaves AWS: the text is fixed when the stack is made."""
    for alarm in alarms.values():
        assert isinstance(alarm.get("AlarmDescription"), str)
        assert len(alarm.get("AlarmDescription")) > 20


def test_one_dead_letter_is_enough(alarms: dict[str, Resource], pick: Pick) -> None:
    for network in NETWORKS:
        alarm = alarms[f"{network}-dead-letters"]
        (dead,) = pick("SQS::Queue", QueueName=f"{PREFIX}{network}-dead")
        assert alarm.get("Threshold") == 1
        assert alarm.get("Dimensions") == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [dead.name, "QueueName"]}}]


def test_a_message_is_late_when_it_waited_longer_than_it_was_told_to(alarms: dict[str, Resource]) -> None:
    """Every event waits for its quarter hour; a Google conversion for six hours after its click."""
    limits = {network: alarms[f"{network}-late"].get("Threshold") for network in NETWORKS}
    assert limits == {"google": 26_100, "meta": 4500}


def test_a_day_without_a_request_is_an_alarm_and_a_quiet_hour_is_none(alarms: dict[str, Resource]) -> None:
    for name in ("sanitizer-silence", "canary-errors"):
        silence = alarms.pop(name)
        assert silence.get("Period") == 86_400
        assert silence.get("TreatMissingData") == "breaching"
    assert {alarm.get("TreatMissingData") for alarm in alarms.values()} == {"notBreaching"}


def test_every_tripwire_has_an_alarm(alarms: dict[str, Resource], pick: Pick) -> None:
    watched = {
        str(dimension["Value"])
        for alarm in alarms.values()
        if alarm.get("MetricName") == "LogEventsWithFindings"
        for dimension in alarm.get("Dimensions")
        if dimension["Name"] == "LogGroupName"
    }
    assert watched == {str({"Ref": group.name}) for group in pick("Logs::LogGroup")}


def test_every_counted_metric_that_an_alarm_waits_for_is_counted(alarms: dict[str, Resource], pick: Pick) -> None:
    counted = {each.get("MetricTransformations")[0]["MetricName"] for each in pick("Logs::MetricFilter")}
    waited = {a.get("MetricName") for a in alarms.values() if a.get("Namespace") == "Airlock/glow-medspa"}
    assert waited == {"Fault", "Suspected", "VersionEnds", *(f"{network}-Refusing" for network in NETWORKS)}
    assert waited <= counted


def test_the_dashboard_shows_only_what_there_is(pick: Pick) -> None:
    (dashboard,) = pick("CloudWatch::Dashboard")
    text = str(dashboard.get("DashboardBody"))
    counted = {each.get("MetricTransformations")[0]["MetricName"] for each in pick("Logs::MetricFilter")}
    shown = set(re.findall(r'"Airlock/glow-medspa","([\w-]+)"', text))
    assert shown
    assert shown <= counted


def test_notices_tell_of_the_key_the_journal_and_the_secrets_in_one_constant_sentence(pick: Pick) -> None:
    rules = {r.get("Name").removeprefix(PREFIX): r for r in pick("Events::Rule") if r.get("EventPattern")}
    assert set(rules) == {"KeyTouched", "JournalTouched", "SecretRead"}
    (topic,) = pick("SNS::Topic")
    for rule in rules.values():
        (target,) = rule.get("Targets")
        assert target["Arn"] == {"Ref": topic.name}
        # Of all that CloudTrail knows, the name of the call.
        assert target["InputTransformer"]["InputPathsMap"] == {"event": "$.detail.eventName"}
    assert rules["SecretRead"].get("State") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def test_a_forwarder_reading_its_own_secret_is_no_notice(pick: Pick) -> None:
    (rule,) = [rule for rule in pick("Events::Rule") if rule.get("Name").endswith("SecretRead")]
    issuer = rule.get("EventPattern.detail.userIdentity.sessionContext.sessionIssuer.userName")
    assert issuer == [{"anything-but": [f"{PREFIX}{part}" for part in ("sanitizer", *NETWORKS)]}]
    named = rule.get("EventPattern.detail.requestParameters.secretId")
    assert [each for each in named if isinstance(each, str)] == [f"airlock/{network}" for network in NETWORKS]


def test_the_topic_takes_messages_from_alarms_and_rules_of_this_account(template: Template) -> None:
    (policy,) = resources(template, "AWS::SNS::TopicPolicy")
    allowed = [each["Principal"] for each in policy.get("PolicyDocument.Statement") if each["Effect"] == "Allow"]
    assert allowed == [{"Service": "events.amazonaws.com"}, {"Service": "cloudwatch.amazonaws.com"}]
