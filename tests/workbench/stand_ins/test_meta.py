"""Meta's stand-in takes what Meta documents, and refuses the rest in Meta's words."""

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
            "event_name": "Lead",
            "event_time": AT,
            "event_id": EVENT_ID,
            "action_source": "website",
            "event_source_url": "https://www.example-clinic.example/",
            "user_data": {"fbc": "fb.1.1795420000123.IwAR0abcDEF123456789", "client_user_agent": "Mozilla/5.0"},
            "custom_data": {"value": 150.0, "currency": "USD"},
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 1,
            "data_processing_options_state": 1000,
        }
    ]
}
USER = ("data", 0, "user_data")
HASHED = change(MINIMAL, USER, {"em": [EMAIL], "ph": [PHONE], "country": [EMAIL], "client_user_agent": "Mozilla/5.0"})


@pytest.fixture
def desk() -> Desk:
    url = "https://graph.facebook.com/v26.0/1234567890/events"
    return Desk(Destination.META, url, {"authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize(
    "document",
    [
        MINIMAL,
        HASHED,
        change(HASHED, (*USER, "em"), EMAIL),
        change(MINIMAL, ("data", 0, "data_processing_options"), []),
    ],
)
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert answer.status == 200
    assert read(answer) == {"events_received": 1, "messages": [], "fbtrace_id": "StandInMeta000000000001"}
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value", "subcode"),
    [
        pytest.param(("data", 0, "event_time"), AT * 1000, None, id="milliseconds"),
        pytest.param(("data", 0, "event_time"), str(AT), None, id="time as text"),
        pytest.param(("data", 0, "event_time"), AT + 0.5, None, id="half a second"),
        pytest.param(("data", 0, "data_processing_options_country"), 1.0, None, id="country as fraction"),
        pytest.param(("data", 0, "event_time"), NOW - 7 * DAY - 1, 2804003, id="too old"),
        pytest.param(("data", 0, "event_time"), NOW + 61, None, id="future"),
        pytest.param(("data", 0, "event_name"), GONE, None, id="no name"),
        pytest.param(("data", 0, "action_source"), "web", None, id="another's action source"),
        pytest.param(("data", 0, "event_source_url"), GONE, None, id="no URL"),
        pytest.param(("data", 0, "event_source_url"), "www.example-clinic.example", None, id="no URL's scheme"),
        pytest.param(("data", 0, "page_title"), "x", None, id="unknown field"),
        pytest.param(("data", 0, "custom_data", "content_name"), "x", None, id="unknown custom field"),
        pytest.param(("data", 0, "custom_data", "value"), "150.0", None, id="value as text"),
        pytest.param(("data", 0, "custom_data", "value"), True, None, id="value true"),
        pytest.param(("data", 0, "custom_data", "currency"), "usd", None, id="small currency"),
        pytest.param(("data", 0, "custom_data", "currency"), GONE, None, id="value without currency"),
        pytest.param(("data", 0, "data_processing_options"), ["ldu"], None, id="unknown option"),
        pytest.param(("data", 0, "data_processing_options_state"), GONE, None, id="country without state"),
        pytest.param(("data", 0, "data_processing_options_state"), "1000", None, id="state as text"),
        pytest.param(USER, GONE, None, id="no user data"),
        pytest.param(USER, {}, 2804050, id="nobody"),
        pytest.param(USER, {"client_user_agent": "Mozilla/5.0"}, 2804050, id="user agent alone"),
        pytest.param(USER, {"country": [EMAIL], "st": [EMAIL], "zp": [EMAIL]}, 2804050, id="place alone"),
        pytest.param(USER, {"fn": [EMAIL], "ge": [EMAIL]}, 2804050, id="first name and sex"),
        pytest.param((*USER, "fbc"), "fb.1.1795420000.IwAR0abc", None, id="click in seconds"),
        pytest.param((*USER, "fbc"), "fb.1.1795420000123.Iw AR", None, id="click id with a space"),
        pytest.param((*USER, "email"), [EMAIL], None, id="unknown identifier"),
        pytest.param(("data",), [], None, id="empty"),
        pytest.param(("data",), MINIMAL["data"] * 1001, None, id="too many"),
        pytest.param(("test",), "T1", None, id="unknown at the top"),
        pytest.param(("partner_agent",), "x" * 23, None, id="long agent"),
    ],
)
def test_what_is_not_is_refused(desk: Desk, path: Path, value: Any, subcode: int | None) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert answer.status == 400
    assert read(answer)["error"]["code"] == 100
    assert read(answer)["error"].get("error_subcode") == subcode
    assert desk.effects == {}


@pytest.mark.parametrize("value", NOT_DIGESTS)
@pytest.mark.parametrize("name", ["em", "ph", "external_id"])
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, name: str, value: Any) -> None:
    answer = desk.send(change(HASHED, (*USER, name), [value]))
    assert (answer.status, read(answer)["error"]["code"]) == (400, 100)


def test_a_message_repeats_what_was_sent(desk: Desk) -> None:
    """So that a test can show that the forwarder never passes a message on."""
    assert PLAIN.encode() in desk.send(change(HASHED, (*USER, "em"), [PLAIN])).body


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"authorization": None}, 401, 190),
        ({"authorization": "Bearer another"}, 401, 190),
        ({"authorization": TOKEN}, 401, 190),
        ({"content_type": "text/plain"}, 400, 100),
        ({"method": "GET"}, 400, 100),
        ({"url": "https://graph.facebook.com/v19.0/1234567890/events"}, 400, 2635),
        ({"url": "https://graph.facebook.com/1234567890/events"}, 400, 2635),
        ({"url": "https://graph.facebook.com/v26.0/somebody/feed"}, 400, 2500),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int, code: int) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert (answer.status, read(answer)["error"]["code"]) == (status, code)
    assert desk.effects == {}


def test_a_token_in_the_query_is_taken_too(desk: Desk) -> None:
    assert desk.send(MINIMAL, authorization=None, url=f"{desk.url}?access_token={TOKEN}").status == 200


def test_one_old_event_refuses_the_whole_batch(desk: Desk) -> None:
    old = change(MINIMAL, ("data", 0, "event_time"), NOW - 8 * DAY)["data"]
    assert desk.send({"data": MINIMAL["data"] + old}).status == 400
    assert desk.effects == {}


def test_a_visit_in_person_may_be_62_days_old(desk: Desk) -> None:
    visit = change(change(MINIMAL, ("data", 0, "action_source"), "physical_store"), ("data", 0, "event_time"), 0)
    assert desk.send(change(visit, ("data", 0, "event_time"), NOW - 62 * DAY)).status == 200
    assert desk.send(change(visit, ("data", 0, "event_time"), NOW - 62 * DAY - 1)).status == 400


def test_a_repetition_within_two_days_has_no_effect(desk: Desk) -> None:
    other = change(change(MINIMAL, ("data", 0, "event_name"), "Schedule"), ("data", 0, "event_id"), "another")
    for moment in (NOW, NOW + 1, NOW + 2 * DAY - 1):
        assert desk.send({"data": MINIMAL["data"] + other["data"]}, now=moment).status == 200
    assert desk.effects == {EVENT_ID: 1, "another": 1}
    desk.send(MINIMAL, now=NOW + 2 * DAY)
    assert desk.effects[EVENT_ID] == 2


def test_events_without_an_id_are_never_recognised(desk: Desk) -> None:
    for _ in range(3):
        desk.send(change(MINIMAL, ("data", 0, "event_id"), GONE))
    assert desk.effects == {"": 3}
