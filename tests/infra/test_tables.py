"""The two tables and the kill switch: where they are, under which names, and that they survive the stack."""

from airlock.table import EXPIRATION, KEY
from tests.infra.conftest import Pick


def test_both_tables_are_encrypted_recoverable_and_protected(pick: Pick) -> None:
    tables = {table.get("TableName"): table for table in pick("DynamoDB::Table")}
    assert set(tables) == {"airlock-glow-medspa-authorizations", "airlock-glow-medspa-ledger"}
    for table in tables.values():
        assert table.get("SSESpecification.SSEType") == "KMS"
        assert table.get("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled") is True
        assert table.get("DeletionProtectionEnabled") is True
        assert table.get("TimeToLiveSpecification") == {"AttributeName": EXPIRATION, "Enabled": True}
        assert table.get("BillingMode") == "PAY_PER_REQUEST"


def test_their_keys_are_those_that_the_code_asks_for(pick: Pick) -> None:
    keys = {table.get("TableName").rpartition("-")[2]: table.get("KeySchema") for table in pick("DynamoDB::Table")}
    key = [{"AttributeName": KEY, "KeyType": "HASH"}]
    assert keys == {"authorizations": key, "ledger": key}


def test_the_kill_switch_stands_open_until_somebody_turns_it(pick: Pick) -> None:
    (gate,) = pick("SSM::Parameter")
    assert gate.get("Name") == "/airlock/glow-medspa/gate"
    assert gate.get("Value") == "open"
    for function in pick("Lambda::Function"):
        assert function.get("Environment.Variables.AIRLOCK_GATE_PARAMETER") == {"Ref": gate.name}
