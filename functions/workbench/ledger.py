"""The ledger of what was told in one SQLite file, or in memory: what DynamoDB is in the clinic's account."""

import sqlite3
import threading
from pathlib import Path

from airlock.address_book import Destination
from airlock.tokens import EventId
from forwarder.ledger import Claim, LedgerError

_MADE = "CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, claimed_at INTEGER, confirmed INTEGER) STRICT"


class SqliteLedger:
    """What was told. Safe to use from several threads, and with a file from several processes."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._tables = sqlite3.connect(file or ":memory:", timeout=30, isolation_level=None, check_same_thread=False)
        self._tables.execute("PRAGMA journal_mode = WAL")
        self._tables.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing, a power cut might
        self._tables.execute(_MADE)

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Claim:
        """Claim an event, or say how it stands."""
        name = f"{destination}:{event_id}"
        rows = self._run("INSERT OR IGNORE INTO told VALUES (?, ?, 0) RETURNING name", (name, now))
        if rows:
            return Claim()
        rows = self._run("SELECT claimed_at, confirmed FROM told WHERE name = ?", (name,))
        if not rows:  # released between the two
            raise LedgerError
        claimed_at, confirmed = rows[0]
        return Claim(is_told=True) if confirmed else Claim(since=claimed_at)

    def confirm(self, destination: Destination, event_id: EventId) -> None:
        """The network took it."""
        self._run("UPDATE told SET confirmed = 1 WHERE name = ?", (f"{destination}:{event_id}",))

    def release(self, destination: Destination, event_id: EventId) -> None:
        """It may be claimed again."""
        self._run("DELETE FROM told WHERE name = ? AND confirmed = 0", (f"{destination}:{event_id}",))

    def __del__(self) -> None:
        self._tables.close()

    def _run(self, statement: str, values: tuple[object, ...]) -> list[tuple[int, int]]:
        with self._lock:
            try:
                return self._tables.execute(statement, values).fetchall()
            except sqlite3.Error:
                raise LedgerError from None
