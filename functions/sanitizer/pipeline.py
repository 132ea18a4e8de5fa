"""A RawEvent in, one decision per network out: every gate in one line; what no gate lets through stays inside."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct, structs

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.authorization import Authorizations
from airlock.clean import Amount, CleanEvent, Source, longest_s, round_up
from airlock.gate import Gate, NoGate
from airlock.outcome import Reason
from airlock.policy import DestinationRule, Event, Page, PageTold, Policy, Surface
from airlock.tokens import Currency, EventId, EventName, derive_event_id, refer_to_authorization, write_plainly
from sanitizer.clicks import Clicks, collect
from sanitizer.consent import CLOCK_SKEW_MS, judge_consent
from sanitizer.identities import Contact, Means, OnFile, find_means, identify
from sanitizer.pages import UNMATCHED, PageFinder
from sanitizer.raw import RawEvent

MAX_AGE_MS = 7 * 86_400_000
WITHDRAWAL = "withdrawal"  # what the browser script tells when consent is withdrawn; it reaches no network


class Visit(Struct, frozen=True):
    """What of the request around the body may matter: the opt-out header and the airlock's own cookie."""

    gpc: bool
    cookie: str
    received_at: int  # epoch milliseconds
    from_system: bool = False  # a system of the clinic's told it, perhaps weeks after it happened

    def __repr__(self) -> str:
        return "<Visit>"


class Route(Struct, frozen=True):
    """One enabled network that an event is for. `is_told`: the network's rule has a word for the event."""

    destination: Destination
    event: EventName
    means: Means
    is_told: bool
    tells_label: bool
    tells_click_time: bool
    click_settles_s: int
    longest_ms: dict[Source, int]


class Rules(Struct, frozen=True, dict=True):
    """The policy as the pipeline needs it. `sites` are the policy's, and in the workbench its own origin."""

    policy: Policy
    sites: frozenset[str]
    find_page: PageFinder
    authorizations: Authorizations
    gate: Gate = NoGate()

    @cached_property
    def currency(self) -> Currency:
        """The policy's, ready to be written."""
        return write_plainly(self.policy.currency)

    @cached_property
    def routes(self) -> dict[str, tuple[Route, ...]]:
        """Each event's networks, by the event's name."""
        rules = self.policy.rules
        return {
            event.name: tuple(_build_route(event, rules[to]) for to in event.to if to in rules)
            for event in self.policy.events
        }


def _build_route(event: Event, rule: DestinationRule) -> Route:
    destination = rule.destination
    address = ADDRESS_BOOK[destination]
    return Route(
        destination=destination,
        event=write_plainly(event.name),
        means=find_means(destination, rule),
        is_told=event.name in rule.events,
        tells_label=rule.page is PageTold.LABEL and address.tells_page,
        tells_click_time=address.tells_click_time,
        click_settles_s=address.click_settles_s,
        longest_ms={source: longest_s(destination, source) * 1000 for source in Source},
    )


class Decision(Struct, frozen=True):
    """What becomes of the event at one network: a clean event, or the reason why it gets none."""

    destination: Destination
    event_id: EventId
    result: CleanEvent | Reason


class Verdict(Struct, frozen=True, kw_only=True):
    """Everything that was decided about one event; `refused` stands for the event as a whole."""

    event: Event | None = None
    page: Page | None = None
    refused: Reason | None = None
    withheld: Reason | None = None  # what holds for every network: no consent, or an opt-out
    source: Source | None = None
    decisions: tuple[Decision, ...] = ()
    clicks: Clicks | None = None  # only where consent holds
    props: dict[str, str] = {}
    dropped: tuple[str, ...] = ()


def decide(raw: RawEvent, visit: Visit, rules: Rules) -> Verdict:
    """What becomes of an event: the kill switch first, then every gate in the order in which its reason is given."""
    mode = rules.gate.look(visit.received_at)
    if not mode:
        return _judge(raw, visit, rules)
    if mode.stops_all:
        return Verdict(refused=Reason.CLOSED)
    verdict = _judge(raw, visit, rules)
    decisions = tuple(
        Decision(decision.destination, decision.event_id, Reason.CLOSED)
        if mode.stops(decision.destination)
        else decision
        for decision in verdict.decisions
    )
    return structs.replace(verdict, decisions=decisions)


