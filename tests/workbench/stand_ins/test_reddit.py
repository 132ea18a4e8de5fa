"""Reddit's stand-in takes what Reddit documents, and refuses the rest in the words seen from Reddit."""

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
    TOKEN,
    Desk,
    Path,
    change,
    read,
)

MINIMAL: Any = {
    "data": {
        "events": [
            {
                "event_at": AT * 1000,
                "action_source": "WEBSITE",
                "type": {"tracking_type": "LEAD"},
                "click_id": "3184742045291813272",
                "metadata": {"conversion_id": EVENT_ID, "value": 150.0, "currency": "USD"},
                "user": {"data_processing_options": {"modes": ["LDU"], "country": "US", "region": "CA"}},
            }
        ]
    }
}
EVENT = ("data", "events", 0)
USER = (*EVENT, "user")
HASHED = change(change(MINIMAL, USER, {"email": EMAIL, "phone_number": PHONE}), (*EVENT, "click_id"), GONE)


@pytest.fixture
def desk() -> Desk:
    url = "https://ads-api.reddit.com/api/v3/pixels/a2_example/conversion_events"
    return Desk(Destination.REDDIT, url, {"authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("document", [MINIMAL, HASHED])
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, read(answer)["data"]["message"]) == (200, "Successfully processed 1 conversion events.")
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        pytest.param((*EVENT, "event_at"), AT, "invalid event_at: 1795420800 is over 7 days ago", id="seconds"),
        pytest.param((*EVENT, "event_at"), (NOW - 7 * DAY - 1) * 1000, None, id="too old"),
        pytest.param((*EVENT, "event_at"), (NOW + 61) * 1000, None, id="future"),
        pytest.param((*EVENT, "event_at"), "now", 'JSON error "wrong type" on field "event_at"', id="time as text"),
        pytest.param((*EVENT, "action_source"), "website", "invalid action_source: website", id="small source"),
        pytest.param((*EVENT, "action_source"), GONE, "missing action_source", id="no source"),
        pytest.param((*EVENT, "type", "tracking_type"), "Lead", "invalid tracking_type: Lead", id="another's name"),
        pytest.param((*EVENT, "type", "tracking_type"), "CUSTOM", "invalid custom_event_name", id="custom, unnamed"),
        pytest.param((*EVENT, "test_id"), "t2", 'JSON error "unknown field" on field "test_id"', id="unknown field"),
        pytest.param((*EVENT, "click_id"), GONE, "missing match keys", id="nobody"),
        pytest.param((*EVENT, "click_id"), "a b", None, id="click id with a space"),
        pytest.param((*EVENT, "metadata", "value"), "150.0", None, id="value as text"),
        pytest.param((*EVENT, "metadata", "currency"), GONE, "missing currency", id="value without currency"),
        pytest.param((*USER, "data_processing_options", "modes"), ["ldu"], "invalid modes: ldu", id="small mode"),
        pytest.param(("data", "events"), [], "missing events", id="empty"),
        pytest.param(("data", "events"), MINIMAL["data"]["events"] * 1001, "too many events", id="too many"),
        pytest.param(("events",), [], 'JSON error "unknown field" on field "events"', id="the older API's envelope"),
    ],
)
def test_what_is_not_is_refused(desk: Desk, path: Path, value: Any, message: str | None) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert (answer.status, read(answer)["error"]["code"]) == (400, 400)
    assert message in {None, read(answer)["error"]["message"]}
    assert desk.effects == {}


@pytest.mark.parametrize("value", NOT_DIGESTS)
@pytest.mark.parametrize("name", ["email", "phone_number", "external_id"])
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, name: str, value: Any) -> None:
    assert desk.send(change(HASHED, (*USER, name), value)).status == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": "Bearer another"}, 401),
        ({"content_type": "text/plain"}, 400),
        ({"method": "GET"}, 405),
        ({"url": "https://ads-api.reddit.com/api/v2.0/conversions/events/a2_example"}, 404),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert (answer.status, read(answer)["error"]["code"]) == (status, status)
    assert status != 401 or read(answer)["error"]["reason"] == "UNAUTHORIZED"
    assert desk.effects == {}


def test_a_repetition_has_no_effect(desk: Desk) -> None:
    desk.send(MINIMAL)
    desk.send(MINIMAL, now=NOW + DAY)
    assert desk.effects == {EVENT_ID: 1}


def test_a_test_has_no_effect(desk: Desk) -> None:
    assert desk.send(change(MINIMAL, ("data", "test_id"), "t2_example")).status == 200
    assert desk.effects == {}
