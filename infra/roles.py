"""Who may do what, written by hand: one role per function, an auditor, and a ceiling above all of them."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.settings import Settings

# What no role of the stack can ever go beyond, whatever is attached to it later.
CEILING = (
    "cloudwatch:DescribeAlarms",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GetPublicKey",
    "kms:Sign",
    "kms:Verify",
    "lambda:GetAlias",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:UpdateAlias",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeQueryDefinitions",
    "logs:FilterLogEvents",
    "logs:GetDataProtectionPolicy",
    "logs:GetLogEvents",
    "logs:GetQueryResults",
    "logs:PutLogEvents",
    "logs:StartQuery",
    "logs:StopQuery",
    "secretsmanager:GetSecretValue",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "ssm:GetParameter",
    "ssm:PutParameter",
)
# What a clinic's auditor reads; the second kind names no resource, since AWS knows none for it or it lists names only.
AUDITOR_READS = ("logs:FilterLogEvents", "logs:GetDataProtectionPolicy", "logs:GetLogEvents", "logs:StartQuery")
AUDITOR_ANYWHERE = ("logs:DescribeLogGroups", "logs:DescribeQueryDefinitions", "logs:GetQueryResults", "logs:StopQuery")


def allow(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    """One grant: named actions on named resources."""
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def allow_key(
    key_arn: str, service: str, actions: Sequence[str], context: Mapping[str, str] | None = None
) -> iam.PolicyStatement:
    """The key's use through one service, and where it tells one for one encryption context."""
    equals = {"kms:ViaService": f"{service}.{cdk.Aws.REGION}.amazonaws.com"}
    equals |= {f"kms:EncryptionContext:{name}": value for name, value in (context or {}).items()}
    return allow(actions, [key_arn], {"StringEquals": equals})


def make_boundary(scope: Construct, settings: Settings) -> iam.ManagedPolicy:
    """The ceiling: in this region only, no administration of anything, and never the unmasking of a log."""
    return iam.ManagedPolicy(
        scope,
        "Boundary",
        managed_policy_name=f"{settings.prefix}-boundary",
        description="The most that any role of Airlock can do; it grants nothing by itself",
        statements=[
            iam.PolicyStatement(
                sid="Ceiling",
                actions=list(CEILING),
                resources=["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": cdk.Aws.REGION}},
            ),
            iam.PolicyStatement(sid="Never", effect=iam.Effect.DENY, actions=["iam:*", "logs:Unmask"], resources=["*"]),
        ],
    )


def make_role(
    scope: Construct,
    name: str,
    *,
    principal: iam.IPrincipal,
    does: str,
    statements: Sequence[iam.PolicyStatement],
    boundary: iam.IManagedPolicy,
) -> iam.IRole:
    """A role under the ceiling that can do what its statements say; nothing that uses it can widen it."""
    role = iam.Role(
        scope,
        "Role",
        role_name=name,
        description=does,
        assumed_by=principal,
        permissions_boundary=boundary,
        managed_policies=[
            iam.ManagedPolicy(scope, "Policy", managed_policy_name=name, description=does, statements=list(statements))
        ],
    )
    return role.without_policy_updates()


def make_auditor(
    scope: Construct,
    settings: Settings,
    *,
    log_group_arns: Sequence[str],
    signing_key_arn: str,
    boundary: iam.IManagedPolicy,
) -> iam.IRole:
    """A person's role, for a session with MFA: can query the journal, and sees masked what the tripwire masked."""
    with_mfa = iam.AccountRootPrincipal().with_conditions({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    return make_role(
        scope,
        f"{settings.prefix}-auditor",
        principal=with_mfa,
        does="Queries the journal; can change nothing and unmask nothing",
        statements=[
            allow(AUDITOR_READS, log_group_arns),
            allow(AUDITOR_ANYWHERE, ["*"]),
            allow(["kms:GetPublicKey", "kms:Verify"], [signing_key_arn]),
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=["logs:Unmask"], resources=["*"]),
        ],
        boundary=boundary,
    )
