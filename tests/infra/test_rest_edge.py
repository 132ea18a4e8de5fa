"""The edge with a firewall: the same promises, and the one place where an address is kept for a month."""

import json

import pytest

from infra.template import Resource, Template, resources
from tests.infra.conftest import ARN


def _one(template: Template, kind: str) -> Resource:
    (found,) = resources(template, f"AWS::{kind}")
    return found


def _methods(template: Template) -> dict[str, Resource]:
    parts = {each.name: each for each in resources(template, "AWS::ApiGateway::Resource")}

    def path(name: str) -> str:
        above = parts[name].get("ParentId").get("Ref")
        return f"{path(above) if above in parts else ''}/{parts[name].get('PathPart')}"

    return {
        f"{method.get('HttpMethod')} {path(method.get('ResourceId')['Ref'])}": method
        for method in resources(template, "AWS::ApiGateway::Method")
    }


def test_it_answers_at_the_clinics_host_in_one_region_with_post_quantum_tls(rest_template: Template) -> None:
    api = _one(rest_template, "ApiGateway::RestApi")
    assert api.get("DisableExecuteApiEndpoint") is True
    assert api.get("EndpointConfiguration.Types") == ["REGIONAL"]
    host = _one(rest_template, "ApiGateway::DomainName")
    assert host.get("SecurityPolicy") == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert host.get("EndpointAccessMode") == "STRICT"
    assert host.get("RegionalCertificateArn") == ARN


def test_the_clinics_systems_must_sign(rest_template: Template) -> None:
    signed = {key for key, method in _methods(rest_template).items() if method.get("AuthorizationType") == "AWS_IAM"}
    assert signed == {"POST /v1/conversions", "PUT /v1/authorizations/{id}", "DELETE /v1/authorizations/{id}"}
    assert set(_methods(rest_template)) - signed == {
        "POST /v1/hooks/{name}",
        "POST /v1/events",
        "OPTIONS /v1/events",
        "GET /airlock.js",
        "HEAD /airlock.js",
        "GET /v1/health",
        "HEAD /v1/health",
    }


def test_a_body_that_is_certain_to_be_refused_is_refused_at_the_edge(rest_template: Template) -> None:
    method = _methods(rest_template)["POST /v1/events"]
    assert set(method.get("RequestModels")) == {"application/json", "text/plain"}
    assert _one(rest_template, "ApiGateway::RequestValidator").get("ValidateRequestBody") is True
    schema = _one(rest_template, "ApiGateway::Model").get("Schema")
    assert schema["required"] == ["event", "id", "url"]
    # Consent of any form is taken and then withheld; an unknown key is dropped and counted.
    assert "consent" not in schema["properties"]
    assert "additionalProperties" not in schema
    assert schema["properties"]["gpc"]["type"] == ["boolean", "null"]


def test_its_own_answers_tell_no_reason(rest_template: Template) -> None:
    responses = list(resources(rest_template, "AWS::ApiGateway::GatewayResponse"))
    assert {response.get("ResponseType") for response in responses} == {"BAD_REQUEST_BODY", "DEFAULT_5XX"}
    assert all(response.get("ResponseTemplates") == {"application/json": "{}"} for response in responses)


def test_it_traces_caches_and_logs_no_body(rest_template: Template) -> None:
    stage = _one(rest_template, "ApiGateway::Stage")
    assert stage.get("TracingEnabled") is False
    for setting in stage.get("MethodSettings"):
        assert setting["DataTraceEnabled"] is False
        assert setting["LoggingLevel"] == "OFF"


def test_its_access_log_names_no_visitor(rest_template: Template) -> None:
    written = json.loads(_one(rest_template, "ApiGateway::Stage").get("AccessLogSetting.Format"))
    assert set(written.values()) == {
        f"$context.{name}"
        for name in (
            "requestId",
            "requestTimeEpoch",
            "httpMethod",
            "resourcePath",
            "status",
            "integration.status",
            "error.responseType",
            "waf.status",
            "tlsVersion",
            "cipherSuite",
            "responseLength",
            "responseLatency",
            "integrationLatency",
        )
    }


