"""A deployment's name in, whether what the stack set still stands out: edge, journal, key, kill switch."""

import re
from collections.abc import Iterator
from typing import Any

from airlock.gate import OPEN
from workbench.examination import Finding, OpenClient, UnseenError, Verdict, read_pages

SIX_YEARS_DAYS = 2192
# What would name a visitor, a page or a query in an access log.
_TELLING = re.compile(r"identity\.|sourceIp|userAgent|\$context\.path|querystring|domainName|authorizer\.")
_TLS_12 = re.compile(r"TLS_1_2|SecurityPolicy_TLS1[23]_[A-Za-z0-9_]+")


def examine_edge(prefix: str, host: str, open_client: OpenClient) -> Iterator[Finding]:
    """Whether the API answers under the clinic's own name only, over TLS 1.2 or better, and logs nobody."""
    api = find_api(prefix, open_client)
    about = "execute-api endpoint"
    if api.get("DisableExecuteApiEndpoint") or api.get("disableExecuteApiEndpoint"):
        yield Finding(about, Verdict.GOOD, "closed: the API answers under the collect host only")
    else:
        yield Finding(about, Verdict.BAD, "open: the API answers under AWS's own name too", "deploy again")
    domain = open_client("apigatewayv2").get_domain_name(DomainName=host)["DomainNameConfigurations"][0]
    policy = str(domain.get("SecurityPolicy"))
    if _TLS_12.fullmatch(policy):
        yield Finding("TLS policy", Verdict.GOOD, policy)
    else:
        yield Finding("TLS policy", Verdict.BAD, f"{policy} is below TLS 1.2", "deploy again")
    yield from _examine_access_log(api, open_client)


def _examine_access_log(api: dict[str, Any], open_client: OpenClient) -> Iterator[Finding]:
    about = "access log"
    if "ApiId" in api:
        stages = list(read_pages(open_client("apigatewayv2").get_stages, "Items", "NextToken", ApiId=api["ApiId"]))
        formats = [stage.get("AccessLogSettings", {}).get("Format", "") for stage in stages]
    else:
        stages = open_client("apigateway").get_stages(restApiId=api["id"])["item"]
        formats = [stage.get("accessLogSettings", {}).get("format", "") for stage in stages]
    if not formats or not all(formats):
        yield Finding(about, Verdict.BAD, "a stage writes none", "deploy again")
    elif any(_TELLING.search(written) for written in formats):
        yield Finding(about, Verdict.BAD, "its format names visitors, pages or queries", "deploy again")
    else:
        yield Finding(about, Verdict.GOOD, "names no visitor, page or query")


def find_api(prefix: str, open_client: OpenClient) -> dict[str, Any]:
    """The deployment's HTTP or REST API; UnseenError where there is neither."""
    apis = [
        *read_pages(open_client("apigatewayv2").get_apis, "Items", "NextToken"),
        *read_pages(open_client("apigateway").get_rest_apis, "items", "position"),
    ]
    for api in apis:
        if prefix in {api.get("Name"), api.get("name")}:
            return dict(api)
    raise UnseenError(f"there is no API named {prefix} in this region: not deployed yet, or another name (--name)")


def examine_journal(name: str, open_client: OpenClient) -> Iterator[Finding]:
    """Whether each log group is encrypted by the clinic's key, kept six years, undeletable, and has its tripwire."""
    groups = list(
        read_pages(open_client("logs").describe_log_groups, "logGroups", logGroupNamePrefix=f"/airlock/{name}/")
    )
    if not groups:
        raise UnseenError(f"there is no log group under /airlock/{name}/: not deployed yet, or another name (--name)")
    for group in groups:
        faults = [
            fault
            for fault, stands in (
                ("is not encrypted by the clinic's key", bool(group.get("kmsKeyId"))),
                (
                    f"is not kept for {SIX_YEARS_DAYS} days",
                    int(group.get("retentionInDays", SIX_YEARS_DAYS)) >= SIX_YEARS_DAYS,
                ),
                ("has no live data-protection policy", group.get("dataProtectionStatus") == "ACTIVATED"),
                ("can be deleted", group.get("deletionProtectionEnabled") is True),
            )
            if not stands
        ]
        about = f"log group {group['logGroupName']}"
        if faults:
            yield Finding(
                about, Verdict.BAD, " and ".join(faults), "deploy again, and see in CloudTrail who changed it"
            )
        else:
            yield Finding(about, Verdict.GOOD, "encrypted, kept six years, undeletable, its tripwire live")


def examine_key(prefix: str, open_client: OpenClient) -> Iterator[Finding]:
    """Whether the clinic's key is enabled and turns every year."""
    about = f"key alias/{prefix}"
    client = open_client("kms")
    state = client.describe_key(KeyId=f"alias/{prefix}")["KeyMetadata"]
    if state["KeyState"] != "Enabled":
        says = f"is {state['KeyState']}: nothing can be queued, and the journal cannot be read"
        yield Finding(about, Verdict.BAD, says, "KMS: cancel the deletion, enable the key")
    elif not client.get_key_rotation_status(KeyId=state["KeyId"])["KeyRotationEnabled"]:
        yield Finding(about, Verdict.BAD, "is not rotated", "deploy again")
    else:
        yield Finding(about, Verdict.GOOD, "enabled, and rotated every year")


def examine_gate(name: str, open_client: OpenClient) -> Iterator[Finding]:
    """Whether the kill switch is open."""
    mode = open_client("ssm").get_parameter(Name=f"/airlock/{name}/gate")["Parameter"]["Value"]
    if mode == OPEN:
        yield Finding("kill switch", Verdict.GOOD, "open")
    else:
        yield Finding("kill switch", Verdict.SOON, "closed, for all networks or some: what comes waits or is dropped")
