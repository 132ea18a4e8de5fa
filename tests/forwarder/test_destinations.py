"""Every network's requests to the byte, and what each of its answers means."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.clean import Digests, Source
from airlock.outcome import Reason
from airlock.policy import Policy
from forwarder.answer import (
    Delivered,
    Expired,
    Processed,
    Prohibited,
    Rejected,
    Retry,
    Split,
    Unauthorised,
)
from forwarder.destinations import DESTINATIONS, google
from forwarder.egress import HOSTS
from forwarder.version import ends_soon
from tests.forwarder.desk import AT, EMAIL, PHONE, TOKEN, build_policy, make_event
from workbench.stand_ins.request import Request
from workbench.stand_ins.service import STAND_INS, StandIns

NETWORKS = pytest.mark.parametrize("destination", list(Destination))
VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
ID = f"{1:032x}"
BOTH = Digests(email=EMAIL, phone=PHONE)
JSON_HEADERS = {"content-type": "application/json", "accept": "application/json", "user-agent": "airlock/1"}
BEARER = {**JSON_HEADERS, "authorization": f"Bearer {TOKEN}"}
META_CLICK = "IwZXh0bgNhZW0CMTAAc2RrdjV2dHhxYw_aem_Zk3vQx7Lr9Wt"
# Method, URL, headers and body of the request for one lead from the site. The clinic is in California.
REQUESTS: dict[Destination, tuple[str, str, dict[str, str], Any]] = {
    Destination.META: (
        "POST",
        "https://graph.facebook.com/v26.0/123456789012345/events",
        BEARER,
        {
            "data": [
                {
                    "event_name": "Lead",
                    "event_time": AT,
                    "event_id": ID,
                    "action_source": "website",
                    "event_source_url": "https://www.glow-medspa.example/",
                    "user_data": {"fbc": f"fb.1.{AT * 1000}.{META_CLICK}", "client_user_agent": "airlock/1"},
                    "custom_data": {"value": 250, "currency": "USD"},
                    "data_processing_options": ["LDU"],
                    "data_processing_options_country": 1,
                    "data_processing_options_state": 1000,
                }
            ]
        },
    ),
    Destination.GOOGLE: (
        "POST",
        "https://datamanager.googleapis.com/v1/events:ingest",
        BEARER,
        {
            "destinations": [
                {
                    "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1234567890"},
                    "productDestinationId": "987654321",
                }
            ],
            "events": [
                {
                    "eventTimestamp": "2026-11-24T15:00:00Z",
                    "transactionId": ID,
                    "eventSource": "WEB",
                    "conversionValue": 250,
                    "currency": "USD",
                    "adIdentifiers": {"gclid": "Cj0KCQiA88X_BRDUARIsACVMYD9h2qLkz7Xw"},
                }
            ],
            "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED"},
            "validateOnly": False,
        },
    ),
    Destination.GA4: (
        "POST",
        f"https://www.google-analytics.com/mp/collect?measurement_id=G-GLOWDEMO01&api_secret={TOKEN}",
        JSON_HEADERS,
        {
            "client_id": "0.0",
            "timestamp_micros": AT * 1_000_000,
            "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
            "events": [
                {"name": "generate_lead", "params": {"value": 250, "currency": "USD", "engagement_time_msec": 1}}
            ],
        },
    ),
    Destination.TIKTOK: (
        "POST",
        "https://business-api.tiktok.com/open_api/v1.3/event/track/",
        {**JSON_HEADERS, "access-token": TOKEN},
        {
            "event_source": "web",
            "event_source_id": "CABCDEFGHIJKLMNOPQRS",
            "data": [
                {
                    "event": "SubmitForm",
                    "event_time": AT,
                    "event_id": ID,
                    "user": {"ttclid": "E.C.P.CrwBQ7hXk2vRz9LmTq4WnYdJ6sGpFbUe"},
                    "page": {"url": "https://www.glow-medspa.example/"},
                    "properties": {"value": 250, "currency": "USD"},
                    "limited_data_use": True,
                }
            ],
        },
    ),
    Destination.LINKEDIN: (
        "POST",
        "https://api.linkedin.com/rest/conversionEvents",
        {**BEARER, "linkedin-version": "202608", "x-restli-protocol-version": "2.0.0"},
        {
            "conversion": "urn:lla:llaPartnerConversion:104012",
            "conversionHappenedAt": AT * 1000,
            "conversionValue": {"currencyCode": "USD", "amount": "250"},
            "eventId": ID,
            "user": {
                "userIds": [
                    {
                        "idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID",
                        "idValue": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
                    }
                ]
            },
        },
    ),
    Destination.MICROSOFT: (
        "POST",
        "https://capi.uet.microsoft.com/v1/187000001/events",
        BEARER,
        {
            "data": [
                {
                    "eventType": "custom",
                    "eventName": "lead",
                    "eventTime": AT,
                    "eventId": ID,
                    "adStorageConsent": "G",
                    "userData": {"msclkid": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
                    "customData": {"value": 250, "currency": "USD"},
                }
            ],
            "continueOnValidationError": True,
            "dataProvider": "airlock",
        },
    ),
    Destination.REDDIT: (
        "POST",
        "https://ads-api.reddit.com/api/v3/pixels/a2_example/conversion_events",
        BEARER,
        {
            "data": {
                "events": [
                    {
                        "event_at": AT * 1000,
                        "action_source": "WEBSITE",
                        "type": {"tracking_type": "LEAD"},
                        "click_id": "3184742045291813272",
                        "metadata": {"conversion_id": ID, "value": 250, "currency": "USD"},
                        "user": {"data_processing_options": {"modes": ["LDU"], "country": "US", "region": "CA"}},
                    }
                ]
            }
        },
    ),
    Destination.PINTEREST: (
        "POST",
        "https://api.pinterest.com/v5/ad_accounts/549755813000/events",
        BEARER,
        {
            "data": [
                {
                    "event_name": "lead",
                    "action_source": "web",
                    "event_time": AT,
                    "event_id": ID,
                    "event_source_url": "https://www.glow-medspa.example/",
                    "user_data": {"click_id": "dj0yJnU9ZXhhbXBsZQ"},
                    "custom_data": {"value": "250", "currency": "USD", "opt_out_type": "LDP"},
                }
            ]
        },
    ),
    Destination.SNAPCHAT: (
        "POST",
        "https://tr.snapchat.com/v3/0f0e0d0c-1234-4321-abcd-0123456789ab/events",
        BEARER,
        {
            "data": [
                {
                    "event_name": "SIGN_UP",
                    "event_time": AT * 1000,
                    "action_source": "website",
                    "event_id": ID,
                    "event_source_url": "https://www.glow-medspa.example/",
                    "user_data": {"sc_click_id": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b"},
                    "custom_data": {"value": 250, "currency": "USD"},
                    "data_processing_options": ["LDU"],
                    "data_processing_options_country": 1,
                    "data_processing_options_state": 1000,
                }
            ]
        },
    ),
}


@pytest.fixture(scope="module")
def californian(policy_text: str) -> Policy:
    """All nine networks, in a state whose law the networks have a switch for."""
    line = 'country = "US"'
    assert line in policy_text
    return build_policy(policy_text, *([] if "\nstate = " in policy_text else [(line, f'{line}\nstate = "CA"')]))


def read_answer(destination: Destination, status: int, document: Any = None, count: int = 1, **headers: str) -> Any:
    body = b"" if document is None else document if isinstance(document, bytes) else json.dumps(document).encode()
    return DESTINATIONS[destination].read_answer(
        status, {key.replace("_", "-"): value for key, value in headers.items()}, body, count
    )


def walk(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Key paths and types, as the public shapes name them."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from walk(value, f"{path}.{key}" if path else key)
    elif isinstance(document, list):
        for value in document:
            yield from walk(value, f"{path}[]")
    else:
        yield path, type(document).__name__


@NETWORKS
def test_a_lead_is_told_in_exactly_these_bytes(destination: Destination, californian: Policy) -> None:
    """Right envelope, units, types, enums, headers and place of the credential; and nothing else."""
    method, url, headers, document = REQUESTS[destination]
    call = DESTINATIONS[destination].render([make_event(destination)], californian, TOKEN)
    assert (call.method, call.url, dict(call.headers)) == (method, url, headers)
    assert call.body == json.dumps(document, separators=(",", ":")).encode()


@NETWORKS
def test_a_request_shows_nothing_of_itself(destination: Destination, californian: Policy) -> None:
    call = DESTINATIONS[destination].render([make_event(destination)], californian, TOKEN)
    assert TOKEN not in repr(call)
    assert ID not in repr(call)


@NETWORKS
def test_a_batch_tells_each_event_in_the_bytes_of_its_own_request(destination: Destination, all_nine: Policy) -> None:
    adapter = DESTINATIONS[destination]
    if adapter.max_batch == 1:
        return
    events = [make_event(destination, number) for number in range(1, 4)]
    batch = adapter.render(events, all_nine, TOKEN).body
    for event in events:
        alone = json.loads(adapter.render([event], all_nine, TOKEN).body)
        inner = alone.get("events") or alone.get("data") or [alone]
        inner = inner["events"] if isinstance(inner, dict) else inner
        assert json.dumps(inner[0], separators=(",", ":")).encode() in batch


@NETWORKS
def test_the_same_event_is_told_in_the_same_bytes_every_time(destination: Destination, all_nine: Policy) -> None:
    """A repetition can be recognised, and what left can be shown."""
    render = DESTINATIONS[destination].render
    assert render([make_event(destination)], all_nine, TOKEN) == render([make_event(destination)], all_nine, TOKEN)


@NETWORKS
@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("amount", [None, 0, 99.5])
def test_every_kind_of_event_passes_the_strict_stand_in(
    destination: Destination, source: Source, amount: float | None, californian: Policy
) -> None:
    digests = Digests(email=EMAIL) if ADDRESS_BOOK[destination].contact else None
    event = make_event(
        destination,
        source=source,
        amount=amount,
        currency=None if amount is None else make_event(destination).currency,
        digests=digests,
    )
    call = DESTINATIONS[destination].render([event], californian, TOKEN)
    stand_ins = StandIns(TOKEN)
    answer = stand_ins.serve(destination, Request(call.method, call.url, dict(call.headers), call.body), AT)
    answered = DESTINATIONS[destination].read_answer(answer.status, answer.headers, answer.body, 1)
    each = answered if isinstance(answered, tuple) else (answered,)
    assert [type(one) for one in each] == [Delivered]
    assert sum(stand_ins.effects(destination).values()) == 1


@NETWORKS
def test_a_network_that_takes_no_contact_data_is_given_none(destination: Destination, all_nine: Policy) -> None:
    """Even if a message held it: Google's and GA4's request has no place for a digest."""
    if ADDRESS_BOOK[destination].contact:
        return
    body = DESTINATIONS[destination].render([make_event(destination, digests=BOTH)], all_nine, TOKEN).body
    assert EMAIL.encode() not in body
    assert PHONE.encode() not in body


@NETWORKS
def test_each_digest_stands_under_the_networks_own_key(destination: Destination, all_nine: Policy) -> None:
    contact = ADDRESS_BOOK[destination].contact
    digests = {str(field): type(EMAIL)(f"{place:064x}") for place, field in enumerate(contact, 1)}
    event = make_event(destination, digests=Digests(**digests) if digests else None)
    told = json.loads(DESTINATIONS[destination].render([event], all_nine, TOKEN).body)
    text = json.dumps(told)
    assert all(digest in text for digest in digests.values())
    assert set(DESTINATIONS[destination].identifiers) == set(contact)


def test_the_address_book_and_the_destination_files_agree() -> None:
    assert set(DESTINATIONS) == set(Destination)
    for destination, adapter in DESTINATIONS.items():
        assert adapter.destination is destination
        assert set(adapter.identifiers) == set(ADDRESS_BOOK[destination].contact), destination
        assert all(isinstance(field, ContactField) for field in adapter.identifiers)
        assert adapter.host in HOSTS
        assert adapter.host in STAND_INS[destination].hosts
        assert adapter.max_batch >= 1
        assert adapter.max_age_s >= 72 * 3600


def test_no_host_is_allowed_that_no_network_needs() -> None:
    own = {adapter.host for adapter in DESTINATIONS.values()}
    assert HOSTS - own == {"oauth2.googleapis.com", "sts.googleapis.com", "iamcredentials.googleapis.com"}


# Reddit is not among them: the peers in the collection speak the version before ours.
SHAPES = {
    Destination.META: ("meta / Conversions API",),
    Destination.GA4: ("google / GA4 Measurement Protocol",),
    Destination.TIKTOK: ("tiktok / Events API", "tiktok / Events API (offline)"),
    Destination.LINKEDIN: ("linkedin / Conversions API",),
    Destination.MICROSOFT: ("microsoft / UET CAPI",),
    Destination.PINTEREST: ("pinterest / Conversions API",),
    Destination.SNAPCHAT: ("snap / Conversions API",),
}
# What the networks document and none of the peers in the collection happens to send.
UNSEEN = {
    Destination.MICROSOFT: {"continueOnValidationError", "data[].userData.msclkid"},
    Destination.PINTEREST: {"data[].custom_data.opt_out_type"},
}


@pytest.mark.parametrize("destination", sorted(SHAPES))
def test_the_fields_are_those_that_others_send(destination: Destination, californian: Policy) -> None:
    """Names are compared, whatever the type that a peer gives them; the types are the bytes' above."""
    path = VECTORS / "payload_shapes.json"
    if not path.exists():
        pytest.skip("the public test vectors are not beside the repository")
    shapes = json.loads(path.read_text(encoding="utf-8"))
    seen = {key.partition(" : ")[0].removeprefix("elements[].") for name in SHAPES[destination] for key in shapes[name]}
    told = json.loads(DESTINATIONS[destination].render([make_event(destination)], californian, TOKEN).body)
    assert {key for key, _ in walk(told)} - seen == UNSEEN.get(destination, set())


