"""What was told is told once: the same ledger in SQLite and in DynamoDB, by Powertools' own layer."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airlock.address_book import Destination
from airlock.tokens import EventId
from forwarder.ledger import KEPT_S, Claim, DynamoLedger, Ledger, LedgerError, NoLedger
from workbench.ledger import SqliteLedger

GA4, META = Destination.GA4, Destination.META
ONE, OTHER = EventId("1" * 32), EventId("2" * 32)


class Table:
    """DynamoDB, of one table, as far as Powertools' layer asks it: conditional puts, updates, deletions."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.is_down = False
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None))

    def put_item(self, *, Item: dict[str, Any], ConditionExpression: str, **_: Any) -> None:  # noqa: N803 - boto3's
        self._answer()
        key = Item["id"]["S"]
        assert "attribute_not_exists" in ConditionExpression
        if key in self.items:
            error = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}, "Item": self.items[key]}
            raise ClientError(error, "PutItem")  # type: ignore[arg-type]  # as DynamoDB answers it
        self.items[key] = Item

    def update_item(self, *, Key: dict[str, Any], UpdateExpression: str, **more: Any) -> None:  # noqa: N803 - boto3's
        self._answer()
        names, values = more["ExpressionAttributeNames"], more["ExpressionAttributeValues"]
        item = self.items.setdefault(Key["id"]["S"], dict(Key))
        for name, value in re.findall(r"(#\w+) = (:\w+)", UpdateExpression):
            item[names[name]] = values[value]

    def delete_item(self, *, Key: dict[str, Any], **_: Any) -> None:  # noqa: N803 - boto3's
        self._answer()
        self.items.pop(Key["id"]["S"], None)

    def _answer(self) -> None:
        if self.is_down:
            raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ONE}}, "PutItem")


def now_ms() -> int:
    """Powertools goes by the clock, and so does this."""
    import time  # noqa: PLC0415 - for this only

    return time.time_ns() // 1_000_000


MAKERS: list[Callable[[], Ledger]] = [SqliteLedger, lambda: DynamoLedger(Table(), "ledger")]
LEDGERS = pytest.mark.parametrize("make", MAKERS, ids=["sqlite", "dynamodb"])


@LEDGERS
def test_what_was_confirmed_was_told(make: Callable[[], Ledger]) -> None:
    ledger = make()
    assert ledger.claim(GA4, ONE, now_ms()).is_new
    ledger.confirm(GA4, ONE)
    assert ledger.claim(GA4, ONE, now_ms()) == Claim(is_told=True)
    assert not Claim(is_told=True).is_new


@LEDGERS
def test_what_was_only_claimed_says_since_when(make: Callable[[], Ledger]) -> None:
    ledger = make()
    at = now_ms()
    ledger.claim(GA4, ONE, at)
    claim = ledger.claim(GA4, ONE, at + 600_000)
    assert claim.since is not None
    assert abs(claim.since - at) < 10_000
    assert not claim.is_new


@LEDGERS
def test_what_was_released_can_be_claimed_anew(make: Callable[[], Ledger]) -> None:
    ledger = make()
    ledger.claim(GA4, ONE, now_ms())
    ledger.release(GA4, ONE)
    assert ledger.claim(GA4, ONE, now_ms()).is_new


@LEDGERS
def test_networks_and_events_are_apart(make: Callable[[], Ledger]) -> None:
    ledger = make()
    ledger.claim(GA4, ONE, now_ms())
    assert ledger.claim(GA4, OTHER, now_ms()).is_new
    assert ledger.claim(META, ONE, now_ms()).is_new


def test_a_table_holds_a_hash_and_no_event_id() -> None:
    table = Table()
    DynamoLedger(table, "ledger").claim(GA4, ONE, 0)
    ((key, item),) = table.items.items()
    assert ONE not in str(item)
    assert key.startswith("airlock#")
    assert set(item) == {"id", "expiration", "status", "in_progress_expiration"}
    assert int(item["expiration"]["N"]) > now_ms() // 1000 + KEPT_S - 60


def test_a_table_that_is_down_is_said_without_a_word_of_it() -> None:
    table = Table()
    ledger = DynamoLedger(table, "ledger")
    table.is_down = True
    for ask in (lambda: ledger.claim(GA4, ONE, 0), lambda: ledger.confirm(GA4, ONE), lambda: ledger.release(GA4, ONE)):
        with pytest.raises(LedgerError) as error:
            ask()
        assert str(error.value) == ""


def test_no_ledger_says_so_every_time() -> None:
    ledger = NoLedger()
    for ask in (lambda: ledger.claim(GA4, ONE, 0), lambda: ledger.confirm(GA4, ONE), lambda: ledger.release(GA4, ONE)):
        with pytest.raises(LedgerError):
            ask()


def test_a_file_is_shared_and_outlives_its_process(tmp_path: Path) -> None:
    one, other = SqliteLedger(tmp_path / "told"), SqliteLedger(tmp_path / "told")
    one.claim(GA4, ONE, 5)
    assert other.claim(GA4, ONE, 9) == Claim(since=5)
    one.confirm(GA4, ONE)
    assert other.claim(GA4, ONE, 9).is_told


def test_a_confirmed_entry_is_never_released() -> None:
    ledger = SqliteLedger()
    ledger.claim(GA4, ONE, 5)
    ledger.confirm(GA4, ONE)
    ledger.release(GA4, ONE)
    assert ledger.claim(GA4, ONE, 9).is_told