def _judge(raw: RawEvent, visit: Visit, rules: Rules) -> Verdict:
    policy = rules.policy
    event = policy.events_by_name.get(raw.event)
    if event is None:
        return Verdict(withheld=Reason.NO_CONSENT) if raw.event == WITHDRAWAL else Verdict(refused=Reason.UNKNOWN_EVENT)
    now = visit.received_at
    at = now if raw.at is None else raw.at
    routes = rules.routes[event.name]
    page = UNMATCHED if raw.url is None else rules.find_page(raw.url.path)
    refused = _refuse(raw, visit, rules, event, at, routes, page)
    if refused is not None:
        return Verdict(event=event, page=page if refused is Reason.PRIVATE_PAGE else None, refused=refused)

    unconsented = Reason.GPC if visit.gpc or raw.gpc else judge_consent(raw.consent, at, policy)
    if unconsented is not None:
        withheld = tuple(
            Decision(route.destination, derive_event_id(route.destination, raw.id), unconsented) for route in routes
        )
        return Verdict(event=event, page=page, withheld=unconsented, source=raw.source, decisions=withheld)

    clicks = collect(raw.url.query if raw.url else "", raw.click, visit.cookie, at)
    contact = Contact(raw.user, policy.country)
    on_file = None if raw.authorization is None else _find_authorization(raw.authorization, rules)
    amount, value_dropped = _weigh(raw, event, policy)
    props, props_dropped = _keep_props(raw, event)

    source, found = raw.source, clicks.found
    rounded = round_up(at)
    age_ms = now - at
    currency = None if amount is None else rules.currency
    decisions = []
    for route in routes:
        destination = route.destination
        event_id = derive_event_id(destination, raw.id)
        result: CleanEvent | Reason
        if not route.is_told:
            result = Reason.NOT_CONFIGURED
        elif age_ms > route.longest_ms[source]:
            result = Reason.EXPIRED
        elif isinstance(told := identify(route.means, found, contact, on_file, now), Reason):
            result = told
        else:
            click, not_before, clicked_at = told.click, rounded, None
            if click is not None:
                clicked_at = rounded if click.at == at else round_up(click.at)
                if route.click_settles_s:
                    not_before = max(rounded, clicked_at + route.click_settles_s)
            result = CleanEvent(
                destination=destination,
                event=route.event,
                event_id=event_id,
                at=rounded,
                not_before=not_before,
                source=source,
                amount=amount,
                currency=currency,
                label=page.label if route.tells_label else None,
                click=None if click is None else click.id,
                click_at=clicked_at if route.tells_click_time else None,
                digests=told.digests,
                authorization=told.authorization,
                basis=told.basis,
            )
        decisions.append(Decision(destination, event_id, result))
    return Verdict(
        event=event,
        page=page,
        source=raw.source,
        decisions=tuple(decisions),
        clicks=clicks,
        props=props,
        dropped=("unknown",) * raw.unknown_keys + clicks.dropped + contact.dropped + value_dropped + props_dropped,
    )


def _refuse(
    raw: RawEvent,
    visit: Visit,
    rules: Rules,
    event: Event,
    at: int,
    routes: Sequence[Route],
    page: Page,
) -> Reason | None:
    """The first reason for which the event as a whole is not acceptable."""
    if event.expires_ms is not None and visit.received_at >= event.expires_ms:
        return Reason.EVENT_EXPIRED
    reach_ms = _reach_ms(raw, routes) if visit.from_system else MAX_AGE_MS
    if not -CLOCK_SKEW_MS <= visit.received_at - at <= reach_ms:
        return Reason.BAD_TIME
    if raw.url is not None and raw.url.origin not in rules.sites:
        return Reason.FOREIGN_PAGE
    return Reason.PRIVATE_PAGE if page.surface is Surface.PRIVATE else None


def _reach_ms(raw: RawEvent, routes: Sequence[Route]) -> int:
    """How old an event of a clinic's system may be: as old as any network that it is for takes it."""
    told = [route.destination for route in routes if route.is_told]
    return max(longest_s(to, raw.source) for to in told or Destination) * 1000


def _find_authorization(identifier: str, rules: Rules) -> OnFile | None:
    ref = refer_to_authorization(identifier)
    terms = rules.authorizations.find(ref)
    return None if terms is None else OnFile(ref, terms)


def _weigh(raw: RawEvent, event: Event, policy: Policy) -> tuple[Amount | None, tuple[str, ...]]:
    """What the event is told to be worth: nothing, the fixed amount, or the lower bound of its value's band."""
    value, amount, bands = raw.value, event.amount, event.bands  # a policy gives an event one of the last two, or none
    dropped = () if raw.currency is None or raw.currency == policy.currency else ("currency",)
    if value is None:
        return amount, dropped
    if not bands and amount is None:
        return None, ("value", *dropped)
    least = bands[0] if bands else 0
    if (type(value) is not int and type(value) is not float) or not least <= value < math.inf:
        return amount, ("value", *dropped)
    if dropped or not bands:
        return amount, dropped
    return bands[bisect_right(bands, value) - 1], ()


def _keep_props(raw: RawEvent, event: Event) -> tuple[dict[str, str], tuple[str, ...]]:
    props = raw.props
    kept = {name: props[name] for name, closed in event.props.items() if props.get(name) in closed}
    if len(kept) == len(props):
        return kept, ()
    return kept, ("props",) * (len(props) - len(kept) - list(props.values()).count(None))
