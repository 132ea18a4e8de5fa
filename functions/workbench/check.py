"""`airlock check`: a policy in, every problem with its place out, then what each network is told in plain English."""

import argparse
import datetime
import json
import sys
from pathlib import Path

from msgspec import structs

from airlock.policy import PolicyError
from workbench.bench import POLICY, open_policy
from workbench.explanation import explain
from workbench.policy_lint import lint

__all__ = ["describe", "explain", "run"]


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--json", action="store_true", help="findings and explanation as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Check; 0 where nothing is wrong, 1 where something is."""
    name = Path(arguments.policy or POLICY).name
    try:
        policy = open_policy(arguments.policy)
    except PolicyError as error:
        return _report_unusable(name, error.problems, as_json=arguments.json)
    findings = lint(policy, datetime.datetime.now(datetime.UTC).date())
    failed = any(finding.is_error for finding in findings)
    if arguments.json:
        found = [structs.asdict(finding) for finding in findings]
        result = {"usable": True, "policy": policy.digest, "problems": [], "findings": found, "says": explain(policy)}
        sys.stdout.write(json.dumps(result) + "\n")
        return int(failed)
    for finding in findings:
        word = "error" if finding.is_error else "warning"
        sys.stdout.write(f"{name}: {finding.place}: {word}: {finding.sentence} [{finding.rule}]\n")
    if findings:
        sys.stdout.write("\n")
    sys.stdout.write(explain(policy))
    errors = sum(finding.is_error for finding in findings)
    sys.stdout.write(f"\n{name}: {errors} errors, {len(findings) - errors} warnings\n")
    return int(failed)


def _report_unusable(name: str, problems: tuple[str, ...], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"usable": False, "problems": problems, "findings": []}) + "\n")
    else:
        sys.stdout.writelines(f"{name}: {problem}\n" for problem in problems)
        sys.stdout.write(f"\n{name}: cannot be used, {len(problems)} problem{'s' * (len(problems) != 1)}\n")
    return 1
