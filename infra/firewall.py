"""A web ACL before the REST API: no flood, no known bad input, no large body; its log redacted and kept for 30 days."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.journal import make_log_group
from infra.settings import Settings

LARGEST_EVENT = 8192  # bytes, as in the sanitizer
REQUESTS_A_MINUTE = 1000  # from one address
_AS_IT_IS = [{"priority": 0, "type": "NONE"}]
_REDACTED_HEADERS = ("authorization", "cookie", "origin", "referer", "user-agent")


def make_firewall(scope: Construct, settings: Settings, key: kms.IKey, stage_arn: str) -> waf.CfnWebACL:
    """The ACL, bound to the stage."""
    acl = waf.CfnWebACL(
        scope,
        "Firewall",
        name=settings.prefix,
        description="The airlock of one clinic",
        scope="REGIONAL",
        default_action={"allow": {}},
        visibility_config=_count(settings, "all"),
        rules=[
            _rule(
                settings,
                0,
                "rate",
                {
                    "rateBasedStatement": {
                        "aggregateKeyType": "IP",
                        "evaluationWindowSec": 60,
                        "limit": REQUESTS_A_MINUTE,
                    }
                },
            ),
            _rule(
                settings,
                1,
                "body",
                {
                    "andStatement": {
                        "statements": [
                            {
                                "byteMatchStatement": {
                                    "fieldToMatch": {"uriPath": {}},
                                    "positionalConstraint": "ENDS_WITH",
                                    "searchString": "/v1/events",
                                    "textTransformations": _AS_IT_IS,
                                }
                            },
                            {
                                "sizeConstraintStatement": {
                                    "fieldToMatch": {"body": {"oversizeHandling": "MATCH"}},
                                    "comparisonOperator": "GT",
                                    "size": LARGEST_EVENT,
                                    "textTransformations": _AS_IT_IS,
                                }
                            },
                        ]
                    }
                },
                {"block": {"customResponse": {"responseCode": 413}}},
            ),
            {
                **_rule(
                    settings,
                    2,
                    "known-bad-inputs",
                    {
                        "managedRuleGroupStatement": {
                            "vendorName": "AWS",
                            "name": "AWSManagedRulesKnownBadInputsRuleSet",
                        }
                    },
                ),
                "action": None,
                "overrideAction": {"none": {}},
            },
        ],
    )
    waf.CfnWebACLAssociation(scope, "FirewallAssociation", resource_arn=stage_arn, web_acl_arn=acl.attr_arn)
    log = make_log_group(
        scope, "FirewallLog", f"aws-waf-logs-{settings.prefix}", key, retention=logs.RetentionDays.ONE_MONTH
    )
    redacted: list[dict[str, Any]] = [{"queryString": {}}, {"uriPath": {}}]
    redacted += [{"singleHeader": {"Name": name}} for name in _REDACTED_HEADERS]
    waf.CfnLoggingConfiguration(
        scope,
        "FirewallLogging",
        resource_arn=acl.attr_arn,
        log_destination_configs=[
            cdk.Stack.of(scope).format_arn(
                service="logs",
                resource="log-group",
                resource_name=log.log_group_name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
        ],
        redacted_fields=redacted,
        logging_filter={
            "DefaultBehavior": "DROP",
            "Filters": [
                {
                    "Behavior": "KEEP",
                    "Requirement": "MEETS_ANY",
                    "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
                }
            ],
        },
    )
    return acl


def _count(settings: Settings, name: str) -> dict[str, Any]:
    # A sample would keep addresses and headers for three hours.
    return {
        "cloudWatchMetricsEnabled": True,
        "metricName": f"{settings.prefix}-{name}",
        "sampledRequestsEnabled": False,
    }


def _rule(
    settings: Settings, priority: int, name: str, statement: dict[str, Any], action: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "priority": priority,
        "action": action or {"block": {}},
        "statement": statement,
        "visibilityConfig": _count(settings, name),
    }