def test_googles_request_has_the_fields_of_its_published_schema(californian: Policy) -> None:
    path = VECTORS / "datamanager_fields.json"
    if not path.exists():
        pytest.skip("the public test vectors are not beside the repository")
    schema = json.loads(path.read_text(encoding="utf-8"))
    package = "google.ads.datamanager.v1."

    def check(document: dict[str, Any], message: str) -> None:
        for key, value in document.items():
            field = schema[package + message][key]
            for item in value if isinstance(value, list) else [value]:
                assert isinstance(value, list) is field["repeated"], key
                kind = field["type"]
                if isinstance(kind, str) and kind.startswith(package):
                    check(item, kind.removeprefix(package))
                elif isinstance(kind, str) and kind.startswith("enum:"):
                    assert item in kind.removeprefix("enum:").split(","), key

    for source in Source:
        event = make_event(Destination.GOOGLE, source=source)
        check(json.loads(google.render([event], californian, TOKEN).body), "IngestEventsRequest")


def test_the_clinics_state_turns_limited_data_use_on(policy_text: str) -> None:
    """Where the network has a switch for it; a state without a code of Meta's cannot be expressed there."""
    line = 'country = "US"'
    elsewhere = build_policy(
        policy_text.replace('state = "CA"', 'state = "WA"'),
        *([] if "\nstate = " in policy_text else [(line, f'{line}\nstate = "WA"')]),
    )
    for destination, word in (("tiktok", b'"limited_data_use":true'), ("reddit", b'"region":"WA"')):
        network = Destination(destination)
        assert word in DESTINATIONS[network].render([make_event(network)], elsewhere, TOKEN).body
    for network in (Destination.META, Destination.SNAPCHAT):
        assert b"data_processing" not in DESTINATIONS[network].render([make_event(network)], elsewhere, TOKEN).body


