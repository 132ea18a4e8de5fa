"""A synthesis fails on a stack that breaks a rule, whether the rule is the HIPAA pack's or our own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.template import Template
from tests.infra.conftest import ROOT, Synthesis, fresh_environment

BROKEN = Path(__file__).parent / "broken_stack.py"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the guardrails say of the broken stack."""
    folder = tmp_path_factory.mktemp("broken")
    done = subprocess.run(
        [sys.executable, str(BROKEN), str(folder / "out")],
        cwd=ROOT,
        env=fresh_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "ValidationFailed" in done.stderr
    written: dict[str, Any] = json.loads((folder / "out" / "validation-report.json").read_text("utf-8"))
    return written


def _findings(report: dict[str, Any], plugin: str) -> Iterator[str]:
    for each in report["pluginReports"]:
        if plugin in each["pluginName"]:
            yield from (violation["ruleName"] for violation in each["violations"])


def test_the_hipaa_pack_stops_a_stack_that_breaks_it(report: dict[str, Any]) -> None:
    found = " ".join(_findings(report, "HIPAA"))
    for rule in ("CloudWatchLogGroupEncrypted", "LambdaInsideVPC", "LambdaDLQ", "LambdaConcurrency"):
        assert rule in found


def test_our_own_rules_stop_it_too(report: dict[str, Any]) -> None:
    found = set(_findings(report, "airlock-rules"))
    assert found >= {"eligible-type", "kept", "encrypted", "tls-only", "retention", "tripwire", "no-leak", "ceiling"}


def test_the_real_stack_synthesises_with_both_on_it(syntheses: dict[str, Synthesis], template: Template) -> None:
    """As on a fresh machine: Node from a package, no AWS account, no Docker, the network a closed port."""
    assert template["Resources"]
    said = syntheses["http"].said
    assert "end-of-life" not in said
    assert "ERROR" not in said


def test_every_exception_says_why(template: Template, rest_template: Template) -> None:
    given = {
        (exception["id"], exception["reason"])
        for each in (template, rest_template)
        for body in each["Resources"].values()
        for exception in body.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", ())
    }
    assert {rule.removeprefix("HIPAA.Security-") for rule, _ in given} == {
        "APIGWCacheEnabledAndEncrypted",
        "APIGWExecutionLoggingEnabled",
        "APIGWSSLEnabled",
        "APIGWXrayEnabled",
        "DynamoDBInBackupPlan",
        "LambdaConcurrency",
        "LambdaDLQ",
        "LambdaInsideVPC",
        "SecretsManagerRotationEnabled",
    }
    assert all(len(reason) > 40 for _, reason in given)
