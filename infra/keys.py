"""The one key that all of a clinic is encrypted with, the one that signs its journal, and their policies, by hand.

Nobody can use the key but through the services that hold the clinic's data, not even an administrator of the account.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.settings import Settings

# What a service asks of the key on behalf of whoever may use the service's resource.
USES = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
ADMINISTERS = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
SERVICES = ("dynamodb", "lambda", "secretsmanager", "sns", "sqs")


def via(service: str) -> str:
    """The value of kms:ViaService for a service of this region."""
    return f"{service}.{cdk.Aws.REGION}.amazonaws.com"


def make_key(scope: Construct, settings: Settings) -> kms.Key:
    """The clinic's key: rotated every year; kept when the stack goes, since the journal cannot be read without it."""
    return kms.Key(
        scope,
        "Key",
        alias=f"alias/{settings.prefix}",
        description=f"{settings.prefix}: queues, secrets, tables, journal and alarms",
        enable_key_rotation=True,
        rotation_period=cdk.Duration.days(365),
        pending_window=cdk.Duration.days(30),
        removal_policy=cdk.RemovalPolicy.RETAIN,
        policy=iam.PolicyDocument(statements=_write_policy(settings)),
    )


def make_signing_key(scope: Construct, settings: Settings) -> kms.Key:
    """What signs the journal's checkpoints: the private half never leaves KMS, and only the functions make it sign."""
    account = iam.AccountRootPrincipal()
    roles = [f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/{name}" for name in settings.function_names]
    return kms.Key(
        scope,
        "SigningKey",
        alias=f"alias/{settings.prefix}-journal",
        description=f"{settings.prefix}: signs the journal's checkpoints",
        key_spec=kms.KeySpec.ECC_NIST_P256,
        key_usage=kms.KeyUsage.SIGN_VERIFY,
        pending_window=cdk.Duration.days(30),
        removal_policy=cdk.RemovalPolicy.RETAIN,
        policy=iam.PolicyDocument(
            statements=[
                _allow("Administration", account, ADMINISTERS),
                _allow("Verification", account, ("kms:GetPublicKey", "kms:Verify")),
                _allow("Signature", account, ("kms:Sign",), {"ArnEquals": {"aws:PrincipalArn": roles}}),
            ]
        ),
    )


def _write_policy(settings: Settings) -> list[iam.PolicyStatement]:
    account = iam.AccountRootPrincipal()
    services = [via(service) for service in SERVICES]
    here = {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}
    groups = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:"
    names = (
        f"/airlock/{settings.name}/*",
        f"/aws/vendedlogs/airlock/{settings.name}/*",
        f"aws-waf-logs-{settings.prefix}",
    )
    return [
        # Administration is not use: none of these reads anything.
        _allow("Administration", account, ADMINISTERS),
        _allow("UseThroughServices", account, USES, {"StringEquals": {"kms:ViaService": services}}),
        _allow(
            "GrantsToServices",
            account,
            ("kms:CreateGrant",),
            {"StringEquals": {"kms:ViaService": services}, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        _allow(
            "Journal",
            iam.ServicePrincipal(via("logs")),
            USES,
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": [groups + name for name in names]}},
        ),
        # Without these two an alarm to the encrypted topic is lost, silently.
        _allow(
            "Alarms",
            iam.ServicePrincipal("cloudwatch.amazonaws.com"),
            ("kms:Decrypt", "kms:GenerateDataKey"),
            {"StringEquals": here},
        ),
        # EventBridge names no source account to SNS. It can only send; the topic's policy says to where.
        _allow("Notices", iam.ServicePrincipal("events.amazonaws.com"), ("kms:Decrypt", "kms:GenerateDataKey")),
    ]


def _allow(
    sid: str, principal: iam.IPrincipal, actions: tuple[str, ...], conditions: dict[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        principals=[principal],
        actions=list(actions),
        resources=["*"],  # in a key's policy: this key
        conditions=conditions,
    )