def test_the_networks_own_test_mode_is_used_in_a_test_stage_only(policy_text: str) -> None:
    test_code = ('secret = "airlock/meta"', 'secret = "airlock/meta"\ntest_code = "TEST12345"')
    live = build_policy(policy_text, test_code)
    test = build_policy(
        policy_text.replace('stage = "live"', 'stage = "test"'),
        test_code,
        *([] if 'stage = "live"' in policy_text else [('country = "US"', 'country = "US"\nstage = "test"')]),
    )
    marks = {
        Destination.META: b'"test_event_code":"TEST12345"',
        Destination.GOOGLE: b'"validateOnly":true',
        Destination.PINTEREST: b"?test=true",
        Destination.SNAPCHAT: b"/events/validate",
    }
    for destination, mark in marks.items():
        for policy, is_there in ((live, False), (test, True)):
            call = DESTINATIONS[destination].render([make_event(destination)], policy, TOKEN)
            assert (mark in call.body + call.url.encode()) is is_there, destination


def test_a_visitor_has_no_lasting_id_at_ga4(all_nine: Policy) -> None:
    """The client id is the event's: two events of one person have nothing in common."""
    render = DESTINATIONS[Destination.GA4].render
    ids = {"a1b2c3d4e5f60718293a4b5c6d7e8f90", "ffffffff00000000ffffffffffffffff"}
    told = {
        json.loads(
            render(
                [make_event(Destination.GA4, event_id=type(make_event(Destination.GA4).event_id)(one))], all_nine, TOKEN
            ).body
        )["client_id"]
        for one in ids
    }
    assert told == {"2712847316.3858106136", "4294967295.0"}


