"""Which conversions were told, kept from one import to the next: a file beside the sheet, without a word of the sheet.

It holds the key from which ids are made and the ids themselves, which are SHA-256 under that key.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench.complaint import Complaint

_SCHEMA = """
create table if not exists settings (name text primary key, value blob) without rowid, strict;
create table if not exists told (id blob primary key) without rowid, strict;
"""
_SEEN = "create temporary table seen (id blob primary key) without rowid;"

_UNUSABLE = Complaint("the file that keeps what was told cannot be used: it is damaged, or is another file", 2)


class Memory:
    """What was told. Without a path it lasts as long as the process; `new_key` is taken where there is none yet."""

    def __init__(self, path: Path | None, new_key: bytes, *, changing: bool) -> None:
        self._is_kept = changing
        known = path is not None and path.exists()
        self._database = _connect(path if known or changing else None, changing=changing)
        try:
            self._database.executescript(_SEEN if known and not changing else _SCHEMA + _SEEN)
            rows = self._database.execute("select value from settings where name = 'key'").fetchall()
            self.key: bytes = rows[0][0] if rows else new_key
            if not rows:
                self._database.execute("insert into settings values ('key', ?)", (new_key,))
            self._database.commit()
        except sqlite3.Error:
            self._database.close()
            raise _UNUSABLE from None

    def is_told(self, identifier: str) -> bool:
        """Whether the conversion was accepted, now or in an import before."""
        found = self._database.execute("select 1 from told where id = ?", (_blob(identifier),)).fetchone()
        return found is not None

    def is_repeated(self, identifier: str) -> bool:
        """Whether the same conversion came before in this sheet; notes that it came now."""
        changed = self._database.execute("insert or ignore into seen values (?)", (_blob(identifier),)).rowcount
        return changed == 0

    def keep(self, identifiers: Iterable[str]) -> None:
        """These were accepted; on the disk before this gives back. A dry run accepts nothing for good."""
        if not self._is_kept:
            return
        rows: Sequence[tuple[bytes]] = [(_blob(identifier),) for identifier in identifiers]
        self._database.executemany("insert or ignore into told values (?)", rows)
        self._database.commit()

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _connect(path: Path | None, *, changing: bool) -> sqlite3.Connection:
    """What a dry run has to remember, SQLite keeps in a temporary file of its own; a known file it only reads."""
    if path is None:
        return sqlite3.connect("")
    try:
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode={'rwc' if changing else 'ro'}", uri=True)
    except sqlite3.Error:
        raise _UNUSABLE from None


def _blob(identifier: str) -> bytes:
    return bytes.fromhex(identifier.replace("-", ""))
