"""Every gate in its order: which reason is given where several apply, and what is told where none does."""

import hashlib
import json
import math
from typing import Any

import msgspec
import pytest

from airlock.address_book import ContactField, Destination
from airlock.authorization import Authorization, AuthorizationsInMemory
from airlock.clean import Basis, CleanEvent, Source
from airlock.gate import Mode
from airlock.outcome import Reason
from airlock.policy import Policy
from airlock.tokens import derive_event_id, refer_to_authorization
from sanitizer.pages import UNMATCHED, build_finder
from sanitizer.pipeline import Rules, Verdict, Visit, decide
from sanitizer.raw import RawEvent, parse, parse_conversion
from tests.sanitizer.visits import (
    AUTHORIZATION,
    DAY,
    GONE,
    IDS,
    MINUTE,
    NOW,
    SITE,
    TOLD,
    UUID,
    change_policy,
    make_visit,
)

QUARTER = 1_795_533_300  # 15:15, the next quarter hour after the visit
QUARTER_MS = QUARTER * 1000
EXPIRED_AT = 1_825_113_600_000  # 2027-11-02 00:00 UTC, the sample policy's last good day


def look(
    policy: Policy,
    visit: dict[str, Any],
    *,
    now: int = NOW,
    gpc: bool = False,
    file: AuthorizationsInMemory | None = None,
) -> Verdict:
    raw = parse(json.dumps(visit).encode())
    assert isinstance(raw, RawEvent)
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), file or AuthorizationsInMemory())
    return decide(raw, Visit(gpc=gpc, cookie="", received_at=now), rules)


def results(verdict: Verdict) -> dict[Destination, CleanEvent | Reason]:
    return {decision.destination: decision.result for decision in verdict.decisions}


def clean(policy: Policy, to: Destination = Destination.META, /, **visit: Any) -> CleanEvent:
    result = results(look(policy, make_visit(**visit)))[to]
    assert isinstance(result, CleanEvent)
    return result


# One change of the visit each, in the order of the contract: whoever comes first is told.
CAUSES: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.UNKNOWN_EVENT, {"event": "nobody_knows_it"}),
    (Reason.EVENT_EXPIRED, {"event": "old"}),
    (Reason.BAD_TIME, {"at": NOW - 8 * DAY}),
    (Reason.FOREIGN_PAGE, {"url": "https://foreign.example/portal/x"}),
    (Reason.PRIVATE_PAGE, {"url": f"{SITE}/portal/x"}),
    (Reason.GPC, {"gpc": True}),
    (Reason.NO_CONSENT, {"consent": {"marketing": "yes"}}),
    (Reason.STALE_CONSENT, {"consent": {"marketing": True}}),
]


@pytest.fixture(scope="module")
def lapsed(policy_text: str) -> Policy:
    """The sample policy with one event whose last good day is past."""
    event = (
        '[[event]]\nname = "old"\nwhy = "x"\nreviewed_by = "x"\nreviewed_on = 2025-11-02\nexpires = 2026-11-23\n'
        'to = ["meta"]\n\n# --- Networks.'
    )
    return change_policy(policy_text, ("# --- Networks.", event))


@pytest.mark.parametrize("first", range(len(CAUSES)), ids=[reason for reason, _ in CAUSES])
def test_the_first_of_several_causes_is_given(first: int, lapsed: Policy) -> None:
    """Whatever else is wrong with the visit further down, the reason is always the same one."""
    reason = CAUSES[first][0]
    for second in range(first, len(CAUSES)):
        both = {**CAUSES[second][1], **CAUSES[first][1]}
        verdict = look(lapsed, make_visit(**both))
        assert reason in {verdict.refused, verdict.withheld}
    everything = {key: value for _, change in reversed(CAUSES[first:]) for key, value in change.items()}
    verdict = look(lapsed, make_visit(**everything))
    assert reason in {verdict.refused, verdict.withheld}


@pytest.mark.parametrize("first", range(5))
def test_what_is_refused_reaches_no_network_and_leaves_nothing(first: int, lapsed: Policy) -> None:
    verdict = look(lapsed, make_visit(**CAUSES[first][1], user={"email": "canary@mail.example"}))
    assert verdict.decisions == ()
    assert (verdict.clicks, verdict.props, verdict.dropped) == (None, {}, ())


