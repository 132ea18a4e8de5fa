"""Pinterest's stand-in gives each event a status of its own, and wants more than a click id."""

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
            "event_name": "lead",
            "action_source": "web",
            "event_time": AT,
            "event_id": EVENT_ID,
            "event_source_url": "https://www.example-clinic.example/",
            "opt_out": False,
            "user_data": {"em": [EMAIL], "click_id": "dj0yJnU9example"},
            "custom_data": {"value": "150.0", "currency": "USD"},
        }
    ]
}
EVENT = ("data", 0)
USER = (*EVENT, "user_data")


@pytest.fixture
def desk() -> Desk:
    url = "https://api.pinterest.com/v5/ad_accounts/549755885175/events"
    return Desk(Destination.PINTEREST, url, {"authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("document", [MINIMAL, change(MINIMAL, (*USER, "ph"), [PHONE])])
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, read(answer)["num_events_processed"]) == (200, 1)
    assert [event["status"] for event in read(answer)["events"]] == ["processed"]
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param((*EVENT, "event_time"), AT * 1000, id="milliseconds"),
        pytest.param((*EVENT, "event_time"), NOW - 7 * DAY - 1, id="too old"),
        pytest.param((*EVENT, "event_time"), NOW + 61, id="future"),
        pytest.param((*EVENT, "event_time"), AT + 0.5, id="half a second"),
        pytest.param((*EVENT, "event_id"), GONE, id="no event id"),
        pytest.param((*EVENT, "event_name"), "Lead", id="another's name"),
        pytest.param((*EVENT, "action_source"), "website", id="another's source"),
        pytest.param((*EVENT, "custom_data", "value"), 150.0, id="value as number"),
        pytest.param((*EVENT, "custom_data", "currency"), GONE, id="value without currency"),
        pytest.param((*EVENT, "custom_data", "content_name"), "x", id="unknown custom field"),
        pytest.param((*EVENT, "opt_out"), "false", id="flag as text"),
        pytest.param((*EVENT, "partner"), "x", id="unknown field"),
        pytest.param(USER, {"click_id": "dj0yJnU9example"}, id="click id alone"),
        pytest.param(USER, {"client_user_agent": "Mozilla/5.0"}, id="user agent alone"),
        pytest.param((*USER, "em"), EMAIL, id="digest outside a list"),
    ],
)
def test_an_event_that_is_not_fails_alone(desk: Desk, path: Path, value: Any) -> None:
    bad = change(MINIMAL, path, value)["data"]
    good = change(MINIMAL, (*EVENT, "event_id"), "another")["data"]
    answer = desk.send({"data": [*bad, *good]})
    assert answer.status == 422
    assert [event["status"] for event in read(answer)["details"]["events"]] == ["failed", "processed"]
    assert read(answer)["details"]["num_events_processed"] == 1
    assert desk.effects == {"another": 1}


@pytest.mark.parametrize("value", NOT_DIGESTS)
@pytest.mark.parametrize("name", ["em", "ph", "external_id"])
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, name: str, value: Any) -> None:
    assert desk.send(change(MINIMAL, (*USER, name), [value])).status == 422
    assert desk.effects == {}


@pytest.mark.parametrize("document", [{"data": []}, {"data": MINIMAL["data"] * 1001}, {"events": MINIMAL["data"]}])
def test_a_wrong_envelope_refuses_all(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, read(answer)["code"]) == (400, 4196)
    assert desk.effects == {}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"authorization": None}, 401, 2),
        ({"authorization": "Bearer another"}, 401, 2),
        ({"content_type": "text/plain"}, 400, 4196),
        ({"method": "GET"}, 405, 4196),
        ({"url": "https://api.pinterest.com/v4/events"}, 404, 50),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int, code: int) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert (answer.status, read(answer)["code"]) == (status, code)
    assert desk.effects == {}


def test_a_repetition_has_no_effect_unless_it_happened_offline(desk: Desk) -> None:
    offline = change(change(MINIMAL, (*EVENT, "action_source"), "offline"), (*EVENT, "event_id"), "offline")
    for document in (MINIMAL, MINIMAL, offline, offline):
        desk.send(document)
    assert desk.effects == {EVENT_ID: 1, "offline": 2}


def test_a_test_has_no_effect(desk: Desk) -> None:
    assert desk.send(MINIMAL, url=f"{desk.url}?test=true").status == 200
    assert desk.effects == {}
