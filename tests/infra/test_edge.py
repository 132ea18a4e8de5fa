"""The clinic's own host name: who may post, what is written about it, and what is closed."""

import json
import re

from airlock.policy import Policy
from infra.template import Template, resources
from tests.infra.conftest import Pick

# Of CloudWatch's whole vocabulary for an access log, what is kept.
KEPT = {
    "requestId",
    "requestTimeEpoch",
    "routeKey",
    "status",
    "integrationStatus",
    "error.responseType",
    "integration.error",
    "responseLength",
    "dataProcessed",
    "responseLatency",
    "integrationLatency",
}


def test_only_the_clinics_own_host_name_answers(pick: Pick, clinic: Policy) -> None:
    (api,) = pick("ApiGatewayV2::Api")
    assert api.get("DisableExecuteApiEndpoint") is True
    (host,) = pick("ApiGatewayV2::DomainName", DomainName=clinic.collect_host)
    (mapping,) = pick("ApiGatewayV2::ApiMapping")
    assert mapping.get("DomainName") == {"Ref": host.name}
    assert not mapping.get("ApiMappingKey")


def test_the_host_takes_tls_1_2_or_better(pick: Pick) -> None:
    (host,) = pick("ApiGatewayV2::DomainName")
    (configuration,) = host.get("DomainNameConfigurations")
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert configuration["EndpointType"] == "REGIONAL"


def test_only_pages_of_the_clinics_sites_may_read_an_answer(pick: Pick, clinic: Policy) -> None:
    (api,) = pick("ApiGatewayV2::Api")
    cors = api.get("CorsConfiguration")
    assert cors["AllowOrigins"] == list(clinic.sites)
    assert cors["AllowCredentials"] is True
    assert cors["AllowHeaders"] == ["content-type"]
    assert cors["AllowMethods"] == ["GET", "POST"]


def test_the_routes_are_those_of_the_contract_and_the_clinics_systems_must_sign(pick: Pick) -> None:
    routes = {route.get("RouteKey"): route.get("AuthorizationType") for route in pick("ApiGatewayV2::Route")}
    assert routes == {
        "POST /v1/events": "NONE",
        "GET /airlock.js": "NONE",
        "HEAD /airlock.js": "NONE",
        "GET /v1/health": "NONE",
        "HEAD /v1/health": "NONE",
        "POST /v1/conversions": "AWS_IAM",
        "PUT /v1/authorizations/{id}": "AWS_IAM",
        "DELETE /v1/authorizations/{id}": "AWS_IAM",
    }


def test_requests_go_to_the_alias_and_only_this_api_may_call_it(pick: Pick, template: Template) -> None:
    (integration,) = pick("ApiGatewayV2::Integration")
    (alias,) = [a for a in resources(template, "AWS::Lambda::Alias") if "Sanitizer" in a.name]
    assert integration.get("IntegrationUri") == {"Ref": alias.name}
    assert integration.get("PayloadFormatVersion") == "2.0"
    (api,) = pick("ApiGatewayV2::Api")
    for permission in pick("Lambda::Permission"):
        if permission.get("Principal") == "events.amazonaws.com":
            continue
        assert permission.get("Principal") == "apigateway.amazonaws.com"
        assert permission.get("FunctionName") == {"Ref": alias.name}
        assert {"Ref": api.name} in permission.get("SourceArn")["Fn::Join"][1]


def test_the_access_log_holds_no_address_path_query_host_or_agent(pick: Pick) -> None:
    (stage,) = pick("ApiGatewayV2::Stage")
    written = json.loads(stage.get("AccessLogSettings.Format"))
    assert {value.removeprefix("$context.") for value in written.values()} == KEPT
    assert len(re.findall(r"\$", stage.get("AccessLogSettings.Format"))) == len(KEPT)


def test_nobody_can_flood_it(pick: Pick) -> None:
    (stage,) = pick("ApiGatewayV2::Stage")
    assert stage.get("DefaultRouteSettings.ThrottlingRateLimit") == 100
    assert stage.get("DefaultRouteSettings.ThrottlingBurstLimit") == 200
    limits = {"ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 20}
    assert stage.get("RouteSettings") == dict.fromkeys(
        ["POST /v1/conversions", "PUT /v1/authorizations/{id}", "DELETE /v1/authorizations/{id}"], limits
    )
    routes = {route.name for route in pick("ApiGatewayV2::Route") if route.get("AuthorizationType") == "AWS_IAM"}
    assert routes <= set(stage.body["DependsOn"])


def test_the_certificate_is_validated_by_dns_and_has_a_stack_of_its_own(
    certificate_template: Template, clinic: Policy
) -> None:
    (certificate,) = resources(certificate_template, "AWS::CertificateManager::Certificate")
    assert certificate.get("DomainName") == clinic.collect_host
    assert certificate.get("ValidationMethod") == "DNS"


def test_what_the_clinic_puts_into_its_dns_is_an_output(template: Template, clinic: Policy) -> None:
    assert template["Outputs"]["CollectHost"]["Value"] == clinic.collect_host
    assert "RegionalDomainName" in str(template["Outputs"]["DnsTarget"]["Value"])
