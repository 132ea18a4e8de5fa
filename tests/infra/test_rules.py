"""Whoever takes one protection off one part of the stack turns a test red: each is taken off here, one at a time."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.rules import RULES, Violation, find_violations
from infra.template import Resource, Template, resources

Change = Callable[[dict[str, Any]], None]


def _drop(path: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        holder = body["Properties"]
        for step in steps:
            holder = holder[step]
        del holder[last]

    return change


def _put(path: str, value: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        holder = body["Properties"]
        for step in steps:
            holder = holder.setdefault(step, {})
        holder[last] = value

    return change


def _destroyed_with_the_stack(body: dict[str, Any]) -> None:
    body["DeletionPolicy"] = "Delete"


def _open_to_plain_http(body: dict[str, Any]) -> None:
    statements = body["Properties"]["PolicyDocument"]["Statement"]
    statements[:] = [statement for statement in statements if statement["Effect"] != "Deny"]


# What is taken off, of which types, and the rule that must say so.
CHANGES: list[tuple[str, str, Change]] = [
    ("encrypted", "AWS::Logs::LogGroup", _drop("KmsKeyId")),
    ("encrypted", "AWS::SQS::Queue", _drop("KmsMasterKeyId")),
    ("encrypted", "AWS::SecretsManager::Secret", _drop("KmsKeyId")),
    ("encrypted", "AWS::SNS::Topic", _drop("KmsMasterKeyId")),
    ("encrypted", "AWS::DynamoDB::Table", _drop("SSESpecification")),
    ("encrypted", "AWS::Lambda::Function", _drop("KmsKeyArn")),
    ("retention", "AWS::Logs::LogGroup", _put("RetentionInDays", 365)),
    ("retention", "AWS::Logs::LogGroup", _drop("RetentionInDays")),
    ("retention", "AWS::Logs::LogGroup", _drop("DeletionProtectionEnabled")),
    ("retention", "AWS::SQS::Queue", _put("MessageRetentionPeriod", 345_600)),
    ("retention", "AWS::DynamoDB::Table", _drop("PointInTimeRecoverySpecification")),
    ("retention", "AWS::DynamoDB::Table", _drop("DeletionProtectionEnabled")),
    ("tripwire", "AWS::Logs::LogGroup", _drop("DataProtectionPolicy")),
    ("kept", "AWS::DynamoDB::Table", _destroyed_with_the_stack),
    ("kept", "AWS::KMS::Key", _destroyed_with_the_stack),
    ("kept", "AWS::Logs::LogGroup", _destroyed_with_the_stack),
    ("kept", "AWS::SQS::Queue", _destroyed_with_the_stack),
    ("kept", "AWS::SecretsManager::Secret", _destroyed_with_the_stack),
    ("nothing-lost", "AWS::Lambda::EventSourceMapping", _drop("FunctionResponseTypes")),
    ("no-leak", "AWS::Lambda::Function", _put("Environment.Variables.POWERTOOLS_LOGGER_LOG_EVENT", "true")),
    ("no-leak", "AWS::Lambda::Function", _drop("Environment.Variables.POWERTOOLS_TRACE_DISABLED")),
    ("no-leak", "AWS::Lambda::Function", _put("TracingConfig", {"Mode": "Active"})),
    ("no-leak", "AWS::Lambda::Function", _put("LoggingConfig.LogFormat", "Text")),
    ("no-leak", "AWS::Lambda::Function", _put("LoggingConfig.ApplicationLogLevel", "DEBUG")),
    ("access-log", "AWS::ApiGatewayV2::Stage", _drop("AccessLogSettings")),
    ("closed-door", "AWS::ApiGatewayV2::Api", _drop("DisableExecuteApiEndpoint")),
    ("closed-door", "AWS::ApiGatewayV2::Api", _put("CorsConfiguration.AllowOrigins", ["*"])),
    ("tls-only", "AWS::ApiGatewayV2::DomainName", _put("DomainNameConfigurations", [{"SecurityPolicy": "TLS_1_0"}])),
    ("ceiling", "AWS::IAM::Role", _drop("PermissionsBoundary")),
    ("ceiling", "AWS::IAM::Role", _put("Policies", [{"PolicyName": "more", "PolicyDocument": {"Statement": []}}])),
    ("alarm-heard", "AWS::CloudWatch::Alarm", _drop("AlarmActions")),
]


def _broken(template: Template, name: str, change: Change) -> list[Violation]:
    changed = copy.deepcopy(template)
    change(changed["Resources"][name])
    return find_violations(changed)


def test_the_stack_as_it_is_breaks_no_rule(
    template: Template, rest_template: Template, certificate_template: Template
) -> None:
    for each in (template, rest_template, certificate_template):
        assert find_violations(each) == []


@pytest.mark.parametrize(
    ("rule", "kind", "change"),
    CHANGES,
    ids=[f"{rule}-{kind.rpartition('::')[2]}-{n}" for n, (rule, kind, _) in enumerate(CHANGES)],
)
def test_a_protection_that_is_taken_off_any_one_resource_is_missed(
    template: Template, rule: str, kind: str, change: Change
) -> None:
    found = list(resources(template, kind))
    assert found
    for resource in found:
        broken = _broken(template, resource.name, change)
        assert (rule, resource.name) in {(violation.rule, violation.resource) for violation in broken}


@pytest.mark.parametrize("kind", ["SQS::Queue", "SNS::Topic"])
def test_a_queue_or_topic_that_takes_plain_http_is_missed(template: Template, kind: str) -> None:
    names = kind.rpartition("::")[2] + "s"
    for policy in resources(template, f"AWS::{kind}Policy"):
        (reference,) = policy.get(names)
        broken = _broken(template, policy.name, _open_to_plain_http)
        assert ("tls-only", reference["Ref"]) in {(violation.rule, violation.resource) for violation in broken}


def test_a_queue_that_outlasts_its_forwarder_too_little_is_missed(template: Template) -> None:
    for queue in resources(template, "AWS::SQS::Queue"):
        if queue.get("RedrivePolicy"):
            broken = _broken(template, queue.name, _put("VisibilityTimeout", 359))
            assert ("nothing-lost", queue.name) in {(violation.rule, violation.resource) for violation in broken}


def test_the_encryption_key_must_rotate_and_the_signing_key_cannot(template: Template) -> None:
    for key in resources(template, "AWS::KMS::Key"):
        broken = _broken(template, key.name, lambda body: body["Properties"].pop("EnableKeyRotation", None))
        assert bool(broken) == (key.get("KeyUsage") != "SIGN_VERIFY")


def _grants(template: Template) -> Iterator[tuple[Resource, int]]:
    for policy in resources(template, "AWS::IAM::ManagedPolicy"):
        statements = policy.get("PolicyDocument.Statement")
        boundary = policy.get("ManagedPolicyName").endswith("-boundary")
        for number, statement in enumerate(statements):
            if statement["Effect"] == "Allow" and not boundary:
                yield policy, number


@pytest.mark.parametrize(
    ("field", "value"), [("Action", "sqs:*"), ("Action", ["kms:Decrypt", "kms:GenerateDataKey*"]), ("Resource", "*")]
)
def test_a_grant_that_is_made_wider_is_missed(template: Template, field: str, value: object) -> None:
    anywhere = {"logs:DescribeLogGroups", "logs:DescribeQueryDefinitions", "logs:GetQueryResults", "logs:StopQuery"}
    for policy, number in _grants(template):
        statement = policy.get("PolicyDocument.Statement")[number]
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        if field == "Resource" and set(actions) <= anywhere:
            continue  # AWS knows no resource for these

        def widen(body: dict[str, Any], number: int = number) -> None:
            body["Properties"]["PolicyDocument"]["Statement"][number][field] = value

        broken = _broken(template, policy.name, widen)
        assert ("no-wildcard-grant", policy.name) in {(violation.rule, violation.resource) for violation in broken}


def test_a_boundary_that_is_attached_as_a_policy_is_a_wildcard_grant(template: Template) -> None:
    (boundary,) = [
        p for p in resources(template, "AWS::IAM::ManagedPolicy") if p.get("ManagedPolicyName").endswith("-boundary")
    ]
    role = next(resources(template, "AWS::IAM::Role"))
    broken = _broken(
        template, role.name, lambda body: body["Properties"]["ManagedPolicyArns"].append({"Ref": boundary.name})
    )
    assert ("no-wildcard-grant", boundary.name) in {(violation.rule, violation.resource) for violation in broken}


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_a_queue_that_anybody_may_send_to_is_missed(template: Template, principal: object) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": "arn:x"}
    for policy in resources(template, "AWS::SQS::QueuePolicy"):
        broken = _broken(
            template, policy.name, lambda body: body["Properties"]["PolicyDocument"]["Statement"].append(statement)
        )
        assert ("no-wildcard-grant", policy.name) in {(violation.rule, violation.resource) for violation in broken}


@pytest.mark.parametrize(
    "variable",
    [
        "$context.identity.sourceIp",
        "$context.identity.userAgent",
        "$context.identity.caller",
        "$context.path",
        "$context.customDomain.basePathMatched",
        "$context.domainName",
        "$context.domainPrefix",
        "$context.authorizer.principalId",
        "$request.header.referer",
        "$context.requestOverride.querystring.q",
        "$context.extendedRequestId",
    ],
)
def test_an_access_log_that_names_a_visitor_a_page_or_a_query_is_missed(template: Template, variable: str) -> None:
    (stage,) = resources(template, "AWS::ApiGatewayV2::Stage")
    written = json.loads(stage.get("AccessLogSettings.Format")) | {"more": variable}
    broken = _broken(template, stage.name, _put("AccessLogSettings.Format", json.dumps(written)))
    assert [violation.rule for violation in broken] == ["access-log"]


@pytest.mark.parametrize(
    "route", ["POST /v1/conversions", "PUT /v1/authorizations/{id}", "DELETE /v1/authorizations/{id}"]
)
def test_a_route_of_the_clinics_systems_without_a_signature_is_missed(template: Template, route: str) -> None:
    (found,) = [each for each in resources(template, "AWS::ApiGatewayV2::Route") if each.get("RouteKey") == route]
    assert [v.rule for v in _broken(template, found.name, _put("AuthorizationType", "NONE"))] == ["closed-door"]


@pytest.mark.parametrize(
    "setting", [{"DataTraceEnabled": True}, {"LoggingLevel": "INFO"}, {"CachingEnabled": True}], ids=str
)
def test_a_rest_stage_that_would_log_or_keep_bodies_is_missed(
    rest_template: Template, setting: dict[str, object]
) -> None:
    (stage,) = resources(rest_template, "AWS::ApiGateway::Stage")
    broken = _broken(rest_template, stage.name, lambda body: body["Properties"]["MethodSettings"][0].update(setting))
    assert [violation.rule for violation in broken] == ["no-leak"]


@pytest.mark.parametrize(
    "kind",
    [
        "Custom::LogRetention",
        "AWS::CloudFormation::CustomResource",
        "AWS::Lambda::Url",
        "AWS::ApiGateway::ApiKey",
        "AWS::IAM::User",
        "AWS::IAM::AccessKey",
        "AWS::Lightsail::Instance",
        "AWS::EC2::NatGateway",
        "AWS::Chatbot::SlackChannelConfiguration",
    ],
)
def test_a_resource_of_a_type_that_is_not_on_the_list_is_missed(template: Template, kind: str) -> None:
    changed = {"Resources": {**template["Resources"], "Planted": {"Type": kind, "Properties": {}}}}
    assert ("eligible-type", "Planted") in {(v.rule, v.resource) for v in find_violations(changed)}


def test_no_sentence_of_a_rule_repeats_a_value(template: Template) -> None:
    """What a rule says ends in build logs: it names the property, never what stands in it."""
    canary = "canary-7d1f"
    changed = copy.deepcopy(template)
    for body in changed["Resources"].values():
        for field in ("RetentionInDays", "MessageRetentionPeriod", "VisibilityTimeout"):
            if field in body.get("Properties", {}):
                body["Properties"][field] = 1
        if body["Type"] == "AWS::Lambda::Function":
            body["Properties"]["Environment"]["Variables"]["POWERTOOLS_DEV"] = canary
    violations = find_violations(changed)
    assert violations
    assert canary not in str(violations)


def test_every_rule_has_a_change_that_it_misses() -> None:
    """A rule that nothing here breaks would be a rule that nobody knows to work."""
    elsewhere = {"eligible-type", "no-wildcard-grant", "key-rotates"}
    assert {rule for rule, _, _ in CHANGES} | elsewhere == set(RULES)
