"""How fast the forwarder tells, as ratios of one run, over sockets of the loopback interface; nothing is asserted.

Run it with `uv run python tests/benchmarks/bench_forwarder.py`. The two points that the product is held to:
a batch of ten against a network that takes 100 ms is told within 150 ms, and with batching at least twenty times as
many events are told in a second as with a request for each.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec.structs import replace

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.authorization import NoAuthorizations
from airlock.clean import Digests
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.policy import Policy
from forwarder.delivery import Courier
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.handler import Forwarder, forward
from tests.forwarder.desk import AT, EMAIL, Slip, build_policy, make_event
from workbench.bench import StandInCredentials
from workbench.ledger import SqliteLedger
from workbench.networks import Networks

POLICY = Path(__file__).parents[2] / "functions" / "clinic.toml"
ROUNDS = 7
DELAY_S = 0.1
EVENTS = 10_000
ONE_BY_ONE = 1_000
DEPLOYED_BATCH = 25


class Sink:
    """A log that is thrown away after it was written."""

    def write(self, line: str) -> int:
        return len(line)


def build(policy: Policy, destination: Destination, networks: Networks, most: int | None = None) -> Forwarder:
    adapter = DESTINATIONS[destination]
    if most is not None:
        adapter = replace(adapter, max_batch=min(most, adapter.max_batch))
    courier = Courier(
        adapter,
        policy,
        StandInCredentials(),
        Egress(networks.transport),
        SqliteLedger(),
        ThreadPoolExecutor(max_workers=DEPLOYED_BATCH),
    )
    return Forwarder(
        courier=courier,
        guard=Guard(policy),
        queue=Slip(),
        authorizations=NoAuthorizations(),
        journal=Journal(Sink(), policy.digest),  # type: ignore[arg-type]  # it writes, and no more is asked of a log
        now=lambda: AT * 1000,
        jitter=lambda: 1.0,
    )


def as_batch(destination: Destination, first: int, count: int) -> dict[str, object]:
    needed = Digests(email=EMAIL) if ADDRESS_BOOK[destination].needs_one_of else None
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": "r",
                "body": wire.write(make_event(destination, number, digests=needed)).decode(),
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            for number in range(first, first + count)
        ]
    }


def time_batches(policy: Policy) -> None:
    """A batch of ten at 100 ms, for every network; sequential requests would take a second where each event is one."""
    networks = Networks(lambda: AT, delay_s=DELAY_S)
    networks.start()
    sys.stdout.write(f"batch of 10, each answer after {DELAY_S * 1000:.0f} ms (best of {ROUNDS}, warm)\n")
    for destination in Destination:
        forwarder = build(policy, destination, networks)
        times = []
        for round_number in range(ROUNDS + 1):
            batch = as_batch(destination, 1 + round_number * 10, 10)
            start = time.perf_counter()
            answer = forward(batch, forwarder)
            times.append(time.perf_counter() - start)
            if answer["batchItemFailures"] or len(networks.stand_ins.effects(destination)) < 1:
                raise SystemExit(f"{destination}: not everything was delivered")
        best, median = min(times[1:]), sorted(times[1:])[ROUNDS // 2]
        sys.stdout.write(
            f"  {destination:10} {best * 1000:6.1f} ms best, {median * 1000:6.1f} ms median, "
            f"{best / DELAY_S:4.2f} answers' time\n"
        )
    networks.stop()


def time_batching(policy: Policy, delay_s: float) -> None:
    """Events a second with and without batching, with everything around it: door, guard, ledger, journal."""
    networks = Networks(lambda: AT, delay_s=delay_s)
    networks.start()
    sys.stdout.write(f"{EVENTS} events to Meta, each answer after {delay_s * 1000:.0f} ms\n")
    rates = {}
    for name, count, size, most in (
        ("one request an event, one after the other", ONE_BY_ONE if not delay_s else 50, 1, 1),
        (f"batches of {DEPLOYED_BATCH}, as deployed", EVENTS if not delay_s else 1_000, DEPLOYED_BATCH, None),
        ("batches of 1000, the network's limit", EVENTS, 1_000, None),
    ):
        forwarder = build(policy, Destination.META, networks, most)
        batches = [as_batch(Destination.META, first, size) for first in range(1, count + 1, size)]
        start = time.perf_counter()
        for batch in batches:
            if forward(batch, forwarder)["batchItemFailures"]:
                raise SystemExit("not everything was delivered")
        rates[name] = count / (time.perf_counter() - start)
        sys.stdout.write(f"  {name:42} {rates[name]:9.0f} events/s  x{rates[name] / next(iter(rates.values())):.1f}\n")
    networks.stop()


if __name__ == "__main__":
    nine = build_policy(POLICY.read_text(encoding="utf-8"))
    time_batches(nine)
    time_batching(nine, 0.0)
    time_batching(nine, DELAY_S)
