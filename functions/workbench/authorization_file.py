"""Authorizations as a file of this machine keeps them: SQLite, and no write can undo a revocation."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from airlock.authorization import Authorization
from airlock.table import UnavailableError
from airlock.tokens import AuthorizationRef

_SCHEMA = """
create table if not exists authorization (ref text primary key, terms text, revoked_at integer) without rowid, strict;
"""
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Authorization).decode


class AuthorizationFile:
    """Authorizations in a SQLite file, which is made where there is none. Safe to use from threads and processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        except sqlite3.Error as error:
            raise UnavailableError(f"open: {type(error).__name__}") from None
        try:
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._database.close()
            raise UnavailableError(f"open: {type(error).__name__}") from None

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """The authorization under a reference."""
        rows = self._ask("select ref, terms, revoked_at from authorization where ref = ?", str(ref))
        return _read(rows[0])[1] if rows else None

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> bool:
        """Record an authorization, on the condition that no revocation stands at the moment of the write."""
        terms = _encode(authorization).decode()
        statement = """
            insert into authorization (ref, terms) values (?, ?)
            on conflict (ref) do update set terms = excluded.terms where revoked_at is null returning ref
        """
        return bool(self._ask(statement, str(ref), terms))

    def revoke(self, ref: AuthorizationRef, at: int) -> None:
        """Revoke what is on file or will be."""
        statement = """
            insert into authorization (ref, revoked_at) values (?, ?)
            on conflict (ref) do update set revoked_at = coalesce(revoked_at, excluded.revoked_at)
        """
        self._ask(statement, str(ref), at)

    def read_all(self) -> Iterator[tuple[AuthorizationRef, Authorization]]:
        """Everything on file."""
        return map(_read, self._ask("select ref, terms, revoked_at from authorization order by ref"))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _ask(self, statement: str, *values: str | int) -> list[tuple[str, str | None, int | None]]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise UnavailableError(f"sqlite: {type(error).__name__}") from None


def _read(row: tuple[str, str | None, int | None]) -> tuple[AuthorizationRef, Authorization]:
    ref, terms, revoked_at = row
    recorded = Authorization() if terms is None else _decode(terms)
    return AuthorizationRef(ref), msgspec.structs.replace(recorded, revoked_at=revoked_at)
