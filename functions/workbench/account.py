"""A journal's lines in, the account of disclosures out: what went to whom, by which policy and basis, and why not."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from airlock.outcome import Outcome, Reason

ENDED_THERE = frozenset({Outcome.WITHHELD, Outcome.EXPIRED, Outcome.REJECTED})

_TOLD = frozenset({"at", "destination", "event", "event_id", "outcome", "policy", "sha256"})


class Told(Struct, frozen=True, kw_only=True):
    """One request's part about one event: bytes that left for a network, whatever it answered."""

    at: int
    destination: str
    event: str
    event_id: str
    outcome: str
    reason: str | None
    status: int | None
    click_id: str | None
    digests: tuple[str, ...]
    basis: str
    authorization: str | None
    amount: float | None
    told_at: int | None
    policy: str
    version: str
    sha256: str
    bytes: int | None
    payload: Any
    decided: bool  # an `accepted` decision of the sanitizer under the same id is in these lines


class NotTold(Struct, frozen=True, order=True):
    """How often an event was not told, and why; no destination where a request was refused as a whole."""

    destination: str
    outcome: str
    reason: str
    count: int


class Account(Struct, frozen=True, kw_only=True):
    """Everything that an auditor asks of a span of the journal."""

    lines: int
    first: int | None
    last: int | None
    policies: dict[str, int]
    told: tuple[Told, ...]
    not_told: tuple[NotTold, ...]
    turned: tuple[tuple[int, str], ...]  # the kill switch, as environments saw it
    faults: int

    @property
    def undecided(self) -> tuple[Told, ...]:
        """What was told without an accepted decision in these lines."""
        return tuple(told for told in self.told if not told.decided)


def draw_account(lines: Iterable[Mapping[str, Any]], network: str | None = None, event: str | None = None) -> Account:
    """The account of these lines, or of those that concern one network or one event."""
    kept = list(lines)
    accepted = {
        (line.get("destination"), line.get("event_id"))
        for line in kept
        if line.get("kind") == "decision" and line.get("outcome") == Outcome.ACCEPTED
    }
    wanted = [
        line
        for line in kept
        if (network is None or line.get("destination") in {network, None})
        and (event is None or line.get("event") == event)
    ]
    payloads = {line["sha256"]: line["payload"] for line in kept if "payload" in line and "sha256" in line}
    times = [line["at"] for line in wanted if isinstance(line.get("at"), int)]
    return Account(
        lines=len(wanted),
        first=min(times, default=None),
        last=max(times, default=None),
        policies=dict(Counter(line["policy"] for line in wanted if "policy" in line)),
        told=tuple(_read_told(line, accepted, payloads) for line in wanted if line.keys() >= _TOLD),
        not_told=tuple(_count_not_told(wanted)),
        turned=tuple((line["at"], line["change"]) for line in wanted if line.get("kind") == "gate"),
        faults=sum(line.get("kind") == "fault" for line in wanted),
    )


def _read_told(line: Mapping[str, Any], accepted: set[tuple[Any, Any]], payloads: Mapping[str, Any]) -> Told:
    return Told(
        at=line["at"],
        destination=line["destination"],
        event=line["event"],
        event_id=line["event_id"],
        outcome=line["outcome"],
        reason=line.get("reason"),
        status=line.get("status"),
        click_id=line.get("click_id"),
        digests=tuple(line.get("digests", ())),
        basis=line.get("basis", "none"),
        authorization=line.get("authorization"),
        amount=line.get("amount"),
        told_at=line.get("told_at"),
        policy=line["policy"],
        version=line.get("version", ""),
        sha256=line["sha256"],
        bytes=line.get("bytes"),
        payload=line.get("payload", payloads.get(line["sha256"])),
        decided=(line["destination"], line["event_id"]) in accepted,
    )


def _count_not_told(lines: Iterable[Mapping[str, Any]]) -> list[NotTold]:
    """Decisions against telling, each once for one event and network, and what ended or still waits at a forwarder."""
    ends: dict[tuple[Any, ...], tuple[str, str]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for number, line in enumerate(lines):
        outcome, reason = line.get("outcome"), line.get("reason", "")
        destination, identifier = line.get("destination", ""), line.get("event_id")
        match line.get("kind"), outcome:
            case "decision", Outcome.WITHHELD | Outcome.REFUSED | Outcome.REJECTED:
                ends["decision", destination, identifier or number] = (outcome, reason)
            case "decision", Outcome.ACCEPTED:  # tried again, and let through
                ends.pop(("decision", destination, identifier), None)
            case "disclosure", Outcome.DELIVERED:
                ends["disclosure", destination, identifier] = (outcome, "")
            case "disclosure", _ if reason != Reason.DUPLICATE:
                key = ("disclosure", destination, identifier)
                if ends.get(key, ("", ""))[0] != Outcome.DELIVERED:
                    ends[key] = (outcome or "", reason)
    for (_, destination, _), (outcome, reason) in ends.items():
        if outcome != Outcome.DELIVERED:
            counts[destination, outcome, reason] += 1
    return sorted(NotTold(*key, count) for key, count in counts.items())
