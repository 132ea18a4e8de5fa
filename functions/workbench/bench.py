"""The real sanitizer and forwarder put together on one desk, with everything around them handed in."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import httpx

from airlock.address_book import Destination
from airlock.authorization import Authorizations
from airlock.chain import Chain, Signer
from airlock.gate import Gate, NoGate
from airlock.guard import Guard
from airlock.hook import Hook
from airlock.journal import Journal
from airlock.policy import DestinationRule, Policy
from airlock.policy_file import read_policy
from forwarder.delivery import Courier
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.handler import Forwarder
from forwarder.ledger import Ledger
from forwarder.queue import Queue
from sanitizer.handler import Airlock, build_airlock
from sanitizer.hooks import Doors
from sanitizer.outbox import Message
from sanitizer.outbox import Outbox as OutboxPort
from sanitizer.receipts import ReceiptsInMemory
from sanitizer.script import open_script
from workbench.complaint import Complaint
from workbench.ledger import SqliteLedger
from workbench.recorder import SECRET
from workbench.sigv4 import HOOK_SECRET

FUNCTIONS = Path(__file__).parent.parent
POLICY = FUNCTIONS / "clinic.toml"
Clock = Callable[[], int]
"""Epoch milliseconds."""
_NO_GATE = NoGate()


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

    def forget(self, rule: DestinationRule) -> None:
        """There is no other one."""


class StandInHookSecrets:
    """One invented secret for every hook."""

    def read(self, hook: Hook, now: int) -> tuple[bytes, ...]:
        """The invented secret, with which a person signs what the workbench is to take."""
        del hook, now
        return (HOOK_SECRET,)


def set_up_airlock(
    policy: Policy,
    outbox: OutboxPort,
    on_file: Authorizations,
    log: TextIO,
    now: Clock,
    own_sites: frozenset[str] = frozenset(),
    signer: Signer | None = None,
    gate: Gate = _NO_GATE,
) -> Airlock:
    """The sanitizer's side."""
    journal = Journal(log, policy.digest, chain=Chain("sanitizer-workbench", signer))
    script, doors = open_script(FUNCTIONS, policy), Doors(StandInHookSecrets(), ReceiptsInMemory())
    return build_airlock(policy, outbox, on_file, journal, script, now, own_sites, gate, doors=doors)


def set_up_forwarder(  # noqa: PLR0913 - everything around it is handed in
    policy: Policy,
    destination: Destination,
    queue: Queue,
    on_file: Authorizations,
    log: TextIO,
    transport: httpx.BaseTransport,
    now: Clock,
    *,
    waits: bool = True,
    signer: Signer | None = None,
    gate: Gate = _NO_GATE,
    ledger: Ledger | None = None,
) -> Forwarder:
    """One network's forwarder."""
    egress = Egress(transport=transport)
    courier = Courier(DESTINATIONS[destination], policy, StandInCredentials(), egress, ledger or SqliteLedger())
    return Forwarder(
        courier=courier,
        guard=Guard(policy),
        queue=queue,
        authorizations=on_file,
        journal=Journal(log, policy.digest, chain=Chain(f"{destination}-workbench", signer)),
        now=now,
        jitter=lambda: 1.0,
        waits=waits,
        gate=gate,
    )


def open_policy(path: str | None) -> Policy:
    """The policy of a `--policy` option, or the repository's own.

    Raises:
        PolicyError: with every problem of the policy.
        Complaint: there is no such file.
    """
    return read_policy(find_policy(path))


def find_policy(path: str | None) -> Path:
    """The file of a `--policy` option, or the repository's own; Complaint where there is none."""
    file = Path(path) if path else POLICY
    if not file.is_file():
        raise Complaint(f"cannot read the policy {file}: there is no such file", 2)
    return file
