"""The smallest policy that can be used, to which a test adds what it is about, and what a policy is told to correct."""

from airlock.policy_document import draft_policy

CLINIC = """\
[clinic]
name = "Glow Medspa"
sites = ["https://www.glow-medspa.example"]
collect_host = "collect.glow-medspa.example"
public_url = "https://www.glow-medspa.example"
country = "US"
currency = "USD"
"""
CONSENT = """\
[consent]
required = ["marketing"]
"""
EVENT = """\
[[event]]
name = "lead"
to = ["meta"]
"""
META = """\
[destination.meta]
account = "123456789012345"
events = { lead = "Lead" }
"""
SMALLEST = CLINIC + CONSENT + EVENT + META
SHORT = "on one line, without tabs, at most 200 characters"
"""What a text that is too long, or of two lines, is told to be."""


def problems_of(text: str) -> list[str]:
    """Every problem of a policy, without its line."""
    return [problem.partition(", ")[2] if problem.startswith("line ") else problem for problem in lines_of(text)]


def lines_of(text: str) -> tuple[str, ...]:
    """Every problem of a policy, as `airlock check` prints it."""
    return draft_policy(text).problems
