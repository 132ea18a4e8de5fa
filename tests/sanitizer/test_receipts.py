"""A signature is taken once while it counts, wherever the receipts are kept, and no longer than that."""

import pytest

from airlock.table import UnavailableError
from sanitizer.receipts import Receipts, ReceiptsInMemory, ReceiptTable
from tests.clinic_systems import NOW, FakeDynamo

UNTIL = NOW + 300_000


@pytest.fixture(params=["memory", "dynamodb"])
def receipts(request: pytest.FixtureRequest) -> Receipts:
    return ReceiptsInMemory() if request.param == "memory" else ReceiptTable(FakeDynamo, "airlock-authorizations")


def test_a_receipt_is_claimed_once_to_the_last_millisecond_of_its_window(receipts: Receipts) -> None:
    """Its signature counts to the end of the window, that moment included; so long it must be known again."""
    assert receipts.claim("one", UNTIL, NOW)
    for now in (NOW, NOW + 1, UNTIL - 1, UNTIL):
        assert not receipts.claim("one", UNTIL, now)
    assert receipts.claim("another", UNTIL, UNTIL)
    assert not receipts.claim("one", UNTIL, UNTIL)


def test_what_has_ended_may_be_claimed_anew(receipts: Receipts) -> None:
    """DynamoDB may keep an item for days after it expired; that must not count."""
    assert receipts.claim("one", UNTIL, NOW)
    assert receipts.claim("one", UNTIL + 600_000, UNTIL + 2_000)


def test_a_receipt_that_was_let_go_may_be_claimed_again_at_once(receipts: Receipts) -> None:
    assert receipts.claim("one", UNTIL, NOW)
    assert receipts.claim("other", UNTIL, NOW)
    receipts.release("one")
    assert receipts.claim("one", UNTIL, NOW)
    assert not receipts.claim("other", UNTIL, NOW)


def test_letting_go_of_what_is_not_kept_is_no_fault(receipts: Receipts) -> None:
    receipts.release("never claimed")
    assert receipts.claim("never claimed", UNTIL, NOW)


def test_the_table_is_the_one_that_was_named_and_its_items_end_by_themselves() -> None:
    dynamo = FakeDynamo()
    receipts = ReceiptTable(lambda: dynamo, "airlock-authorizations")
    receipts.claim("one", UNTIL + 1, NOW)
    receipts.release("one")
    assert {request["TableName"] for _, request in dynamo.requests} == {"airlock-authorizations"}
    assert dynamo.requests[0][1]["Item"] == {
        "id": {"S": "receipt:one"},
        "expiration": {"N": str(UNTIL // 1000 + 1)},
    }


def test_a_table_that_does_not_answer_is_not_taken_for_one_that_knows_no_receipt() -> None:
    dynamo = FakeDynamo()
    dynamo.error = RuntimeError("throttled")
    receipts = ReceiptTable(lambda: dynamo, "airlock-authorizations")
    with pytest.raises(UnavailableError):
        receipts.claim("one", UNTIL, NOW)
    with pytest.raises(UnavailableError):
        receipts.release("one")