@pytest.mark.parametrize("first", range(5, len(CAUSES)))
def test_what_is_withheld_is_withheld_from_every_network_of_the_event(first: int, policy: Policy) -> None:
    """The networks that the policy does not configure for it are among them: consent comes first."""
    verdict = look(policy, make_visit(**CAUSES[first][1]))
    assert results(verdict) == dict.fromkeys(TOLD, CAUSES[first][0])
    assert verdict.clicks is None


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        (NOW - 7 * DAY - 1, True),
        (NOW - 7 * DAY, False),
        (NOW, False),
        (NOW + 5 * MINUTE, False),
        (NOW + 5 * MINUTE + 1, True),
        (0, True),
        (-1, True),
        (NOW // 1000, True),
        (NOW * 1000, True),
        (10**60, True),
        (-(10**60), True),
    ],
)
def test_a_visit_is_taken_for_seven_days_and_five_minutes_ahead(at: int, refused: bool, policy: Policy) -> None:  # noqa: FBT001 - a case
    """To the millisecond; seconds or microseconds in place of milliseconds are no time of this week."""
    verdict = look(policy, make_visit(at=at, consent={"marketing": True, "at": at}))
    assert (verdict.refused is Reason.BAD_TIME) is refused


def test_a_visit_without_a_time_happened_when_it_was_received(policy: Policy) -> None:
    for at in (GONE, None):
        assert clean(policy, at=at).at == QUARTER
    assert look(policy, make_visit(at=GONE, consent={"marketing": True, "at": NOW + 5 * MINUTE})).withheld is None


@pytest.mark.parametrize(
    ("now", "refused"),
    [(EXPIRED_AT + DAY - 1, None), (EXPIRED_AT + DAY, Reason.EVENT_EXPIRED)],
)
def test_an_event_is_good_until_the_end_of_its_last_day_in_utc(
    now: int, refused: Reason | None, policy: Policy
) -> None:
    """It counts when the visit is received, not when it happened."""
    visit = make_visit(at=now - 6 * DAY, consent={"marketing": True, "at": now - 6 * DAY})
    assert look(policy, visit, now=now).refused is refused


@pytest.mark.parametrize("name", ["lead", "Lead", "generate_lead", "SubmitForm", "Booked CoolSculpting"])
def test_an_event_has_one_name_inside_whatever_the_site_calls_it(name: str, policy: Policy) -> None:
    assert clean(policy, event=name).event == "lead"


@pytest.mark.parametrize(
    "name",
    ["LEAD", "lead ", " lead", "lead\n", "\N{FULLWIDTH LATIN SMALL LETTER L}ead", "leads", "", "booked coolsculpting"],
)
def test_a_name_that_is_not_exactly_one_of_the_policys_is_unknown(name: str, policy: Policy) -> None:
    assert look(policy, make_visit(event=name)).refused is Reason.UNKNOWN_EVENT


@pytest.mark.parametrize("origin", ["https://book.glow-medspa.example", SITE])
def test_a_page_is_on_one_of_the_policys_sites(origin: str, policy: Policy) -> None:
    assert look(policy, make_visit(url=f"{origin}/x")).refused is None
    assert look(policy, make_visit(url=f"{origin}.evil.example/x")).refused is Reason.FOREIGN_PAGE
    assert look(policy, make_visit(url=f"{origin}:8443/x")).refused is Reason.FOREIGN_PAGE


def test_gpc_counts_in_the_body_or_in_the_header(policy: Policy) -> None:
    assert look(policy, make_visit(gpc=True)).withheld is Reason.GPC
    assert look(policy, make_visit(gpc=False), gpc=True).withheld is Reason.GPC
    assert look(policy, make_visit(gpc=False)).withheld is None


def test_an_event_that_a_network_has_no_word_for_is_not_configured(policy_text: str) -> None:
    policy = change_policy(policy_text, ('events = { lead = "SubmitForm", booking', "events = { booking"))
    assert results(look(policy, make_visit()))[Destination.TIKTOK] is Reason.NOT_CONFIGURED
    assert results(look(policy, make_visit(gpc=True)))[Destination.TIKTOK] is Reason.GPC


