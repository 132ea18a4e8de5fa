"""Changes of the account that an officer must hear of: the key, the journal's protection, somebody reading a secret."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import Settings

_THROUGH_API = "AWS API Call via CloudTrail"


def watch_account(
    scope: Construct,
    settings: Settings,
    topic: sns.Topic,
    *,
    key_arns: Sequence[str],
    secrets: Sequence[str],
    readers: Sequence[str],
) -> None:
    """Notices to the topic. They need CloudTrail in the account, which `airlock doctor` checks.

    `secrets` are names, `readers` the role names that read them every day. A notice is one constant sentence: what
    CloudTrail knows of the person who did it stays in CloudTrail.
    """
    groups = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:/airlock/{settings.name}/*"
    patterns: Mapping[str, tuple[str, Mapping[str, object]]] = {
        "KeyTouched": (
            "The airlock's key was disabled, is to be deleted, or has a new policy",
            {
                "source": ["aws.kms"],
                "detail-type": [_THROUGH_API],
                "resources": list(key_arns),
                "detail": {"eventName": ["DisableKey", "DisableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion"]},
            },
        ),
        "JournalTouched": (
            "The journal's retention or protection was changed, or part of it was deleted",
            {
                "source": ["aws.logs"],
                "detail-type": [_THROUGH_API],
                "detail": {
                    "eventName": [
                        "DeleteDataProtectionPolicy",
                        "DeleteLogGroup",
                        "DeleteLogStream",
                        "DeleteRetentionPolicy",
                        "DisassociateKmsKey",
                        "PutDataProtectionPolicy",
                        "PutLogGroupDeletionProtection",
                        "PutRetentionPolicy",
                    ],
                    "requestParameters": {
                        "$or": [
                            {"logGroupName": [{"prefix": f"/airlock/{settings.name}/"}]},
                            {"logGroupIdentifier": [{"prefix": f"/airlock/{settings.name}/"}, {"wildcard": groups}]},
                        ]
                    },
                },
            },
        ),
        "SecretRead": (
            "A network's secret was read by somebody other than its forwarder",
            {
                "source": ["aws.secretsmanager"],
                "detail-type": [_THROUGH_API],
                "detail": {
                    "eventName": ["BatchGetSecretValue", "GetSecretValue"],
                    "requestParameters": {
                        "secretId": [word for name in secrets for word in (name, {"wildcard": f"*:secret:{name}-*"})]
                    },
                    "userIdentity": {
                        "sessionContext": {"sessionIssuer": {"userName": [{"anything-but": list(readers)}]}}
                    },
                },
            },
        ),
    }
    for rule_id, (says, pattern) in patterns.items():
        events.CfnRule(
            scope,
            rule_id,
            name=f"{settings.prefix}-{rule_id}",
            description=says,
            event_pattern=pattern,
            # Reading a secret changes nothing, and such events are given to a rule in this state only.
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" if rule_id == "SecretRead" else "ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    arn=topic.topic_arn,
                    id="Topic",
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={"event": "$.detail.eventName"},
                        input_template=f'"{settings.prefix}: {says} (<event>). CloudTrail names who."',
                    ),
                )
            ],
        )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Notices",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            resources=[topic.topic_arn],
        )
    )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
