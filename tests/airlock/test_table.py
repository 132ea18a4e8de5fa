"""A DynamoDB request: its answer, or an error that names operation and kind and nothing of what was asked."""

import traceback
from typing import Any

import pytest

from airlock.table import ConditionError, Table, UnavailableError
from tests.clinic_systems import ConditionError as ConditionOfDynamo
from tests.clinic_systems import FakeDynamo

CANARY = "canary-7d1f"


class ThrottledError(Exception):
    """An error of botocore's with a code, and with what was asked in its text."""

    response: Any = {"Error": {"Code": "ThrottlingException", "Message": CANARY}}  # noqa: RUF012 - botocore's shape


def fail(error: Exception) -> tuple[UnavailableError | ConditionError, str]:
    """What a request ends in where the client raises this, and all that a log could print of it."""
    dynamo = FakeDynamo()
    dynamo.error = error
    try:
        Table(lambda: dynamo, "authorizations").ask("get_item", Key={"id": {"S": CANARY}})
    except (UnavailableError, ConditionError) as ended:
        return ended, "".join(traceback.format_exception(ended))
    raise AssertionError("the error was swallowed")


def test_an_answer_is_that_of_the_named_table() -> None:
    dynamo = FakeDynamo()
    dynamo.items["a"] = {"id": {"S": "a"}}
    answer = Table(lambda: dynamo, "authorizations").ask("get_item", Key={"id": {"S": "a"}}, ConsistentRead=True)
    assert answer == {"Item": {"id": {"S": "a"}}}
    asked = {"TableName": "authorizations", "Key": {"id": {"S": "a"}}, "ConsistentRead": True}
    assert dynamo.requests == [("get_item", asked)]


def test_an_error_of_dynamodb_is_named_by_its_code_and_never_by_its_text() -> None:
    error, printed = fail(ThrottledError(CANARY))
    assert isinstance(error, UnavailableError)
    assert str(error) == "get_item: ThrottlingException"
    assert CANARY not in printed


def test_any_other_error_is_named_by_its_type_and_never_by_its_text() -> None:
    error, printed = fail(TimeoutError(CANARY))
    assert isinstance(error, UnavailableError)
    assert str(error) == "get_item: TimeoutError"
    assert CANARY not in printed


def test_a_condition_that_does_not_hold_is_told_from_a_place_that_does_not_answer() -> None:
    error, _ = fail(ConditionOfDynamo(CANARY))
    assert isinstance(error, ConditionError)
    assert str(error) == "get_item: ConditionalCheckFailedException"


def test_a_client_that_cannot_be_opened_is_a_place_that_does_not_answer_and_is_tried_again() -> None:
    dynamo, tries = FakeDynamo(), iter([OSError(CANARY), None])

    def connect() -> FakeDynamo:
        if (error := next(tries)) is not None:
            raise error
        return dynamo

    table = Table(connect, "authorizations")
    with pytest.raises(UnavailableError, match=r"^scan: OSError$"):
        table.ask("scan")
    assert table.ask("scan") == {"Items": []}
    assert table.ask("scan") == {"Items": []}
