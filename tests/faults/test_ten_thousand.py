"""Ten thousand events through killed forwarders to failing networks: every one is where the balance says, told once."""

import json
import os
import random  # noqa: TID251 - seeded, so that every run draws the same
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.clean import Basis, CleanEvent
from airlock.journal import Journal
from airlock.outcome import Outcome, Reason
from airlock.policy import Policy
from airlock.policy_document import compile_policy
from airlock.tokens import ClickId, Currency, EventId, EventName
from tests.faults.post_office import Clock, PostOffice
from workbench.balance import Balance, read_balances
from workbench.networks import Networks
from workbench.stand_ins.faults import Fault, Kind

SEED = 20261124
STARTS_AT = 1_795_532_400  # 2026-11-24 15:00:00 UTC
DAY_S = 86_400
LIVING = (Destination.META, Destination.GOOGLE, Destination.TIKTOK, Destination.LINKEDIN, Destination.GA4)
DEAD = Destination.REDDIT
EVENTS = dict.fromkeys(LIVING, 2_150) | {Destination.GA4: 900, DEAD: 500}
POISON_EVERY = 500
KILL_EVERY_S = 4
LONGEST_S = 240  # of real time: the machine may be busy; it takes a small part of that
ROOT = Path(__file__).parent.parent.parent

CLICKS = {
    Destination.META: "fbclid:IwAR0abcDEF123456789",
    Destination.GOOGLE: "gclid:Cj0KCQiA_example_gclid-AAAA",
    Destination.TIKTOK: "ttclid:E.C.P.example",
    Destination.LINKEDIN: "li_fat_id:0f0e0d0c-1234-4321-abcd-0123456789ab",
    Destination.REDDIT: "rdt_cid:3184742045291813272",
}
# Of a hundred requests: what the networks do to them.
TROUBLES = (
    (20, Kind.STATUS, 503),
    (10, Kind.TIMEOUT, 200),
    (5, Kind.RESET, 200),
    (5, Kind.STATUS, 429),
)


class Trouble:
    """The same draws in every run, by the number of a network's request."""

    def __init__(self) -> None:
        self._draws = {network: random.Random(f"{SEED}:{network}") for network in LIVING}  # noqa: S311 - faults
        self.drawn: Counter[tuple[Kind, int] | None] = Counter()

    def __call__(self, network: Destination) -> Fault | None:
        draw = self._draws[network].randrange(100)
        for share, kind, status in TROUBLES:
            if draw < share:
                self.drawn[kind, status] += 1
                return Fault(network, kind, status)
            draw -= share
        self.drawn[None] += 1
        return None


_REDDIT = """
[destination.reddit]
account = "a2_example"
events = { lead = "LEAD" }
identity = "click_id"
secret = "airlock/reddit"
"""


def build_policy(text: str) -> Policy:
    """The sample policy with GA4 on and Reddit in it."""
    text = text.replace("enabled = false", "enabled = true").replace(
        '"linkedin", "ga4"]', '"linkedin", "ga4", "reddit"]'
    )
    return compile_policy(text + _REDDIT)


def make_events() -> Iterator[tuple[CleanEvent, bool]]:
    """Each event, and whether it is poison: told with a moment that its network has not reached yet."""
    for network, count in EVENTS.items():
        click = CLICKS.get(network)
        for number in range(count):
            is_poison = number % POISON_EVERY == POISON_EVERY - 1
            yield (
                CleanEvent(
                    destination=network,
                    event=EventName("lead"),
                    event_id=EventId(f"{number:016x}{list(Destination).index(network):016x}"),
                    at=STARTS_AT + (300 * DAY_S if is_poison else 0),
                    not_before=STARTS_AT,
                    amount=250,
                    currency=Currency("USD"),
                    click=ClickId(click) if click else None,
                    basis=Basis.CONSENT if click else Basis.NONE,
                ),
                is_poison,
            )


class Crew:
    """One forwarder process a network; each can be killed, and another takes its place."""

    def __init__(self, office: PostOffice, networks: Networks, folder: Path) -> None:
        self._office, self._networks, self._folder = office, networks, folder
        self._processes: dict[Destination, subprocess.Popen[bytes]] = {}
        self._started = 0
        self.kills = 0

    def hire(self, network: Destination) -> None:
        self._started += 1
        where = "dead" if network is DEAD else self._networks.base
        words = [network, str(self._office.port), where, str(self._folder), str(SEED + self._started)]
        self._processes[network] = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.faults.worker", *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "functions")},  # noqa: TID251 - handed on
        )

    def kill(self, network: Destination) -> None:
        process = self._processes[network]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self._office.forget(f"{network}-{process.pid}")
        self.kills += 1

    def dismiss(self) -> None:
        for network in list(self._processes):
            self.kill(network)


