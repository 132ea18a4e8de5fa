"""The sanitizer's function out: the raw side, which may put messages on queues and read no network's secret."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from airlock.address_book import Destination
from infra.foundation import Foundation
from infra.function import Function
from infra.journal import SANITIZER_COUNTS
from infra.roles import allow, allow_key
from infra.settings import SANITIZER_CONCURRENCY, Settings

TIMEOUT = cdk.Duration.seconds(10)


class Intake(Construct):
    """The sanitizer: its log group, its role, its function and the alias that requests go to."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        code: Path,
        foundation: Foundation,
        queues: Mapping[Destination, sqs.IQueue],
        hook_secrets: Sequence[secretsmanager.CfnSecret] = (),
    ) -> None:
        super().__init__(scope, "Sanitizer")
        key_arn = foundation.key.key_arn
        statements = [
            *foundation.statements,
            allow(["sqs:SendMessage"], [queue.queue_arn for queue in queues.values()]),
            allow_key(key_arn, "sqs", ["kms:Decrypt", "kms:GenerateDataKey"]),
            allow(
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [foundation.authorizations.table_arn]
            ),
        ]
        for secret in hook_secrets:
            statements += [
                allow(["secretsmanager:GetSecretValue"], [secret.ref]),
                allow_key(key_arn, "secretsmanager", ["kms:Decrypt"], {"SecretARN": secret.ref}),
            ]
        self.function = Function(
            self,
            settings,
            part="sanitizer",
            does="Takes raw events, lets out what the policy allows; can send to queues and read no network's secret",
            handler="sanitizer.handler.handler",
            code=code,
            timeout=TIMEOUT,
            concurrency=SANITIZER_CONCURRENCY,
            foundation=foundation,
            statements=statements,
            counts=SANITIZER_COUNTS,
            environment={
                **foundation.environment,
                "AIRLOCK_QUEUE_URLS": cdk.Stack.of(self).to_json_string(
                    {destination.value: queue.queue_url for destination, queue in queues.items()}
                ),
            },
        )

    @property
    def alias(self) -> lambda_.Alias:
        """What the edge calls."""
        return self.function.alias
