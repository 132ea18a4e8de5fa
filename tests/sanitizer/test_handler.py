"""The routes: what is served, what does not exist, and that no exception ever gets out."""

import json
from typing import Any

import pytest

from airlock.outcome import Reason
from airlock.policy import Policy
from sanitizer.handler import respond
from tests.sanitizer.desk import Desk
from tests.sanitizer.visits import SITE, make_visit


@pytest.mark.parametrize("origin", [SITE, "https://book.glow-medspa.example"])
def test_a_preflight_from_the_clinics_own_site_is_allowed_with_credentials(origin: str, desk: Desk) -> None:
    taken, logs = desk.ask("OPTIONS", "/v1/events", {"Origin": origin, "access-control-request-method": "POST"})
    headers = taken.answer["headers"]
    assert (taken.answer["statusCode"], taken.answer["body"], logs) == (204, "", [])
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", f"{SITE}/"])
def test_a_preflight_from_anywhere_else_is_not(origin: str, desk: Desk) -> None:
    taken, _ = desk.ask("OPTIONS", "/v1/events", {"origin": origin})
    assert (taken.answer["statusCode"], taken.refused) == (403, Reason.FOREIGN_ORIGIN)
    assert not any(name.startswith("access-control") for name in taken.answer["headers"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "post", ""])
def test_events_are_posted_and_nothing_else(method: str, desk: Desk) -> None:
    taken, _ = desk.ask(method, "/v1/events", body=make_visit())
    assert (taken.answer["statusCode"], taken.refused) == (405, Reason.METHOD)


@pytest.mark.parametrize("path", ["/v1/health", "/airlock.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_what_is_served_is_only_read(path: str, method: str, desk: Desk) -> None:
    taken, _ = desk.ask(method, path)
    assert (taken.answer["statusCode"], taken.refused) == (405, Reason.METHOD)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/",
        "/v1/event",
        "/v1/events/",
        "/V1/EVENTS",
        "//v1/events",
        "/v1/events/x",
        "/v2/events",
        "/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_another_path_does_not_exist(path: str, method: str, desk: Desk) -> None:
    taken, _ = desk.ask(method, path, body=make_visit())
    assert (taken.answer["statusCode"], taken.refused) == (404, Reason.UNKNOWN_PATH)


@pytest.mark.parametrize("path", ["/v1/conversions", "/v1/authorizations/auth_Q7m2Xw9Kd4Rf8Ls1"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_the_systems_routes_do_not_exist_without_a_signature(path: str, method: str, desk: Desk) -> None:
    """Whoever is not signed in learns not even that there is a door."""
    taken, _ = desk.ask(method, path, body={"events": [make_visit()]})
    assert (taken.answer["statusCode"], taken.refused) == (404, Reason.UNKNOWN_PATH)
    assert desk.queued == []


def test_health_names_the_policy(desk: Desk, policy: Policy) -> None:
    taken, logs = desk.ask("GET", "/v1/health", {})
    assert (taken.answer["statusCode"], taken.answer["body"], logs) == (200, policy.digest, [])
    assert taken.answer["headers"]["content-type"] == "text/plain"
    assert len(policy.digest) == 64
    _, logs = desk.post(make_visit())
    assert {json.loads(line)["policy"] for line in logs} == {policy.digest}


def test_the_script_is_served_and_kept(desk: Desk) -> None:
    served, _ = desk.ask("GET", "/airlock.js", {})
    headers = served.answer["headers"]
    assert served.answer["statusCode"] == 200
    assert headers["content-type"].startswith("text/javascript")
    assert headers["cache-control"]
    known, _ = desk.ask("GET", "/airlock.js", {"If-None-Match": headers["etag"]})
    assert (known.answer["statusCode"], known.answer["body"]) == (304, "")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"rawPath": "/v1/events", "requestContext": {"http": {"method": "POST"}}},
        {"rawPath": "/v1/events", "requestContext": {"http": {"method": "POST"}}, "headers": None, "cookies": None},
        {"rawPath": "/v1/events", "requestContext": None},
        {"rawPath": 7, "requestContext": {"http": {"method": 7}}},
        {"rawPath": "/v1/events", "requestContext": {"http": {"method": "POST"}}, "headers": "x"},
        {"rawPath": "/v1/events", "requestContext": "x"},
    ],
    ids=range(7),
)
def test_an_event_of_no_known_form_is_answered_all_the_same(event: dict[str, Any], desk: Desk) -> None:
    answered = respond(event, desk.preview._airlock).answer["statusCode"]
    assert answered == 204 or 400 <= answered < 500
    assert desk.queued == []