def test_a_network_that_is_off_has_no_outcome(policy: Policy) -> None:
    assert tuple(results(look(policy, make_visit()))) == TOLD


def test_an_event_for_no_network_is_taken_and_told_to_nobody(policy: Policy) -> None:
    verdict = look(policy, make_visit(event="page_view"))
    assert (verdict.refused, verdict.withheld, verdict.decisions) == (None, None, ())


# --- what is told ---


@pytest.mark.parametrize(
    ("at", "rounded"),
    [
        (QUARTER_MS - 900_000, QUARTER - 900),
        (QUARTER_MS - 899_999, QUARTER),
        (QUARTER_MS - 1, QUARTER),
        (QUARTER_MS, QUARTER),
        (QUARTER_MS + 1, QUARTER + 900),
    ],
)
def test_the_time_that_leaves_is_rounded_up_to_a_quarter_hour(at: int, rounded: int, policy: Policy) -> None:
    """A time exactly on a quarter hour keeps it; nothing is sent before the moment that is told."""
    verdict = look(policy, make_visit(at=at), now=QUARTER_MS)
    told = [result for result in results(verdict).values() if isinstance(result, CleanEvent)]
    assert {event.at for event in told} == {rounded}
    assert all(event.not_before >= event.at for event in told)


def test_a_clicks_time_is_rounded_too_and_google_waits_until_it_knows_the_click(policy: Policy) -> None:
    visit = make_visit()
    visit["click"]["at"] = NOW - 60 * MINUTE
    told = results(look(policy, visit))
    meta, google = told[Destination.META], told[Destination.GOOGLE]
    assert isinstance(meta, CleanEvent)
    assert isinstance(google, CleanEvent)
    assert (meta.click_at, meta.not_before) == (QUARTER - 3600, QUARTER)
    assert (google.click_at, google.not_before) == (None, QUARTER - 3600 + 6 * 3600)


def test_each_network_knows_the_event_by_an_id_of_its_own(policy: Policy) -> None:
    """Two networks that compare notes find no id in common, and a retry has the same one."""
    verdict, again = look(policy, make_visit()), look(policy, make_visit(id=UUID.upper()))
    seen = {str(decision.event_id) for decision in verdict.decisions}
    assert len(seen) == len(TOLD)
    assert UUID not in seen
    assert [d.event_id for d in verdict.decisions] == [d.event_id for d in again.decisions]
    assert [d.event_id for d in verdict.decisions] == [derive_event_id(to, UUID) for to in TOLD]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, 0),
        (-0.0, 0),
        (0.01, 0),
        (249.99, 0),
        (250, 250),
        (250.0, 250),
        (499.999999, 250),
        (999, 500),
        (1000, 1000),
        (10**300, 1000),
        (1e308, 1000),
        (1e-300, 0),
    ],
)
def test_a_value_is_told_as_the_lower_bound_of_its_band(value: float, told: int, policy: Policy) -> None:
    """A price names a treatment; a band does not."""
    event = clean(policy, value=value)
    assert (event.amount, type(event.amount), event.currency) == (told, int, "USD")


@pytest.mark.parametrize("value", [-1, -0.01, -1e300, True, False, "250", "1000 USD", [], [250], {}, None])
def test_a_value_that_is_no_plain_amount_is_told_to_nobody(value: object, policy: Policy) -> None:
    event = clean(policy, value=value)
    assert (event.amount, event.currency) == (None, None)
    dropped = look(policy, make_visit(value=value)).dropped
    assert dropped == (() if value is None else ("value",))


def test_an_infinite_value_is_dropped(policy: Policy) -> None:
    """JSON spells infinity as 1e999."""
    raw = parse(json.dumps(make_visit(value=1)).replace('"value": 1', '"value": 1e999').encode())
    assert isinstance(raw, RawEvent)
    assert raw.value == math.inf
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), AuthorizationsInMemory())
    verdict = decide(raw, Visit(gpc=False, cookie="", received_at=NOW), rules)
    assert verdict.dropped == ("value",)


