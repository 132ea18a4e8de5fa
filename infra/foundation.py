"""What every function of a clinic stands on: its keys, its ceiling, its tables, its kill switch."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from airlock.gate import OPEN
from infra.keys import make_key, make_signing_key
from infra.roles import allow, allow_key, make_boundary
from infra.settings import Settings
from infra.tables import make_authorizations, make_ledger


@dataclass(frozen=True)
class Foundation:
    """The parts that all functions share."""

    key: kms.Key
    signing_key: kms.Key
    boundary: iam.ManagedPolicy
    authorizations: dynamodb.Table
    ledger: dynamodb.Table
    gate: ssm.StringParameter

    @property
    def statements(self) -> list[iam.PolicyStatement]:
        """What whoever decides or tells may: sign its journal, look at the kill switch, open what the tables hold."""
        return [
            allow(["kms:Sign"], [self.signing_key.key_arn]),
            allow(["ssm:GetParameter"], [self.gate.parameter_arn]),
            allow_key(self.key.key_arn, "dynamodb", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """How such a function finds them."""
        return {
            "AIRLOCK_AUTHORIZATIONS_TABLE": self.authorizations.table_name,
            "AIRLOCK_GATE_PARAMETER": self.gate.parameter_name,
            "AIRLOCK_JOURNAL_KEY": self.signing_key.key_arn,
        }


def lay_foundation(scope: Construct, settings: Settings) -> Foundation:
    """Make the parts; the kill switch stands open, and a later deployment leaves it as `airlock close` put it."""
    key = make_key(scope, settings)
    return Foundation(
        key=key,
        signing_key=make_signing_key(scope, settings),
        boundary=make_boundary(scope, settings),
        authorizations=make_authorizations(scope, settings, key),
        ledger=make_ledger(scope, settings, key),
        gate=ssm.StringParameter(
            scope,
            "Gate",
            parameter_name=f"/airlock/{settings.name}/gate",
            description="The kill switch: open, closed, or closed and the networks that are",
            string_value=OPEN,
        ),
    )
