"""One network's way out: a queue that loses nothing, and a forwarder that reaches nobody else's."""

from typing import Any

import pytest

from airlock.address_book import Destination
from infra.template import Template
from tests.infra.conftest import Pick

NETWORKS = ("google", "meta")


@pytest.mark.parametrize("network", NETWORKS)
def test_each_enabled_network_has_a_queue_and_a_place_for_dead_letters(pick: Pick, network: str) -> None:
    (queue,) = pick("SQS::Queue", QueueName=f"airlock-glow-medspa-{network}")
    (dead,) = pick("SQS::Queue", QueueName=f"airlock-glow-medspa-{network}-dead")
    assert queue.get("RedrivePolicy")["deadLetterTargetArn"] == {"Fn::GetAtt": [dead.name, "Arn"]}
    (source,) = dead.get("RedriveAllowPolicy.sourceQueueArns")
    assert source["Fn::Join"][1][-1] == f":airlock-glow-medspa-{network}"
    assert dead.get("RedriveAllowPolicy.redrivePermission") == "byQueue"


def test_a_network_that_the_policy_has_off_has_nothing_in_the_account(template: Template) -> None:
    assert Destination.GA4 not in str(template["Resources"].keys()).lower()


def test_waiting_does_not_wear_a_message_out(pick: Pick) -> None:
    """Holds and backoff are receives, too: only SQS's own highest count ends a message by itself."""
    queues = [queue for queue in pick("SQS::Queue") if queue.get("RedrivePolicy")]
    assert len(queues) == len(NETWORKS)
    assert {queue.get("RedrivePolicy")["maxReceiveCount"] for queue in queues} == {1000}
    assert {queue.get("MessageRetentionPeriod") for queue in pick("SQS::Queue")} == {14 * 86_400}


def test_a_message_stays_away_for_six_time_outs_and_the_window(pick: Pick) -> None:
    timeouts = {f.get("Timeout") for f in pick("Lambda::Function", Handler="forwarder.handler.handler")}
    windows = {source.get("MaximumBatchingWindowInSeconds") for source in pick("Lambda::EventSourceMapping")}
    assert {q.get("VisibilityTimeout") for q in pick("SQS::Queue")} == {6 * max(timeouts) + max(windows)}


def test_a_forwarder_gives_single_messages_back_and_cannot_flood_a_network(pick: Pick) -> None:
    sources = pick("Lambda::EventSourceMapping")
    assert len(sources) == len(NETWORKS)
    for source in sources:
        assert source.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
        assert source.get("ScalingConfig.MaximumConcurrency") == 5
        assert source.get("FunctionName")["Fn::Join"][1][-1] == ":live"


def test_a_secret_is_made_empty(pick: Pick) -> None:
    """A generated password would be taken for a token and sent to a network."""
    secrets = pick("SecretsManager::Secret")
    assert {secret.get("Name") for secret in secrets} == {f"airlock/{network}" for network in NETWORKS}
    for secret in secrets:
        assert not {"GenerateSecretString", "SecretString"} & secret.properties.keys()


def test_a_forwarder_is_told_its_own_queues_and_no_secret_value(pick: Pick) -> None:
    for network in NETWORKS:
        (function,) = pick("Lambda::Function", FunctionName=f"airlock-glow-medspa-{network}")
        variables: dict[str, Any] = function.get("Environment.Variables")
        assert variables["AIRLOCK_DESTINATION"] == network
        (queue,) = pick("SQS::Queue", QueueName=f"airlock-glow-medspa-{network}")
        (dead,) = pick("SQS::Queue", QueueName=f"airlock-glow-medspa-{network}-dead")
        assert variables["AIRLOCK_QUEUE_URL"] == {"Ref": queue.name}
        assert variables["AIRLOCK_DEAD_LETTER_URL"] == {"Ref": dead.name}
        assert variables.keys() >= {"AIRLOCK_AUTHORIZATIONS_TABLE", "AIRLOCK_LEDGER_TABLE", "AIRLOCK_GATE_PARAMETER"}
        assert not [name for name in variables if "TOKEN" in name or "SECRET" in name]
