"""The collect host in, how its DNS and its certificate stand out: may AWS issue, does the name point at the airlock."""

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.dns_names import Names
from workbench.examination import Finding, OpenClient, UnseenError, Verdict, name_error, read_pages

# Any of these in a CAA record lets ACM issue (docs.aws.amazon.com/acm, "Configure a CAA record", read 2026-11-25).
AMAZON = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})
RENEWED_BEFORE = datetime.timedelta(days=30)
_ISSUE = re.compile(r'[0-9]+ issue "\s*([^;"\s]*)[^"]*"', re.ASCII)


def examine_caa(host: str, names: Names) -> Iterator[Finding]:
    """Whether the zone lets Amazon issue a certificate: the records of the nearest name that has any decide."""
    about = "CAA"
    for zone in _climb(host):
        records = names.ask(zone, "CAA")
        if not records:
            continue
        issuers = {found[1].lower() for record in records if (found := _ISSUE.fullmatch(record))}
        if not issuers or issuers & AMAZON:
            yield Finding(about, Verdict.GOOD, f"the CAA records of {zone} let Amazon issue")
        else:
            remedy = f'add a record to {zone}: CAA 0 issue "amazon.com"'
            yield Finding(about, Verdict.BAD, f"the CAA records of {zone} let others issue, not Amazon", remedy)
        return
    yield Finding(about, Verdict.GOOD, "no CAA record: anybody may issue, Amazon too")


def examine_host(host: str, names: Names, open_client: OpenClient) -> Iterator[Finding]:
    """Whether the collect host is a CNAME of the API's own name, and of nothing else."""
    about = "CNAME of the collect host"
    target = find_target(host, open_client)
    found = names.ask(host, "CNAME")
    if not found:
        yield _explain_missing(about, host, target, names)
    elif target is None:
        says = f"{host} points somewhere, and there is no API to compare it with"
        yield Finding(about, Verdict.UNSEEN, says, "deploy, then ask again")
    elif found[0].lower() == target.lower():
        yield Finding(about, Verdict.GOOD, f"{host} points at the API")
    else:
        yield Finding(about, Verdict.BAD, f"{host} points elsewhere", f"change it: CNAME {target}")


def _explain_missing(about: str, host: str, target: str | None, names: Names) -> Finding:
    remedy = f"{host} CNAME {target}" if target else "deploy; the output DnsTarget names what it must point at"
    if (double := find_double(host, names)) is not None:
        return _name_double(about, host, double)
    if names.ask(host, "A") or names.ask(host, "AAAA"):
        says = (
            f"{host} has addresses and no CNAME: a proxy (Cloudflare's orange cloud) stands before it, which reads "
            "what patients' browsers send, without a BAA; or another server does"
        )
        return Finding(about, Verdict.BAD, says, f"switch the proxy off (DNS only): {remedy}")
    return Finding(about, Verdict.BAD, f"{host} has no record", remedy)


def _name_double(about: str, name: str, double: str) -> Finding:
    says = f"the record stands at {double}: the registrar added the zone to a name that had it already"
    zone = double[len(name) + 1 :]
    return Finding(about, Verdict.BAD, says, f"in that zone's form write {name.removesuffix(f'.{zone}')} only")


def find_double(name: str, names: Names) -> str | None:
    """Where the record stands by the mistake of a form that appends the zone: `collect.clinic.com.clinic.com`."""
    for zone in _climb(name):
        if zone != name and names.ask(f"{name}.{zone}", "CNAME"):
            return f"{name}.{zone}"
    return None


def find_target(host: str, open_client: OpenClient) -> str | None:
    """The API's own name behind the collect host; None where it is not deployed."""
    try:
        domain = open_client("apigatewayv2").get_domain_name(DomainName=host)
    except Exception as error:  # noqa: BLE001 - botocore's errors are many
        if name_error(error) in {"NotFoundException", "NotFound"}:
            return None
        raise UnseenError(f"API Gateway would not say what {host} is: {name_error(error)}") from None
    return str(domain["DomainNameConfigurations"][0]["ApiGatewayDomainName"])


def examine_certificate(host: str, names: Names, open_client: OpenClient, now: datetime.datetime) -> Iterator[Finding]:
    """Whether there is a certificate that is issued, not about to end, and renewable: its DNS record still stands."""
    about = "certificate"
    client = open_client("acm")
    found = [
        client.describe_certificate(CertificateArn=each["CertificateArn"])["Certificate"]
        for each in read_pages(client.list_certificates, "CertificateSummaryList", "NextToken")
        if host in {each["DomainName"], *each.get("SubjectAlternativeNameSummaries", ())}
    ]
    if not found:
        yield Finding(about, Verdict.BAD, f"there is none for {host} in this region", "deploy the certificate's stack")
        return
    best = max(found, key=lambda each: each["Status"] == "ISSUED")
    yield from _examine_record(best, names)
    if best["Status"] != "ISSUED":
        says = f"the one for {host} is {best['Status']}"
        yield Finding(about, Verdict.BAD, says, f"put in the record: uv run python -m infra.certificate {host}")
        return
    ends = best.get("NotAfter")
    if ends is None:
        yield Finding(about, Verdict.UNSEEN, "ACM does not say when it ends")
    elif ends <= now:
        yield Finding(
            about, Verdict.BAD, f"it ended on {ends.date()}", "see whether its validation record still stands"
        )
    elif ends - now < RENEWED_BEFORE:
        yield Finding(about, Verdict.SOON, f"it ends on {ends.date()} and is not renewed yet", "look at its record")
    else:
        yield Finding(about, Verdict.GOOD, f"issued until {ends.date()}; ACM renews it while its record stands")


def _examine_record(certificate: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    about = "validation record"
    for option in certificate.get("DomainValidationOptions", ()):
        record = option.get("ResourceRecord")
        if record is None or record["Type"] != "CNAME":
            continue
        name, value = record["Name"].rstrip("."), record["Value"].rstrip(".")
        found = names.ask(name, "CNAME")
        if found and found[0].lower() == value.lower():
            yield Finding(about, Verdict.GOOD, "ACM's record stands; it must stay for the renewals")
        elif found:
            yield Finding(about, Verdict.BAD, f"{name} points elsewhere", f"change it: CNAME {value}")
        elif (double := find_double(name, names)) is not None:
            yield _name_double(about, name, double)
        else:
            yield Finding(about, Verdict.BAD, f"{name} has no record", f"{name} CNAME {value}")


def _climb(host: str) -> Iterator[str]:
    """A name and the names above it, down to a domain of two labels."""
    labels = host.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])