# --- answers -----------------------------------------------------------------------------------------------------


def meta_error(code: int, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": "Jane Doe",
            **({} if subcode is None else {"error_subcode": subcode}),
            **more,
        }
    }


def google_error(status: str, reason: str | None = None) -> dict[str, Any]:
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return {"error": {"code": 400, "status": status, "message": "Jane Doe", "details": info}}


ANSWERS: list[tuple[Destination, int, Any, int, Any]] = [
    # Meta: the codes of its error reference.
    (Destination.META, 200, {"events_received": 2, "fbtrace_id": "AbC"}, 2, Delivered("AbC")),
    (Destination.META, 200, {"events_received": 0}, 1, Retry(None, Reason.UNAVAILABLE, "events_received")),
    (Destination.META, 200, {"events_received": True}, 1, Retry(None, Reason.UNAVAILABLE, "events_received")),
    (Destination.META, 200, b"not json", 1, Retry(None, Reason.UNAVAILABLE, "events_received")),
    *[
        (Destination.META, 400, meta_error(code), 3, Retry(None, Reason.THROTTLED, str(code)))
        for code in (4, 17, 32, 341, 368, 613, 80000, 80003, 80004, 80014)
    ],
    *[
        (Destination.META, 400, meta_error(code), 3, Retry(None, Reason.UNAVAILABLE, str(code)))
        for code in (1, 2, 5000, 21009, -3)
    ],
    *[
        (Destination.META, 400, meta_error(code), 3, Unauthorised(str(code)))
        for code in (10, 102, 104, 190, 200, 294, 2635)
    ],
    (Destination.META, 401, meta_error(190, 463), 1, Unauthorised("190/463")),
    (Destination.META, 400, meta_error(100, 33), 2, Unauthorised("100/33")),
    (Destination.META, 400, meta_error(100, 2804003), 2, Split("100/2804003")),
    (Destination.META, 400, meta_error(100, 2804003), 1, Expired("100/2804003")),
    (Destination.META, 400, meta_error(100, 2804050), 2, Split("100/2804050")),
    (Destination.META, 400, meta_error(100, 2804050), 1, Rejected("100/2804050")),
    (Destination.META, 400, meta_error(99, is_transient=True), 1, Retry(None, Reason.UNAVAILABLE, "99")),
    (Destination.META, 400, {"error": {"code": ["a"], "error_subcode": {}}}, 1, Rejected("400")),
    (Destination.META, 400, [], 1, Rejected("400")),
    # Google: the reasons of google.rpc.ErrorInfo.
    (Destination.GOOGLE, 200, {"requestId": "r-1"}, 2, Delivered("r-1")),
    (Destination.GOOGLE, 200, {}, 2, Retry(None, Reason.UNAVAILABLE, "requestId")),
    (
        Destination.GOOGLE,
        429,
        google_error("RESOURCE_EXHAUSTED"),
        1,
        Retry(None, Reason.THROTTLED, "RESOURCE_EXHAUSTED"),
    ),
    *[
        (Destination.GOOGLE, 400, google_error(word), 1, Retry(None, Reason.UNAVAILABLE, word))
        for word in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "INTERNAL_ERROR")
    ],
    *[
        (Destination.GOOGLE, 400, google_error("INVALID_ARGUMENT", word), 2, Unauthorised(word))
        for word in (
            "TERMS_AND_CONDITIONS_NOT_SIGNED",
            "NOT_ALLOWLISTED",
            "INVALID_CONVERSION_ACTION_ID",
            "INVALID_CONVERSION_ACTION_TYPE",
            "INVALID_DESTINATION",
            "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH",
            "DESTINATION_ACCOUNT_SUSPENDED",
        )
    ],
    (
        Destination.GOOGLE,
        400,
        google_error("FAILED_PRECONDITION", "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"),
        2,
        Prohibited("DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"),
    ),
    (
        Destination.GOOGLE,
        400,
        google_error("FAILED_PRECONDITION", "CONVERSION_ACTION_TOO_RECENTLY_CREATED"),
        1,
        Retry(21_600, Reason.UNAVAILABLE, "CONVERSION_ACTION_TOO_RECENTLY_CREATED"),
    ),
    (Destination.GOOGLE, 400, google_error("INVALID_ARGUMENT", "EVENT_TIME_INVALID"), 2, Split("EVENT_TIME_INVALID")),
    (
        Destination.GOOGLE,
        400,
        google_error("INVALID_ARGUMENT", "EVENT_TIME_INVALID"),
        1,
        Rejected("EVENT_TIME_INVALID"),
    ),
    # TikTok: 200 with a code.
    (Destination.TIKTOK, 200, {"code": 0, "request_id": "t-1"}, 2, Delivered("t-1")),
    (Destination.TIKTOK, 200, {"code": 20001, "request_id": "t-1"}, 2, Delivered("t-1", "20001")),
    (Destination.TIKTOK, 200, {"code": False}, 1, Retry(None, Reason.UNAVAILABLE, "200")),
    (Destination.TIKTOK, 200, {"code": 40100}, 2, Retry(None, Reason.THROTTLED, "40100")),
    *[(Destination.TIKTOK, 200, {"code": code}, 2, Unauthorised(str(code))) for code in (40001, 40104, 40105)],
    *[(Destination.TIKTOK, 200, {"code": code}, 2, Split(str(code))) for code in (40000, 40002)],
    *[(Destination.TIKTOK, 200, {"code": code}, 1, Rejected(str(code))) for code in (40000, 40002)],
    *[
        (Destination.TIKTOK, 200, {"code": code}, 1, Retry(None, Reason.UNAVAILABLE, str(code)))
        for code in (50000, 51010)
    ],
    (Destination.TIKTOK, 200, b"<html>", 1, Retry(None, Reason.UNAVAILABLE, "200")),
    # LinkedIn: one 201, or a status for each element.
    (Destination.LINKEDIN, 201, None, 1, Delivered()),
    (Destination.LINKEDIN, 200, {"elements": []}, 1, Retry(None, Reason.UNAVAILABLE, "elements")),
    (Destination.LINKEDIN, 201, None, 2, Retry(None, Reason.UNAVAILABLE, "elements")),
    (
        Destination.LINKEDIN,
        200,
        {"elements": [{"status": 201}, {"status": 422, "error": "Jane"}, {"status": 429}, {"status": 500}, {}]},
        5,
        (
            Delivered(),
            Rejected("422"),
            Retry(None, Reason.THROTTLED, "429"),
            Retry(None, Reason.UNAVAILABLE, "500"),
            Retry(None, Reason.UNAVAILABLE, "status"),
        ),
    ),
    (Destination.LINKEDIN, 200, {"elements": [{"status": 201}]}, 2, Retry(None, Reason.UNAVAILABLE, "elements")),
    (Destination.LINKEDIN, 400, {"code": "VERSION_MISSING"}, 2, Unauthorised("VERSION_MISSING")),
    (Destination.LINKEDIN, 426, {"code": "NONEXISTENT_VERSION"}, 2, Unauthorised("NONEXISTENT_VERSION")),
    (Destination.LINKEDIN, 403, {"message": "No ad accounts found"}, 1, Unauthorised("403")),
    (Destination.LINKEDIN, 422, {"message": "Jane Doe"}, 1, Rejected("422")),
    (Destination.LINKEDIN, 400, {"code": ["x"]}, 2, Split("400")),
    # GA4 says nothing.
    (Destination.GA4, 204, None, 1, Delivered()),
    (Destination.GA4, 413, None, 1, Rejected("413")),
    # Microsoft: good events beside bad ones.
    (Destination.MICROSOFT, 200, {"eventsReceived": 1, "traceId": "m-1"}, 1, (Delivered("m-1"),)),
    (
        Destination.MICROSOFT,
        200,
        {
            "eventsReceived": 1,
            "error": {"details": [{"index": 1, "attemptedValue": "Jane"}, {"index": 0, "isWarning": True}]},
            "traceId": "m-1",
        },
        2,
        (Delivered("m-1"), Rejected("ValidationError")),
    ),
    (Destination.MICROSOFT, 200, {"eventsReceived": 0}, 1, Retry(None, Reason.UNAVAILABLE, "eventsReceived")),
    (
        Destination.MICROSOFT,
        200,
        {"eventsReceived": 1, "error": {"details": [{"index": 9}]}},
        2,
        Retry(None, Reason.UNAVAILABLE, "eventsReceived"),
    ),
    (
        Destination.MICROSOFT,
        200,
        {"eventsReceived": 1, "error": "Jane"},
        2,
        Retry(None, Reason.UNAVAILABLE, "eventsReceived"),
    ),
    (Destination.MICROSOFT, 400, {"error": {"message": "Jane"}}, 2, Split("400")),
    # Reddit.
    (Destination.REDDIT, 200, {"data": {"message": "Successfully processed 2 conversion events."}}, 2, Delivered()),
    (
        Destination.REDDIT,
        200,
        {"data": {"message": "Successfully processed 0 conversion events."}},
        2,
        Retry(None, Reason.UNAVAILABLE, "data"),
    ),
    (Destination.REDDIT, 200, {}, 2, Retry(None, Reason.UNAVAILABLE, "data")),
    (Destination.REDDIT, 400, {"error": {"message": "Jane"}}, 2, Split("400")),
    (Destination.REDDIT, 400, {"error": {"message": "Jane"}}, 1, Rejected("400")),
    # Pinterest: 200 and 422 tell of each.
    (
        Destination.PINTEREST,
        422,
        {
            "details": {
                "events": [{"status": "processed"}, {"status": "failed", "error_message": "Jane"}, {"status": 7}]
            }
        },
        3,
        (Delivered(), Rejected("failed"), Retry(None, Reason.UNAVAILABLE, "status")),
    ),
    (Destination.PINTEREST, 200, {"events": [{"status": "processed"}]}, 1, (Delivered(),)),
    (Destination.PINTEREST, 200, {"events": []}, 1, Retry(None, Reason.UNAVAILABLE, "events")),
    (Destination.PINTEREST, 422, {"details": []}, 2, Split("422")),
    # Snapchat.
    (Destination.SNAPCHAT, 200, {"status": "OK"}, 2, Delivered()),
    (Destination.SNAPCHAT, 200, {"status": "FAILED", "error_records": [{}]}, 2, Split("FAILED")),
    (Destination.SNAPCHAT, 200, {"status": "FAILED", "error_records": [{}]}, 1, Rejected("FAILED")),
    (Destination.SNAPCHAT, 200, {"status": "FAILED"}, 1, Retry(None, Reason.UNAVAILABLE, "FAILED")),
]


