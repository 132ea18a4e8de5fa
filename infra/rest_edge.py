"""The other edge, `-c edge=rest`: REST API with WAF, a model of the body, a TLS policy with post-quantum exchange."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.edge import BURST, HOOK_ROUTES, OPEN_ROUTES, RATE, SIGNED_BURST, SIGNED_RATE, SIGNED_ROUTES, Route
from infra.firewall import make_firewall
from infra.guardrails import acknowledge
from infra.journal import make_log_group, write_access_log_format
from infra.settings import Settings

STAGE = "live"
MINUTES_5 = cdk.Duration.minutes(5)
# `route` is the template of the resource, as in the HTTP API's log.
ACCESS_LOG = {
    "rid": "requestId",
    "t": "requestTimeEpoch",
    "method": "httpMethod",
    "route": "resourcePath",
    "st": "status",
    "ist": "integration.status",
    "err": "error.responseType",
    "waf": "waf.status",
    "tls": "tlsVersion",
    "cipher": "cipherSuite",
    "len": "responseLength",
    "ms": "responseLatency",
    "ims": "integrationLatency",
}
_STRING, _NUMBER = apigateway.JsonSchemaType.STRING, apigateway.JsonSchemaType.NUMBER
_OBJECT, _NULL = apigateway.JsonSchemaType.OBJECT, apigateway.JsonSchemaType.NULL
# What has to be there in the form that is certain to be refused otherwise; everything finer is the sanitizer's.
_REQUIRED = ("event", "id", "url")
_TYPED = {"at": _NUMBER, "gpc": apigateway.JsonSchemaType.BOOLEAN, "click": _OBJECT, "user": _OBJECT, "props": _OBJECT}


class RestEdge(Construct):
    """For clinics that want a firewall. Its log is the one place where an address is kept, for 30 days."""

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
        log_writer = self._let_api_gateway_log()
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=settings.prefix,
            description="The airlock of one clinic",
            cloud_watch_role=False,
            deploy=False,
            disable_execute_api_endpoint=True,
            endpoint_configuration=apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL]),
        )
        integration = apigateway.LambdaIntegration(target, allow_test_invoke=False)
        self._add_open_routes(integration, (*OPEN_ROUTES, *(HOOK_ROUTES if settings.policy.hooks else ())))
        self._add_signed_routes(integration)
        self._hide_reasons()
        stage = self._add_stage()
        stage.node.add_dependency(log_writer)
        host = self._add_host(settings, certificate, stage)
        make_firewall(self, settings, key, stage.stage_arn)
        self.dns_target = host.domain_name_alias_domain_name
        # By name: an alarm that referred to the stage would wait for what waits for it.
        dimensions = {"ApiName": settings.prefix, "Stage": STAGE}
        self.metrics = {
            name: cloudwatch.Metric(
                namespace="AWS/ApiGateway",
                metric_name=f"{name.upper()}Error",
                dimensions_map=dimensions,
                statistic="Sum",
                period=MINUTES_5,
            )
            for name in ("4xx", "5xx")
        }

    def _let_api_gateway_log(self) -> apigateway.CfnAccount:
        """An account has one such role; without it a REST API writes no access log."""
        role = iam.Role(
            self,
            "LogWriter",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description="Lets API Gateway write access logs; the account's one role of this kind",
            # API Gateway takes a role only if it has the rights of this policy.
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        account.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return account

    def _add_open_routes(self, integration: apigateway.LambdaIntegration, routes: Sequence[Route]) -> None:
        model = self.api.add_model(
            "Event",
            content_type="application/json",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4,
                title="Event",
                type=_OBJECT,
                required=list(_REQUIRED),
                properties={
                    **{name: apigateway.JsonSchema(type=_STRING) for name in _REQUIRED},
                    **{name: apigateway.JsonSchema(type=[kind, _NULL]) for name, kind in _TYPED.items()},
                },
            ),
        )
        validator = self.api.add_request_validator("Body", validate_request_body=True)
        for path, methods in routes:
            resource = self.api.root.resource_for_path(path)
            for method in methods:
                takes = {"application/json": model, "text/plain": model} if path == "/v1/events" else None
                resource.add_method(
                    method.value,
                    integration,
                    authorization_type=apigateway.AuthorizationType.NONE,
                    request_models=takes,
                    request_validator=validator if takes else None,
                )
            if path == "/v1/events":
                # The sanitizer answers a preflight itself: a mock of API Gateway knows only one origin.
                resource.add_method("OPTIONS", integration, authorization_type=apigateway.AuthorizationType.NONE)

    def _add_signed_routes(self, integration: apigateway.LambdaIntegration) -> None:
        for path, methods in SIGNED_ROUTES:
            resource = self.api.root.resource_for_path(path)
            for method in methods:
                resource.add_method(method.value, integration, authorization_type=apigateway.AuthorizationType.IAM)

    def _hide_reasons(self) -> None:
        """An answer never tells what was wrong, and so neither does the gateway's own."""
        for kind in (apigateway.ResponseType.BAD_REQUEST_BODY, apigateway.ResponseType.DEFAULT_5_XX):
            self.api.add_gateway_response(
                f"Silent{kind.response_type}", type=kind, templates={"application/json": "{}"}
            )

    def _add_stage(self) -> apigateway.Stage:
        stage = apigateway.Stage(
            self,
            "Stage",
            stage_name=STAGE,
            deployment=apigateway.Deployment(self, "Deployment", api=self.api),
            access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
            access_log_format=apigateway.AccessLogFormat.custom(write_access_log_format(ACCESS_LOG)),
            logging_level=apigateway.MethodLoggingLevel.OFF,
            data_trace_enabled=False,
            tracing_enabled=False,
            caching_enabled=False,
            metrics_enabled=True,
            throttling_rate_limit=RATE,
            throttling_burst_limit=BURST,
            method_options={
                f"{path}/{method.value}": apigateway.MethodDeploymentOptions(
                    logging_level=apigateway.MethodLoggingLevel.OFF,
                    data_trace_enabled=False,
                    throttling_rate_limit=SIGNED_RATE,
                    throttling_burst_limit=SIGNED_BURST,
                )
                for path, methods in SIGNED_ROUTES
                for method in methods
            },
        )
        acknowledge(
            stage,
            "HIPAA.Security-APIGWExecutionLoggingEnabled",
            "An execution log can hold bodies, that is raw data; the access log and the journal are the audit trail",
        )
        acknowledge(
            stage, "HIPAA.Security-APIGWCacheEnabledAndEncrypted", "A cache would store requests, that is raw data"
        )
        acknowledge(
            stage, "HIPAA.Security-APIGWSSLEnabled", "The backend is a Lambda, called through IAM; there is no host"
        )
        acknowledge(stage, "HIPAA.Security-APIGWXrayEnabled", "A trace is one more place for what must not be kept")
        return stage

    def _add_host(
        self, settings: Settings, certificate: acm.ICertificate, stage: apigateway.Stage
    ) -> apigateway.DomainName:
        host = apigateway.DomainName(
            self,
            "Host",
            domain_name=settings.policy.collect_host,
            certificate=certificate,
            endpoint_type=apigateway.EndpointType.REGIONAL,
            # TLS 1.2 with forward secrecy or 1.3, with post-quantum key exchange; 1.3 alone would turn browsers away.
            security_policy=apigateway.SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
            endpoint_access_mode=apigateway.EndpointAccessMode.STRICT,
        )
        apigateway.BasePathMapping(self, "Mapping", domain_name=host, rest_api=self.api, stage=stage)
        return host