def test_a_value_below_the_lowest_band_is_dropped(policy_text: str) -> None:
    policy = change_policy(policy_text, ("bands = [0, 250, 500, 1000]", "bands = [100, 250.5]"))
    assert clean(policy, value=99.99).amount is None
    assert clean(policy, value=100).amount == 100
    assert clean(policy, value=250.4).amount == 100
    assert clean(policy, value=250.5).amount == 250.5


@pytest.mark.parametrize("currency", ["EUR", "usd", "US", "USDT", "", " USD", "semaglutide", 840, True, [], {}])
def test_a_currency_other_than_the_policys_drops_the_value(currency: object, policy: Policy) -> None:
    assert clean(policy, value=700, currency=currency).amount is None
    assert look(policy, make_visit(value=700, currency=currency)).dropped == ("currency",)


@pytest.mark.parametrize("currency", ["USD", None, GONE])
def test_a_missing_currency_is_the_policys(currency: object, policy: Policy) -> None:
    event = clean(policy, value=700, currency=currency)
    assert (event.amount, event.currency) == (500, "USD")


@pytest.mark.parametrize("extra", [{}, {"value": 1}, {"value": -5, "currency": "EUR"}, {"value": "x"}])
def test_a_fixed_amount_is_told_whatever_the_visit_says(extra: dict[str, Any], policy: Policy) -> None:
    event = clean(policy, event="booking", **extra)
    assert (event.amount, event.currency) == (150, "USD")


def test_an_event_without_a_value_tells_none(policy: Policy) -> None:
    event = clean(policy, event="contact", value=700)
    assert (event.amount, event.currency) == (None, None)
    assert look(policy, make_visit(event="contact", value=700)).dropped == ("value",)
    assert look(policy, make_visit(event="contact")).dropped == ()


@pytest.mark.parametrize("event", ["lead", "booking", "contact"])
@pytest.mark.parametrize("currency", ["EUR", "usd", ["x"], {}, 840, True, ""])
def test_a_bad_currency_is_counted_with_or_without_a_value(event: str, currency: object, policy: Policy) -> None:
    """Whatever the event's value is read by: what the policy has no use for is dropped and counted."""
    for told in ({}, {"value": None}):
        verdict = look(policy, make_visit(event=event, currency=currency, **told))
        assert verdict.dropped == ("currency",)
        assert results(verdict) == results(look(policy, make_visit(event=event)))
    verdict = look(policy, make_visit(event=event, value="x", currency=currency))
    assert verdict.dropped == ("value", "currency")
    assert look(policy, make_visit(event=event, currency="USD")).dropped == ()


@pytest.mark.parametrize("value", [-1, -0.5, True, "250", [], {"x": 1}])
def test_a_bad_value_of_an_event_with_a_fixed_amount_is_counted(value: object, policy: Policy) -> None:
    """The amount is told all the same; a value that is merely not needed is not bad."""
    assert look(policy, make_visit(event="booking", value=value)).dropped == ("value",)
    for good in (0, 1, 99.5, None):
        assert look(policy, make_visit(event="booking", value=good)).dropped == ()


@pytest.mark.parametrize(
    ("props", "kept", "dropped"),
    [
        ({"variant": "a"}, {"variant": "a"}, 0),
        ({"variant": "b", "note": "x"}, {"variant": "b"}, 1),
        ({"variant": "A"}, {}, 1),
        ({"variant": ["a"]}, {}, 1),
        ({"variant": {"a": 1}}, {}, 1),
        ({"variant": True}, {}, 1),
        ({"Variant": "a"}, {}, 1),
        ({"variant": None}, {}, 0),
        ({"variant": None, "note": None, "other": ""}, {}, 1),
        ({}, {}, 0),
    ],
)
def test_properties_are_kept_from_their_closed_lists_and_never_leave(
    props: dict[str, Any], kept: dict[str, str], dropped: int, policy: Policy
) -> None:
    verdict = look(policy, make_visit(props=props))
    assert verdict.props == kept
    assert verdict.dropped == ("props",) * dropped
    assert results(verdict) == results(look(policy, make_visit()))


