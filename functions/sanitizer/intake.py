"""A posted event in, its answer out: what the policy lets through is on its queues, every decision in the journal."""

import msgspec
from msgspec import Struct

from airlock import wire
from airlock.address_book import Destination
from airlock.clean import CleanEvent
from airlock.guard import Guard, Hit
from airlock.journal import Journal
from airlock.outcome import Outcome, Reason
from sanitizer.answer import RETRY_AFTER_S, STATUS, Answer, answer, set_cookie
from sanitizer.clicks import write_cookie
from sanitizer.outbox import Message, Outbox
from sanitizer.pipeline import Decision, Rules, Verdict, Visit, decide
from sanitizer.raw import MAX_BYTES, Malformed, RawEvent, parse
from sanitizer.request import Request, check_type


class Taken(Struct, frozen=True):
    """An answer, and for the workbench the decisions behind it, which no answer tells."""

    answer: Answer
    refused: Reason | None = None
    decisions: tuple[Decision, ...] = ()
    items: tuple[Verdict, ...] = ()  # of a batch, one each, in order


class Intake(Struct, frozen=True):
    """What an event is judged by and where it goes. `own_sites` are the workbench's origins, none in the cloud."""

    rules: Rules
    guard: Guard
    outbox: Outbox
    journal: Journal
    own_sites: frozenset[str] = frozenset()


def refuse(
    reason: Reason, journal: Journal, now: int, origin: str | None = None, why: Malformed | None = None
) -> Taken:
    """Refuse a request as a whole, and say so in the journal."""
    journal.decide(
        now, outcome=Outcome.REFUSED, reason=reason, field=why.field if why else None, rule=why.rule if why else None
    )
    return Taken(answer(STATUS[reason], origin), refused=reason)


def take_event(request: Request, now: int, intake: Intake) -> Taken:
    """One event of the browser's route; `now` is the time of receipt in epoch milliseconds."""
    origin = request.headers.get("origin", "")
    if origin not in intake.rules.sites:
        return refuse(Reason.FOREIGN_ORIGIN, intake.journal, now)
    if (reason := check_type(request.headers)) is not None:
        return refuse(reason, intake.journal, now, origin)
    if len(request.body) > MAX_BYTES:
        return refuse(Reason.TOO_LARGE, intake.journal, now, origin)
    raw = parse(request.body, intake.own_sites)
    if isinstance(raw, Malformed):
        return refuse(Reason.MALFORMED, intake.journal, now, origin, raw)

    visit = Visit(gpc=has_gpc(request), cookie=request.cookie, received_at=now)
    verdict, full = take(raw, visit, intake)
    if full:
        unavailable = answer(503, origin, retry_after=str(RETRY_AFTER_S), access_control_expose_headers="retry-after")
        return Taken(unavailable, decisions=verdict.decisions)
    taken = answer(204, origin)
    _keep_clicks(taken, verdict, request.cookie, intake.rules)
    return Taken(taken, verdict.refused, verdict.decisions)


def has_gpc(request: Request) -> bool:
    """Whether the request carries Global Privacy Control, be it twice."""
    return any(value.strip() == "1" for value in request.headers.get("sec-gpc", "").split(","))


def take(raw: RawEvent, visit: Visit, intake: Intake) -> tuple[Verdict, frozenset[Destination]]:
    """Decide on one event, fence it, queue it and write it down; the networks whose queue refused come back."""
    verdict = decide(raw, visit, intake.rules)
    messages, hit = _fence(verdict, intake.guard)
    if hit is not None:
        verdict = _withhold_all(verdict)
    full = intake.outbox.put(messages) if messages else frozenset()
    sizes = {to: len(message) for to, message in messages}
    _record(verdict, visit.received_at, intake.journal, sizes, full, hit)
    return verdict, full


def _fence(verdict: Verdict, guard: Guard) -> tuple[list[Message], Hit | None]:
    """The messages as they would be queued; one that the guard stops stops them all."""
    told = [decision.result for decision in verdict.decisions if isinstance(decision.result, CleanEvent)]
    messages = wire.write_all(told)
    if hit := guard.check_messages(messages):
        return [], hit
    return [(event.destination, message) for event, message in zip(told, messages, strict=True)], None


def _withhold_all(verdict: Verdict) -> Verdict:
    decisions = tuple(
        Decision(decision.destination, decision.event_id, Reason.PHI_SUSPECTED)
        if isinstance(decision.result, CleanEvent)
        else decision
        for decision in verdict.decisions
    )
    return msgspec.structs.replace(verdict, decisions=decisions, clicks=None)


def _record(
    verdict: Verdict,
    now: int,
    journal: Journal,
    sizes: dict[Destination, int],
    full: frozenset[Destination],
    hit: Hit | None,
) -> None:
    name = verdict.event.name if verdict.event else None
    surface = verdict.page.surface if verdict.page else None
    label = verdict.page.label if verdict.page else None
    whole = verdict.refused or verdict.withheld
    if verdict.refused or not verdict.decisions:
        outcome = Outcome.REFUSED if verdict.refused else Outcome.WITHHELD if whole else Outcome.ACCEPTED
        journal.decide(
            now,
            outcome=outcome,
            reason=whole,
            event=name,
            surface=surface,
            label=label,
            props=verdict.props,
            dropped=verdict.dropped,
        )
    for decision in verdict.decisions:
        clean = decision.result if isinstance(decision.result, CleanEvent) else None
        reason = decision.result if isinstance(decision.result, Reason) else None
        outcome = Outcome.ACCEPTED if clean else Outcome.WITHHELD
        if decision.destination in full:
            clean, outcome, reason = None, Outcome.REFUSED, Reason.QUEUE_UNAVAILABLE
        journal.decide(
            now,
            outcome=outcome,
            reason=reason,
            destination=decision.destination,
            event=name,
            event_id=decision.event_id,
            clean=clean,
            surface=surface,
            label=label,
            source=verdict.source,
            props=verdict.props,
            dropped=verdict.dropped,
            rule=hit if reason is Reason.PHI_SUSPECTED else None,
            size=sizes.get(decision.destination),
        )


def _keep_clicks(taken: Answer, verdict: Verdict, cookie: str, rules: Rules) -> None:
    """Keep the click ids that an event with valid consent brought; forget them where consent is not given."""
    if verdict.clicks is not None and verdict.clicks.fresh:
        if value := write_cookie(verdict.clicks, rules.policy):
            set_cookie(taken, value)
    elif cookie and verdict.withheld in {Reason.GPC, Reason.NO_CONSENT}:
        set_cookie(taken, "")
