"""A synthesised template in, every setting of it that breaks a rule out: rules of our own, as plain functions.

Each rule looks at one resource and gives a sentence for what is wrong, naming the property and no value.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from infra.eligible import AS_OF, NEVER, is_eligible
from infra.grants import find_wildcards
from infra.template import Resource, Template, resources

SIX_YEARS_D = 2192
# A firewall's log holds addresses, which cannot be redacted: it is kept for a month, and everything else for six years.
FIREWALL_LOG_D = 30
FOURTEEN_DAYS_S = 14 * 86_400
VISIBILITY_TIMES = 6
TLS_POLICIES = re.compile(r"TLS_1_2|SecurityPolicy_TLS13_\w+")
# Variables of an access log that name a visitor, a page, a query or a caller.
FORBIDDEN_IN_ACCESS_LOG = re.compile(
    r"identity|sourceIp|userAgent|context\.path\b|basePathMatched|domainName|domainPrefix|authorizer|\$request|"
    r"querystring|header|extendedRequestId|requestOverride",
    re.IGNORECASE,
)
LEAK_SWITCHES = {
    "POWERTOOLS_DEBUG": "false",
    "POWERTOOLS_DEV": "false",
    "POWERTOOLS_LOGGER_LOG_EVENT": "false",
    "POWERTOOLS_TRACER_CAPTURE_ERROR": "false",
    "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
# What holds evidence or accepted events outlives the stack.
KEPT = (
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
)

Check = Callable[[Resource], Iterator[str]]


@dataclass(frozen=True)
class Violation:
    """One resource that breaks one rule."""

    rule: str
    resource: str
    says: str


def find_violations(template: Template) -> list[Violation]:
    """Every rule that a template breaks, and where."""
    return [
        Violation(rule, resource.name, says)
        for resource in resources(template)
        for rule, checks in RULES.items()
        for types, check in checks
        if not types or resource.type in types
        for says in check(resource)
    ]


def _require(path: str) -> Check:
    def check(resource: Resource) -> Iterator[str]:
        if not resource.get(path):
            yield f"{path} is missing"

    return check


def _is_eligible(resource: Resource) -> Iterator[str]:
    if resource.type in NEVER:
        yield f"{resource.type} has no place in the stack"
    elif not is_eligible(resource.type):
        yield f"{resource.type} is not on the HIPAA-eligible list of {AS_OF}"


def _is_kept(resource: Resource) -> Iterator[str]:
    stays = resource.body.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}
    if not stays or resource.body.get("UpdateReplacePolicy") != "Retain":
        yield "DeletionPolicy and UpdateReplacePolicy must be Retain"


def _has_long_retention(resource: Resource) -> Iterator[str]:
    name = resource.get("LogGroupName")
    days = FIREWALL_LOG_D if isinstance(name, str) and name.startswith("aws-waf-logs-") else SIX_YEARS_D
    if resource.get("RetentionInDays") != days:
        yield f"RetentionInDays must be {days}"


def _keeps_messages(resource: Resource) -> Iterator[str]:
    if resource.get("MessageRetentionPeriod") != FOURTEEN_DAYS_S:
        yield "MessageRetentionPeriod must be 14 days"
    if not resource.get("RedrivePolicy") and not resource.get("RedriveAllowPolicy"):
        yield "RedrivePolicy and RedriveAllowPolicy are both missing"


def _outlasts_its_reader(resource: Resource) -> Iterator[str]:
    readers = (f for f in resources(resource.template, "AWS::Lambda::Function") if _reads(f, resource.name))
    longest = max((function.get("Timeout") or 3 for function in readers), default=0)
    if (resource.get("VisibilityTimeout") or 30) < VISIBILITY_TIMES * longest:
        yield f"VisibilityTimeout must be {VISIBILITY_TIMES} times the reader's time-out"


def _reads(function: Resource, queue: str) -> bool:
    return bool(function.get("Environment.Variables.AIRLOCK_QUEUE_URL") == {"Ref": queue})


def _rotates(resource: Resource) -> Iterator[str]:
    if resource.get("KeyUsage") != "SIGN_VERIFY" and not resource.get("EnableKeyRotation"):  # KMS rotates no key pair
        yield "EnableKeyRotation is missing"


def _takes_tls_only(policy_type: str, names: str) -> Check:
    """A rule: a policy of this type that names the resource under `names` denies everybody what comes without TLS."""

    def check(resource: Resource) -> Iterator[str]:
        for policy in resources(resource.template, policy_type):
            if {"Ref": resource.name} in (policy.get(names) or ()):
                for statement in policy.get("PolicyDocument.Statement") or ():
                    plain = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
                    everybody = statement.get("Principal") in ("*", {"AWS": "*"})
                    if statement["Effect"] == "Deny" and plain == "false" and everybody:
                        return
        yield f"no {policy_type} denies requests without TLS"

    return check


def _keeps_silent(resource: Resource) -> Iterator[str]:
    for switch, value in LEAK_SWITCHES.items():
        if resource.get(f"Environment.Variables.{switch}") != value:
            yield f"Environment.Variables.{switch} must be {value}"
    if resource.get("TracingConfig.Mode") == "Active":
        yield "TracingConfig.Mode must not be Active"
    if resource.get("LoggingConfig.LogFormat") != "JSON":
        yield "LoggingConfig.LogFormat must be JSON"
    if resource.get("LoggingConfig.ApplicationLogLevel") in {"TRACE", "DEBUG"}:
        yield "LoggingConfig.ApplicationLogLevel must not be below INFO"


def _names_nobody(resource: Resource) -> Iterator[str]:
    written = resource.get("AccessLogSettings.Format") or resource.get("AccessLogSetting.Format")
    if not written:
        yield "the access log's Format is missing"
    elif FORBIDDEN_IN_ACCESS_LOG.search(written if isinstance(written, str) else json.dumps(written)):
        yield "the access log's Format names a visitor, a page or a query"


def _traces_no_data(resource: Resource) -> Iterator[str]:
    for setting in resource.get("MethodSettings") or ():
        if (
            setting.get("DataTraceEnabled")
            or setting.get("CachingEnabled")
            or setting.get("LoggingLevel", "OFF") != "OFF"
        ):
            yield "MethodSettings must neither trace, cache nor log execution: each can hold a body"


def _names_its_sites(resource: Resource) -> Iterator[str]:
    if any("*" in origin for origin in resource.get("CorsConfiguration.AllowOrigins") or ()):
        yield "CorsConfiguration.AllowOrigins must name the clinic's sites"


def _has_new_tls(resource: Resource) -> Iterator[str]:
    for each in resource.get("DomainNameConfigurations") or [resource.properties]:
        if not TLS_POLICIES.fullmatch(str(each.get("SecurityPolicy"))):
            yield "SecurityPolicy must be TLS 1.2 or better"


def _answers_each_message(resource: Resource) -> Iterator[str]:
    if resource.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        yield "FunctionResponseTypes must be ReportBatchItemFailures"


def _has_a_ceiling(resource: Resource) -> Iterator[str]:
    trusted = json.dumps(resource.get("AssumeRolePolicyDocument"))
    if not resource.get("PermissionsBoundary") and '"apigateway.amazonaws.com"' not in trusted:
        yield "PermissionsBoundary is missing"
    if resource.get("Policies"):
        yield "Policies must be empty: grants stand in a managed policy"


def _is_signed(resource: Resource) -> Iterator[str]:
    route = resource.get("RouteKey") or ""
    signed = route.split(" ")[-1].startswith(("/v1/conversions", "/v1/authorizations"))
    if signed and resource.get("AuthorizationType") != "AWS_IAM":
        yield "AuthorizationType must be AWS_IAM"


_STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
_APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
_HOSTS = ("AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName")
_ROLES = ("AWS::IAM::Role",)
_LOGS, _QUEUES, _TABLES = ("AWS::Logs::LogGroup",), ("AWS::SQS::Queue",), ("AWS::DynamoDB::Table",)
_SECRETS, _TOPICS, _KEYS = ("AWS::SecretsManager::Secret",), ("AWS::SNS::Topic",), ("AWS::KMS::Key",)
_FUNCTIONS, _ROUTES = ("AWS::Lambda::Function",), ("AWS::ApiGatewayV2::Route",)
_SOURCES, _ALARMS = ("AWS::Lambda::EventSourceMapping",), ("AWS::CloudWatch::Alarm",)

# A rule's name, and what it looks for in resources of which types; of no types: of all.
RULES: Mapping[str, tuple[tuple[tuple[str, ...], Check], ...]] = {
    "eligible-type": (((), _is_eligible),),
    "kept": ((KEPT, _is_kept),),
    "encrypted": (
        (_LOGS, _require("KmsKeyId")),
        (_QUEUES, _require("KmsMasterKeyId")),
        (_SECRETS, _require("KmsKeyId")),
        (_TOPICS, _require("KmsMasterKeyId")),
        (_TABLES, _require("SSESpecification.KMSMasterKeyId")),
        (_FUNCTIONS, _require("KmsKeyArn")),
    ),
    "key-rotates": ((_KEYS, _rotates),),
    "tls-only": (
        (_QUEUES, _takes_tls_only("AWS::SQS::QueuePolicy", "Queues")),
        (_TOPICS, _takes_tls_only("AWS::SNS::TopicPolicy", "Topics")),
        (_HOSTS, _has_new_tls),
    ),
    "retention": (
        (_LOGS, _has_long_retention),
        (_LOGS, _require("DeletionProtectionEnabled")),
        (_QUEUES, _keeps_messages),
        (_TABLES, _require("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled")),
        (_TABLES, _require("DeletionProtectionEnabled")),
    ),
    "tripwire": ((_LOGS, _require("DataProtectionPolicy")),),
    "nothing-lost": ((_QUEUES, _outlasts_its_reader), (_SOURCES, _answers_each_message)),
    "no-leak": ((_FUNCTIONS, _keeps_silent), (_STAGES, _traces_no_data)),
    "access-log": ((_STAGES, _names_nobody),),
    "closed-door": ((_APIS, _require("DisableExecuteApiEndpoint")), (_APIS, _names_its_sites), (_ROUTES, _is_signed)),
    "ceiling": ((_ROLES, _has_a_ceiling),),
    "no-wildcard-grant": (((), find_wildcards),),
    "alarm-heard": ((_ALARMS, _require("AlarmActions")),),
}
