"""Signatures that were taken once: a webhook that comes again within its window is seen to be a replay."""

from collections.abc import Callable
from typing import Protocol

from airlock.table import EXPIRATION, KEY, ConditionError, DynamoClient, Table


class Receipts(Protocol):
    """Where receipts are kept until their window ends; `table.UnavailableError` where it does not answer."""

    def claim(self, receipt: str, until: int, now: int) -> bool:
        """Keep a receipt; False where it is kept already. Times are epoch milliseconds."""

    def release(self, receipt: str) -> None:
        """Forget a receipt: its request could not be served, and may come again."""


class ReceiptsInMemory:
    """Receipts for as long as the process lives: the workbench's and the tests'."""

    def __init__(self) -> None:
        self._kept: dict[str, int] = {}

    def claim(self, receipt: str, until: int, now: int) -> bool:
        """Keep a receipt, and forget those whose window has ended."""
        self._kept = {kept: end for kept, end in self._kept.items() if end >= now}
        if receipt in self._kept:
            return False
        self._kept[receipt] = until
        return True

    def release(self, receipt: str) -> None:
        """Forget a receipt."""
        self._kept.pop(receipt, None)


class ReceiptTable:
    """Receipts in the table of the authorizations, beside them: one place for what the sanitizer has to remember."""

    def __init__(self, connect: Callable[[], DynamoClient], table: str) -> None:
        self._table = Table(connect, table)

    def claim(self, receipt: str, until: int, now: int) -> bool:
        """Keep a receipt, on the condition that no other request with it came first."""
        try:
            self._table.ask(
                "put_item",
                Item=_item(receipt, -(-until // 1000)),
                ConditionExpression=f"attribute_not_exists({KEY}) OR {EXPIRATION} < :now",
                ExpressionAttributeValues={":now": {"N": str(now // 1000)}},
            )
        except ConditionError:
            return False
        return True

    def release(self, receipt: str) -> None:
        """Let the receipt be claimed again: it expired at once."""
        self._table.ask("put_item", Item=_item(receipt, 0))


def _item(receipt: str, expiration: int) -> dict[str, dict[str, str]]:
    return {KEY: {"S": f"receipt:{receipt}"}, EXPIRATION: {"N": str(expiration)}}
