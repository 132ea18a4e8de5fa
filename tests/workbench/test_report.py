"""`airlock report`: counts that a marketer may see, in CSV and on one page, and why a network was not told the rest."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from workbench.report import print_csv
from workbench.report_page import print_page
from workbench.suppression import TOTAL
from workbench.tally import draw_report

WEEK = 7 * 86_400_000


def write_lines(now: int) -> list[dict[str, Any]]:
    """Two weeks of leads: 40 a week from campaign a, and from campaign b 30 and then only 4."""
    lines: list[dict[str, Any]] = []

    def tell(count: int, week: int, token: str, outcome: str, reason: str | None = None) -> None:
        for _ in range(count):
            event_id = f"{len(lines):032x}"
            line = {"destination": "meta", "event_id": event_id, "at": now + week * WEEK, "click_id": "fbclid"}
            if outcome == "withheld":
                lines.append({**line, "kind": "decision", "outcome": outcome, "reason": reason, "props": {"c": token}})
                continue
            lines.append({**line, "kind": "decision", "outcome": "accepted", "props": {"c": token}})
            lines.append({**line, "kind": "disclosure", "outcome": outcome})

    for week, token, count in ((0, "a", 40), (1, "a", 40), (0, "b", 30), (1, "b", 4)):
        tell(count, week, token, "delivered")
    tell(25, 0, "a", "withheld", "no_consent")
    return lines


@pytest.fixture
def lines(now: int) -> list[dict[str, Any]]:
    return write_lines(now)


def test_conversions_are_counted_by_token_and_week(lines: list[dict[str, Any]]) -> None:
    table = draw_report(lines, "c", k=1).conversions["meta"]
    assert table.cells["a", "2026-W48"] == 40
    assert table.cells["b", "2026-W49"] == 4
    assert table.cells[TOTAL, TOTAL] == 114


def test_a_small_cell_is_not_shown_and_no_total_gives_it_back(lines: list[dict[str, Any]]) -> None:
    table = draw_report(lines, "c").conversions["meta"]
    assert table.cells["b", "2026-W49"] is None
    hidden = Counter(row for (row, column), count in table.cells.items() if count is None and row)
    assert all(count >= 2 for count in hidden.values())


def test_signal_loss_is_counted_by_reason(lines: list[dict[str, Any]]) -> None:
    table = draw_report(lines, "c").loss["meta"]
    assert table.cells["no_consent", "2026-W48"] == 25
    assert table.cells[TOTAL, TOTAL] == 139


def test_an_event_that_is_tried_again_counts_once(now: int) -> None:
    key = {"destination": "meta", "event_id": "a" * 32, "at": now}
    tried = [
        {**key, "kind": "decision", "outcome": "accepted"},
        {**key, "kind": "disclosure", "outcome": "held", "reason": "throttled"},
        {**key, "kind": "disclosure", "outcome": "delivered"},
        {**key, "kind": "disclosure", "outcome": "withheld", "reason": "duplicate"},
        {**key, "kind": "decision", "outcome": "accepted"},
    ]
    assert draw_report(tried, k=1).conversions["meta"].cells[TOTAL, TOTAL] == 1


def test_the_csv_says_what_is_not_shown_and_holds_no_formula(lines: list[dict[str, Any]]) -> None:
    lines.append({**lines[0], "props": {"c": "=1+1"}, "event_id": "f" * 32})
    lines.append({**lines[1], "event_id": "f" * 32})
    rows = list(csv.DictReader(io.StringIO(print_csv(draw_report(lines, "c")))))
    small = next(row for row in rows if row["table"] == "conversions" and (row["of"], row["week"]) == ("b", "2026-W49"))
    assert (small["count"], small["shown"]) == ("", "no")
    assert any(row["of"] == "'=1+1" for row in rows)


def test_the_page_is_one_file_and_shows_no_hidden_count(lines: list[dict[str, Any]]) -> None:
    page = print_page(draw_report(lines, "c"), 'Glow <b>"Medspa"')
    assert "<svg" in page
    assert "Glow &lt;b&gt;" in page
    assert not re.findall(r'(?:src|href)="(?!#)', page), "nothing is loaded from elsewhere"
    assert "<script" not in page
    assert not re.search(r"2026-W49, b: 4\b|<td>4</td>", page)
    assert "The visitor did not give the consent" in page


def test_the_command_writes_both(command: Any, journal_file: Path, tmp_path: Path) -> None:
    code, out, _ = command(
        "report",
        "--local",
        journal_file,
        "--html",
        tmp_path / "r.html",
        "--csv",
        tmp_path / "r.csv",
        "--json",
        "--k",
        1,
    )
    assert code == 0
    assert json.loads(out)["conversions"]["meta"]
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    assert "conversions,meta" in (tmp_path / "r.csv").read_text()
    assert command("report", "--local", journal_file, "--k", "0")[0] == 2
