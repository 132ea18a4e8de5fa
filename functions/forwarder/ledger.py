"""An outbound event id in, whether it was told before out: one effect at networks that would count a repetition.

A claim is written before a request and confirmed after the answer, and after its line in the journal. What is claimed
and was never confirmed is in doubt: the process died, or no answer came.
"""

from enum import StrEnum
from typing import Any, Protocol

from airlock.address_book import Destination
from airlock.tokens import EventId

IN_HAND_MS = 300_000
"""For how long a claim may be somebody else's who is still at work."""
KEPT_S = 35 * 86_400
"""Longer than a queue and its dead-letter queue keep a message one after the other."""


class LedgerError(Exception):
    """The ledger cannot be asked: hold what needs it. Says nothing more."""


class Standing(StrEnum):
    """How an event stands in the ledger when it is claimed."""

    NEW = "new"  # nobody told it; it is claimed now
    IN_HAND = "in_hand"  # claimed a moment ago: another copy of the message may be on its way
    IN_DOUBT = "in_doubt"  # claimed and never confirmed
    TOLD = "told"  # the network took it


class Ledger(Protocol):
    """Where it is kept what was told. Every method raises LedgerError if it cannot be known or kept."""

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Standing:
        """Claim an event at `now`, epoch milliseconds, unless it was claimed before; how it stood."""

    def confirm(self, destination: Destination, event_id: EventId) -> None:
        """The network took it."""

    def release(self, destination: Destination, event_id: EventId) -> None:
        """The network did not take it, and said so: it may be claimed again."""


class NoLedger:
    """No ledger is configured: nothing that needs one is sent."""

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Standing:
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


def judge_claim(claimed_at: int, now: int) -> Standing:
    """How an event stands that was claimed at `claimed_at` and not confirmed, both epoch milliseconds."""
    return Standing.IN_HAND if now - claimed_at < IN_HAND_MS else Standing.IN_DOUBT


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

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Standing:
        """A conditional put."""
        try:
            self._layer.save_inprogress(_name(destination, event_id), KEPT_S * 1000)
        except self._exists as error:
            record = error.old_data_record
            if record is None:
                raise LedgerError from None
            if record.status != "INPROGRESS":
                return Standing.TOLD
            ends = int(record.in_progress_expiry_timestamp or 0)
            return judge_claim(ends - KEPT_S * 1000, now)
        except Exception:  # noqa: BLE001 - botocore's errors are many, and each means that nothing is known
            raise LedgerError from None
        return Standing.NEW

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
