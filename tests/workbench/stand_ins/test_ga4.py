"""GA4's stand-in answers 204 to what it can parse, counts only what is right, and says in debug what is wrong."""

from typing import Any

import pytest

from airlock.address_book import Destination
from tests.workbench.stand_ins.desk import AT, GONE, NOW, TOKEN, Desk, Path, change, read

CLIENT = "1795420800.123456789"
MINIMAL: Any = {
    "client_id": CLIENT,
    "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
    "timestamp_micros": AT * 1_000_000,
    "events": [
        {"name": "generate_lead", "params": {"value": 150.0, "currency": "USD", "engagement_time_msec": 1}},
    ],
}
QUERY = f"?measurement_id=G-ABCD1234&api_secret={TOKEN}"
URL = "https://www.google-analytics.com/mp/collect"
DEBUG = "https://www.google-analytics.com/debug/mp/collect"
PARAMS = ("events", 0, "params")


@pytest.fixture
def desk() -> Desk:
    return Desk(Destination.GA4, URL + QUERY, {})


def dropped(desk: Desk) -> int:
    return desk.stand_ins.memories[Destination.GA4].dropped


@pytest.mark.parametrize("at", [AT * 1_000_000, str(AT * 1_000_000)])
def test_what_is_documented_counts(desk: Desk, at: Any) -> None:
    document = change(MINIMAL, ("timestamp_micros",), at)
    assert (desk.send(document).status, desk.send(document).body) == (204, b"")
    assert desk.effects == {CLIENT: 2}, "GA4 does not recognise a repetition"
    assert read(desk.send(document, url=DEBUG + QUERY)) == {"validationMessages": []}
    assert desk.effects == {CLIENT: 2}, "nothing is recorded in debug"


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        pytest.param(("timestamp_micros",), AT, "timestamp_micros", id="seconds"),
        pytest.param(("timestamp_micros",), AT * 1000, "timestamp_micros", id="milliseconds"),
        pytest.param(("timestamp_micros",), (NOW - 72 * 3600 - 1) * 1_000_000, "timestamp_micros", id="too old"),
        pytest.param(("timestamp_micros",), (NOW + 61) * 1_000_000, "timestamp_micros", id="future"),
        pytest.param(("timestamp_micros",), "now", "timestamp_micros", id="a word"),
        pytest.param(("client_id",), GONE, "client_id", id="no client"),
        pytest.param(("client_id",), "jane.doe@clinic.example", "client_id", id="e-mail as client"),
        pytest.param(("user_data",), {}, "user_data", id="user data"),
        pytest.param(("consent", "ad_user_data"), "denied", "consent.ad_user_data", id="small consent"),
        pytest.param(("events", 0, "name"), "ga_lead", "events[0].name", id="reserved name"),
        pytest.param(("events", 0, "name"), "x" * 41, "events[0].name", id="long name"),
        pytest.param((*PARAMS, "page_location"), "x", "events[0].params.page_location", id="unknown parameter"),
        pytest.param((*PARAMS, "value"), "150", "events[0].params.value", id="value as text"),
        pytest.param((*PARAMS, "currency"), GONE, "events[0].params", id="value without currency"),
        pytest.param(("events",), [], "events", id="empty"),
        pytest.param(("events",), MINIMAL["events"] * 26, "events", id="too many"),
    ],
)
def test_what_is_not_is_dropped_in_silence(desk: Desk, path: Path, value: Any, place: str) -> None:
    document = change(MINIMAL, path, value)
    assert desk.send(document).status == 204
    assert (desk.effects, dropped(desk)) == ({}, 1)
    messages = read(desk.send(document, url=DEBUG + QUERY))["validationMessages"]
    assert [message["fieldPath"] for message in messages] == [place]


@pytest.mark.parametrize("query", ["", "?measurement_id=G-ABCD1234", f"?api_secret={TOKEN}&measurement_id=UA-1"])
def test_an_unknown_sender_is_dropped_in_silence(desk: Desk, query: str) -> None:
    assert desk.send(MINIMAL, url=URL + query).status == 204
    assert (desk.effects, dropped(desk)) == ({}, 1)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"method": "GET"}, 405), ({"url": "https://www.google-analytics.com/g/collect"}, 404), ({"body": b"{"}, 400)],
)
def test_what_is_no_hit_is_refused(desk: Desk, changes: dict[str, Any], status: int) -> None:
    body = changes.pop("body", MINIMAL)
    assert desk.send(body, **changes).status == status
    assert desk.send(b"{" + b" " * 130_000).status == 413
    assert desk.effects == {}


def test_debug_says_that_garbage_is_garbage(desk: Desk) -> None:
    assert read(desk.send(b"{", url=DEBUG))["validationMessages"][0]["validationCode"] == "VALUE_INVALID"
