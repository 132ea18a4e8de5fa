"""Other people's linters over the templates: cfn-lint and checkov, each exception with its reason."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.template import Template
from tests.infra.conftest import NAME, ROOT, Synthesis

CHECKOV = "checkov==3.3.30"
# What each linter may say, and why it does not hold here.
CFN_LINT_EXCEPTIONS = {"W3005": "the CDK writes a dependency on a role beside the reference to it"}
CHECKOV_EXCEPTIONS = {
    "CKV_AWS_115": "concurrency is reserved where the account's quota allows it (context concurrency_quota)",
    "CKV_AWS_116": "Lambda's own dead letters are for asynchronous invocations; each queue has its dead-letter queue",
    "CKV_AWS_117": "nothing in the stack lives in a VPC; the way out is TLS to public hosts, the way in is IAM",
    "CKV_AWS_59": "browsers post events without a login; what the clinic's systems call is behind IAM",
    "CKV_AWS_73": "a trace is one more place for what must not be kept",
    "CKV_AWS_120": "a cache would store requests, that is raw data",
}


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    syntheses: Mapping[str, Synthesis],
    template: Template,
    rest_template: Template,
) -> Path:
    """Every template in one folder."""
    del template, rest_template
    folder = tmp_path_factory.mktemp("templates")
    for edge, stack in (("http", NAME), ("rest", NAME), ("http", f"{NAME}-certificate")):
        shutil.copy(syntheses[edge].folder / f"{stack}.template.json", folder / f"{edge}-{stack}.json")
    return folder


@pytest.fixture(scope="module")
def halved(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, but what both stacks have alike only once: checkov takes its time."""
    halved = tmp_path_factory.mktemp("halved")
    shutil.copytree(folder, halved, dirs_exist_ok=True)
    path = halved / f"rest-{NAME}.json"
    edge = json.loads(path.read_text("utf-8"))
    own = ("AWS::ApiGateway::", "AWS::WAFv2::", "AWS::Logs::LogGroup")
    edge["Resources"] = {name: body for name, body in edge["Resources"].items() if body["Type"].startswith(own)}
    path.write_text(json.dumps(edge), "utf-8")
    return halved


def test_cfn_lint_finds_nothing(folder: Path) -> None:
    """It finds circular references, too, which no synthesis sees."""
    linter = Path(sys.executable).with_name("cfn-lint")
    command = [str(linter), "--format", "parseable", "--ignore-checks", *CFN_LINT_EXCEPTIONS, "--"]
    done = subprocess.run(
        [*command, *map(str, sorted(folder.iterdir()))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_checkov_finds_nothing_but_what_has_a_reason(halved: Path) -> None:
    uv = shutil.which("uv")
    assert uv, "uv is needed"
    tool = [uv, "tool", "run", "--quiet", "--from", CHECKOV, "checkov"]
    there = subprocess.run([*tool, "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    if there.returncode:
        pytest.skip(f"{CHECKOV} cannot be installed here: {there.stderr.strip()[-200:]}")
    options = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "-o", "json"]
    done = subprocess.run([*tool, "-d", str(halved), *options], cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 150
    failed = {
        f"{each['check_id']} {each['check_name']} {each['resource']}" for each in report["results"]["failed_checks"]
    }
    assert {line for line in failed if line.split()[0] not in CHECKOV_EXCEPTIONS} == set()
    assert {line.split()[0] for line in failed} == set(CHECKOV_EXCEPTIONS), "an exception without a finding is stale"