def read_journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def print_balance(balances: dict[Destination, Balance]) -> str:
    columns = ("accepted", "delivered", "withheld", "expired", "rejected", "held", "in_flight", "unaccounted")
    rows = [f"{'':10}" + "".join(f"{column:>12}" for column in columns)]
    rows += [
        f"{network:10}" + "".join(f"{getattr(balance, column):>12}" for column in columns)
        for network, balance in balances.items()
    ]
    return "\n".join(rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, policy_text: str) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("faults")
    policy = build_policy(policy_text)
    (folder / "policy.json").write_bytes(policy.compiled)
    clock = Clock(STARTS_AT)
    trouble = Trouble()
    networks = Networks(lambda: int(clock()), trouble=trouble, hang_s=1.0)
    office = PostOffice(EVENTS, clock)
    poison = set()
    with (folder / "journal.jsonl").open("w", encoding="utf-8") as log:
        journal = Journal(log, policy.digest)
        for event, is_poison in make_events():
            office.queues[event.destination].send(wire.write(event).decode())
            journal.decide(
                STARTS_AT * 1000,
                outcome=Outcome.ACCEPTED,
                destination=event.destination,
                event=event.event,
                event_id=event.event_id,
                clean=event,
            )
            if is_poison:
                poison.add((event.destination, event.event_id))
    networks.start()
    office.start()
    crew = Crew(office, networks, folder)
    started = time.monotonic()
    try:
        for network in EVENTS:
            crew.hire(network)
        choose = random.Random(SEED)  # noqa: S311 - whom to kill
        kill_at = started + KILL_EVERY_S
        while any(len(office.queues[network]) for network in LIVING):
            assert time.monotonic() - started < LONGEST_S, "it takes too long"
            time.sleep(0.005)
            office.turn()
            if time.monotonic() >= kill_at:
                network = choose.choice(list(EVENTS))
                crew.kill(network)
                crew.hire(network)
                kill_at = time.monotonic() + KILL_EVERY_S
        took_s = time.monotonic() - started
    finally:
        crew.dismiss()
        office.stop()
        networks.stop()
    lines = read_journal(folder)
    balances = read_balances(lines)
    print(  # noqa: T201 - whoever runs it with -s wants to see the balance
        f"\n{sum(EVENTS.values())} events, {crew.kills} kills, {(clock() - STARTS_AT) / 3600:.1f} simulated hours, "
        f"{took_s:.1f} s, requests {dict(trouble.drawn)}\n{print_balance(balances)}"
    )
    return {
        "balances": balances,
        "lines": lines,
        "office": office,
        "networks": networks,
        "poison": poison,
        "kills": crew.kills,
        "trouble": trouble,
    }


def test_the_balance_closes_with_nothing_lost(run: dict[str, Any]) -> None:
    """Accepted is delivered + withheld + expired + rejected + held + in flight, at every network, from the journal."""
    balances = run["balances"]
    assert {network: balance.accepted for network, balance in balances.items()} == EVENTS
    assert all(balance.closes for balance in balances.values())


def test_every_event_of_a_living_network_ends_delivered_or_rejected(run: dict[str, Any]) -> None:
    for network in LIVING:
        balance = run["balances"][network]
        assert balance.delivered + balance.rejected == balance.accepted, network


def test_the_dead_network_gets_nothing_and_loses_nothing(run: dict[str, Any]) -> None:
    """All of its events are held, or no forwarder has looked at them yet; each is still on its queue."""
    balance = run["balances"][DEAD]
    assert balance.held + balance.in_flight == balance.accepted
    assert balance.held > 0
    assert len(run["office"].queues[DEAD]) == balance.accepted
    assert run["office"].queues[DEAD].dead == []


def test_the_dead_network_is_not_hammered(run: dict[str, Any]) -> None:
    """Most of its messages are put back by the breaker, without a request."""
    held = [line for line in run["lines"] if line.get("destination") == DEAD and line["kind"] == "disclosure"]
    requested = {line["sha256"] for line in held if "sha256" in line}
    assert len(held) > 500
    assert len(requested) * 5 < len(held)


def test_what_was_delivered_had_one_effect(run: dict[str, Any]) -> None:
    """Retries, redeliveries and kills between answer and acknowledgement count once in the network's own reports."""
    for network in LIVING:
        effects = run["networks"].stand_ins.effects(network)
        delivered = {
            line["event_id"]
            for line in run["lines"]
            if line.get("destination") == network and line.get("outcome") == Outcome.DELIVERED and "event_id" in line
        }
        if network is Destination.GA4:  # it knows no event id, and drops what is wrong without a word
            delivered -= {event_id for _, event_id in run["poison"]}
            delivered = {f"{int(event_id[:8], 16)}.{int(event_id[8:16], 16)}" for event_id in delivered}
        assert delivered, network
        assert {effects.get(event_id) for event_id in delivered} == {1}, network
        assert max(effects.values()) == 1, network


def test_the_poison_is_on_the_dead_letter_queue_with_its_reason(run: dict[str, Any]) -> None:
    """And nothing else is there, but for what GA4 may have got and would count twice."""
    for network in LIVING:
        buried = {(wire.read(message.body).event_id, message.reason) for message in run["office"].queues[network].dead}
        rejected = {event_id for event_id, reason in buried if reason is Reason.REJECTED}
        poison = {event_id for destination, event_id in run["poison"] if destination is network}
        doubtful = {event_id for event_id, reason in buried if reason is Reason.IN_DOUBT}
        if network is Destination.GA4:  # it takes everything that it can parse, and throws away what is wrong
            assert {reason for _, reason in buried} == {Reason.IN_DOUBT}
        else:
            assert rejected == poison, network
            assert doubtful == set(), network


def test_the_faults_were_really_there(run: dict[str, Any]) -> None:
    """A suite that meets no fault proves nothing."""
    drawn = run["trouble"].drawn
    assert all(drawn[kind, status] > 20 for _, kind, status in TROUBLES)
    assert run["kills"] >= 5


def test_google_is_asked_later_what_it_did(run: dict[str, Any]) -> None:
    told = [line for line in run["lines"] if line["kind"] == "processing"]
    assert told
    assert {line["outcome"] for line in told} <= {Outcome.DELIVERED, Outcome.REJECTED}
    assert {reason for line in told for reason in line.get("failed", {})} <= {"DUPLICATE_TRANSACTION_ID"}


def test_the_address_book_knows_these_networks() -> None:
    assert {ADDRESS_BOOK[network].needs_identity for network in CLICKS} == {True}
