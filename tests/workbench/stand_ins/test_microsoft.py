"""Microsoft's stand-in takes what Microsoft documents, and repeats in its refusals what was sent."""

from typing import Any

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
    PHONE,
    PLAIN,
    TOKEN,
    Desk,
    Path,
    change,
    read,
)

MINIMAL: Any = {
    "data": [
        {
            "eventType": "custom",
            "eventName": "lead",
            "eventTime": AT,
            "eventId": EVENT_ID,
            "adStorageConsent": "G",
            "userData": {"msclkid": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
            "customData": {"value": 150.0, "currency": "USD"},
        }
    ],
    "continueOnValidationError": True,
    "dataProvider": "first-party",
}
EVENT = ("data", 0)
USER = (*EVENT, "userData")
HASHED = change(MINIMAL, USER, {"em": EMAIL, "ph": PHONE})


@pytest.fixture
def desk() -> Desk:
    url = "https://capi.uet.microsoft.com/v1/343001234/events"
    return Desk(Destination.MICROSOFT, url, {"authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("document", [MINIMAL, HASHED])
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, read(answer)) == (200, {"eventsReceived": 1, "traceId": "stand-in-uet-00000001"})
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value", "place", "code"),
    [
        pytest.param((*EVENT, "eventTime"), AT * 1000, "eventTime", "Format", id="milliseconds"),
        pytest.param((*EVENT, "eventTime"), NOW - 7 * DAY - 1, "eventTime", "Format", id="too old"),
        pytest.param((*EVENT, "eventTime"), NOW + 61, "eventTime", "Format", id="future"),
        pytest.param((*EVENT, "eventTime"), str(AT), "eventTime", "Type", id="time as text"),
        pytest.param((*EVENT, "eventType"), "Custom", "eventType", "Choice", id="another type"),
        pytest.param((*EVENT, "eventName"), GONE, "eventName", "Missing", id="no name"),
        pytest.param((*EVENT, "adStorageConsent"), "GRANTED", "adStorageConsent", "Choice", id="another's consent"),
        pytest.param((*EVENT, "adStorageConsent"), GONE, "adStorageConsent", "Missing", id="no consent"),
        pytest.param(USER, {}, "userData", "Missing", id="nobody"),
        pytest.param((*USER, "msclkid"), "0a 1b", "userData.msclkid", "Format", id="click id with a space"),
        pytest.param((*USER, "email"), EMAIL, "userData.email", "Unknown", id="unknown identifier"),
        pytest.param((*EVENT, "pageTitle"), "x", "pageTitle", "Unknown", id="unknown field"),
        pytest.param((*EVENT, "customData", "value"), "1", "customData.value", "Type", id="value as text"),
        pytest.param((*EVENT, "customData", "currency"), GONE, "customData", "Missing", id="value without currency"),
    ],
)
def test_what_is_not_is_refused(desk: Desk, path: Path, value: Any, place: str, code: str) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    (detail,) = read(answer)["error"]["details"]
    assert (answer.status, read(answer)["eventsReceived"]) == (400, 0)
    assert (detail["index"], detail["propertyName"], detail["errorCode"]) == (0, place, code)
    assert desk.effects == {}


@pytest.mark.parametrize("value", NOT_DIGESTS)
@pytest.mark.parametrize("name", ["em", "ph"])
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, name: str, value: Any) -> None:
    assert desk.send(change(HASHED, (*USER, name), value)).status == 400


def test_a_refusal_repeats_what_was_sent(desk: Desk) -> None:
    """So that a test can show that the forwarder never logs it."""
    answer = desk.send(change(HASHED, (*USER, "em"), PLAIN))
    assert read(answer)["error"]["details"][0]["attemptedValue"] == PLAIN


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("data",), [], id="empty"),
        pytest.param(("data",), MINIMAL["data"] * 1001, id="too many"),
        pytest.param(("test",), True, id="unknown at the top"),
        pytest.param(("continueOnValidationError",), "true", id="flag as text"),
    ],
)
def test_a_wrong_envelope_refuses_all(desk: Desk, path: Path, value: Any) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert (answer.status, read(answer)["error"]["details"][0]["index"]) == (400, None)
    assert desk.effects == {}


def test_the_good_events_of_a_batch_are_taken_if_the_sender_says_so(desk: Desk) -> None:
    bad = change(change(MINIMAL, (*USER,), {}), (*EVENT, "eventId"), "bad")["data"]
    batch = change(MINIMAL, ("data",), MINIMAL["data"] + bad)
    assert desk.send(batch | {"continueOnValidationError": False}).status == 400
    assert desk.effects == {}
    answer = desk.send(batch)
    assert (answer.status, read(answer)["eventsReceived"]) == (200, 1)
    assert [detail["index"] for detail in read(answer)["error"]["details"]] == [1]
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": "Bearer another"}, 401),
        ({"content_type": "text/plain"}, 415),
        ({"method": "PUT"}, 405),
        ({"url": "https://capi.uet.microsoft.com/v1/tag/events"}, 404),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int) -> None:
    assert desk.send(MINIMAL, **changes).status == status
    assert desk.effects == {}


def test_a_repetition_has_no_effect(desk: Desk) -> None:
    desk.send(MINIMAL)
    desk.send(MINIMAL, now=NOW + DAY)
    assert desk.effects == {EVENT_ID: 1}
