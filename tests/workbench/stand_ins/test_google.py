"""Google's stand-in takes what the Data Manager API documents, tells what became of it, and hands out tokens."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from airlock.address_book import Destination
from tests.workbench.stand_ins.desk import (
    AT,
    DAY,
    EMAIL,
    EVENT_ID,
    GONE,
    NOT_DIGESTS,
    NOW,
    TOKEN,
    Desk,
    Path,
    change,
    read,
)
from workbench.stand_ins.request import Answer

ACCOUNT = {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}
MINIMAL: Any = {
    "destinations": [{"operatingAccount": ACCOUNT, "loginAccount": ACCOUNT, "productDestinationId": "987654321"}],
    "events": [
        {
            "eventTimestamp": "2026-11-23T08:00:00Z",
            "transactionId": EVENT_ID,
            "eventSource": "WEB",
            "conversionValue": 150.0,
            "currency": "USD",
            "adIdentifiers": {"gclid": "Cj0KCQiA_example"},
        }
    ],
    "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED"},
    "validateOnly": False,
}
EVENT = ("events", 0)
HASHED = change(
    change(MINIMAL, ("encoding",), "HEX"), (*EVENT, "userData"), {"userIdentifiers": [{"emailAddress": EMAIL}]}
)
TOKENS = "https://oauth2.googleapis.com/token"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def desk() -> Desk:
    url = "https://datamanager.googleapis.com/v1/events:ingest"
    return Desk(Destination.GOOGLE, url, {"authorization": f"Bearer {TOKEN}"})


def reasons(answer: Answer) -> set[str]:
    return {detail["reason"] for detail in read(answer)["error"]["details"] if "reason" in detail}


@pytest.mark.parametrize("kind", ["gclid", "gbraid", "wbraid"])
def test_what_is_documented_is_taken(desk: Desk, kind: str) -> None:
    answer = desk.send(change(MINIMAL, (*EVENT, "adIdentifiers"), {kind: "Cj0KCQiA_example"}))
    assert (answer.status, read(answer)) == (200, {"requestId": "stand-in-dm-00000001"})
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        pytest.param((*EVENT, "eventTimestamp"), "2026-11-23T08:16:01Z", "EVENT_TIME_INVALID", id="future"),
        pytest.param((*EVENT, "eventTimestamp"), "2026-11-23 08:00:00", "EVENT_TIME_INVALID", id="time without zone"),
        pytest.param((*EVENT, "eventTimestamp"), "2026-13-23T08:00:00Z", "EVENT_TIME_INVALID", id="no such month"),
        pytest.param((*EVENT, "eventTimestamp"), GONE, "REQUIRED_FIELD_MISSING", id="no time"),
        pytest.param((*EVENT, "eventTimestamp"), AT, None, id="epoch seconds"),
        pytest.param((*EVENT, "adIdentifiers"), GONE, "NO_IDENTIFIERS_PROVIDED", id="nobody"),
        pytest.param((*EVENT, "adIdentifiers"), {}, "NO_IDENTIFIERS_PROVIDED", id="empty identifiers"),
        pytest.param((*EVENT, "adIdentifiers"), {"gbraid": "a", "wbraid": "b"}, "INVALID_ARGUMENT", id="both braids"),
        pytest.param((*EVENT, "adIdentifiers", "gclid"), "", "INVALID_FORMAT", id="empty click id"),
        pytest.param((*EVENT, "adIdentifiers", "sessionAttributes"), "x", None, id="unknown identifier"),
        pytest.param((*EVENT, "currency"), "usd", "INVALID_CURRENCY_CODE", id="small currency"),
        pytest.param((*EVENT, "currency"), GONE, "INVALID_CURRENCY_CODE", id="value without currency"),
        pytest.param((*EVENT, "conversionValue"), "150.0", None, id="value as text"),
        pytest.param((*EVENT, "eventSource"), "WEBSITE", "INVALID_ENUM_VALUE", id="another's source"),
        pytest.param((*EVENT, "pageUrl"), "x", None, id="unknown field"),
        pytest.param(("consent", "adUserData"), "GRANTED", "INVALID_ENUM_VALUE", id="the older API's consent"),
        pytest.param(("destinations",), [], "REQUIRED_FIELD_MISSING", id="no destination"),
        pytest.param(("destinations",), MINIMAL["destinations"] * 11, "TOO_MANY_DESTINATIONS", id="destinations"),
        pytest.param(
            ("destinations", 0, "productDestinationId"), "lead", "INVALID_CONVERSION_ACTION_ID", id="action's name"
        ),
        pytest.param(
            ("destinations", 0, "operatingAccount", "accountId"), "123-456-7890", "INVALID_FORMAT", id="dashes"
        ),
        pytest.param(("events",), [], "REQUIRED_FIELD_MISSING", id="empty"),
        pytest.param(("events",), MINIMAL["events"] * 2001, "TOO_MANY_EVENTS", id="too many"),
    ],
)
def test_what_is_not_is_refused(desk: Desk, path: Path, value: Any, reason: str | None) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert (answer.status, read(answer)["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert reasons(answer) == ({reason} if reason else set())
    assert desk.effects == {}


@pytest.mark.parametrize("value", NOT_DIGESTS)
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, value: Any) -> None:
    answer = desk.send(change(HASHED, (*EVENT, "userData", "userIdentifiers", 0, "emailAddress"), value))
    assert reasons(answer) == ({"INVALID_SHA256_FORMAT"} if isinstance(value, str) else set())


def test_a_refusal_names_the_field_of_the_event_and_its_reason(desk: Desk) -> None:
    future = change(MINIMAL["events"][0], ("eventTimestamp",), "2026-11-24T08:00:00Z")
    answer = desk.send(MINIMAL | {"events": [MINIMAL["events"][0], future]})
    (violation,) = read(answer)["error"]["details"][1]["fieldViolations"]
    assert (violation["field"], violation["reason"]) == ("events[1].eventTimestamp", "EVENT_TIME_INVALID")
    unknown = desk.send(change(MINIMAL, (*EVENT, "pageUrl"), "x"))
    (violation,) = read(unknown)["error"]["details"][0]["fieldViolations"]
    assert (violation["field"], violation["reason"]) == ("events[0].pageUrl", "INVALID_ARGUMENT")


@pytest.mark.parametrize("identifiers", [[{}], [{"emailAddress": EMAIL, "phoneNumber": EMAIL}]])
def test_a_user_identifier_is_one_thing(desk: Desk, identifiers: Any) -> None:
    answer = desk.send(change(HASHED, (*EVENT, "userData", "userIdentifiers"), identifiers))
    assert reasons(answer) == {"INVALID_ARGUMENT"}


def test_user_data_is_prohibited_in_a_health_services_account(desk: Desk) -> None:
    assert reasons(desk.send(change(HASHED, ("encoding",), GONE))) == {"REQUIRED_FIELD_MISSING"}
    answer = desk.send(HASHED)
    assert answer.status == 400
    assert reasons(answer) == {"DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"}
    assert desk.effects == {}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": "Bearer another"}, 401),
        ({"content_type": "text/plain"}, 400),
        ({"method": "GET"}, 404),
        ({"url": "https://datamanager.googleapis.com/v1/events"}, 404),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert answer.status == status
    assert status != 401 or read(answer)["error"]["status"] == "UNAUTHENTICATED"
    assert desk.effects == {}


def ask(desk: Desk, answer: Answer) -> list[dict[str, Any]]:
    url = f"https://datamanager.googleapis.com/v1/requestStatus:retrieve?requestId={read(answer)['requestId']}"
    told: list[dict[str, Any]] = read(desk.send(b"", method="GET", url=url))["requestStatusPerDestination"]
    return told


def test_a_request_is_processing_and_then_done(desk: Desk) -> None:
    answer = desk.send(MINIMAL)
    state = {"destination": MINIMAL["destinations"][0], "eventsIngestionStatus": {"recordCount": "1"}}
    assert ask(desk, answer) == [state | {"requestStatus": "PROCESSING"}]
    assert ask(desk, answer) == [state | {"requestStatus": "SUCCESS"}]


def test_a_request_tells_how_many_failed_and_why(desk: Desk) -> None:
    old = change(MINIMAL["events"][0], ("eventTimestamp",), "2026-08-20T08:00:00Z")
    denied = change(MINIMAL["events"][0], ("consent",), {"adUserData": "CONSENT_DENIED"})
    answer = desk.send(change(MINIMAL, ("events",), [MINIMAL["events"][0], MINIMAL["events"][0], old, denied]))
    assert answer.status == 200
    ask(desk, answer)
    (state,) = ask(desk, answer)
    assert state["requestStatus"] == "PARTIAL_SUCCESS"
    assert {count["reason"]: count["recordCount"] for count in state["errorInfo"]["errorCounts"]} == {
        "PROCESSING_ERROR_REASON_EVENT_TOO_OLD": "1",
        "PROCESSING_ERROR_REASON_DENIED_CONSENT": "1",
        "PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID": "1",
    }
    assert desk.effects == {EVENT_ID: 1}


def test_a_repetition_has_no_effect_for_the_same_conversion_action(desk: Desk) -> None:
    desk.send(MINIMAL)
    again = desk.send(MINIMAL, now=NOW + 30 * DAY)
    assert desk.effects == {EVENT_ID: 1}
    assert [ask(desk, again)[0]["requestStatus"] for _ in range(2)] == ["PROCESSING", "FAILED"]
    desk.send(change(MINIMAL, ("destinations", 0, "productDestinationId"), "1"))
    assert desk.effects == {EVENT_ID: 2}


def test_a_validation_has_no_effect_and_no_status(desk: Desk) -> None:
    answer = desk.send(MINIMAL | {"validateOnly": True})
    assert answer.status == 200
    assert desk.effects == {}
    url = f"https://datamanager.googleapis.com/v1/requestStatus:retrieve?requestId={read(answer)['requestId']}"
    assert desk.send(b"", method="GET", url=url).status == 404


def token_form(**changes: Any) -> bytes:
    form = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": TOKEN, **changes}
    return urlencode({name: value for name, value in form.items() if value is not GONE}).encode()


def jwt_form(**changes: Any) -> bytes:
    claims = {
        "iss": "airlock@project.example",
        "scope": "https://www.googleapis.com/auth/datamanager",
        "aud": TOKENS,
        "iat": NOW,
        "exp": NOW + 3600,
        **changes,
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (*parts, b"signature"))
    return urlencode({"grant_type": JWT, "assertion": signed.decode()}).encode()


def ask_for_token(desk: Desk, form: bytes, now: int = NOW) -> Answer:
    return desk.send(form, url=TOKENS, now=now, content_type="application/x-www-form-urlencoded", authorization=None)


@pytest.mark.parametrize("form", [token_form(), jwt_form()])
def test_a_token_is_given_and_works_for_an_hour(desk: Desk, form: bytes) -> None:
    answer = ask_for_token(desk, form)
    assert answer.status == 200
    told = read(answer)
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3599)
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    assert desk.send(MINIMAL, now=NOW + 3598, **bearer).status == 200
    assert desk.send(MINIMAL, now=NOW + 3599, **bearer).status == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param(token_form(grant_type="password"), "unsupported_grant_type", id="another grant"),
        pytest.param(token_form(client_secret=GONE), "invalid_request", id="no secret"),
        pytest.param(token_form(scope="x"), "invalid_request", id="unknown field"),
        pytest.param(token_form(refresh_token="another"), "invalid_grant", id="another token"),
        pytest.param(jwt_form(exp=NOW + 3601), "invalid_grant", id="too long"),
        pytest.param(jwt_form(exp=NOW - 1, iat=NOW - 3600), "invalid_grant", id="at its end"),
        pytest.param(jwt_form(iat=NOW * 1000, exp=NOW * 1000 + 3600), "invalid_grant", id="milliseconds"),
        pytest.param(jwt_form(aud="https://datamanager.googleapis.com/"), "invalid_grant", id="another audience"),
        pytest.param(jwt_form(scope="https://www.googleapis.com/auth/adwords"), "invalid_grant", id="another scope"),
        pytest.param(jwt_form(exp=None), "invalid_grant", id="no end"),
        pytest.param(jwt_form(iat=str(NOW)), "invalid_grant", id="start as text"),
        pytest.param(urlencode({"grant_type": JWT, "assertion": "e30.!.-"}).encode(), "invalid_grant", id="no base64"),
        pytest.param(jwt_form(iss=""), "invalid_grant", id="no issuer"),
        pytest.param(urlencode({"grant_type": JWT, "assertion": "a.b"}).encode(), "invalid_grant", id="no JWT"),
        pytest.param(b"\xff\x00", "unsupported_grant_type", id="garbage"),
    ],
)
def test_a_token_is_refused(desk: Desk, form: bytes, error: str) -> None:
    answer = ask_for_token(desk, form)
    assert (answer.status, read(answer)["error"]) == (400, error)


def test_a_token_is_not_given_for_json(desk: Desk) -> None:
    assert read(desk.send(token_form(), url=TOKENS))["error"] == "invalid_request"
    assert desk.send(token_form(), url=TOKENS, method="GET").status == 404
