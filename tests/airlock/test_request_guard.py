"""The last look: a request holds a network's own words, the policy's, and these events' tokens, and nothing else."""

import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from airlock import request_guard
from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.clean import CleanEvent, Digests, Source
from airlock.policy import DestinationRule, PageTold, Policy, Stage
from airlock.request_guard import RequestGuard
from airlock.request_words import REQUEST_WORDS
from airlock.tokens import ClickId, Currency, Digest, EventId, EventName, PageLabel
from forwarder.adapter import Call
from forwarder.destinations import DESTINATIONS

CREDENTIAL = "invented-credential-9Kd4Rf8Ls1"
ACCOUNTS = {Destination.SNAPCHAT: "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b", Destination.GA4: "G-GLOWDEMO01"}
WORDS = {Destination.REDDIT: "LEAD", Destination.SNAPCHAT: "SIGN_UP"}


def widen(policy: Policy, to: Destination, **changes: Any) -> Policy:
    """The policy with this network told as much as any policy could let it be told."""
    word = WORDS.get(to, "1234567890" if to in {Destination.GOOGLE, Destination.LINKEDIN} else "Lead")
    rule = DestinationRule(
        destination=to,
        account=ACCOUNTS.get(to, "1234567890"),
        events={"lead": word, "booking": word},
        identity=policy.destinations[0].identity,
        identifiers=tuple(ADDRESS_BOOK[to].contact),
        hashed_requires=policy.destinations[0].hashed_requires,
        page=PageTold.LABEL,
        secret="airlock/x",
        login_account="9876543210" if to is Destination.GOOGLE else None,
        test_code="TEST123",
    )
    return msgspec.structs.replace(policy, destinations=(rule,), **changes)


def event(to: Destination, number: int = 0, **changes: Any) -> CleanEvent:
    address = ADDRESS_BOOK[to]
    ids = {"msclkid": "0f" * 16, "li_fat_id": ACCOUNTS[Destination.SNAPCHAT], "ScCid": ACCOUNTS[Destination.SNAPCHAT]}
    click = (
        f"{address.click_ids[0]}:{ids.get(address.click_ids[0], 'IwZXh0bgNhZW0CMTAAc2Rr')}" if address.click_ids else ""
    )
    fields = {
        field: Digest(f"{index:02x}" * 32) for index, field in enumerate(ContactField) if field in address.contact
    }
    full = CleanEvent(
        destination=to,
        event=EventName("lead"),
        event_id=EventId(f"{number + 1:08x}" * 4),
        at=1_795_533_300,
        not_before=1_795_533_300,
        amount=250,
        currency=Currency("USD"),
        label=PageLabel("/services/general-service"),
        click=ClickId(click) if click else None,
        click_at=1_795_447_800 if address.tells_click_time else None,
        digests=Digests(**fields) if fields else None,
    )
    return msgspec.structs.replace(full, **changes)


def render(policy: Policy, to: Destination, *events: CleanEvent) -> Call:
    return DESTINATIONS[to].render(events, policy, CREDENTIAL)


def check(policy: Policy, to: Destination, call: Call, *events: CleanEvent) -> str | None:
    guard = RequestGuard(policy, to, DESTINATIONS[to].version)
    return guard.check_request(call.url, call.headers, call.body, CREDENTIAL, events)


@pytest.mark.parametrize("to", Destination)
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("state", ["CA", "WA", None])
@pytest.mark.parametrize("source", Source)
def test_whatever_a_destination_file_renders_passes(
    to: Destination, stage: Stage, state: str | None, source: Source, policy: Policy
) -> None:
    """In every stage, state and source, with everything and with nothing, alone and together."""
    wide = widen(policy, to, stage=stage, state=state)
    full = event(to, source=source)
    bare = event(to, 1, source=source, amount=None, currency=None, label=None, digests=None)
    click_less = event(to, 2, source=source, click=None, click_at=None, amount=149.5)
    wide = msgspec.structs.replace(
        wide, events=(msgspec.structs.replace(policy.events[0], bands=(0, 149.5, 250)), *policy.events[1:])
    )
    batches = [(full,), (bare,), (click_less,)]
    if DESTINATIONS[to].max_batch > 1:
        batches.append((full, bare, click_less))  # type: ignore[arg-type]  # one of three beside ones of one
    for batch in batches:
        assert check(wide, to, render(wide, to, *batch), *batch) is None


def plant(document: Any, change: Callable[[dict[str, Any]], None]) -> bytes:
    change(document)
    return json.dumps(document, separators=(",", ":")).encode()


