"""One network's forwarder in a process of its own, to be killed at any moment: batches of its queue, for ever."""

import http.client
import json
import os
import random  # noqa: TID251 - seeded, so that every run draws the same
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from airlock.address_book import Destination
from airlock.authorization import NoAuthorizations
from airlock.chain import Chain
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.outcome import Reason
from airlock.policy_file import read_policy
from forwarder.delivery import Courier
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.handler import Forwarder, forward
from forwarder.queue import Record
from workbench.bench import StandInCredentials
from workbench.ledger import SqliteLedger
from workbench.networks import Rerouted

TIMEOUT_S = 0.15


class Log:
    """Lines straight to the file: what was written before the process died is there."""

    def __init__(self, file: str) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, line: str) -> int:
        return os.write(self._file, line.encode())


class Counter:
    """The queue at the post office, as the forwarder sees it."""

    def __init__(self, port: int, network: str, worker: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._told = {"network": network, "worker": worker}

    def call(self, verb: str, **told: Any) -> dict[str, Any]:
        self._connection.request("POST", f"/{verb}", json.dumps(self._told | told))
        return json.loads(self._connection.getresponse().read())

    def delay(self, record: Record, seconds: int) -> None:
        self.call("delay", id=record.id, receipt=record.receipt, seconds=seconds)

    def bury(self, record: Record, reason: Reason) -> None:
        told = {"id": record.id, "receipt": record.receipt, "body": record.body, "received": record.received}
        self.call("bury", **told, reason=reason)

    def send(self, body: str, delay_s: int) -> None:
        self.call("send", body=body, seconds=delay_s)


class Dead(httpx.BaseTransport):
    """A network that nobody reaches."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)


def work(network: str, office: int, networks: str, folder: Path, seed: int) -> None:
    destination = Destination(network)
    policy = read_policy(folder / "policy.json")
    worker = f"{network}-{os.getpid()}"
    queue = Counter(office, network, worker)
    clock = [0]
    egress = Egress(Dead() if networks == "dead" else Rerouted(networks), httpx.Timeout(TIMEOUT_S))
    ledger = SqliteLedger(folder / f"ledger-{network}.sqlite")
    forwarder = Forwarder(
        courier=Courier(
            DESTINATIONS[destination], policy, StandInCredentials(), egress, ledger, ThreadPoolExecutor(max_workers=10)
        ),
        guard=Guard(policy),
        queue=queue,
        authorizations=NoAuthorizations(),
        journal=Journal(Log(str(folder / "journal.jsonl")), policy.digest, chain=Chain(worker)),  # type: ignore[arg-type]  # it writes, and no more is asked of a log
        now=lambda: clock[0],
        jitter=random.Random(seed).random,  # noqa: S311 - jitter
    )
    while True:
        answer = queue.call("receive")
        if not answer["records"]:
            continue
        clock[0] = answer["now"]
        failures = forward({"Records": answer["records"]}, forwarder)["batchItemFailures"]
        queue.call("settle", failed=[failure["itemIdentifier"] for failure in failures])


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]))
