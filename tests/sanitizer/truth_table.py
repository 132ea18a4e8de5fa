"""Who is told what: written by hand, tried in every combination by test_truth_table, printed into the README.

Run it with `uv run python -m tests.sanitizer.truth_table`.
"""

import sys
from typing import NamedTuple

ANY = "any"


class Row(NamedTuple):
    """What a visit and a policy have in common, and what each kind of network is then told."""

    page: str
    gpc: str
    consent: str
    identity: str
    authorization: str
    visit: str
    click_networks: str  # Meta, TikTok, LinkedIn, Microsoft, Reddit
    address_networks: str  # Pinterest, Snapchat: a click id alone is not enough for them
    google: str
    ga4: str


HEADINGS = Row(
    "page",
    "GPC",
    "consent",
    "`identity`",
    "authorization",
    "the visit holds",
    "Meta, TikTok, LinkedIn, Microsoft, Reddit",
    "Pinterest, Snapchat",
    "Google",
    "GA4",
)
CLICK_NETWORKS = ("meta", "tiktok", "linkedin", "microsoft", "reddit")
ADDRESS_NETWORKS = ("pinterest", "snapchat")

# What is told: the event alone, or it with ...
EVENT, CLICK, DIGESTS, BOTH = "the event", "click id", "digests", "click id, digests"
IMPOSSIBLE = "no such policy"
_PRIVATE, _GPC, _NONE, _STALE = ("`private_page`",), ("`gpc`",), ("`no_consent`",), ("`stale_consent`",)
_NOBODY, _UNSIGNED = "`no_identity`", "`no_authorization`"
_OPEN = ("health, general", "off", "given")

# fmt: off
TABLE = (
    Row("private", ANY, ANY, ANY, ANY, ANY, *_PRIVATE * 4),
    Row("health, general", "on", ANY, ANY, ANY, ANY, *_GPC * 4),
    Row("health, general", "off", "none, unreadable", ANY, ANY, ANY, *_NONE * 4),
    Row("health, general", "off", "undated, old", ANY, ANY, ANY, *_STALE * 4),
    Row(*_OPEN, "none", ANY, ANY, _NOBODY, _NOBODY, _NOBODY, EVENT),
    Row(*_OPEN, "click_id", ANY, "click id and contact data", CLICK, _NOBODY, CLICK, EVENT),
    Row(*_OPEN, "click_id", ANY, "click id", CLICK, _NOBODY, CLICK, EVENT),
    Row(*_OPEN, "click_id", ANY, "contact data, nothing", _NOBODY, _NOBODY, _NOBODY, EVENT),
    Row(*_OPEN, "hashed, authorization", "valid", "click id and contact data", BOTH, BOTH, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, authorization", "valid", "click id", CLICK, _NOBODY, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, authorization", "valid", "contact data", DIGESTS, DIGESTS, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, authorization", "valid", "nothing", _NOBODY, _NOBODY, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, authorization", "none, another's, ended, revoked", "click id and contact data", CLICK, _UNSIGNED, IMPOSSIBLE, IMPOSSIBLE),  # noqa: E501 - a row is a line
    Row(*_OPEN, "hashed, authorization", "none, another's, ended, revoked", "click id", CLICK, _NOBODY, IMPOSSIBLE, IMPOSSIBLE),  # noqa: E501 - a row is a line
    Row(*_OPEN, "hashed, authorization", "none, another's, ended, revoked", "contact data", _UNSIGNED, _UNSIGNED, IMPOSSIBLE, IMPOSSIBLE),  # noqa: E501 - a row is a line
    Row(*_OPEN, "hashed, authorization", "none, another's, ended, revoked", "nothing", _NOBODY, _NOBODY, IMPOSSIBLE, IMPOSSIBLE),  # noqa: E501 - a row is a line
    Row(*_OPEN, "hashed, consent", ANY, "click id and contact data", BOTH, BOTH, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, consent", ANY, "click id", CLICK, _NOBODY, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, consent", ANY, "contact data", DIGESTS, DIGESTS, IMPOSSIBLE, IMPOSSIBLE),
    Row(*_OPEN, "hashed, consent", ANY, "nothing", _NOBODY, _NOBODY, IMPOSSIBLE, IMPOSSIBLE),
)
# fmt: on


def find(page: str, gpc: str, consent: str, identity: str, authorization: str, visit: str) -> list[Row]:
    """The rows that a combination falls under; there has to be exactly one."""
    case = (page, gpc, consent, identity, authorization, visit)
    return [row for row in TABLE if all(_covers(cell, value) for cell, value in zip(row, case, strict=False))]


def _covers(cell: str, value: str) -> bool:
    return cell in {ANY, value} or value in cell.split(", ")


def cell_of(row: Row, network: str) -> str:
    """What a row says of one network."""
    if network in CLICK_NETWORKS:
        return row.click_networks
    if network in ADDRESS_NETWORKS:
        return row.address_networks
    return {"google": row.google, "ga4": row.ga4}[network]


def render() -> str:
    """The table in Markdown, as the README holds it."""
    lines = [HEADINGS, Row(*("---",) * len(HEADINGS)), *TABLE]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(render())