def test_a_page_is_told_by_its_label_to_the_network_that_may_know_it(policy: Policy) -> None:
    told = results(look(policy, make_visit(url=f"{SITE}/services/semaglutide-weight-loss?q=botox#x")))
    labels = {to: event.label for to, event in told.items() if isinstance(event, CleanEvent)}
    assert labels == {
        Destination.META: "/services/general-service",
        Destination.GOOGLE: None,
        Destination.TIKTOK: None,
        Destination.LINKEDIN: None,
    }
    assert clean(policy, url=f"{SITE}/semaglutide").label is None


def test_digests_rest_on_the_authorization_that_the_event_names(policy: Policy) -> None:
    file = AuthorizationsInMemory()
    terms = Authorization(
        recipients=(Destination.META,),
        information=(ContactField.EMAIL,),
        purposes=("ad_measurement",),
        signed_at=NOW - DAY,
        expires_at=NOW + DAY,
    )
    file.keep(refer_to_authorization(AUTHORIZATION), terms)
    visit = make_visit(user={"email": "robin@mail.example"}, click=GONE, authorization=AUTHORIZATION)
    told = results(look(policy, visit, file=file))
    meta, linkedin = told[Destination.META], told[Destination.LINKEDIN]
    assert isinstance(meta, CleanEvent)
    assert isinstance(linkedin, CleanEvent)
    assert (meta.basis, meta.authorization) == (Basis.AUTHORIZATION, refer_to_authorization(AUTHORIZATION))
    assert (linkedin.basis, linkedin.authorization) == (Basis.CONSENT, None)
    assert told[Destination.TIKTOK] is Reason.NO_IDENTITY
    unnamed = results(look(policy, make_visit(user=visit["user"], click=GONE), file=file))
    assert unnamed[Destination.META] is Reason.NO_AUTHORIZATION


def test_a_clean_event_says_where_the_conversion_happened_and_nothing_more(policy: Policy) -> None:
    """Field by field: nothing else of the visit has a place to stand."""
    event = clean(policy, value=700, props={"variant": "a"}, title="x", user={"email": "robin@mail.example"})
    assert event.source is Source.WEBSITE
    assert set(msgspec.to_builtins(event, enc_hook=str)) == {
        *("destination", "event", "event_id", "at", "not_before", "amount", "currency", "label", "click", "click_at"),
        "basis",
    }


# --- the kill switch, the withdrawal, a clinic's own systems, and what the journal is given ---


class Switch:
    """A kill switch that remembers when it was looked at."""

    def __init__(self, *closed: Destination | None) -> None:
        self.mode = Mode(closed)
        self.looked_at: list[int] = []

    def look(self, now: int) -> Mode:
        self.looked_at.append(now)
        return self.mode


def decide_with(policy: Policy, visit: dict[str, Any], switch: Switch | None = None, **around: Any) -> Verdict:
    raw = parse(json.dumps(visit).encode())
    assert isinstance(raw, RawEvent)
    gate = switch or Switch()
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), AuthorizationsInMemory(), gate)
    return decide(raw, Visit(gpc=False, cookie="", received_at=NOW, **around), rules)


def test_a_switch_that_closes_everything_comes_before_every_other_gate(policy: Policy) -> None:
    switch = Switch(None)
    for visit in (make_visit(), make_visit(event="unknown"), make_visit(gpc=True)):
        assert decide_with(policy, visit, switch) == Verdict(refused=Reason.CLOSED)
    assert switch.looked_at == [NOW] * 3


def test_a_switch_that_closes_one_network_leaves_the_others_as_they_were(policy: Policy) -> None:
    open_verdict = decide_with(policy, make_visit())
    closed = decide_with(policy, make_visit(), Switch(Destination.GOOGLE))
    for before, after in zip(open_verdict.decisions, closed.decisions, strict=True):
        assert (after.destination, after.event_id) == (before.destination, before.event_id)
        is_closed = before.destination is Destination.GOOGLE
        assert after.result == (Reason.CLOSED if is_closed else before.result)
    assert (closed.event, closed.page, closed.clicks) == (open_verdict.event, open_verdict.page, open_verdict.clicks)


def test_a_withdrawal_reaches_no_network_and_is_no_unknown_event(policy: Policy) -> None:
    assert decide_with(policy, make_visit(event="withdrawal")) == Verdict(withheld=Reason.NO_CONSENT)
    assert decide_with(policy, make_visit(event="Withdrawal")) == Verdict(refused=Reason.UNKNOWN_EVENT)


