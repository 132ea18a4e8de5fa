"""Where the journal is kept: log groups with a tripwire, metrics counted from its lines, the auditor's questions."""

import json
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from airlock.outcome import Outcome, Reason
from infra.settings import Settings

NAMESPACE = "Airlock"
# What must never stand in a log line, as CloudWatch Logs finds it. It masks and alarms; other things keep a line clean.
# No identifier here for 64 hex digits: the policy's hash and a payload's stand in every line.
TRIPWIRES = (
    "ADDRESS",
    "AWSSECRETKEY",
    "BANKACCOUNTNUMBER_US",
    "CREDITCARDNUMBER",
    "CREDITCARDSECURITYCODE",
    "DRIVERSLICENSE_US",
    "DRUGENFORCEMENTAGENCYNUMBER_US",
    "EMAILADDRESS",
    "HEALTHCAREPROCEDURECODE_US",
    "HEALTHINSURANCECLAIMNUMBER_US",
    "INDIVIDUALTAXIDENTIFICATIONNUMBER_US",
    "IPADDRESS",
    "LATLONG",
    "MEDICAREBENEFICIARYNUMBER_US",
    "NAME",
    "NATIONALDRUGCODE_US",
    "NATIONALPROVIDERID_US",
    "OPENSSHPRIVATEKEY",
    "PASSPORTNUMBER_US",
    "PGPPRIVATEKEY",
    "PHONENUMBER_US",
    "PKCSPRIVATEKEY",
    "PUTTYPRIVATEKEY",
    "SSN_US",
    "VEHICLEIDENTIFICATIONNUMBER",
    "ZIPCODE_US",
)
# A click id as it stands in a URL, which no line holds; a bearer token. CloudWatch Logs takes no groups in a pattern.
OWN_TRIPWIRES = {
    "ClickId": "cl[a-z]*id=[A-Za-z0-9_.-]{10,}",  # fbclid, gclid, ttclid, msclkid
    "Braid": "braid=[A-Za-z0-9_.-]{10,}",  # gbraid, wbraid
    "FatId": "li_fat_id=[A-Za-z0-9_.-]{10,}",
    "BearerToken": "Bearer [A-Za-z0-9._/+=-]{20,}",
}
# What is counted: a metric's name, and the lines that count. Each costs nothing while it is silent.
SANITIZER_COUNTS: Mapping[str, str] = {
    "Accepted": f'{{ $.kind = "decision" && $.outcome = "{Outcome.ACCEPTED}" }}',
    "Withheld": f'{{ $.kind = "decision" && $.outcome = "{Outcome.WITHHELD}" }}',
    "Refused": f'{{ $.kind = "decision" && $.outcome = "{Outcome.REFUSED}" }}',
}
FORWARDER_COUNTS: Mapping[str, str] = {
    "Delivered": f'{{ $.kind = "disclosure" && $.outcome = "{Outcome.DELIVERED}" }}',
    "Rejected": f'{{ $.outcome = "{Outcome.REJECTED}" }}',
    "Refusing": f'{{ $.reason = "{Reason.UNAUTHORISED}" || $.reason = "{Reason.PROHIBITED}" }}',
}
# Counted over all functions together: whichever it was, somebody must look.
COUNTS: Mapping[str, str] = {
    "Fault": '{ $.kind = "fault" }',
    "Suspected": f'{{ $.reason = "{Reason.PHI_SUSPECTED}" }}',
    "VersionEnds": f'{{ $.reason = "{Reason.VERSION_ENDS}" }}',
}
_ANSWERS = "filter kind = 'disclosure'"
QUERIES: Mapping[str, str] = {
    "what did each network get": "fields fromMillis(at) as when, destination, event, event_id, basis, payload, sha256\n"
    f"| {_ANSWERS} and outcome = 'delivered'\n| sort at desc\n| limit 10000",
    "why was an event not told": "filter outcome in ['withheld', 'refused', 'expired', 'rejected']\n"
    "| stats count(*) as events by outcome, reason, destination, bin(1d)\n| sort events desc",
    "did anything leave without a basis": f"{_ANSWERS} and outcome = 'delivered' and ispresent(digests.0)\n"
    "| stats count(*) as disclosures by destination, basis, ispresent(authorization) as authorized",
    "under which policy, from when to when": "filter ispresent(policy)\n"
    "| stats min(fromMillis(at)) as first, max(fromMillis(at)) as last, count(*) as lines by policy",
    "how do the networks answer": f"{_ANSWERS} and ispresent(status)\n"
    "| stats count(*) as requests, sum(status >= 400) as refused by destination, status, bin(1h)",
    "what became of one event": "filter event_id = 'PUT THE DERIVED EVENT ID HERE'\n"
    "| fields fromMillis(at) as when, kind, destination, outcome, reason, attempt, status\n| sort at asc",
    "were authorizations recorded or revoked": "filter kind = 'authorization'\n"
    "| fields fromMillis(at) as when, authorization, change\n| sort at desc",
    "what went wrong inside": "filter kind = 'fault'\n"
    "| stats count(*) as faults by type, line, bin(1d)\n| sort faults desc",
}


def make_log_group(
    scope: Construct,
    construct_id: str,
    name: str,
    key: kms.IKey,
    retention: logs.RetentionDays = logs.RetentionDays.SIX_YEARS,
) -> logs.LogGroup:
    """A log group: encrypted, kept six years (45 CFR 164.316(b)(2)(i)), protected from deletion, with a tripwire."""
    identifiers = [getattr(logs.DataIdentifier, name) for name in TRIPWIRES]
    identifiers += [logs.CustomDataIdentifier(name, pattern) for name, pattern in OWN_TRIPWIRES.items()]
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        encryption_key=key,
        retention=retention,
        deletion_protection_enabled=True,
        data_protection_policy=logs.DataProtectionPolicy(
            name="airlock-tripwire",
            description="Nothing of this kind may stand in a log line; a finding raises an alarm",
            identifiers=identifiers,
        ),
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )


def count_lines(
    scope: Construct, settings: Settings, group: logs.ILogGroup, part: str, counts: Mapping[str, str]
) -> None:
    """Metrics of the journal's lines, named by the part that wrote them; a line's own words are never a dimension."""
    named = {f"{part}-{metric}": pattern for metric, pattern in counts.items()}
    for metric, pattern in {**named, **COUNTS}.items():
        logs.MetricFilter(
            scope,
            f"Count{metric.removeprefix(f'{part}-')}",
            log_group=group,
            filter_pattern=logs.FilterPattern.literal(pattern),
            metric_namespace=f"{NAMESPACE}/{settings.name}",
            metric_name=metric,
            metric_value="1",
            default_value=0,
        )


def save_queries(scope: Construct, settings: Settings, groups: Sequence[logs.ILogGroup]) -> None:
    """The questions of an auditor, ready in Logs Insights."""
    for number, (question, query) in enumerate(QUERIES.items(), start=1):
        logs.CfnQueryDefinition(
            scope,
            f"Question{number}",
            name=f"airlock/{settings.name}/{question}",
            query_string=query,
            log_group_names=[group.log_group_name for group in groups],
        )


def write_access_log_format(fields: Mapping[str, str]) -> str:
    """The access log's format: none of the variables names a visitor, a page or a query."""
    return json.dumps({name: f"$context.{variable}" for name, variable in fields.items()}, separators=(",", ":"))
