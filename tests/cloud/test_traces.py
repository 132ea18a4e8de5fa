"""What a deployment leaves behind: requests at the networks' own hosts, and nowhere a trace of what a visitor said."""

import json
from collections.abc import Mapping

from airlock.address_book import Destination
from forwarder.egress import HOSTS as EGRESS_HOSTS
from tests.cloud.clinic import Clinic, wait_for
from tests.cloud.networks import HOSTS

META = Destination.META


def test_whatever_leaves_goes_to_a_networks_own_host(clinic: Clinic) -> None:
    assert clinic.post().status_code == 204
    asked = wait_for(clinic.networks.read, "any request")
    assert {each.request.url.split("/")[2] for each in asked} <= EGRESS_HOSTS & HOSTS.keys()


def test_the_canary_stands_nowhere(clinic: Clinic, tokens: Mapping[Destination, str]) -> None:
    """Logs of every function, the emulator's own, queues, dead letters, tables and requests: last, after all of it."""
    assert clinic.post().status_code == 204
    wait_for(lambda: clinic.told(META), "Meta's event")
    wait_for(lambda: clinic.journal(kind="disclosure"), "its line")
    lines = list(clinic.log_lines())
    needles = [clinic.canary.lower(), "203.0.113.7", *(token.lower() for token in tokens.values())]
    places: dict[str, str] = {
        "logs": "\n".join(lines),
        "the emulator's own log": clinic.emulator.read_log(),
        "requests": "\n".join(
            f"{each.request.url} {each.request.body!r}"
            for each in clinic.networks.read()
            if "oauth2" not in each.request.url
        ),
    }
    for network in ("meta", "google", "tiktok", "linkedin"):
        for dead in (False, True):
            places[f"queue {network} {dead}"] = json.dumps(clinic.look_into(network, dead=dead), default=str)
    dynamo = clinic.emulator.client("dynamodb")
    for table in dynamo.list_tables()["TableNames"]:
        places[table] = json.dumps(dynamo.scan(TableName=table)["Items"], default=str)
    assert '"outcome":"delivered"' in places["logs"], "what is searched is there"
    assert "graph.facebook.com" in places["requests"]
    found = [
        (place, number)
        for place, text in places.items()
        for number, needle in enumerate(needles)
        if needle in text.lower()
    ]
    assert found == []
