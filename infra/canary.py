"""An invented patient, once a day: sent through the deployed airlock, searched for in every log, never to be found."""

from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.foundation import Foundation
from infra.function import Function
from infra.roles import allow
from infra.settings import Settings

TIMEOUT = cdk.Duration.minutes(5)  # it waits until CloudWatch Logs finds what was written
EVERY = cdk.Duration.days(1)


class Canary(Construct):
    """The function that plays the patient. It may search the logs and close the kill switch, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        code: Path,
        foundation: Foundation,
        journals: Sequence[logs.ILogGroup],
    ) -> None:
        super().__init__(scope, "Canary")
        self.function = Function(
            self,
            settings,
            part="canary",
            does="Plays a patient once a day and closes the airlock if anything of her is found in a log",
            handler="canary.handler.handler",
            code=code,
            timeout=TIMEOUT,
            foundation=foundation,
            statements=[
                allow(["logs:DescribeLogGroups"], ["*"]),
                allow(["logs:FilterLogEvents"], [group.log_group_arn for group in journals]),
                allow(["ssm:PutParameter"], [foundation.gate.parameter_arn]),
            ],
            environment={
                "AIRLOCK_GATE_PARAMETER": foundation.gate.parameter_name,
                "AIRLOCK_HOST": settings.policy.collect_host,
                "AIRLOCK_LOG_PREFIX": settings.log_group(""),
                "AIRLOCK_SITE": settings.policy.sites[0],
            },
        )
        # A flight that fails raises an alarm and is not repeated: a second one would only blur what the first found.
        self.function.alias.configure_async_invoke(retry_attempts=0, max_event_age=cdk.Duration.hours(1))
        events.Rule(
            self,
            "Daily",
            rule_name=f"{settings.prefix}-canary",
            description="The canary's daily flight",
            schedule=events.Schedule.rate(EVERY),
            targets=[targets.LambdaFunction(self.function.alias, retry_attempts=0)],
        )
