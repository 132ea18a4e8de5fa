"""The clinic's own host name before the sanitizer: HTTP API, TLS 1.2 or better, an access log that names nobody."""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.journal import make_log_group, write_access_log_format
from infra.settings import Settings

MINUTES_5 = cdk.Duration.minutes(5)
Route = tuple[str, tuple[apigateway.HttpMethod, ...]]
POST, GET, HEAD = apigateway.HttpMethod.POST, apigateway.HttpMethod.GET, apigateway.HttpMethod.HEAD
PUT, DELETE = apigateway.HttpMethod.PUT, apigateway.HttpMethod.DELETE
# Anybody's browser.
OPEN_ROUTES: tuple[Route, ...] = (("/v1/events", (POST,)), ("/airlock.js", (GET, HEAD)), ("/v1/health", (GET, HEAD)))
# Systems that can sign in their own way only; there where the policy names any.
HOOK_ROUTES: tuple[Route, ...] = (("/v1/hooks/{name}", (POST,)),)
# The clinic's own systems, with an AWS signature.
SIGNED_ROUTES: tuple[Route, ...] = (("/v1/conversions", (POST,)), ("/v1/authorizations/{id}", (PUT, DELETE)))
# Requests a second, and how many at once; a clinic's whole site sees less.
RATE, BURST = 100, 200
SIGNED_RATE, SIGNED_BURST = 10, 20
# `route` is the template of the route. No path, host, query, address, agent or caller.
ACCESS_LOG = {
    "rid": "requestId",
    "t": "requestTimeEpoch",
    "route": "routeKey",
    "st": "status",
    "ist": "integrationStatus",
    "err": "error.responseType",
    "ierr": "integration.error",
    "len": "responseLength",
    "in": "dataProcessed",
    "ms": "responseLatency",
    "ims": "integrationLatency",
}


class HttpEdge(Construct):
    """The default: a third of the REST API's price, and no execution log that could hold a body."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        key: kms.IKey,
        target: lambda_.IFunction,
        certificate: acm.ICertificate,
    ) -> None:
        super().__init__(scope, "Edge")
        self.access_log: logs.LogGroup = make_log_group(
            self, "AccessLog", f"/aws/vendedlogs/airlock/{settings.name}/access", key
        )
        self._target = target
        self._has_hooks = bool(settings.policy.hooks)
        host = apigateway.DomainName(
            self,
            "Host",
            domain_name=settings.policy.collect_host,
            certificate=certificate,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=settings.prefix,
            description="The airlock of one clinic",
            create_default_stage=False,
            disable_execute_api_endpoint=True,
            cors_preflight=apigateway.CorsPreflightOptions(
                allow_origins=list(settings.policy.sites),
                allow_methods=[apigateway.CorsHttpMethod.GET, apigateway.CorsHttpMethod.POST],
                allow_headers=["content-type"],
                allow_credentials=True,
                max_age=cdk.Duration.hours(2),
            ),
        )
        signed = self._add_signed_routes()
        self._add_stage(host, signed)
        self.dns_target = host.regional_domain_name
        self.metrics = {
            "4xx": self.api.metric_client_error(period=MINUTES_5, statistic="Sum"),
            "5xx": self.api.metric_server_error(period=MINUTES_5, statistic="Sum"),
        }

    def _add_signed_routes(self) -> list[apigateway.HttpRoute]:
        integration = HttpLambdaIntegration("Sanitizer", self._target)
        for path, methods in (*OPEN_ROUTES, *(HOOK_ROUTES if self._has_hooks else ())):
            self.api.add_routes(path=path, methods=list(methods), integration=integration)
        return [
            route
            for path, methods in SIGNED_ROUTES
            for route in self.api.add_routes(
                path=path, methods=list(methods), integration=integration, authorizer=HttpIamAuthorizer()
            )
        ]

    def _add_stage(self, host: apigateway.DomainName, signed: list[apigateway.HttpRoute]) -> None:
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(rate_limit=RATE, burst_limit=BURST),
        )
        resource = stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):  # pragma: no cover - what a stage is made of
            raise TypeError("a stage without its CloudFormation resource")
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=self.access_log.log_group_arn, format=write_access_log_format(ACCESS_LOG)
        )
        limits = {"ThrottlingRateLimit": SIGNED_RATE, "ThrottlingBurstLimit": SIGNED_BURST}
        keys = [f"{method.value} {path}" for path, methods in SIGNED_ROUTES for method in methods]
        resource.add_property_override("RouteSettings", dict.fromkeys(keys, limits))
        stage.node.add_dependency(*signed)  # a stage cannot throttle a route that is not there yet
        apigateway.ApiMapping(self, "Mapping", api=self.api, domain_name=host, stage=stage)
