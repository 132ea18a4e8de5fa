"""What the forwarder's suites share: a policy of all nine networks, events, and a forwarder before strict stand-ins."""

import io
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import httpx

from airlock import wire
from airlock.address_book import Destination
from airlock.authorization import Authorizations, NoAuthorizations
from airlock.clean import Basis, CleanEvent
from airlock.gate import Gate, NoGate
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.outcome import Reason
from airlock.policy import DestinationRule, Policy
from airlock.policy_document import compile_policy
from airlock.tokens import ClickId, Currency, Digest, EventId, EventName
from forwarder.credential import Credentials
from forwarder.delivery import Courier, MaySend
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.handler import Forwarder, forward
from forwarder.ledger import Ledger
from forwarder.queue import Record
from workbench.ledger import SqliteLedger
from workbench.queue import Queue, as_event
from workbench.stand_ins.service import StandIns
from workbench.stand_ins.transport import InProcess

AT = 1_795_532_400  # 2026-11-24 15:00:00 UTC, a quarter hour
DAY = 86_400
TOKEN = "invented-token"
EMAIL = Digest("831f6494ad6be4fcb3a724c3d5fef22d3ceffa3c62ef3a7984e45a0ea177f982")
PHONE = Digest("1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8")
CLICKS = {
    Destination.META: "fbclid:IwZXh0bgNhZW0CMTAAc2RrdjV2dHhxYw_aem_Zk3vQx7Lr9Wt",
    Destination.GOOGLE: "gclid:Cj0KCQiA88X_BRDUARIsACVMYD9h2qLkz7Xw",
    Destination.TIKTOK: "ttclid:E.C.P.CrwBQ7hXk2vRz9LmTq4WnYdJ6sGpFbUe",
    Destination.LINKEDIN: "li_fat_id:7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
    Destination.MICROSOFT: "msclkid:0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    Destination.REDDIT: "rdt_cid:3184742045291813272",
    Destination.PINTEREST: "epik:dj0yJnU9ZXhhbXBsZQ",
    Destination.SNAPCHAT: "ScCid:7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
}
MORE_NETWORKS = """
[destination.microsoft]
account = "187000001"
events = { lead = "lead" }
identity = "click_id"
secret = "airlock/microsoft"

[destination.reddit]
account = "a2_example"
events = { lead = "LEAD" }
identity = "click_id"
secret = "airlock/reddit"

[destination.pinterest]
account = "549755813000"
events = { lead = "lead" }
identity = "hashed"
identifiers = ["email"]
secret = "airlock/pinterest"

[destination.snapchat]
account = "0f0e0d0c-1234-4321-abcd-0123456789ab"
events = { lead = "SIGN_UP" }
identity = "hashed"
identifiers = ["email", "phone"]
secret = "airlock/snapchat"
"""


def build_policy(text: str, *replacements: tuple[str, str]) -> Policy:
    """The sample policy with all nine networks on, and a few lines of it changed; each has to stand in it."""
    more = '"linkedin", "ga4", "microsoft", "reddit", "pinterest", "snapchat"]'
    for before, after in (("enabled = false", "enabled = true"), ('"linkedin", "ga4"]', more), *replacements):
        assert before in text, "the sample policy no longer has this line"
        text = text.replace(before, after)
    return compile_policy(text + MORE_NETWORKS)


def make_event(destination: Destination, number: int = 1, **changes: Any) -> CleanEvent:
    """A lead worth 250 dollars with the network's own click id, where it has one."""
    click = CLICKS.get(destination)
    told: dict[str, Any] = {
        "destination": destination,
        "event": EventName("lead"),
        "event_id": EventId(f"{number:032x}"),
        "at": AT,
        "not_before": AT,
        "amount": 250,
        "currency": Currency("USD"),
        "click": ClickId(click) if click else None,
        "basis": Basis.CONSENT if click else Basis.NONE,
    }
    return CleanEvent(**told | changes)


class OneToken:
    """A token for every network, and how often one was forgotten."""

    def __init__(self, token: str = TOKEN) -> None:
        self.given = token
        self.forgotten = 0

    def token(self, rule: DestinationRule) -> str:
        del rule
        return self.given

    def forget(self, rule: DestinationRule) -> None:
        del rule
        self.forgotten += 1


class Bench:
    """One network's forwarder, its queue and its stand-in; time stands still until a test moves it."""

    def __init__(  # noqa: PLR0913 - whatever a test replaces
        self,
        policy: Policy,
        destination: Destination,
        *,
        credentials: Credentials | None = None,
        ledger: Ledger | None = None,
        authorizations: Authorizations | None = None,
        gate: Gate | None = None,
        transport: httpx.BaseTransport | None = None,
        jitter: float = 1.0,
        pool: Executor | None = None,
    ) -> None:
        self.now = float(AT)
        self.stand_ins = StandIns(TOKEN)
        self.transport = InProcess(self.stand_ins, lambda: int(self.now))
        self.queue = Queue(destination, lambda: self.now)
        self.log = io.StringIO()
        self.destination = destination
        egress = Egress(transport or self.transport)
        courier = Courier(
            DESTINATIONS[destination], policy, credentials or OneToken(), egress, ledger or SqliteLedger(), pool
        )
        self.forwarder = Forwarder(
            courier=courier,
            guard=Guard(policy),
            queue=self.queue,
            authorizations=authorizations or NoAuthorizations(),
            journal=Journal(self.log, policy.digest),
            now=lambda: int(self.now * 1000),
            jitter=lambda: jitter,
            gate=gate or NoGate(),
        )

    def put(self, *events: CleanEvent) -> None:
        for event in events:
            self.queue.send(wire.write(event).decode())

    def turn(self, most: int = 10, may_send: MaySend = lambda: True) -> list[dict[str, Any]]:
        """Work one batch off as Lambda's poller would; the journal lines that it wrote."""
        start = self.log.tell()
        batch = self.queue.receive(most)
        answer = forward(as_event(batch), self.forwarder, may_send)
        self.queue.settle(batch, frozenset(failure["itemIdentifier"] for failure in answer["batchItemFailures"]))
        return [json.loads(line) for line in self.log.getvalue()[start:].splitlines()]

    def run(self, until: Callable[[], bool], longest_s: float = 14 * DAY) -> list[dict[str, Any]]:
        """Batches, with time jumping to the next message's moment, until something holds."""
        lines: list[dict[str, Any]] = []
        ends = self.now + longest_s
        while not until():
            moment = self.queue.next_moment()
            assert moment is not None, "nothing is left on the queue"
            self.now = max(self.now, moment)
            assert self.now < ends, "it takes too long"
            lines += self.turn()
        return lines

    @property
    def requests(self) -> int:
        """How many requests the network got."""
        return len(self.transport.requests)

    @property
    def effects(self) -> dict[str, int]:
        """How often each event counts in the network's own reports."""
        return dict(self.stand_ins.effects(self.destination))

    def waits(self) -> list[float]:
        """For how long each message on the queue is out of sight."""
        return sorted(message.visible_at - self.now for message in self.queue.read())


def outcomes(lines: Sequence[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Outcome and reason of each line about an event."""
    return [(line["outcome"], line.get("reason")) for line in lines if line["kind"] == "disclosure"]


class Slip:
    """A queue that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def delay(self, record: Record, seconds: int) -> None:
        self.asked.append(("delay", record.id, seconds))

    def bury(self, record: Record, reason: Reason) -> None:
        self.asked.append(("bury", record.id, reason))

    def send(self, body: str, delay_s: int) -> None:
        self.asked.append(("send", body, delay_s))
