"""One network's way out: its queue and dead-letter queue, its secret, its forwarder, which can read nobody else's."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from airlock.address_book import ADDRESS_BOOK, Destination
from infra.foundation import Foundation
from infra.function import Function
from infra.guardrails import acknowledge
from infra.journal import FORWARDER_COUNTS
from infra.roles import allow, allow_key
from infra.settings import FORWARDER_CONCURRENCY, Settings

TIMEOUT = cdk.Duration.seconds(60)
WINDOW = cdk.Duration.seconds(5)
BATCH = 25
CONCURRENCY = 5
# Six times the time-out, as AWS asks, and the window on top.
VISIBILITY = cdk.Duration.seconds(6 * 60 + 5)
# SQS's longest. Waiting for a rounded time, a token or a network counts as a receive, too, so the number of receives
# says nothing about a message: the forwarder itself buries what will never be taken, and SQS only what a broken
# forwarder keeps giving back.
RECEIVES = 1000
KEPT = cdk.Duration.days(14)
LARGEST_MESSAGE = 65_536  # one billing unit of SQS; a clean message has a few hundred bytes
# A message may rightly wait for its quarter hour, and as long as its network needs to know a click.
_QUARTER_S = 900
_TRYING_S = 3600


class Mailbox(Construct):
    """A network's queue and its dead-letter queue. Both stay when the stack goes: what is on them was accepted."""

    def __init__(self, scope: Construct, settings: Settings, destination: Destination, key: kms.IKey) -> None:
        super().__init__(scope, f"Mailbox-{destination}")
        name = f"{settings.prefix}-{destination}"
        self.dead = self._make_queue("Dead", f"{name}-dead", key)
        self.queue = self._make_queue(
            "Queue", name, key, dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=RECEIVES)
        )
        stack = cdk.Stack.of(self)
        dead = self.dead.node.default_child
        if not isinstance(dead, sqs.CfnQueue):  # pragma: no cover - what a Queue is made of
            raise TypeError("a queue without its CloudFormation resource")
        # By name: each queue would have to exist before the other.
        dead.redrive_allow_policy = {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [stack.format_arn(service="sqs", resource=name)],
        }

    def _make_queue(
        self, construct_id: str, name: str, key: kms.IKey, dead_letter_queue: sqs.DeadLetterQueue | None = None
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=cdk.Duration.hours(1),
            enforce_ssl=True,
            retention_period=KEPT,
            visibility_timeout=VISIBILITY,
            max_message_size_bytes=LARGEST_MESSAGE,
            dead_letter_queue=dead_letter_queue,
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,  # what a failed first deployment made goes
        )


class Delivery(Construct):
    """A network's forwarder, with the one secret that it may read. The secret is made empty."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        destination: Destination,
        *,
        code: Path,
        foundation: Foundation,
        mailbox: Mailbox,
        secret: secretsmanager.CfnSecret,
    ) -> None:
        super().__init__(scope, f"Forwarder-{destination}")
        self.destination = destination
        self.mailbox = mailbox
        queue, dead, key_arn = mailbox.queue, mailbox.dead, foundation.key.key_arn
        statements = [
            *foundation.statements,
            allow(
                ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
                [queue.queue_arn],
            ),
            # To its own queue: the question, hours later, of what the network did with a request.
            allow(["sqs:SendMessage"], [dead.queue_arn, queue.queue_arn]),
            allow_key(key_arn, "sqs", ["kms:Decrypt", "kms:GenerateDataKey"]),
            allow(["secretsmanager:GetSecretValue"], [secret.ref]),
            allow_key(key_arn, "secretsmanager", ["kms:Decrypt"], {"SecretARN": secret.ref}),
            allow(["dynamodb:GetItem"], [foundation.authorizations.table_arn]),
            allow(
                ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                [foundation.ledger.table_arn],
            ),
        ]
        self.function = Function(
            self,
            settings,
            part=destination,
            does=f"Tells {destination} what its queue holds; can read that queue and one secret",
            handler="forwarder.handler.handler",
            code=code,
            timeout=TIMEOUT,
            concurrency=FORWARDER_CONCURRENCY,
            foundation=foundation,
            statements=statements,
            counts=FORWARDER_COUNTS,
            environment={
                **foundation.environment,
                "AIRLOCK_DEAD_LETTER_URL": dead.queue_url,
                "AIRLOCK_DESTINATION": destination,
                "AIRLOCK_LEDGER_TABLE": foundation.ledger.table_name,
                "AIRLOCK_QUEUE_URL": queue.queue_url,
            },
        )
        lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.function.alias,
            event_source_arn=queue.queue_arn,
            batch_size=BATCH,
            max_batching_window=WINDOW,
            report_batch_item_failures=True,
            max_concurrency=CONCURRENCY,
        )

    @property
    def late_after_s(self) -> int:
        """The age of a message in seconds from which something is wrong."""
        return _QUARTER_S + ADDRESS_BOOK[self.destination].click_settles_s + _TRYING_S


def make_secret(
    scope: Construct, name: str, key: kms.IKey, holds: str = "An ad network's token"
) -> secretsmanager.CfnSecret:
    """An empty secret; the L2 construct would put a random password in, and a forwarder would take it for a token."""
    secret = secretsmanager.CfnSecret(
        scope,
        f"Secret-{name.replace('/', '-')}",
        name=name,
        description=f"{holds}; filled by `airlock secret set` and never by the stack",
        kms_key_id=key.key_arn,
    )
    secret.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    acknowledge(
        secret,
        "HIPAA.Security-SecretsManagerRotationEnabled",
        "A token or a webhook's secret is issued in the other side's console, and no function can rotate it; `airlock "
        "doctor` tells the age of each, and an alarm goes off when a network refuses one",
    )
    return secret
