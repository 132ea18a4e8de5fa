"""`airlock canary`: an invented patient through a deployed or local airlock, then a search for anything left of her."""

import argparse
import json
import secrets
import sys
import time
from collections.abc import Mapping
from typing import Any

import httpx

from canary.handler import post
from canary.patient import Patient, Visit
from canary.search import Finding, search_logs, search_text
from workbench.bench import open_policy
from workbench.closing import close, open_switch, turn
from workbench.complaint import Complaint
from workbench.journal_source import LOG_GROUPS

_PATIENCE_S = 5
_DEV_SETTLES_S = 2.0
_PLACES = ("log.jsonl", "deliveries.json")
# What a network may rightly be told, and so is searched for in the logs alone.
_TOLD_RIGHTLY = frozenset({"hash_of_email", "hash_of_first_name", "hash_of_last_name"})


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--dev", type=int, metavar="PORT", help="the `airlock dev` on this port")
    parser.add_argument("--name", metavar="NAME", help="the deployment whose logs are searched")
    parser.add_argument("--host", metavar="HOST", help="its collecting host (default: the policy's)")
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--wait", type=float, default=90.0, metavar="S", help="until lines are found (default: 90)")
    parser.add_argument("--close", action="store_true", help="close the airlock where anything is found")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Fly; 1 where something of the patient was found, or an answer was another than it should be."""
    if arguments.dev is None and not arguments.name:
        raise Complaint("name the deployment with --name, or an `airlock dev` with --dev PORT", 2)
    patient = Patient(f"canary{secrets.token_hex(8)}")
    now = time.time_ns() // 1_000_000
    policy = open_policy(arguments.policy)
    if arguments.dev is not None:
        wrong, places, found = _fly_here(patient, policy.sites[0], now, arguments.dev)
    else:
        host = arguments.host or policy.collect_host
        visits = patient.visits(policy.sites[0], now)
        wrong = [visit.name for visit in visits if post(host, visit) != visit.status]
        sys.stderr.write(f"airlock: waiting {arguments.wait:g} s until what was written can be found\n")
        time.sleep(arguments.wait)
        places, found = search_logs(_open_logs(), f"{LOG_GROUPS}{arguments.name}", patient.needles(), now)
    _print(arguments, wrong, places, found)
    if found and arguments.close:
        switch = open_switch(arguments)
        turn(switch, close(switch.read(), []))
    return int(bool(found or wrong or not places))


def _print(arguments: argparse.Namespace, wrong: list[str], places: int, found: list[Finding]) -> None:
    if arguments.json:
        document = {"places": places, "wrong": wrong, "found": [each._asdict() for each in found]}
        sys.stdout.write(json.dumps(document) + "\n")
        return
    for each in found:
        sys.stdout.write(f"FOUND: {each.needle} in {each.place}\n")
    for name in wrong:
        sys.stdout.write(f"WRONG: the visit {name} was not answered as it should be\n")
    if not places:
        sys.stdout.write("WRONG: there was no log to search, so nothing is proven\n")
    elif not found:
        sys.stdout.write(f"Nothing of the invented patient was found in {places} places.\n")


def _fly_here(patient: Patient, site: str, now: int, port: int) -> tuple[list[str], int, list[Finding]]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S, trust_env=False) as client:
        try:
            visits = patient.visits(site, now, told=True)
            wrong = [visit.name for visit in visits if _post_here(client, visit) != visit.status]
            time.sleep(_DEV_SETTLES_S)
            texts = {place: client.get(f"/_airlock/{place}").text for place in _PLACES}
        except httpx.HTTPError:
            raise Complaint(f"no airlock answers on port {port}: is `airlock dev` running there?") from None
    return wrong, len(texts), search_here(texts, patient)


def _post_here(client: httpx.Client, visit: Visit) -> int:
    return client.post("/v1/events", content=visit.body, headers=dict(visit.headers)).status_code


def search_here(texts: Mapping[str, str], patient: Patient) -> list[Finding]:
    """What is left of the patient in a workbench's log and in what its stand-ins received.

    The consented visit's click ids carry the marker: a network may be told its own, so they are taken out of what the
    stand-ins received before it is searched, and of nothing else.
    """
    needles = patient.needles()
    found = search_text("log.jsonl", texts["log.jsonl"], needles)
    told = texts["deliveries.json"]
    for click in (f"IwAR2{patient.marker}0001", f"Cj0KCQ{patient.marker}00000001"):
        told = told.replace(click, "")
    return found + search_text(
        "deliveries.json", told, {name: needle for name, needle in needles.items() if name not in _TOLD_RIGHTLY}
    )


def _open_logs() -> Any:  # noqa: ANN401 - boto3 ships no types
    import boto3  # noqa: PLC0415 - half a second that a local flight does not need

    return boto3.client("logs")
