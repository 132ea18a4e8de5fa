"""A table as Excel, a CRM or a booking system exports one in, its rows out, however it is encoded.

A row that cannot be read is one fault of its own, and the next line begins the next row.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from msgspec import Struct

from workbench.complaint import Complaint

LONGEST_CELL = 65_536
_SEPARATORS = ",;\t|"
_CHUNK = 1 << 20
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Row(Struct, frozen=True):
    """One row under the header, by its number in the sheet; `fault` is the rule that it breaks."""

    number: int
    cells: list[str]
    fault: str | None = None

    def __repr__(self) -> str:
        return f"<Row {self.number}>"


class Sheet(Struct, frozen=True):
    """A header and the rows under it, which can be read once."""

    header: list[str]
    separator: str
    rows: Iterator[Row]


class Lines(Protocol):
    """An open text file, as far as it is read here."""

    def __iter__(self) -> Iterator[str]:
        """Its lines, each with its end."""


def find_encoding(file: BinaryIO) -> str:
    """How the file's text is encoded. Leaves the file at its start.

    Raises:
        Complaint: the file is a workbook and no text.
    """
    start = file.read(4096)
    file.seek(0)
    if start.startswith(_WORKBOOKS):
        raise Complaint('this is an Excel workbook: save the sheet as "CSV UTF-8" and import that', 2)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[::2].count(0) > len(start) // 4:
        return "utf-16-be"
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: BinaryIO) -> bool:
    left = b""
    try:
        while chunk := file.read(_CHUNK):
            whole = left + chunk
            cut = len(whole)
            while cut and len(whole) - cut < 4 and whole[cut - 1] >= 0x80:  # noqa: PLR2004 - a character has 4 bytes at most
                cut -= 1
            whole[:cut].decode("utf-8")
            left = whole[cut:]
        left.decode("utf-8")
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def read_sheet(lines: Lines) -> Sheet:
    """The sheet of a text file that was opened with `newline=""`.

    Raises:
        Complaint: there is no header that could be read.
    """
    feed = _Feed(iter(lines))
    first = next(feed, "")
    number = 1
    hint = first.strip().strip('"')
    if hint.lower().startswith("sep=") and len(hint) == len("sep=") + 1:  # Excel's own way to name the separator
        separator = hint[-1]
        number += 1
    else:
        feed.rewind(0)
        separator = max(_SEPARATORS, key=_outside_quotes(first).count)
    csv.field_size_limit(LONGEST_CELL)
    records = _read_records(feed, separator)
    header = next(records, None)
    if not header or not any(cell.strip() for cell in header):
        raise Complaint("the file has no header: its first line must name the columns", 2)
    return Sheet([cell.strip() for cell in header], separator, _read_rows(records, len(header), number))


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _read_rows(records: Iterator[list[str] | None], width: int, number: int) -> Iterator[Row]:
    for cells in records:
        number += 1
        if cells is None:
            yield Row(number, [], "quotes")
        elif not any(cell.strip() for cell in cells):
            continue
        elif any(cell.strip() for cell in cells[width:]):
            yield Row(number, [], "more_cells_than_columns")
        else:
            yield Row(number, [*cells[:width], *[""] * (width - len(cells))])


class _Feed:
    """Lines that can be taken back: those since the last mark."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        return line

    def mark(self) -> None:
        """What was taken so far is done with."""
        self._taken.clear()

    def rewind(self, but: int) -> None:
        """Take back all lines since the mark but the first so many."""
        self._again.extendleft(reversed(self._taken[but:]))
        self._taken.clear()


def _read_records(feed: _Feed, separator: str) -> Iterator[list[str] | None]:
    """Each record's cells; None for a line in which a quote is open or stands where none may."""
    while True:
        feed.mark()
        try:
            yield next(csv.reader(feed, delimiter=separator, strict=True))
        except StopIteration:
            return
        except csv.Error:
            feed.rewind(1)
            yield None
