"""An outbound event id in, whether it was told before out: one effect at networks that would count a repetition.

A claim is written before a request and confirmed after the answer, and after its line in the journal. What is claimed
and was never confirmed is in doubt: the process died, or no answer came.
"""

from typing import Any, Protocol

from msgspec import Struct

from airlock.address_book import Destination
from airlock.tokens import EventId

KEPT_S = 35 * 86_400
"""Longer than a queue and its dead-letter queue keep a message one after the other."""


class LedgerError(Exception):
    """The ledger cannot be asked: hold what needs it. Says nothing more."""


class Claim(Struct, frozen=True):
    """How an event stood in the ledger when it was claimed."""

    is_told: bool = False  # the network took it
    since: int | None = None  # claimed earlier and never confirmed, at that moment in epoch milliseconds

    @property
    def is_new(self) -> bool:
        """Whether nobody had told it or tried to."""
        return not self.is_told and self.since is None


class Ledger(Protocol):
    """Where it is kept what was told. Every method raises LedgerError if it cannot be known or kept."""

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Claim:
        """Claim an event at `now`, epoch milliseconds, unless it was claimed before; how it stood."""

    def confirm(self, destination: Destination, event_id: EventId) -> None:
        """The network took it."""

    def release(self, destination: Destination, event_id: EventId) -> None:
        """The network did not take it, and said so: it may be claimed again."""


class NoLedger:
    """No ledger is configured: nothing that needs one is sent."""

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Claim:
        """LedgerError."""
        del destination, event_id, now
        raise LedgerError

    def confirm(self, destination: Destination, event_id: EventId) -> None:
        """LedgerError."""
        del destination, event_id
        raise LedgerError

    def release(self, destination: Destination, event_id: EventId) -> None:
        """LedgerError."""
        del destination, event_id
        raise LedgerError


class DynamoLedger:
    """The ledger in a DynamoDB table, as Powertools' idempotency keeps it: keys `id`, `expiration`, `status`.

    Powertools gives a claim that has run out to whoever asks next. Here such an event is in doubt, so that claims are
    written not to run out before the line itself does, and their age is told from that moment.
    """

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 - boto3 ships no types
        from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415 - it brings boto3, which the workbench spares
            DynamoDBPersistenceLayer,
            IdempotencyConfig,
        )
        from aws_lambda_powertools.utilities.idempotency.exceptions import (  # noqa: PLC0415 - as above
            IdempotencyItemAlreadyExistsError,
        )

        self._exists = IdempotencyItemAlreadyExistsError
        self._layer = DynamoDBPersistenceLayer(table_name=table, boto3_client=client)
        self._layer.configure(IdempotencyConfig(expires_after_seconds=KEPT_S, hash_function="sha256"), None, "airlock")

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Claim:
        """A conditional put; the moment of a claim is by Powertools' clock."""
        del now
        try:
            self._layer.save_inprogress(_name(destination, event_id), KEPT_S * 1000)
        except self._exists as error:
            record = error.old_data_record
            if record is None:
                raise LedgerError from None
            if record.status != "INPROGRESS":
                return Claim(is_told=True)
            return Claim(since=int(record.in_progress_expiry_timestamp or 0) - KEPT_S * 1000)
        except Exception:  # noqa: BLE001 - botocore's errors are many, and each means that nothing is known
            raise LedgerError from None
        return Claim()

    def confirm(self, destination: Destination, event_id: EventId) -> None:
        """An update."""
        try:
            self._layer.save_success(_name(destination, event_id), {})
        except Exception:  # noqa: BLE001 - as above
            raise LedgerError from None

    def release(self, destination: Destination, event_id: EventId) -> None:
        """A deletion."""
        try:
            self._layer.delete_record(_name(destination, event_id), LedgerError())
        except Exception:  # noqa: BLE001 - as above
            raise LedgerError from None


def _name(destination: Destination, event_id: EventId) -> Any:  # noqa: ANN401 - Powertools hashes any JSON
    return f"{destination}:{event_id}"
