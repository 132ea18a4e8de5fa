"""Journal lines in, tables of counts out: each network's conversions by campaign and week, and its signal loss."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from airlock.outcome import Outcome, Reason
from workbench.suppression import TOTAL, Cell, K, add_totals, suppress_together

NO_TOKEN = "(none)"  # noqa: S105 - a label, no secret
DELIVERED = "delivered"


class Table(Struct, frozen=True):
    """Counts by two names, with totals under the empty name; None where a count may not be shown."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[Cell, int | None]

    @property
    def hidden(self) -> int:
        """How many cells are not shown."""
        return sum(count is None for count in self.cells.values())


class Report(Struct, frozen=True, kw_only=True):
    """Everything that a report shows of each network. `k` is the smallest count that is shown."""

    k: int
    first: int | None
    last: int | None
    conversions: dict[str, Table]  # campaign token by week, of what the network took
    loss: dict[str, Table]  # reason by week, of everything that it could have been told
    recognised: dict[str, Table]  # by what the visitor could be recognised, by week


def draw_report(lines: Iterable[Mapping[str, Any]], by: str | None = None, k: int = K) -> Report:
    """The report of a journal. `by` names the kept property that is the campaign token; None stands for all of them."""
    conversions: dict[str, Counter[Cell]] = {}
    loss: dict[str, Counter[Cell]] = {}
    recognised: dict[str, Counter[Cell]] = {}
    times: list[int] = []
    for (destination, _), story in _follow(lines).items():
        decision, state = story["decision"], story["state"]
        week = tell_week(decision["at"])
        times.append(decision["at"])
        loss.setdefault(destination, Counter())[_name_state(decision, state), week] += 1
        if state == (Outcome.DELIVERED, ""):
            conversions.setdefault(destination, Counter())[_read_token(decision, by), week] += 1
            recognised.setdefault(destination, Counter())[_name_identity(decision), week] += 1
    tables = {
        destination: _close(
            counts, [conversions.get(destination, Counter()), recognised.get(destination, Counter())], k
        )
        for destination, counts in sorted(loss.items())
    }
    return Report(
        k=k,
        first=min(times, default=None),
        last=max(times, default=None),
        conversions={to: told for to, (_, told, _) in tables.items() if to in conversions},
        loss={to: whole for to, (whole, _, _) in tables.items()},
        recognised={to: known for to, (_, _, known) in tables.items() if to in recognised},
    )


def _follow(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Each event at each network: what was decided, and how it stands."""
    stories: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        key = line.get("destination", ""), line.get("event_id", "")
        if not all(key):
            continue
        if line.get("kind") == "decision":
            known = stories.get(key)
            if known is None or known["decision"].get("outcome") != Outcome.ACCEPTED:  # a retry, perhaps with consent
                stories[key] = {"decision": line, "state": (line.get("outcome", ""), line.get("reason", ""))}
        elif line.get("kind") == "disclosure" and key in stories and line.get("reason") != Reason.DUPLICATE:
            before, _ = stories[key]["state"]
            now = (line.get("outcome", ""), line.get("reason", ""))
            stories[key]["state"] = (before, "") if before == Outcome.DELIVERED else now
    return stories


def _name_state(decision: Mapping[str, Any], state: tuple[str, str]) -> str:
    outcome, reason = state
    if outcome == Outcome.DELIVERED:
        return DELIVERED
    return reason or ("on its way" if decision.get("outcome") == Outcome.ACCEPTED else outcome)


def _name_identity(decision: Mapping[str, Any]) -> str:
    parts = [str(decision.get("click_id") or ""), *(f"hashed {field}" for field in decision.get("digests", ()))]
    return " + ".join(part for part in parts if part) or "nothing"


def _read_token(decision: Mapping[str, Any], by: str | None) -> str:
    props: Mapping[str, str] = decision.get("props", {})
    if by is not None:
        return props.get(by, NO_TOKEN)
    return ", ".join(f"{name}={word}" for name, word in sorted(props.items())) or NO_TOKEN


def tell_week(at: int) -> str:
    """The ISO week of a moment, UTC."""
    return f"{datetime.datetime.fromtimestamp(at / 1000, datetime.UTC):%G-W%V}"


def _close(whole: Mapping[Cell, int], parts: list[Counter[Cell]], k: int) -> tuple[Table, Table, Table]:
    """The tables of one network, with what may not be shown taken out: all of them count what was delivered."""
    first, second = (add_totals(part) for part in parts)
    table = add_totals(whole)
    hidden, (told, known) = suppress_together(table, [first, second], DELIVERED, k)
    return _show(table, hidden), _show(first, told), _show(second, known)


def _show(table: Mapping[Cell, int], hidden: frozenset[Cell]) -> Table:
    # The most frequent first would tell the order of hidden cells: rows stand by name.
    rows, columns = sorted({row for row, _ in table} - {TOTAL}), sorted({column for _, column in table} - {TOTAL})
    cells: dict[Cell, int | None] = {cell: None if cell in hidden else count for cell, count in table.items()}
    return Table((*rows, TOTAL), (*columns, TOTAL), cells)