def test_a_visitor_has_a_week_and_a_clinics_system_as_long_as_its_networks(policy: Policy) -> None:
    """A booking that is typed in after a month can still be told to the networks that take it."""
    late = NOW - 60 * DAY
    visit = make_visit(at=late, consent={"marketing": True, "at": late - DAY})
    assert decide_with(policy, visit).refused is Reason.BAD_TIME
    told = decide_with(policy, visit, from_system=True)
    assert told.refused is None
    assert results(told)[Destination.META] is Reason.EXPIRED
    assert isinstance(results(told)[Destination.GOOGLE], CleanEvent)
    ancient = NOW - 91 * DAY
    visit = make_visit(at=ancient, consent={"marketing": True, "at": ancient - DAY})
    assert decide_with(policy, visit, from_system=True).refused is Reason.BAD_TIME


def test_each_verdict_says_what_the_journal_may_say(policy: Policy) -> None:
    """The event's name inside and the kind of page; the page only where it is the reason or the event was taken."""
    lead = policy.events_by_name["lead"]
    private = look(policy, make_visit(url=f"{SITE}/portal"))
    assert (private.event, private.page and private.page.match) == (lead, "/portal/**")
    for change in ({"at": 0}, {"url": "https://foreign.example/"}):
        refused = look(policy, make_visit(**change))
        assert (refused.event, refused.page) == (lead, None)
    withheld = look(policy, make_visit(gpc=True))
    assert (withheld.event, withheld.source) == (lead, Source.WEBSITE)
    assert withheld.page is not None
    assert [str(decision.event_id) for decision in withheld.decisions] == [derive_event_id(to, UUID) for to in TOLD]
    assert look(policy, make_visit(event="unknown")) == Verdict(refused=Reason.UNKNOWN_EVENT)


def test_a_verdict_on_a_taken_visit_is_whole(policy: Policy) -> None:
    """Event, page, source and click ids for the journal and the cookie; ids and networks for every decision."""
    visit = make_visit(
        user={"email": "robin@mail.example", "phone": "4155550132"}, authorization=AUTHORIZATION, a=1, b=2, value="x"
    )
    file = AuthorizationsInMemory()
    terms = Authorization(
        recipients=(Destination.META,),
        information=tuple(ContactField),
        purposes=("ad_measurement",),
        signed_at=NOW - DAY,
        expires_at=NOW + DAY,
    )
    file.keep(refer_to_authorization(AUTHORIZATION), terms)
    verdict = look(policy, visit, file=file)
    assert (verdict.event, verdict.source) == (policy.events_by_name["lead"], Source.WEBSITE)
    assert verdict.page is not None
    assert verdict.page.match == "/services/**"
    assert verdict.clicks is not None
    assert len(verdict.clicks.found) == 4
    assert verdict.dropped == ("unknown", "unknown", "value")
    for decision in verdict.decisions:
        assert isinstance(decision.result, CleanEvent)
        assert decision.result.destination is decision.destination
        assert decision.result.event_id == decision.event_id == derive_event_id(decision.destination, UUID)
    told = results(verdict)[Destination.META]
    assert isinstance(told, CleanEvent)
    assert told.digests is not None
    assert told.digests.phone == hashlib.sha256(b"14155550132").hexdigest()


def test_whoever_is_not_told_is_named_by_the_same_id(policy_text: str) -> None:
    policy = change_policy(policy_text, ('events = { lead = "SubmitForm", booking', "events = { booking"))
    verdict = look(policy, make_visit(click={"fbclid": IDS["fbclid"]}))
    assert [decision.event_id for decision in verdict.decisions] == [derive_event_id(to, UUID) for to in TOLD]


def test_an_authorization_that_is_not_on_file_is_none(policy: Policy) -> None:
    visit = make_visit(user={"email": "robin@mail.example"}, authorization=AUTHORIZATION, click=GONE)
    assert results(look(policy, visit))[Destination.META] is Reason.NO_AUTHORIZATION