def test_the_firewall_stops_floods_known_bad_input_and_large_bodies(rest_template: Template) -> None:
    acl = _one(rest_template, "WAFv2::WebACL")
    rate, body, known = acl.get("Rules")
    assert rate["Statement"]["RateBasedStatement"]["Limit"] == 1000
    assert rate["Statement"]["RateBasedStatement"]["EvaluationWindowSec"] == 60
    path, size = body["Statement"]["AndStatement"]["Statements"]
    assert path["ByteMatchStatement"]["SearchString"] == "/v1/events"
    assert size["SizeConstraintStatement"]["Size"] == 8192
    assert size["SizeConstraintStatement"]["FieldToMatch"]["Body"]["OversizeHandling"] == "MATCH"
    assert body["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 413
    assert known["Statement"]["ManagedRuleGroupStatement"]["Name"] == "AWSManagedRulesKnownBadInputsRuleSet"
    assert "Action" not in known
    stage = _one(rest_template, "ApiGateway::Stage")
    assert {"Ref": stage.name} in _one(rest_template, "WAFv2::WebACLAssociation").get("ResourceArn")["Fn::Join"][1]


def test_the_firewall_keeps_no_sample(rest_template: Template) -> None:
    """A sample holds addresses and headers of whoever came by."""
    acl = _one(rest_template, "WAFv2::WebACL")
    configurations = [acl.get("VisibilityConfig"), *(rule["VisibilityConfig"] for rule in acl.get("Rules"))]
    assert {each["SampledRequestsEnabled"] for each in configurations} == {False}


def test_the_firewalls_log_is_redacted_holds_blocked_requests_only_and_ends_after_a_month(
    rest_template: Template,
) -> None:
    logging = _one(rest_template, "WAFv2::LoggingConfiguration")
    redacted = {json.dumps(each) for each in logging.get("RedactedFields")}
    for field in (
        {"QueryString": {}},
        {"UriPath": {}},
        *({"SingleHeader": {"Name": n}} for n in ("cookie", "user-agent")),
    ):
        assert json.dumps(field) in redacted
    assert logging.get("LoggingFilter")["DefaultBehavior"] == "DROP"
    (group,) = [
        each
        for each in resources(rest_template, "AWS::Logs::LogGroup")
        if each.get("LogGroupName") == "aws-waf-logs-airlock-glow-medspa"
    ]
    assert group.get("RetentionInDays") == 30


def test_a_webhook_reaches_the_sanitizer_whole_and_its_secret_is_the_only_one_there(rest_template: Template) -> None:
    """A signature is over every byte, and the senders' forms are their own."""
    assert _methods(rest_template)["POST /v1/hooks/{name}"].get("RequestModels") is None
    (secret,) = [
        each
        for each in resources(rest_template, "AWS::SecretsManager::Secret")
        if each.get("Name") == "airlock/hooks/calls"
    ]
    (policy,) = [
        each
        for each in resources(rest_template, "AWS::IAM::ManagedPolicy")
        if each.get("ManagedPolicyName") == "airlock-glow-medspa-sanitizer"
    ]
    reads = [
        statement["Resource"]
        for statement in policy.get("PolicyDocument.Statement")
        if statement["Action"] == "secretsmanager:GetSecretValue"
    ]
    assert reads == [{"Ref": secret.name}]


@pytest.mark.parametrize("handler", ["sanitizer.handler.handler", "forwarder.handler.handler"])
def test_where_the_quota_allows_it_concurrency_is_reserved(
    rest_template: Template, template: Template, handler: str
) -> None:
    reserved = {
        each.get("ReservedConcurrentExecutions")
        for each in resources(rest_template, "AWS::Lambda::Function")
        if each.get("Handler") == handler
    }
    assert reserved == {100 if handler.startswith("sanitizer") else 10}
    for function in resources(template, "AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in function.properties, "a fresh account refuses any"
