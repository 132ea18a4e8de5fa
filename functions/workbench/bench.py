"""The real sanitizer and forwarder put together on one desk, with everything around them handed in."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import httpx

from airlock.address_book import Destination
from airlock.authorization import Authorizations
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.policy import DestinationRule, Policy, read_policy
from forwarder.delivery import Courier
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.handler import Forwarder
from forwarder.queue import Queue
from sanitizer.handler import Airlock, build_airlock
from sanitizer.outbox import Message
from sanitizer.outbox import Outbox as OutboxPort
from sanitizer.script import Script
from workbench.recorder import SECRET

FUNCTIONS = Path(__file__).parent.parent
POLICY = FUNCTIONS / "clinic.toml"
Clock = Callable[[], int]
"""Epoch milliseconds."""


class Outbox:
    """Messages kept in the order in which they came; nothing refuses."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def put(self, messages: Sequence[Message]) -> frozenset[Destination]:
        """Keep them."""
        self.messages.extend(messages)
        return frozenset()


class StandInCredentials:
    """One invented secret for every network."""

    def token(self, rule: DestinationRule) -> str:
        """The invented secret, which the workbench masks wherever it shows a request."""
        del rule
        return SECRET


def set_up_airlock(
    policy: Policy,
    outbox: OutboxPort,
    on_file: Authorizations,
    log: TextIO,
    now: Clock,
    own_sites: frozenset[str] = frozenset(),
) -> Airlock:
    """The sanitizer's side."""
    return build_airlock(policy, outbox, on_file, log, read_script(), now, own_sites)


def set_up_forwarder(
    policy: Policy,
    destination: Destination,
    queue: Queue,
    on_file: Authorizations,
    log: TextIO,
    transport: httpx.BaseTransport,
    now: Clock,
    *,
    waits: bool = True,
) -> Forwarder:
    """One network's forwarder."""
    courier = Courier(DESTINATIONS[destination], policy, StandInCredentials(), Egress(transport=transport))
    return Forwarder(
        courier=courier,
        guard=Guard(policy),
        queue=queue,
        authorizations=on_file,
        journal=Journal(log, policy.digest),
        now=now,
        jitter=lambda: 1.0,
        waits=waits,
    )


def read_script() -> Script:
    """The browser script, readable as it is in the repository."""
    return Script((FUNCTIONS / "collector" / "airlock.js").read_bytes())


def open_policy(path: str | None) -> Policy:
    """The policy of a `--policy` option, or the repository's own."""
    return read_policy(Path(path) if path else POLICY)