def test_what_the_cookie_kept_counts_where_the_visit_brings_nothing(policy: Policy) -> None:
    raw = parse(json.dumps(make_visit(click=GONE)).encode())
    assert isinstance(raw, RawEvent)
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), AuthorizationsInMemory())
    verdict = decide(raw, Visit(gpc=False, cookie=f"fbclid:{NOW - DAY}:{IDS['fbclid']}", received_at=NOW), rules)
    assert isinstance(results(verdict)[Destination.META], CleanEvent)


def test_a_conversion_off_the_page_has_no_page_and_says_where_it_happened(policy: Policy) -> None:
    visit = make_visit(url=GONE, source="in_person")
    raw = parse_conversion(visit)
    assert isinstance(raw, RawEvent)
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), AuthorizationsInMemory())
    verdict = decide(raw, Visit(gpc=False, cookie="", received_at=NOW, from_system=True), rules)
    event = results(verdict)[Destination.META]
    assert isinstance(event, CleanEvent)
    assert (event.source, event.label, verdict.source) == (Source.IN_PERSON, None, Source.IN_PERSON)
    assert verdict.page == UNMATCHED


@pytest.mark.parametrize(("age", "refused"), [(90 * DAY, None), (90 * DAY + 1, Reason.BAD_TIME)])
def test_the_longest_window_of_the_events_networks_is_exact(age: int, refused: Reason | None, policy: Policy) -> None:
    at = NOW - age
    visit = make_visit(at=at, consent={"marketing": True, "at": at})
    verdict = decide_with(policy, visit, from_system=True)
    assert verdict.refused is refused
    if refused is None:
        assert isinstance(results(verdict)[Destination.GOOGLE], CleanEvent)


def test_a_networks_own_window_is_exact(policy_text: str) -> None:
    """GA4 takes 72 hours; what is older is withheld from it and told to the others."""
    policy = change_policy(policy_text, ("enabled = false", "enabled = true"))
    for age, told in ((3 * DAY, True), (3 * DAY + 1, False)):
        visit = make_visit(at=NOW - age, consent={"marketing": True, "at": NOW - age})
        verdict = results(look(policy, visit))
        assert isinstance(verdict[Destination.GA4], CleanEvent) is told
        assert isinstance(verdict[Destination.META], CleanEvent)
        ids = [decision.event_id for decision in look(policy, visit).decisions]
        assert ids == [derive_event_id(to, UUID) for to in policy.events_by_name["lead"].to]


def test_an_event_for_no_network_can_be_as_old_as_any_network_takes(policy: Policy) -> None:
    at = NOW - 89 * DAY
    visit = make_visit(event="page_view", at=at, consent={"marketing": True, "at": at})
    assert decide_with(policy, visit, from_system=True).refused is None


def test_a_window_is_that_of_the_networks_that_the_event_is_for(policy_text: str) -> None:
    """Google has no word for this event: its ninety days do not count."""
    policy = change_policy(policy_text, (', contact = "987654323" }', " }"))
    at = NOW - 30 * DAY
    visit = make_visit(event="contact", at=at, consent={"marketing": True, "at": at})
    assert decide_with(policy, visit, from_system=True).refused is Reason.BAD_TIME
    in_person = parse_conversion(visit | {"source": "in_person"})
    assert isinstance(in_person, RawEvent)
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), AuthorizationsInMemory())
    verdict = decide(in_person, Visit(gpc=False, cookie="", received_at=NOW, from_system=True), rules)
    assert verdict.refused is None
    assert isinstance(results(verdict)[Destination.META], CleanEvent), "what happened at the clinic may be older"


def test_the_pages_own_query_brings_a_click_id(policy: Policy) -> None:
    verdict = look(policy, make_visit(click=GONE, url=f"{SITE}/services/x?fbclid={IDS['fbclid']}&q=botox"))
    told = results(verdict)[Destination.META]
    assert isinstance(told, CleanEvent)
    assert told.click == f"fbclid:{IDS['fbclid']}"
    assert verdict.dropped == ()


def test_a_visit_shows_nothing_of_itself() -> None:
    visit = Visit(gpc=False, cookie="canary-7d1f", received_at=NOW)
    assert f"{visit} {visit!r}" == "<Visit> <Visit>"
