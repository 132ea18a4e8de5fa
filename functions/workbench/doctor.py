"""`airlock doctor`: account, DNS and deployment in, how each part stands out. What it could not see is no pass."""

import argparse
import datetime
import json
import re
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec import Struct, structs

from airlock.policy import Policy
from workbench.bench import open_policy
from workbench.dns_names import DnsNames, Names
from workbench.examination import Check, Finding, OpenClient, Verdict, examine
from workbench.examine_account import examine_baa, examine_quota, examine_root, examine_trail
from workbench.examine_names import examine_caa, examine_certificate, examine_host
from workbench.examine_networks import examine_secrets, examine_versions
from workbench.examine_stack import examine_edge, examine_gate, examine_journal, examine_key
from workbench.tls_floor import Shake, examine_tls, shake_hands

_MARKS = {Verdict.GOOD: "ok  ", Verdict.SOON: "soon", Verdict.BAD: "BAD ", Verdict.UNSEEN: "??  "}
_LONGEST_NAME = 28


class Patient(Struct, frozen=True):
    """What is examined, and by what: a policy, the deployment's name, AWS, DNS, a TLS handshake, the time."""

    policy: Policy
    name: str
    attested: str | None
    open_client: OpenClient
    names: Names
    shake: Shake
    now: datetime.datetime


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--name", metavar="NAME", help="the deployment's name, where `-c name=` gave it another")
    parser.add_argument("--before", action="store_true", help="only what has to hold before a deployment")
    parser.add_argument("--baa-attested", metavar="WORDS", help="who accepted the BAA with AWS, when and where")
    parser.add_argument("--json", action="store_true", help="the findings as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Examine; 1 where something is bad or could not be seen."""
    policy = open_policy(arguments.policy)
    patient = Patient(
        policy=policy,
        name=arguments.name or name_deployment(policy.name),
        attested=arguments.baa_attested,
        open_client=_open_client,
        names=DnsNames(),
        shake=shake_hands,
        now=datetime.datetime.now(datetime.UTC),
    )
    return report(examine(list_checks(patient, before=arguments.before)), as_json=arguments.json)


def name_deployment(clinic: str) -> str:
    """A clinic's name as the stack's names have it."""
    return re.sub(r"[^a-z0-9]+", "-", clinic.lower())[:_LONGEST_NAME].strip("-")


def list_checks(patient: Patient, *, before: bool) -> Iterator[tuple[str, Check]]:
    """The checks, in the order in which a deployment meets them."""
    policy, names, open_client, now = patient.policy, patient.names, patient.open_client, patient.now
    host = policy.collect_host
    yield "BAA with AWS", partial(examine_baa, open_client, patient.attested)
    yield "root user", partial(examine_root, open_client)
    yield "CloudTrail", partial(examine_trail, open_client)
    yield "Lambda concurrency", partial(examine_quota, open_client, len(policy.rules))
    yield "CAA", partial(examine_caa, host, names)
    yield "API versions", partial(examine_versions, policy, now.date())
    if before:
        return
    prefix = f"airlock-{patient.name}"
    yield "certificate", partial(examine_certificate, host, names, open_client, now)
    yield "CNAME of the collect host", partial(examine_host, host, names, open_client)
    yield "TLS floor", partial(examine_tls, host, patient.shake)
    yield "edge", partial(examine_edge, prefix, host, open_client)
    yield "journal", partial(examine_journal, patient.name, open_client)
    yield "key", partial(examine_key, prefix, open_client)
    yield "kill switch", partial(examine_gate, patient.name, open_client)
    yield "secrets", partial(examine_secrets, policy, open_client, now)


def report(findings: Iterator[Finding], *, as_json: bool) -> int:
    """Print the findings as they come; the exit code."""
    kept: list[Finding] = []
    for finding in findings:
        kept.append(finding)
        if not as_json:
            sys.stdout.write(f"{_MARKS[finding.verdict]}  {finding.about}: {finding.says}\n")
            if finding.remedy:
                sys.stdout.write(f"        -> {finding.remedy}\n")
            sys.stdout.flush()
    counts = {verdict: sum(finding.verdict is verdict for finding in kept) for verdict in Verdict}
    is_well = not counts[Verdict.BAD] and not counts[Verdict.UNSEEN]
    if as_json:
        told = {"well": is_well, "findings": [structs.asdict(finding) for finding in kept]}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        bad, unseen, soon = counts[Verdict.BAD], counts[Verdict.UNSEEN], counts[Verdict.SOON]
        sys.stdout.write(f"{counts[Verdict.GOOD]} ok, {soon} soon, {bad} bad, {unseen} not seen\n")
    return int(not is_well)


def _open_client(service: str) -> Any:  # noqa: ANN401 - boto3 ships no types
    import boto3  # noqa: PLC0415 - the other commands spare its import
    from botocore.config import Config  # noqa: PLC0415 - as above

    patience = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
    region = "us-east-1" if service == "artifact" else None  # Artifact is there and nowhere else
    return boto3.client(service, region_name=region, config=patience)
