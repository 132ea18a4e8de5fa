"""`airlock check`: a policy in, every problem with its place out, then what each network is told in plain English."""

import argparse
import datetime
import json
import sys

from msgspec import structs

from airlock.policy import PolicyError
from airlock.policy_document import draft_policy
from workbench.bench import find_policy
from workbench.explanation import explain
from workbench.policy_lint import Finding, lint


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--json", action="store_true", help="problems, findings and explanation as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Check; 0 where nothing is wrong, 1 where something is."""
    file = find_policy(arguments.policy)
    try:
        draft = draft_policy(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return _report(file.name, ("the file is not UTF-8 [wrong-value]",), [], None, as_json=arguments.json)
    except PolicyError as error:
        return _report(file.name, error.problems, [], None, as_json=arguments.json)
    findings = lint(draft, datetime.datetime.now(datetime.UTC).date())
    says = None if draft.problems else explain(draft.policy)
    digest = None if draft.problems else draft.policy.digest
    return _report(file.name, draft.problems, findings, says, as_json=arguments.json, digest=digest)


def _report(
    name: str,
    problems: tuple[str, ...],
    findings: list[Finding],
    says: str | None,
    *,
    as_json: bool,
    digest: str | None = None,
) -> int:
    errors = len(problems) + sum(finding.is_error for finding in findings)
    warnings = sum(not finding.is_error for finding in findings)
    if as_json:
        found = [structs.asdict(finding) for finding in findings]
        result = {"usable": not problems, "policy": digest, "problems": problems, "findings": found, "says": says}
        _print(json.dumps(result))
        return int(errors > 0)
    for problem in problems:
        _print(f"{name}: {problem}")
    for finding in findings:
        word = "" if finding.is_error else "warning: "
        _print(f"{name}: {finding.place}: {word}{finding.sentence} [{finding.rule}]")
    if problems or findings:
        _print("")
    if says is not None:
        _print(says)
    state = "cannot be used, " if problems else ""
    _print(f"{name}: {state}{_count(errors, 'problem')}, {_count(warnings, 'warning')}")
    return int(errors > 0)


def _print(text: str) -> None:
    """One line or more, a question mark for what the terminal has no sign for."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
