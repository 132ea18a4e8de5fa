"""The two tables out: the HIPAA authorizations on file, and the ledger of what was told where a repetition counts."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from airlock.table import EXPIRATION, KEY
from infra.guardrails import acknowledge
from infra.settings import Settings


def make_authorizations(scope: Construct, settings: Settings, key: kms.IKey) -> dynamodb.Table:
    """Authorizations by the hash of their id; kept unless a line says otherwise (45 CFR 164.530(j) wants six years)."""
    return _make_table(scope, "Authorizations", f"{settings.prefix}-authorizations", key)


def make_ledger(scope: Construct, settings: Settings, key: kms.IKey) -> dynamodb.Table:
    """Outbound ids that were told already; a line expires when its network would no longer take the event."""
    return _make_table(scope, "Ledger", f"{settings.prefix}-ledger", key)


def _make_table(scope: Construct, construct_id: str, name: str, key: kms.IKey) -> dynamodb.Table:
    table = dynamodb.Table(
        scope,
        construct_id,
        table_name=name,
        partition_key=dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute=EXPIRATION,
        deletion_protection=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    acknowledge(
        table,
        "HIPAA.Security-DynamoDBInBackupPlan",
        "Point-in-time recovery covers 35 days, deletion protection the rest; the signed authorizations themselves are "
        "kept in the clinic's own system, from which this table can be filled again",
    )
    return table
