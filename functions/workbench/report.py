"""`airlock report`: the journal in, conversions by network, campaign token and week out, and the signal loss."""

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.audit import read_journal
from workbench.bench import open_policy
from workbench.journal_source import decode, describe_period
from workbench.report_page import print_page
from workbench.suppression import K
from workbench.tally import Report, Table, draw_report


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    describe_period(parser)
    parser.add_argument("--by", metavar="PROP", help="the property that is the campaign token (default: all kept ones)")
    parser.add_argument("--k", type=_least, default=K, help=f"the smallest count that is shown (default: {K})")
    parser.add_argument("--csv", metavar="FILE", help="write the tables as CSV")
    parser.add_argument("--html", metavar="FILE", help="write the page, tables and plots, in one file")
    parser.add_argument(
        "--policy", metavar="FILE", help="whose name stands on the page (default: the repository's own)"
    )
    parser.add_argument("--json", action="store_true", help="the tables as one JSON object")


def _least(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for; the CSV to stdout where nothing was."""
    report = draw_report(decode(read_journal(arguments, time.time_ns() // 1_000_000)), arguments.by, arguments.k)
    if arguments.html:
        page = print_page(report, open_policy(arguments.policy).name)
        Path(arguments.html).write_text(page, encoding="utf-8")
        sys.stderr.write(f"airlock: the page is in {arguments.html}\n")
    if arguments.csv:
        Path(arguments.csv).write_text(print_csv(report), encoding="utf-8")
        sys.stderr.write(f"airlock: the tables are in {arguments.csv}\n")
    if arguments.json:
        sys.stdout.write(json.dumps(_as_document(report), ensure_ascii=False) + "\n")
    elif not (arguments.html or arguments.csv):
        sys.stdout.write(print_csv(report))
    return 0


def print_csv(report: Report) -> str:
    """Every inner cell and total as one row; `count` is empty where it is not shown, and `total` is spelt out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "network", "of", "week", "count", "shown"])
    for title, tables in _titled(report):
        for destination, table in tables.items():
            for row in table.rows:
                for column in table.columns:
                    count = table.cells[row, column]
                    shown = ("", "no") if count is None else (count, "yes")
                    writer.writerow([title, destination, _guard(row or "total"), column or "total", *shown])
    return out.getvalue()


def _guard(text: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _titled(report: Report) -> Iterator[tuple[str, dict[str, Table]]]:
    yield "conversions", report.conversions
    yield "signal_loss", report.loss
    yield "recognised_by", report.recognised


def _as_document(report: Report) -> object:
    return {
        "k": report.k,
        "first": report.first,
        "last": report.last,
        **{
            title: {
                destination: [
                    {"of": row or "total", "week": column or "total", "count": table.cells[row, column]}
                    for row in table.rows
                    for column in table.columns
                ]
                for destination, table in tables.items()
            }
            for title, tables in _titled(report)
        },
    }