@pytest.mark.parametrize(("destination", "status", "document", "count", "meaning"), ANSWERS)
def test_an_answer_is_read_for_what_it_means(
    destination: Destination, status: int, document: Any, count: int, meaning: Any
) -> None:
    assert read_answer(destination, status, document, count) == meaning


@NETWORKS
@pytest.mark.parametrize("status", [401, 403, 404, 405, 410, 426, 301, 302])
def test_what_is_not_the_events_fault_is_held(destination: Destination, status: int) -> None:
    """A wrong token, account, address or version is a person's to mend; no event is thrown away for it."""
    assert isinstance(read_answer(destination, status, {}, 2), Unauthorised)


@NETWORKS
@pytest.mark.parametrize("status", [408, 423, 425, 500, 502, 503, 504, 599])
def test_what_passes_is_tried_again(destination: Destination, status: int) -> None:
    answer = read_answer(destination, status, b"<html>busy</html>", 2, retry_after="120")
    assert isinstance(answer, Retry)
    assert (answer.after_s, answer.reason) == (120, Reason.UNAVAILABLE)


@NETWORKS
def test_a_throttle_says_when_to_come_back(destination: Destination) -> None:
    told = read_answer(destination, 429, {}, 2, retry_after="77")
    assert (told.after_s, told.reason) == (77, Reason.THROTTLED)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "30"}, 30),
        ({"retry_after": " 30 "}, 30),
        ({"retry_after": "999999999999999"}, 43_200),
        ({"retry_after": "Tue, 24 Nov 2026 15:02:00 GMT", "date": "Tue, 24 Nov 2026 15:00:00 GMT"}, 120),
        ({"retry_after": "Tue, 24 Nov 2026 14:00:00 GMT", "date": "Tue, 24 Nov 2026 15:00:00 GMT"}, 0),
        ({"retry_after": "Tue, 24 Nov 2026 15:02:00 GMT"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_moment(headers: dict[str, str], wait: int | None) -> None:
    """A moment counts from the answer's own date: no two clocks are compared."""
    assert read_answer(Destination.REDDIT, 429, {}, 1, **headers).after_s == wait


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "details", "elements", "events", "status", "data", "reason", "eventsReceived"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(
    destination=st.sampled_from(Destination),
    status=st.sampled_from([200, 201, 204, 302, 400, 401, 422, 429, 500]),
    body=ANY_JSON.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=30),
    count=st.integers(1, 3),
)
def test_no_answer_makes_a_reader_raise_or_repeat_it(
    destination: Destination, status: int, body: bytes, count: int
) -> None:
    """Whatever a network answers, it means something, and no text of it goes on."""
    answer = DESTINATIONS[destination].read_answer(status, {}, body, count)
    each = answer if isinstance(answer, tuple) else (answer,) * count
    assert len(each) == count
    for one in each:
        for word in (getattr(one, "code", None), getattr(one, "trace", None)):
            assert word is None or (len(word) <= 64 and word.isascii() and " " not in word)


@given(body=ANY_JSON.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=30))
def test_no_report_of_googles_makes_its_reader_raise(body: bytes) -> None:
    assert google.read_report(200, {}, body) is not None


