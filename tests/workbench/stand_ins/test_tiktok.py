"""TikTok's stand-in takes what TikTok documents, and refuses the rest with 200 and a code."""

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
    "event_source": "web",
    "event_source_id": "CABCDEFGHIJKLMNOPQRS",
    "data": [
        {
            "event": "SubmitForm",
            "event_time": AT,
            "event_id": EVENT_ID,
            "user": {"ttclid": "E.C.P.example"},
            "page": {"url": "https://www.example-clinic.example/"},
            "properties": {"value": 150.0, "currency": "USD"},
            "limited_data_use": True,
        }
    ],
}
USER = ("data", 0, "user")
HASHED = change(MINIMAL, USER, {"ttclid": "E.C.P.example", "email": [EMAIL], "phone": [PHONE]})


@pytest.fixture
def desk() -> Desk:
    url = "https://business-api.tiktok.com/open_api/v1.3/event/track/"
    return Desk(Destination.TIKTOK, url, {"access-token": TOKEN})


@pytest.mark.parametrize("document", [MINIMAL, HASHED, change(HASHED, (*USER, "email"), EMAIL)])
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, read(answer)["code"], read(answer)["message"]) == (200, 0, "OK")
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("data", 0, "event_time"), AT * 1000, id="milliseconds"),
        pytest.param(("data", 0, "event_time"), NOW - 7 * DAY - 1, id="too old"),
        pytest.param(("data", 0, "event_time"), NOW + 61, id="future"),
        pytest.param(("data", 0, "event_time"), "2026-11-23T08:00:00Z", id="time as text"),
        pytest.param(("data", 0, "event_time"), AT + 0.5, id="half a second"),
        pytest.param(("event_source",), "website", id="another's source"),
        pytest.param(("event_source_id",), GONE, id="no source id"),
        pytest.param(("data", 0, "page"), GONE, id="no page"),
        pytest.param(("data", 0, "user"), GONE, id="no user"),
        pytest.param(("data", 0, "user"), {}, id="nobody"),
        pytest.param(("data", 0, "user"), {"user_agent": "Mozilla/5.0"}, id="user agent alone"),
        pytest.param(("data", 0, "user", "ttclid"), "E C", id="click id with a space"),
        pytest.param(("data", 0, "user", "ttclid"), "", id="empty click id"),
        pytest.param(("data", 0, "limit_data_use"), True, id="unknown field"),
        pytest.param(("data", 0, "limited_data_use"), "true", id="flag as text"),
        pytest.param(("data", 0, "properties", "description"), "x", id="unknown property"),
        pytest.param(("data", 0, "properties", "value"), "150.0", id="value as text"),
        pytest.param(("data", 0, "properties", "currency"), GONE, id="value without currency"),
        pytest.param(("data",), [], id="empty"),
        pytest.param(("data",), MINIMAL["data"] * 1001, id="too many"),
    ],
)
def test_what_is_not_is_refused(desk: Desk, path: Path, value: Any) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert (answer.status, read(answer)["code"]) == (200, 40002)
    assert desk.effects == {}


@pytest.mark.parametrize("value", NOT_DIGESTS)
@pytest.mark.parametrize("name", ["email", "phone", "first_name"])
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, name: str, value: Any) -> None:
    assert read(desk.send(change(HASHED, (*USER, name), [value])))["code"] == 40002


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"access_token": None}, 200, 40104),
        ({"access_token": "another"}, 200, 40105),
        ({"content_type": None}, 200, 40002),
        ({"method": "GET"}, 405, 40002),
        ({"url": "https://business-api.tiktok.com/open_api/v1.3/event/track"}, 404, 40002),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int, code: int) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert (answer.status, read(answer)["code"]) == (status, code)
    assert desk.effects == {}


def test_an_offline_event_needs_no_page(desk: Desk) -> None:
    offline = change(change(MINIMAL, ("data", 0, "page"), GONE), ("event_source",), "offline")
    assert read(desk.send(offline))["code"] == 0


def test_a_repetition_within_two_days_has_no_effect(desk: Desk) -> None:
    for moment in (NOW, NOW + DAY, NOW + 2 * DAY):
        desk.send(MINIMAL, now=moment)
    assert desk.effects == {EVENT_ID: 2}
