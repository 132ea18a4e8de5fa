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
from airlock.journal import Journal
from airlock.policy import DestinationRule, Policy
from airlock.policy_file import read_policy
from forwarder.delivery import Courier
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.handler import Forwarder
from forwarder.queue import Queue
from sanitizer.handler import Airlock, build_airlock
from sanitizer.outbox import Message
from sanitizer.outbox import Outbox as OutboxPort
from sanitizer.script import open_script
from workbench.complaint import Complaint
from workbench.recorder import SECRET

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
    return build_airlock(policy, outbox, on_file, journal, open_script(FUNCTIONS, policy), now, own_sites, gate)


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
) -> Forwarder:
    """One network's forwarder."""
    courier = Courier(DESTINATIONS[destination], policy, StandInCredentials(), Egress(transport=transport))
    return Forwarder(
        courier=courier,
        guard=Guard(policy),
        queue=queue,
        authorizations=on_file,
        journal=Journal(log, policy.digest, chain=Chain(f"{destination}-workbench", signer)),
        now=now,
        jitter=lambda: 1.0,
        waits=waits,
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
