"""Snapchat's stand-in takes what Snapchat documents, and wants more than a click id."""

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
    "data": [
        {
            "event_name": "SIGN_UP",
            "event_time": AT * 1000,
            "action_source": "website",
            "event_id": EVENT_ID,
            "event_source_url": "https://www.example-clinic.example/",
            "user_data": {"sc_click_id": "0a1b2c3d-example", "em": [EMAIL], "ph": [PHONE]},
            "custom_data": {"value": 150.0, "currency": "USD"},
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 1,
            "data_processing_options_state": 1000,
        }
    ]
}
EVENT = ("data", 0)
USER = (*EVENT, "user_data")
BY_ADDRESS = change(MINIMAL, USER, {"client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla/5.0"})


@pytest.fixture
def desk() -> Desk:
    url = "https://tr.snapchat.com/v3/0f0e0d0c-1234-4321-abcd-0123456789ab/events"
    return Desk(Destination.SNAPCHAT, url, {"authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("document", [MINIMAL, BY_ADDRESS, change(MINIMAL, (*EVENT, "event_time"), AT)])
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, read(answer)["status"]) == (200, "OK")
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param((*EVENT, "event_time"), AT * 1_000_000, id="microseconds"),
        pytest.param((*EVENT, "event_time"), (NOW - 7 * DAY - 1) * 1000, id="too old"),
        pytest.param((*EVENT, "event_time"), (NOW + 61) * 1000, id="future"),
        pytest.param((*EVENT, "event_time"), str(AT), id="time as text"),
        pytest.param((*EVENT, "event_time"), AT + 0.5, id="half a second"),
        pytest.param((*EVENT, "data_processing_options_country"), 1.0, id="country as fraction"),
        pytest.param((*EVENT, "event_name"), "Lead", id="another's name"),
        pytest.param((*EVENT, "action_source"), "web", id="another's source"),
        pytest.param((*EVENT, "user_data"), GONE, id="no user data"),
        pytest.param(USER, {"sc_click_id": "0a1b2c3d-example"}, id="click id alone"),
        pytest.param(USER, {"client_user_agent": "Mozilla/5.0"}, id="user agent alone"),
        pytest.param((*USER, "sc_click_id"), "0a 1b", id="click id with a space"),
        pytest.param((*EVENT, "custom_data", "value"), "150.0", id="value as text"),
        pytest.param((*EVENT, "custom_data", "currency"), GONE, id="value without currency"),
        pytest.param((*EVENT, "custom_data", "search_string"), "x", id="unknown custom field"),
        pytest.param((*EVENT, "data_processing_options_state"), GONE, id="country without state"),
        pytest.param((*EVENT, "integration"), "x", id="unknown field"),
        pytest.param(("data",), [], id="empty"),
        pytest.param(("data",), MINIMAL["data"] * 2001, id="too many"),
    ],
)
def test_what_is_not_is_refused(desk: Desk, path: Path, value: Any) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert (answer.status, read(answer)["status"]) == (400, "FAILED")
    assert read(answer)["error_records"]
    assert desk.effects == {}


@pytest.mark.parametrize("value", NOT_DIGESTS)
@pytest.mark.parametrize("name", ["em", "ph", "external_id"])
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, name: str, value: Any) -> None:
    assert desk.send(change(MINIMAL, (*USER, name), [value])).status == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": "Bearer another"}, 401),
        ({"content_type": "text/plain"}, 400),
        ({"method": "GET"}, 405),
        ({"url": "https://tr.snapchat.com/v2/conversion"}, 404),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert (answer.status, read(answer)["status"]) == (status, "FAILED")
    assert desk.effects == {}


def test_a_token_in_the_query_is_taken_too(desk: Desk) -> None:
    assert desk.send(MINIMAL, authorization=None, url=f"{desk.url}?access_token={TOKEN}").status == 200


def test_a_validation_has_no_effect(desk: Desk) -> None:
    assert desk.send(MINIMAL, url=f"{desk.url}/validate").status == 200
    assert desk.effects == {}


def test_a_repetition_within_two_days_has_no_effect(desk: Desk) -> None:
    for moment in (NOW, NOW + DAY, NOW + 2 * DAY):
        desk.send(MINIMAL, now=moment)
    assert desk.effects == {EVENT_ID: 2}