def test_googles_report_is_counted_by_reason() -> None:
    part = {
        "requestStatus": "PARTIAL_SUCCESS",
        "errorInfo": {
            "errorCounts": [
                {"recordCount": "3", "reason": "PROCESSING_ERROR_REASON_INVALID_GCLID"},
                {"recordCount": "1", "reason": "Jane Doe"},
            ]
        },
    }
    body = json.dumps({"requestStatusPerDestination": [part, {"requestStatus": "SUCCESS"}]}).encode()
    assert google.read_report(200, {}, body) == Processed({"INVALID_GCLID": 3, "unnamed": 1})
    waiting = json.dumps({"requestStatusPerDestination": [part, {"requestStatus": "PROCESSING"}]}).encode()
    assert google.read_report(200, {}, waiting) == Retry(None, Reason.NOT_YET, "PROCESSING")
    assert google.read_report(404, {}, b"") == Rejected("REQUEST_NOT_FOUND")
    assert isinstance(google.read_report(401, {}, b""), Unauthorised)


# --- versions ----------------------------------------------------------------------------------------------------


@NETWORKS
def test_a_version_is_pinned_and_warns_sixty_days_before_its_end(destination: Destination) -> None:
    adapter = DESTINATIONS[destination]
    assert adapter.version
    if adapter.version_ends is None:
        assert not ends_soon(adapter, datetime.date(2100, 1, 1))
        return
    day = datetime.timedelta(days=1)
    assert not ends_soon(adapter, adapter.version_ends - 61 * day)
    assert ends_soon(adapter, adapter.version_ends - 60 * day)
    assert ends_soon(adapter, adapter.version_ends + day)


def test_the_networks_that_end_their_versions_have_a_date() -> None:
    dated = {destination for destination, adapter in DESTINATIONS.items() if adapter.version_ends is not None}
    assert dated == {Destination.META, Destination.LINKEDIN}


@NETWORKS
def test_the_version_stands_in_the_request(destination: Destination, all_nine: Policy) -> None:
    call = DESTINATIONS[destination].render([make_event(destination)], all_nine, TOKEN)
    assert DESTINATIONS[destination].version in call.url + str(call.headers)
