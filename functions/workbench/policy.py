"""`airlock policy diff OLD NEW`: two policies in, what the change would let out and what it would stop out."""

import argparse
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from airlock.policy import Policy
from airlock.policy_entries import WORDS, WORDS_ARE
from workbench.allowance import list_allowances, list_longer
from workbench.approval import find_approval, record_approval
from workbench.bench import open_policy
from workbench.complaint import Complaint
from workbench.replay import Shift, replay

CI_STEP = Path(__file__).parent / "snippets" / "policy-diff.yml"


class Difference(Struct, frozen=True, kw_only=True):
    """What a change of the policy means."""

    widens: tuple[str, ...]
    narrows: tuple[str, ...]
    visits: int
    shifts: tuple[Shift, ...]

    @property
    def is_wider(self) -> bool:
        """Whether anything would leave that does not leave now."""
        return bool(self.widens) or any(shift.widens for shift in self.shifts)


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    diff = actions.add_parser("diff", help="say what a change of the policy would let out; exit 1 where it widens")
    diff.add_argument("old", metavar="OLD", help="the policy as it is")
    diff.add_argument("new", metavar="NEW", help="the policy as it would be")
    diff.add_argument("--approve", metavar="NAME", help="answer for the widening; recorded in NEW, exit 0")
    diff.add_argument("--json", action="store_true", help="the result as one JSON object")
    actions.add_parser("ci", help="print the step that holds every change of the policy against this, for GitHub")


def run(arguments: argparse.Namespace) -> int:
    """Compare; 1 where the change widens and nobody answers for it."""
    if arguments.action == "ci":
        sys.stdout.write(CI_STEP.read_text(encoding="utf-8"))
        return 0
    old, new = open_policy(arguments.old), open_policy(arguments.new)
    difference = compare(old, new, time.time_ns() // 1_000_000)
    path = Path(arguments.new)
    is_source = path.suffix == ".toml"
    by = find_approval(path.read_text(encoding="utf-8"), old, new) if is_source else None
    if arguments.approve is not None and difference.is_wider and by is None:
        by = _approve(arguments.approve, path, old, new)
    if arguments.json:
        document = {"is_wider": difference.is_wider, "approved_by": by, **msgspec.to_builtins(difference)}
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(print_difference(difference, old, new))
        if by:
            sys.stdout.write(f"Approved by {by}; the policy's file holds the record.\n")
    return int(difference.is_wider and by is None)


def compare(old: Policy, new: Policy, now: int) -> Difference:
    """What changes from one policy to the other; `now`, epoch milliseconds, is when the synthetic visits happen."""
    before, after = list_allowances(old), list_allowances(new)
    visits, shifts = replay(old, new, now) if old.digest != new.digest else (0, [])
    return Difference(
        widens=(*(after[key] for key in after if key not in before), *list_longer(old, new)),
        narrows=(*(before[key] for key in before if key not in after), *list_longer(new, old)),
        visits=visits,
        shifts=tuple(shifts),
    )


def _approve(by: str, path: Path, old: Policy, new: Policy) -> str:
    if path.suffix != ".toml":
        raise Complaint("--approve records the approval in NEW, which must be the TOML file", 2)
    if not by.strip() or WORDS.fullmatch(by.strip()) is None:
        raise Complaint(f"--approve takes the name of the person who answers for the change, {WORDS_ARE}", 2)
    record_approval(path, old, new, by.strip(), datetime.datetime.now(datetime.UTC).date())
    return by.strip()


def print_difference(difference: Difference, old: Policy, new: Policy) -> str:
    """The difference for the person who has to decide."""
    lines = [f"From policy {old.digest[:16]} to policy {new.digest[:16]}", ""]
    if old.digest == new.digest:
        return "\n".join([*lines, "The policies are the same.", ""])
    lines += _section("Would be let out that is not let out now:", difference.widens)
    lines += _section("Would no longer be let out:", difference.narrows)
    shifts = [_say(shift) for shift in difference.shifts]
    lines += _section(f"Of {difference.visits:,} replayed visits (events/ and a synthetic corpus):", shifts)
    verdict = "This change WIDENS what leaves." if difference.is_wider else "Nothing more would leave than now."
    if not difference.widens and not difference.narrows and not shifts:
        verdict = "Nothing that leaves would change."
    return "\n".join([*lines, verdict, ""])


def _section(title: str, sentences: Any) -> list[str]:  # noqa: ANN401 - any iterable of text
    listed = [f"  - {sentence}" for sentence in sentences]
    return [title, *listed, ""] if listed else []


def _say(shift: Shift) -> str:
    return f"{'WIDER' if shift.widens else 'narrower'}: {shift.sentence} ({shift.count}; {'; '.join(shift.examples)})"
