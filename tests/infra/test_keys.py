"""The keys: who may use them, and that nobody can read what they encrypted but through the services that hold it."""

from typing import Any

import pytest

from infra.template import Resource
from tests.infra.conftest import Pick

ROOT = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}
READS = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}


@pytest.fixture
def key(pick: Pick) -> Resource:
    (found,) = [each for each in pick("KMS::Key") if each.get("KeyUsage") is None]
    return found


def _statement(key: Resource, sid: str) -> dict[str, Any]:
    (found,) = [statement for statement in key.get("KeyPolicy.Statement") if statement["Sid"] == sid]
    return dict(found)


def test_the_key_rotates_every_year_and_outlives_the_stack(key: Resource) -> None:
    assert key.get("EnableKeyRotation") is True
    assert key.get("RotationPeriodInDays") == 365
    assert key.get("PendingWindowInDays") == 30
    assert key.body["DeletionPolicy"] == "Retain"


def test_its_policy_names_every_action_and_every_statement_has_a_name(key: Resource) -> None:
    statements = key.get("KeyPolicy.Statement")
    assert [each["Sid"] for each in statements] == [
        "Administration",
        "UseThroughServices",
        "GrantsToServices",
        "Journal",
        "Alarms",
        "Notices",
    ]
    assert "*" not in "".join(str(each["Action"]) for each in statements)


def test_an_administrator_can_keep_the_key_and_read_nothing_with_it(key: Resource) -> None:
    assert not READS & set(_statement(key, "Administration")["Action"])
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"} <= set(_statement(key, "Administration")["Action"])


def test_whoever_reads_reads_through_a_service_of_this_region(key: Resource) -> None:
    for sid in ("UseThroughServices", "GrantsToServices"):
        statement = _statement(key, sid)
        assert statement["Principal"] == {"AWS": ROOT}
        services = [each["Fn::Join"][1][0] for each in statement["Condition"]["StringEquals"]["kms:ViaService"]]
        assert services == ["dynamodb.", "lambda.", "secretsmanager.", "sns.", "sqs."]
    assert _statement(key, "GrantsToServices")["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_the_log_service_can_use_it_for_this_clinics_groups_only(key: Resource, pick: Pick) -> None:
    statement = _statement(key, "Journal")
    patterns = [
        each["Fn::Join"][1][-1].removeprefix(":log-group:")
        for each in statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    ]
    prefixes = [pattern.removesuffix("*") for pattern in patterns]
    for group in pick("Logs::LogGroup"):
        assert any(group.get("LogGroupName").startswith(prefix) for prefix in prefixes)
    assert all("glow-medspa" in pattern for pattern in patterns)


def test_alarms_reach_the_encrypted_topic(key: Resource) -> None:
    """Without this an alarm is lost, and nothing says so."""
    for sid, service in (("Alarms", "cloudwatch"), ("Notices", "events")):
        statement = _statement(key, sid)
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_only_the_functions_can_sign_the_journal(pick: Pick) -> None:
    (key,) = pick("KMS::Key", KeyUsage="SIGN_VERIFY")
    assert key.get("KeySpec") == "ECC_NIST_P256"
    signs = [each for each in key.get("KeyPolicy.Statement") if "kms:Sign" in str(each["Action"])]
    (statement,) = signs
    roles = [
        each["Fn::Join"][1][-1].rpartition("/")[2] for each in statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    ]
    writers = {function.get("FunctionName") for function in pick("Lambda::Function")} - {"airlock-glow-medspa-canary"}
    assert set(roles) == writers
