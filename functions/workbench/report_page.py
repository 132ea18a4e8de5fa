"""A report in, one self-contained HTML page out: tables and plots of what each network was told and was not."""

import datetime
from collections.abc import Iterator
from html import escape
from pathlib import Path

from workbench.account_page import name
from workbench.reasons import REASONS
from workbench.suppression import TOTAL
from workbench.tally import DELIVERED, Report, Table

_HIDDEN = "\N{EN DASH}"
_BAR, _GAP, _HEIGHT, _LEFT, _BELOW = 46, 14, 180, 52, 34
_STYLE = Path(__file__).parent / "pages" / "page.css"


def print_page(report: Report, clinic: str) -> str:
    """The page."""
    return "\n".join(_write(report, clinic)) + "\n"


def _write(report: Report, clinic: str) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Conversions and signal loss, {escape(clinic)}</title>"
    yield f"<style>{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(clinic)}: conversions, and what the networks were not told</h1>"
    yield f'<p class="soft">{escape(_say_period(report))} From the journal of decisions and disclosures.</p>'
    yield (
        "<p>Every count is shown: this page is for the clinic alone.</p>"
        if report.k == 1
        else (
            f"<p>Counts of 1 to {report.k - 1} are not shown ({_HIDDEN}), and neither are as many others as it takes "
            "so that no total gives them back. A dash is not a zero.</p>"
        )
    )
    yield '<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>'
    yield '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    yield '<path d="M0 0v6" stroke="currentColor" stroke-width="1.5" opacity=".45"/></pattern></defs></svg>'
    for destination, table in report.conversions.items():
        yield f"<section>\n<h2>{escape(name(destination))}: conversions</h2>"
        yield _plot(table, "Conversions that the network took, by week and campaign token")
        yield _tabulate(table, "Conversions that the network took, by campaign token and week")
        yield "</section>"
    if not report.conversions:
        yield "<section><h2>Conversions</h2><p>No network took any in this period.</p></section>"
    yield '<h1 id="loss">Signal loss: what each network did not get, and why</h1>'
    yield (
        "<p>A network's match quality falls with every event that it is not told, or is told with less to recognise "
        "the visitor by. Each loss below is a rule of the policy or a choice of the visitor's, unless it says "
        "otherwise.</p>"
    )
    for destination, table in report.loss.items():
        yield f"<section>\n<h2>{escape(name(destination))}</h2>"
        yield f"<p>{escape(_say_share(table))}</p>"
        yield _plot(table, "Events that concerned the network, by week and by what became of them")
        yield _tabulate(table, "Events that concerned the network, by what became of them and week")
        yield from _explain(table)
        if destination in report.recognised:
            yield "<h3>By what it could recognise the visitor</h3>"
            yield _tabulate(report.recognised[destination], "Conversions that the network took, by identifier and week")
        yield "</section>"
    yield "</main>\n</body>\n</html>"


def _say_period(report: Report) -> str:
    if report.first is None or report.last is None:
        return "The journal has no event in this period."
    days = [datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).date() for at in (report.first, report.last)]
    return f"{days[0]:%d %B %Y} to {days[1]:%d %B %Y}, weeks by ISO 8601 in UTC."


def _say_share(table: Table) -> str:
    total, delivered = table.cells[TOTAL, TOTAL], table.cells.get((DELIVERED, TOTAL), 0)
    if total is None:
        return "Too few events to say anything."
    if delivered is None:
        return f"Of {total:,} events it was told of few or most; the number would point at the others."
    return f"Of {total:,} events it was told of {delivered:,} ({delivered / total:.0%})." if total else "No event."


def _explain(table: Table) -> Iterator[str]:
    told = [(row, REASONS.get(row)) for row in table.rows]
    listed = [f"<li><b>{escape(row)}</b>: {escape(sentence)}</li>" for row, sentence in told if sentence]
    if listed:
        yield f"<h3>What the reasons mean</h3>\n<ul>{''.join(listed)}</ul>"


def _tabulate(table: Table, caption: str) -> str:
    head = "".join(f'<th scope="col">{escape(column or "total")}</th>' for column in table.columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row or "total")}</th>'
        + "".join(f"<td>{_say(table.cells[row, column])}</td>" for column in table.columns)
        + "</tr>"
        for row in table.rows
    )
    first = '<th scope="col"><span class="soft">of</span></th>'
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{first}{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _say(count: int | None) -> str:
    return f'<span title="not shown">{_HIDDEN}</span>' if count is None else f"{count:,}"


def _plot(table: Table, title: str) -> str:
    """Stacked bars, one a week; what is not shown is the hatched rest of the bar, where its total is shown."""
    columns = [column for column in table.columns if column != TOTAL]
    rows = [row for row in table.rows if row != TOTAL]
    totals = [table.cells[TOTAL, column] or sum(table.cells[row, column] or 0 for row in rows) for column in columns]
    most = max(totals, default=0)
    if not most:
        return '<p class="soft">Too few to draw.</p>'
    width = _LEFT + len(columns) * (_BAR + _GAP) + _GAP
    parts = [
        f'<svg viewBox="0 0 {width} {_HEIGHT + _BELOW + 10}" width="{width}" role="img" aria-label="{escape(title)}">',
        f'<path class="axis" d="M{_LEFT} 10V{_HEIGHT + 10}H{width}" fill="none"/>',
        f'<text x="{_LEFT - 8}" y="16" text-anchor="end">{most:,}</text>',
        f'<text x="{_LEFT - 8}" y="{_HEIGHT + 10}" text-anchor="end">0</text>',
    ]
    for place, (column, total) in enumerate(zip(columns, totals, strict=True)):
        x, top = _LEFT + _GAP + place * (_BAR + _GAP), _HEIGHT + 10.0
        shown = [(number, row, table.cells[row, column] or 0) for number, row in enumerate(rows)]
        rest = total - sum(count for *_, count in shown)
        for number, row, count in [*shown, (-1, "not shown", max(0, rest))]:
            height = count / most * _HEIGHT
            top -= height
            if count:
                style = 'class="rest"' if number < 0 else f'fill="var(--c{number % 8})"'
                said = f"{column}, {row}: {count:,}"
                parts.append(f'<rect x="{x}" y="{top:.1f}" width="{_BAR}" height="{height:.1f}" {style}>')
                parts.append(f"<title>{escape(said)}</title></rect>")
        parts.append(f'<text x="{x + _BAR / 2}" y="{_HEIGHT + 28}" text-anchor="middle">{escape(column[5:])}</text>')
    parts.append("</svg>")
    key = "".join(
        f'<li><i style="background:var(--c{number % 8})"></i>{escape(row)}</li>' for number, row in enumerate(rows)
    )
    return "".join(parts) + f'<ul class="key">{key}</ul>'