@pytest.mark.parametrize("to", Destination)
def test_a_key_or_a_text_that_nobody_declared_is_stopped_wherever_it_stands(to: Destination, policy: Policy) -> None:
    """A destination file with a bug, or one that somebody changed, tells nothing new."""
    wide = widen(policy, to)
    told = event(to)
    call = render(wide, to, told)
    objects = _objects(json.loads(call.body))
    assert len(objects) > 1
    for at in range(len(objects)):
        for key, value, rule in (
            ("note", "x", "unknown_key"),
            ("description", 1, "unknown_key"),
            ("email_plain", None, "unknown_key"),
        ):
            document = json.loads(call.body)
            _objects(document)[at][key] = value
            body = json.dumps(document, separators=(",", ":")).encode()
            assert check(wide, to, Call(call.url, call.headers, body), told) == rule
        for key in objects[at]:
            for value in (
                "semaglutide",
                "robin@mail.example",
                "Lead for Botox",
                "ff" * 32,
                "fb.1.1.x",
                None,
                1_795_532_832,
            ):
                document = json.loads(call.body)
                place = _objects(document)[at]
                place[key] = value
                body = json.dumps(document, separators=(",", ":")).encode()
                assert check(wide, to, Call(call.url, call.headers, body), told) in {"unknown_word", "unknown_number"}


def _objects(document: Any) -> list[dict[str, Any]]:
    if isinstance(document, dict):
        return [document, *(found for value in document.values() for found in _objects(value))]
    if isinstance(document, list):
        return [found for value in document for found in _objects(value)]
    return []


@pytest.mark.parametrize("to", Destination)
def test_another_events_identifiers_are_stopped(to: Destination, policy: Policy) -> None:
    """A digest, a click id or an id that is of no event in this request belongs to somebody else."""
    wide = widen(policy, to)
    told, other = event(to), event(to, 1, digests=None, click=None)
    assert check(wide, to, render(wide, to, told), other) == "unknown_word"


@pytest.mark.parametrize("to", Destination)
def test_an_address_or_a_header_with_a_word_too_many_is_stopped(to: Destination, policy: Policy) -> None:
    wide = widen(policy, to)
    told = event(to)
    call = render(wide, to, told)
    join = "&" if "?" in call.url else "?"
    for url in (
        f"{call.url}{join}q=botox",
        f"{call.url}/botox",
        call.url.replace("https", "http"),
        call.url + "#x",
        "x",
    ):
        assert check(wide, to, Call(url, call.headers, call.body), told) == "unknown_address"
    for header in (("x-page", "/services/botox"), ("user-agent", "Mozilla/5.0"), ("cookie", "a=b"), ("referer", "x")):
        assert check(wide, to, Call(call.url, (*call.headers, header), call.body), told) == "unknown_address"


@pytest.mark.parametrize("body", [b"", b"[]", b"x", b"\xff", b'{"data":' * 50_000])
def test_a_body_that_is_no_json_object_is_stopped(body: bytes, policy: Policy) -> None:
    told = event(Destination.META)
    wide = widen(policy, Destination.META)
    call = render(wide, Destination.META, told)
    assert check(wide, Destination.META, Call(call.url, call.headers, body), told) == "not_json"


def test_a_body_that_reads_in_two_ways_is_stopped(policy: Policy) -> None:
    told = event(Destination.META)
    wide = widen(policy, Destination.META)
    call = render(wide, Destination.META, told)
    for body in (
        call.body.replace(b'"event_name":"Lead"', b'"event_name":"Botox","event_name":"Lead"'),
        call.body.replace(b'"Lead"', b'"Le\\u0061d"'),
        call.body + b" ",
    ):
        assert check(wide, Destination.META, Call(call.url, call.headers, body), told) == "not_canonical"


def test_every_network_has_its_words_and_no_word_of_them_names_a_treatment() -> None:
    from airlock import lexicon, patterns  # noqa: PLC0415 - for this one

    assert set(REQUEST_WORDS) == set(Destination)
    health = lexicon.load()
    for words in REQUEST_WORDS.values():
        texts = words.keys | words.constants | words.address
        assert {text for text in texts if health.find(text) or patterns.find(text)} == set()


def test_the_words_of_a_request_are_these_and_no_more(policy: Policy) -> None:
    """Written out by hand: the policy's labels on its own site, the network's words for its events, its amounts."""
    wide = widen(policy, Destination.META, events=policy.events[:1])
    guard = RequestGuard(wide, Destination.META, DESTINATIONS[Destination.META].version)
    own = {"1234567890", "TEST123", "USD", policy.state, policy.public_url, *map(str, policy.events[0].bands)}
    labels = {policy.public_origin + page.label for page in policy.pages if page.label}
    told = {"Lead", "urn:lla:llaPartnerConversion:Lead"}
    assert guard._words.keys() - REQUEST_WORDS[Destination.META].constants == own | labels | told


