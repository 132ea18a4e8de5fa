"""Least privilege, written out: what each role can do stands in grants.txt, and this is what has to agree with it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.roles import CEILING
from infra.template import Resource, Template, resources
from tests.infra.conftest import NAME, Pick

GRANTS = Path(__file__).parent / "grants.txt"


def _short(value: Any) -> str:
    """A resource in a few words: its logical name without the CDK's digits, or the text."""
    if isinstance(value, str):
        return value
    (kind, inner), *_ = value.items()
    match kind:
        case "Ref":
            return str(inner).removeprefix("AWS::").rstrip("0123456789ABCDEF")
        case "Fn::GetAtt":
            return str(inner[0]).rstrip("0123456789ABCDEF")
        case "Fn::Join":
            return "".join(map(_short, inner[1])).replace("arn:Partition:", "")
    return json.dumps(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _policy_of(template: Template, role: Resource) -> Resource:
    (reference,) = role.get("ManagedPolicyArns")
    return Resource(reference["Ref"], template["Resources"][reference["Ref"]], template)


def _write_grants(template: Template) -> str:
    lines = []
    for role in sorted(resources(template, "AWS::IAM::Role"), key=lambda each: str(each.get("RoleName"))):
        lines.append(f"{role.get('RoleName')}: {role.get('Description')}")
        for statement in _policy_of(template, role).get("PolicyDocument.Statement"):
            conditions = [
                f"{name}={'|'.join(map(_short, _list(value)))}"
                for operator in statement.get("Condition", {}).values()
                for name, value in operator.items()
            ]
            actions = " ".join(_list(statement["Action"]))
            targets = " ".join(map(_short, _list(statement["Resource"])))
            lines.append(f"    {statement['Effect'].lower()} {actions} -> {targets} {' '.join(conditions)}".rstrip())
    return "\n".join(lines) + "\n"


def test_what_each_role_can_do_is_what_was_reviewed(template: Template, pytestconfig: pytest.Config) -> None:
    """`pytest --freeze` writes the file as it is now; a wider grant then shows in the diff, in one line."""
    written = _write_grants(template)
    if pytestconfig.getoption("--freeze"):
        GRANTS.write_text(written, "utf-8")
    assert written == GRANTS.read_text("utf-8")


@pytest.fixture
def actions(template: Template) -> Mapping[str, set[str]]:
    """Every role's allowed actions by its name."""
    return {
        role.get("RoleName"): {
            action
            for statement in _policy_of(template, role).get("PolicyDocument.Statement")
            if statement["Effect"] == "Allow"
            for action in _list(statement["Action"])
        }
        for role in resources(template, "AWS::IAM::Role")
    }


def test_the_sanitizer_can_send_and_read_no_secret(actions: Mapping[str, set[str]]) -> None:
    can = actions[f"{NAME}-sanitizer"]
    assert "sqs:SendMessage" in can
    assert not {action for action in can if action.startswith("secretsmanager:")}
    assert not {"sqs:ReceiveMessage", "sqs:DeleteMessage"} & can


def test_a_forwarder_can_read_one_queue_and_one_secret(template: Template, pick: Pick) -> None:
    for network in ("google", "meta"):
        (role,) = pick("IAM::Role", RoleName=f"{NAME}-{network}")
        (queue,) = pick("SQS::Queue", QueueName=f"{NAME}-{network}")
        (secret,) = pick("SecretsManager::Secret", Name=f"airlock/{network}")
        statements = _policy_of(template, role).get("PolicyDocument.Statement")
        reads = [s["Resource"] for s in statements if "sqs:ReceiveMessage" in _list(s["Action"])]
        assert reads == [{"Fn::GetAtt": [queue.name, "Arn"]}]
        secrets = [s["Resource"] for s in statements if "secretsmanager:GetSecretValue" in _list(s["Action"])]
        assert secrets == [{"Ref": secret.name}]
        contexts = [
            s["Condition"]["StringEquals"].get("kms:EncryptionContext:SecretARN")
            for s in statements
            if "Condition" in s
        ]
        assert {"Ref": secret.name} in contexts, "the key opens no other network's secret either"


def test_nothing_a_role_can_do_goes_over_the_ceiling(actions: Mapping[str, set[str]]) -> None:
    for name, can in actions.items():
        assert can <= set(CEILING), name
    assert set().union(*actions.values()) == set(CEILING), "a ceiling over nothing is a ceiling too high"
    assert not any("*" in action for action in CEILING)


def test_every_role_stands_under_the_ceiling(template: Template, pick: Pick) -> None:
    (boundary,) = pick("IAM::ManagedPolicy", ManagedPolicyName=f"{NAME}-boundary")
    for role in resources(template, "AWS::IAM::Role"):
        assert role.get("PermissionsBoundary") == {"Ref": boundary.name}
    ceiling, never = boundary.get("PolicyDocument.Statement")
    assert ceiling["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}
    assert never["Effect"] == "Deny"
    assert never["Action"] == ["iam:*", "logs:Unmask"]


def test_the_auditor_can_query_with_mfa_change_nothing_and_never_unmask(
    actions: Mapping[str, set[str]], template: Template, pick: Pick
) -> None:
    (role,) = pick("IAM::Role", RoleName=f"{NAME}-auditor")
    (trust,) = role.get("AssumeRolePolicyDocument.Statement")
    assert trust["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    can = actions[f"{NAME}-auditor"]
    assert {"logs:StartQuery", "logs:GetQueryResults"} <= can
    assert {action.split(":")[1][:3] for action in can} <= {"Des", "Fil", "Get", "Sta", "Sto", "Ver"}
    denied = [s["Action"] for s in _policy_of(template, role).get("PolicyDocument.Statement") if s["Effect"] == "Deny"]
    assert denied == ["logs:Unmask"]


def test_there_is_no_standing_user_and_no_inline_policy(template: Template) -> None:
    kinds = {body["Type"] for body in template["Resources"].values()}
    assert not {"AWS::IAM::User", "AWS::IAM::Policy", "AWS::IAM::AccessKey", "AWS::IAM::Group"} & kinds
