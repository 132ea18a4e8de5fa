"""The control table: the rule's citation, what the stack does about it, and where in the evidence that can be seen.

No row says that a rule is met: an auditor and the clinic's counsel judge that. Read against 45 CFR as of 2026-11-23.
"""

from collections.abc import Iterator
from typing import NamedTuple


class Control(NamedTuple):
    """One row."""

    citation: str
    about: str
    does: str
    evidence: str


CONTROLS = (
    Control(
        "164.308(a)(1)(ii)(A)",
        "risk analysis",
        "perimeter map and asset inventory are drawn from the template that is deployed",
        "perimeter.svg, assets.csv",
    ),
    Control(
        "164.308(a)(1)(ii)(B)",
        "risk management",
        "guardrails and tests stand before every deployment",
        "guardrails.json, tests.txt",
    ),
    Control(
        "164.308(a)(1)(ii)(D)",
        "activity review",
        "the journal is read with saved queries, `airlock audit` and `airlock report`",
        "journal.csv",
    ),
    Control(
        "164.308(a)(3), (a)(4)",
        "access",
        "one role a function, each with one queue and at most one secret, under a permissions boundary",
        "assets.csv",
    ),
    Control(
        "164.308(a)(6)(ii)",
        "incident response",
        "alarms on findings and dead letters; the kill switch works within a minute; a daily canary turns it",
        "assets.csv, journal.csv (kind gate)",
    ),
    Control(
        "164.308(a)(7)",
        "contingency",
        "nothing but configuration is kept; dead letters wait 14 days; one command deploys anew",
        "assets.csv",
    ),
    Control("164.308(a)(8)", "evaluation", "this folder, made anew for every release", "SHA256SUMS"),
    Control(
        "164.308(b), 164.504(e)",
        "business associates",
        "AWS alone processes for the clinic; no ad network signs a BAA, and none is told what would need one",
        "networks.md",
    ),
    Control(
        "164.312(a)(1)",
        "access control",
        "functions act under roles; the public edge takes events and gives nothing back",
        "assets.csv, perimeter.svg",
    ),
    Control(
        "164.312(a)(2)(iv)",
        "encryption at rest",
        "queues, secrets, tables, logs and alarms are encrypted with the clinic's own key",
        "assets.csv (own_key)",
    ),
    Control(
        "164.312(b)",
        "audit controls",
        "every decision and every disclosure leaves one line that holds no patient's data",
        "journal-schema.md, journal.csv",
    ),
    Control(
        "164.312(c)(1)",
        "integrity",
        "lines are chained by hash, checkpoints are signed in KMS; `airlock audit --verify` proves it offline",
        "journal.csv (whole)",
    ),
    Control(
        "164.312(d)",
        "authentication",
        "clinic systems sign with AWS SigV4, webhooks with their own secret",
        "perimeter.svg",
    ),
    Control(
        "164.312(e)(1)",
        "transmission",
        "TLS at the edge and to the networks, whose hosts are a closed list",
        "tests.txt, guardrails.json",
    ),
    Control(
        "164.316(b)(1), (b)(2)",
        "documentation",
        "journal lines are kept six years; every policy is named by its hash in each line",
        "policy-history.md, assets.csv",
    ),
    Control(
        "164.502(a), (b)",
        "minimum necessary",
        "what leaves is built from a closed vocabulary; what the policy does not name stays inside",
        "policy.txt, tests.txt",
    ),
    Control(
        "164.508",
        "authorization for marketing",
        "hashed contact data leaves under a HIPAA authorization on file, or by the clinic's recorded decision",
        "policy.txt, journal.csv",
    ),
    Control(
        "164.508(b)(5)",
        "revocation",
        "a revoked authorization stops what still waits, at the forwarder's door",
        "tests.txt",
    ),
    Control(
        "164.514(b)(2)",
        "identifiers",
        "a SHA-256 of an identifier and a click id are treated as the identifiers that they are",
        "policy.txt",
    ),
    Control(
        "164.528",
        "accounting of disclosures",
        "`airlock audit --network N --since A --until B` lists date, recipient, what was told and the basis",
        "journal-schema.md",
    ),
    Control(
        "164.400-414",
        "breach notification",
        "the same command bounds what went to whom between two moments",
        "journal-schema.md",
    ),
)


def write_controls() -> Iterator[str]:
    """The table as Markdown, line by line."""
    yield "# Controls"
    yield ""
    yield "What the stack does, and where it can be seen. Whether a rule is met is for the auditor and counsel to say."
    yield ""
    yield "| 45 CFR | about | what the stack does | where the evidence is |"
    yield "|---|---|---|---|"
    yield from (f"| {row.citation} | {row.about} | {row.does} | {row.evidence} |" for row in CONTROLS)
