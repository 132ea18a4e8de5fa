"""What all Lambdas have alike: Python 3.13 on arm64, encrypted environment, JSON logs, no leak, canary deployment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.foundation import Foundation
from infra.guardrails import acknowledge
from infra.journal import count_lines, make_log_group
from infra.roles import allow, allow_key, make_role
from infra.settings import Settings

MEMORY_MB = 256
ALIAS = "live"
# Whatever a library could be told to say about an event, told not to.
LEAK_SWITCHES: Mapping[str, str] = {
    "POWERTOOLS_DEBUG": "false",
    "POWERTOOLS_DEV": "false",
    "POWERTOOLS_LOGGER_LOG_EVENT": "false",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_TRACER_CAPTURE_ERROR": "false",
    "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
_NO_VPC = (
    "No resource of the stack lives in a VPC; the way out is TLS to the ad networks' public hosts, the way in is IAM. "
    "A VPC with NAT would add a cost and no control"
)
_NO_DEAD_LETTERS = (
    "Lambda uses a function's own dead-letter queue for asynchronous invocations only; the sanitizer is called by API "
    "Gateway and answers, a forwarder is fed by a queue that has one, and a canary's flight is not repeated but alarms"
)
_NO_RESERVATION = (
    "A fresh account has a quota of 10 and refuses any reservation; `-c concurrency_quota=N` reserves as soon as the "
    "account's quota allows it, and `airlock doctor` reads that quota"
)
_ONE_A_DAY = "It runs once a day for two minutes, so that it can take one execution from the others and no more"


class Function(Construct):
    """One Lambda with its log group, its role, its alias `live`, and what rolls a bad version back."""

    def __init__(  # noqa: PLR0913 - what differs between the two kinds
        self,
        scope: Construct,
        settings: Settings,
        *,
        part: str,
        does: str,
        handler: str,
        code: Path,
        timeout: cdk.Duration,
        foundation: Foundation,
        statements: Sequence[iam.PolicyStatement],
        environment: Mapping[str, str],
        counts: Mapping[str, str] | None = None,
        concurrency: int | None = None,
    ) -> None:
        super().__init__(scope, "Function")
        self.part = part
        self.name = f"{settings.prefix}-{part}"
        self.log_group = make_log_group(self, "Journal", settings.log_group(part), foundation.key)
        if counts:
            count_lines(self, settings, self.log_group, part, counts)
        role = make_role(
            self,
            self.name,
            principal=iam.ServicePrincipal("lambda.amazonaws.com"),
            does=does,
            statements=[
                allow(["logs:CreateLogStream", "logs:PutLogEvents"], [self.log_group.log_group_arn]),
                allow_key(foundation.key.key_arn, "lambda", ["kms:Decrypt"]),
                *statements,
            ],
            boundary=foundation.boundary,
        )
        version = code.stem.rpartition("-")[2]
        reserves = concurrency is not None and settings.reserves_concurrency
        function = lambda_.Function(
            self,
            "Code",
            function_name=self.name,
            description=does,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=lambda_.Code.from_asset(str(code), asset_hash=version),
            memory_size=MEMORY_MB,
            timeout=timeout,
            role=role,
            environment={**LEAK_SWITCHES, "AIRLOCK_VERSION": version, **environment},
            environment_encryption=foundation.key,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            tracing=lambda_.Tracing.DISABLED,
            recursive_loop=lambda_.RecursiveLoop.TERMINATE,
            reserved_concurrent_executions=concurrency if reserves else None,
        )
        acknowledge(function, "HIPAA.Security-LambdaInsideVPC", _NO_VPC)
        acknowledge(function, "HIPAA.Security-LambdaDLQ", _NO_DEAD_LETTERS)
        if not reserves:
            acknowledge(function, "HIPAA.Security-LambdaConcurrency", _NO_RESERVATION if concurrency else _ONE_A_DAY)
        self.alias = lambda_.Alias(self, "Live", alias_name=ALIAS, version=function.current_version)
        self._arn = function.function_arn
        self._boundary = foundation.boundary

    def deploy_by_canary(self, alarms: Sequence[cloudwatch.IAlarm]) -> None:
        """A tenth of the traffic to a new version for five minutes; back to the old one when an alarm goes off."""
        scope = Construct(self, "Canary")
        role = make_role(
            scope,
            f"{self.name}-deploy",
            principal=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            does=f"Moves the alias of {self.part} to a new version and back",
            statements=[
                allow(
                    ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
                    [self._arn, f"{self._arn}:{ALIAS}"],
                ),
                allow(["cloudwatch:DescribeAlarms"], [alarm.alarm_arn for alarm in alarms]),
            ],
            boundary=self._boundary,
        )
        codedeploy.LambdaDeploymentGroup(
            scope,
            "Group",
            application=codedeploy.LambdaApplication(scope, "Application", application_name=self.name),
            alias=self.alias,
            role=role,
            deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            alarms=list(alarms),
            auto_rollback=codedeploy.AutoRollbackConfig(failed_deployment=True, deployment_in_alarm=True),
        )