def test_a_clinics_own_word_that_speaks_of_health_is_stopped(policy: Policy) -> None:
    """Whatever became of `airlock check`: the network's word, the page's label and the public address."""
    words = dict.fromkeys(("lead", "booking"), "BotoxConsult")
    rule = msgspec.structs.replace(widen(policy, Destination.META).destinations[0], events=words)
    pages = tuple(msgspec.structs.replace(page, label=PageLabel("/services/rosacea2026")) for page in policy.pages[:1])
    label = {"label": PageLabel("/services/rosacea2026")}
    for changes, told, hit in (
        ({"destinations": (rule,)}, {}, "device"),
        ({"public_url": "https://www.botox-bar.example/"}, {"label": None}, "device"),
        ({"public_url": "https://www.x9-hiv-q2vlp0zbt7wrr.example/"}, {"label": None}, "sensitive"),
        ({"pages": pages}, label, "condition"),
    ):
        bad = msgspec.structs.replace(widen(policy, Destination.META), **changes)
        stopped = event(Destination.META, **told)
        assert str(check(bad, Destination.META, render(bad, Destination.META, stopped), stopped)) == hit
        exempt = msgspec.structs.replace(bad, exempt_terms=("botox", "rosacea", "hiv"))
        assert check(exempt, Destination.META, render(exempt, Destination.META, stopped), stopped) is None


@pytest.mark.parametrize("to", Destination)
def test_a_word_too_many_in_the_middle_of_an_address_is_stopped(to: Destination, policy: Policy) -> None:
    wide = widen(policy, to)
    told = event(to)
    call = render(wide, to, told)
    host, _, path = call.url.removeprefix("https://").partition("/")
    assert check(wide, to, Call(f"https://{host}/{path}", call.headers, call.body), told) is None
    assert check(wide, to, Call(f"https://{host}/botox/{path}", call.headers, call.body), told) == "unknown_address"


@pytest.mark.parametrize("value", ["", "Bearer ", f"botox {CREDENTIAL}", f"{CREDENTIAL} botox", f"{CREDENTIAL}x"])
def test_a_header_holds_the_credential_and_nothing_beside_it(value: str, policy: Policy) -> None:
    """Beside the credential there is no room for a word about a visitor, and without it for none at all."""
    told = event(Destination.META)
    wide = widen(policy, Destination.META)
    call = render(wide, Destination.META, told)
    for good in (CREDENTIAL, f"Bearer {CREDENTIAL}"):
        assert check(wide, Destination.META, Call(call.url, (*call.headers, ("x", good)), call.body), told) is None
    headers = (*call.headers, ("x", value))
    assert check(wide, Destination.META, Call(call.url, headers, call.body), told) == "unknown_address"


def test_an_object_may_hold_every_key_of_the_networks(policy: Policy) -> None:
    guard = RequestGuard(widen(policy, Destination.LINKEDIN), Destination.LINKEDIN, "202611")
    keys = REQUEST_WORDS[Destination.LINKEDIN].keys
    assert guard._check(dict.fromkeys(keys, "SHA256_EMAIL"), frozenset()) is None
    assert guard._check(dict.fromkeys(keys | {"note"}, "SHA256_EMAIL"), frozenset()) == "unknown_key"


@pytest.mark.parametrize("event_id", ["0123456789abcdef" * 2, "fedcba98f0e1d2c3" * 2, "00000000a0000000" * 2])
def test_ga4s_client_id_is_made_of_the_events_own_id(event_id: str, policy: Policy) -> None:
    told = event(Destination.GA4, event_id=EventId(event_id))
    wide = widen(policy, Destination.GA4)
    assert check(wide, Destination.GA4, render(wide, Destination.GA4, told), told) is None


def test_times_are_checked_in_utc_wherever_the_clock_stands(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    told = event(Destination.GOOGLE)
    wide = widen(policy, Destination.GOOGLE)
    call = render(wide, Destination.GOOGLE, told)
    assert b"2026-11-24T15:15:00Z" in call.body
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/Los_Angeles")
        time.tzset()
        hit = check(wide, Destination.GOOGLE, call, told)
    time.tzset()
    assert hit is None


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (1_795_533_300, None),
        (1_795_533_300_000, None),
        (1_795_533_300_000_000, None),
        (4_102_444_800, None),
        (4_102_444_800_000, None),
        (1_795_533_301, "unknown_number"),
        (1_795_533_300_900, "unknown_number"),
        (1_795_533_300_450_000, "unknown_number"),
        (1_795_533_300_900_000, "unknown_number"),
        (4_102_445_700, "unknown_number"),
        (0, "unknown_number"),
        (-900, "unknown_number"),
        (1_795_533_300.0, "unknown_number"),
    ],
)
def test_a_time_is_on_a_quarter_hour_in_whatever_unit(value: float, rule: str | None, policy: Policy) -> None:
    """A time in milliseconds is not let through because it would be round as one in seconds."""
    guard = RequestGuard(widen(policy, Destination.META), Destination.META, "v25.0")
    assert request_guard._check_time(value) == rule
    if value:  # nought is an amount of the policy's
        assert guard._check({"event_time": value}, frozenset()) == rule
