"""Rows in, each dealt with once and counted: rejected, told before, or judged with ninety-nine others."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from workbench.importing.memory import Memory
from workbench.importing.record import Records, Reject
from workbench.importing.sheet import Row
from workbench.importing.tally import Tally

BATCH = 100
MOST_BYTES = 8_192  # the airlock takes no larger one, and so none is put together with others
_PROGRESS_S = 0.5
Judge = Callable[[Sequence[dict[str, Any]]], list[str | None]]
"""Conversions to the reason why each is refused, None where it is accepted."""


class Importer:
    """Rows in, each counted once: rejected, told before, or judged in a batch."""

    def __init__(
        self, records: Records, memory: Memory, judge: Judge, tally: Tally, rejects: "Rejects", progress: "Progress"
    ) -> None:
        self._records = records
        self._memory = memory
        self._judge = judge
        self._tally = tally
        self._rejects = rejects
        self._progress = progress

    def take(self, rows: Iterator[Row]) -> None:
        """All rows. What was judged is remembered batch by batch, so that nothing is told twice after a stop."""
        batch: list[tuple[int, dict[str, Any]]] = []
        for row in rows:
            event = Reject("row", row.fault) if row.fault else self._records.read(row.cells)
            if isinstance(event, dict) and len(json.dumps(event)) > MOST_BYTES:
                event = Reject("row", "too_large")
            if isinstance(event, Reject):
                self._rejects.add(row.number, event.field, event.rule)
                self._tally.count("rejected", f"{event.field}: {event.rule}")
            elif self._memory.is_repeated(event["id"]):
                self._tally.count("repeated")
            elif self._memory.is_told(event["id"]):
                self._tally.count("told")
            else:
                batch.append((row.number, event))
            if len(batch) == BATCH:
                self._settle(batch)
                batch = []
            self._progress.show(self._tally.rows + len(batch))
        self._settle(batch)
        self._progress.end(self._tally.rows)

    def _settle(self, batch: list[tuple[int, dict[str, Any]]]) -> None:
        reasons = self._judge([event for _, event in batch]) if batch else []
        accepted: list[str] = []
        for (number, event), reason in zip(batch, reasons, strict=True):
            if reason is None:
                accepted.append(event["id"])
                self._tally.count("accepted")
            else:
                self._rejects.add(number, "refused", reason)
                self._tally.count("refused", reason)
        self._memory.keep(accepted)
        self._rejects.write()


class Progress:
    """How far an import is, on one line of a terminal; nothing where it is none. `now` gives seconds."""

    def __init__(self, out: TextIO, now: Callable[[], float]) -> None:
        self._out = out
        self._now = now
        self._is_shown = out.isatty()
        self._last = now()

    def show(self, rows: int) -> None:
        """So many rows are done."""
        if self._is_shown and rows % BATCH == 0 and self._now() - self._last >= _PROGRESS_S:
            self._last = self._now()
            self._out.write(f"\r{rows:>12,} rows")
            self._out.flush()

    def end(self, rows: int) -> None:
        """That was all."""
        if self._is_shown:
            self._out.write(f"\r{rows:>12,} rows\n")


class Rejects:
    """Row numbers and reasons in a file that is made with the first of them; no cell of a sheet is ever in it."""

    def __init__(self, path: Path | None, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack
        self._file: TextIO | None = None
        self._rows: list[tuple[int, str, str]] = []

    def add(self, row: int, field: str, reason: str) -> None:
        """One row."""
        self._rows.append((row, field, reason))

    def write(self) -> None:
        """Write those that were added, in the order of the sheet."""
        if self._path is not None and self._rows:
            if self._file is None:
                self._file = self._stack.enter_context(self._path.open("w", encoding="utf-8", newline=""))
                csv.writer(self._file).writerow(["row", "field", "reason"])
            csv.writer(self._file).writerows(sorted(self._rows))
            self._file.flush()
        self._rows.clear()
