"""`airlock evidence`: one folder that an auditor can hold against template, policy, journal and code."""

import csv
import hashlib
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from workbench.controls import CONTROLS
from workbench.evidence import _ABOUT
from workbench.notice import write_notice
from workbench.perimeter import draw_map, list_assets, read_perimeter

WORDS_THAT_PROMISE_TOO_MUCH = ("hipaa compliant", "anonym", "encrypts with sha", "fully insulat")


def permit(action: str, *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": [{"Fn::GetAtt": [name, "Arn"]} for name in resources]}


def write_template() -> dict[str, Any]:
    """A stack with one network, in the few properties that the map reads."""

    def function(name: str, **variables: str) -> dict[str, Any]:
        return {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": f"airlock-glow-{name}",
                "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
                "Environment": {"Variables": variables},
            },
        }

    def role(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": list(statements)}}}
        arns = {"ManagedPolicyArns": [{"Ref": f"{name}Policy"}]}
        return {f"{name}Policy": policy, f"{name}Role": {"Type": "AWS::IAM::Role", "Properties": arns}}

    return {
        "Resources": {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "airlock-glow"}},
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "DeletionPolicy": "Retain",
                "Properties": {"QueueName": "airlock-glow-meta", "KmsMasterKeyId": {"Ref": "Key"}},
            },
            "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "airlock/meta", "KmsKeyId": "k"}},
            "Take": function("sanitizer"),
            "Tell": function("forwarder", AIRLOCK_DESTINATION="meta"),
            **role("sanitizer", permit("sqs:SendMessage", "Queue")),
            **role(
                "forwarder", permit("sqs:ReceiveMessage", "Queue"), permit("secretsmanager:GetSecretValue", "Secret")
            ),
            "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Tell"}}},
            "Source": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "FunctionName": {"Fn::Join": ["", [{"Ref": "Version"}, ":live"]]},
                },
            },
        }
    }


def test_the_map_shows_who_may_do_what_with_what() -> None:
    perimeter = read_perimeter(write_template())
    assert perimeter.sources == {"Queue": "Tell"}
    assert perimeter.may["Take"] == {"Queue": ("sqs:SendMessage",)}
    assert perimeter.may["Tell"] == {"Queue": ("sqs:ReceiveMessage",), "Secret": ("secretsmanager:GetSecretValue",)}
    drawn = draw_map(perimeter, 'Glow & "Sons"')
    assert "Glow &amp; &quot;Sons&quot;" in drawn
    assert drawn.count('class="e"') == 6, "browser, systems, edge, queue, forwarder, network"


def test_the_inventory_lists_every_resource_with_its_key_and_its_users() -> None:
    template = write_template()
    rows = {
        row["resource"]: row for row in csv.DictReader(list_assets(template, read_perimeter(template)).splitlines())
    }
    assert rows.keys() == template["Resources"].keys()
    assert (rows["Queue"]["own_key"], rows["Queue"]["kept_at_deletion"]) == ("yes", "yes")
    assert "forwarder: secretsmanager:GetSecretValue" in rows["Secret"]["functions_and_what_they_may"]


def test_the_folder_is_whole_and_its_sums_hold(
    command: Any, tmp_path: Path, journal_file: Path, policy: Policy
) -> None:
    cdk_out, tests, folder = tmp_path / "cdk.out", tmp_path / "tests.txt", tmp_path / "evidence"
    cdk_out.mkdir()
    (cdk_out / "stack.template.json").write_text(json.dumps(write_template()))
    tests.write_text("all passed")
    words = ("evidence", "--out", folder, "--template", cdk_out, "--tests", tests, "--local", journal_file)
    assert command(*words)[0] == 0
    assert {path.name for path in folder.iterdir()} == {*_ABOUT, "index.md", "SHA256SUMS"}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    with zipfile.ZipFile(tmp_path / "evidence.zip") as packed:
        assert len(packed.namelist()) == len(_ABOUT) + 2
    index = (folder / "index.md").read_text()
    assert policy.digest in index
    assert "chains, whole" in index
    everything = "\n".join(path.read_text().lower() for path in folder.iterdir())
    for words_ in WORDS_THAT_PROMISE_TOO_MUCH:
        assert words_ not in everything
    assert command(*words)[0] == 2, "a folder that is there is not written over"


def test_a_journal_that_is_not_whole_fails_and_is_named(command: Any, tmp_path: Path, journal_file: Path) -> None:
    cdk_out, tests = tmp_path / "cdk.out", tmp_path / "tests.txt"
    cdk_out.mkdir()
    (cdk_out / "stack.template.json").write_text(json.dumps(write_template()))
    tests.write_text("all passed")
    lines = journal_file.read_text().splitlines(keepends=True)
    journal_file.write_text("".join(lines[:5] + lines[6:]))
    folder = tmp_path / "evidence"
    words = ("evidence", "--out", folder, "--template", cdk_out, "--tests", tests, "--local", journal_file)
    assert command(*words)[0] == 1
    assert "NOT WHOLE" in (folder / "index.md").read_text()


def test_every_control_names_evidence_that_is_in_the_folder() -> None:
    for control in CONTROLS:
        names = {part.split(" ")[0].strip(",") for part in control.evidence.split(", ")}
        assert names <= {*_ABOUT, "SHA256SUMS"}, control.citation


def test_the_notice_says_what_this_policy_tells(policy: Policy) -> None:
    notice = write_notice(policy)
    assert "Meta may also be told a general label of the page" in notice
    assert "To Meta and LinkedIn we may" in notice
    assert "Google Analytics" not in notice, "it is switched off"


@pytest.mark.parametrize("given", ["nowhere", ""])
def test_a_template_that_is_not_there_is_said(command: Any, tmp_path: Path, given: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert command("evidence", "--out", tmp_path / "e", "--template", empty / given)[0] == 2


@pytest.mark.parametrize(("code", "said"), [(0, "every test passed"), (1, "TESTS FAILED")])
def test_the_tests_of_this_commit_are_run_and_their_failure_fails(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    cdk_out, folder = tmp_path / "cdk.out", tmp_path / "evidence"
    cdk_out.mkdir()
    (cdk_out / "stack.template.json").write_text(json.dumps(write_template()))
    asked: list[list[str]] = []

    def run_python(words: list[str]) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        return subprocess.CompletedProcess(words, code if "pytest" in words else 0, "1 passed\n", "")

    monkeypatch.setattr("workbench.evidence._run_python", run_python)
    assert command("evidence", "--out", folder, "--template", cdk_out)[0] == code
    assert said in (folder / "index.md").read_text()
    assert "1 passed" in (folder / "tests.txt").read_text()
    assert any("pytest" in words for words in asked)
    assert any("lint_imports" in " ".join(words) for words in asked)
