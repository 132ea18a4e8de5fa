"""The whole airlock turning in this process: requests in, queues, one forwarder thread a network, deliveries out."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from msgspec import structs

from airlock.address_book import Destination
from airlock.authorization import Authorizations, AuthorizationsInMemory
from airlock.chain import Signer
from airlock.gate import Gate, NoGate
from airlock.policy import Policy
from collector.build import build_at_hand
from forwarder.handler import forward
from sanitizer.handler import respond
from sanitizer.intake import Taken
from sanitizer.outbox import Message
from sanitizer.script import Script
from workbench.bench import set_up_airlock, set_up_forwarder
from workbench.queue import Queue, as_event

_LONGEST_SLEEP_S = 1.0
_NO_GATE = NoGate()


class Outbox:
    """One queue a network, and the faults that a person sets on them."""

    def __init__(self, queues: Mapping[Destination, Queue]) -> None:
        self._queues = queues
        self._failing: dict[Destination, int] = {}
        self._lock = threading.Lock()

    def fail(self, destination: Destination, count: int) -> None:
        """Let a network's queue refuse the next `count` messages."""
        with self._lock:
            self._failing[destination] = count

    def put(self, messages: Sequence[Message]) -> frozenset[Destination]:
        """Each message onto its queue, unless a fault is set for it."""
        refused: set[Destination] = set()
        for destination, body in messages:
            with self._lock:
                left = self._failing.get(destination, 0)
                if left > 0:
                    self._failing[destination] = left - 1
                    refused.add(destination)
                    continue
            self._queues[destination].send(body.decode())
        return frozenset(refused)


class Loop:
    """Sanitizer, queues and forwarders of one policy. `transport` carries the forwarders' requests."""

    def __init__(
        self,
        policy: Policy,
        transport: httpx.BaseTransport,
        log: Any,  # noqa: ANN401 - anything with `write`
        own_sites: frozenset[str],
        *,
        hold: bool,
        signer: Signer | None = None,
        gate: Gate = _NO_GATE,
        on_file: Authorizations | None = None,
    ) -> None:
        def now() -> int:
            return time.time_ns() // 1_000_000

        self.policy = policy
        self.queues = {destination: Queue(destination, time.monotonic) for destination in policy.rules}
        self.outbox = Outbox(self.queues)
        on_file = on_file or AuthorizationsInMemory()
        self.airlock = set_up_airlock(policy, self.outbox, on_file, log, now, own_sites, signer, gate)
        built = build_at_hand(policy)
        self.airlock = structs.replace(self.airlock, script=Script(built.script, built.brotli))
        self._now = now
        self._journals = [self.airlock.intake.journal]
        self._stopping = threading.Event()
        self._threads = []
        for destination, queue in self.queues.items():
            forwarder = set_up_forwarder(
                policy, destination, queue, on_file, log, transport, now, waits=hold, signer=signer, gate=gate
            )
            self._journals.append(forwarder.journal)
            thread = threading.Thread(target=self._work, args=(queue, forwarder), name=f"forwarder-{destination}")
            thread.daemon = True
            self._threads.append(thread)

    def start(self) -> None:
        """Start every forwarder."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every forwarder finish what it has in hand."""
        self._stopping.set()
        for queue in self.queues.values():
            queue.wake()
        for thread in self._threads:
            thread.join(timeout=10)

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The sanitizer's answer to one API Gateway event."""
        return self.take(event).answer

    def take(self, event: Mapping[str, Any]) -> Taken:
        """The same, with the decisions behind it, which no answer tells."""
        return respond(event, self.airlock)

    def seal(self) -> None:
        """Sign every chain to its end."""
        for journal in self._journals:
            journal.seal(self._now())

    def _work(self, queue: Queue, forwarder: Any) -> None:  # noqa: ANN401 - a Forwarder
        while not self._stopping.is_set():
            batch = queue.receive()
            if not batch:
                queue.wait(_LONGEST_SLEEP_S)
                continue
            failures = forward(as_event(batch), forwarder)["batchItemFailures"]
            queue.settle(batch, frozenset(failure["itemIdentifier"] for failure in failures))
