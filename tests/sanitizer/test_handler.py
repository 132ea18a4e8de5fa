"""The routes: what is served, what does not exist, and that no exception ever gets out."""

import io
import json
from typing import Any

import pytest
from msgspec import structs

from airlock.authorization import AuthorizationsInMemory
from airlock.gate import ALL_CLOSED, Gate, Mode, NoGate
from airlock.journal import Journal
from airlock.outcome import Reason
from airlock.policy import Policy
from airlock.table import UnavailableError
from sanitizer import handler
from sanitizer.handler import Airlock, build_airlock, respond
from sanitizer.hook_secrets import SecretsManagerSecrets
from sanitizer.hooks import Doors
from sanitizer.intake import Taken
from sanitizer.receipts import ReceiptsInMemory
from sanitizer.script import Script
from tests.clinic_systems import NOW, Clinic, Outbox, conversion
from tests.sanitizer.desk import Desk
from tests.sanitizer.visits import AUTHORIZATION, SITE, make_visit
from workbench.request import as_http_event, signed

JSON = {"origin": SITE, "content-type": "application/json"}


class Unreachable(AuthorizationsInMemory):
    """Authorizations whose table does not answer."""

    def find(self, ref: object) -> None:
        del ref
        raise UnavailableError("get_item: ThrottlingException")


class FullDisk(io.StringIO):
    """A log that takes no line."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


class Closed(NoGate):
    """A kill switch that was turned."""

    def look(self, now: int) -> Mode:
        del now
        return ALL_CLOSED


@pytest.fixture
def clinic(policy: Policy) -> Clinic:
    return Clinic(policy)


@pytest.fixture
def unreachable(policy: Policy) -> Clinic:
    return Clinic(policy, on_file=Unreachable())


def post(clinic: Clinic, visit: dict[str, Any]) -> Taken:
    return respond(as_http_event("POST", "/v1/events", JSON, json.dumps(visit)), clinic.airlock)


def break_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanitizer.pipeline._weigh", lambda *_: 1 / 0)


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


@pytest.mark.parametrize("path", ["/v1/health", "/airlock.js"])
def test_whoever_asks_for_the_headers_alone_is_answered_too(path: str, desk: Desk) -> None:
    """So that a monitor may ask with HEAD; API Gateway leaves the body away."""
    head, _ = desk.ask("HEAD", path, {})
    whole, _ = desk.ask("GET", path, {})
    assert (head.answer["statusCode"], head.answer["headers"]) == (200, whole.answer["headers"])


def test_the_script_may_be_kept_for_good_under_its_own_version(desk: Desk) -> None:
    version = desk.preview._airlock.script.version
    kept, _ = desk.ask("GET", f"/airlock.js?v={version}", {})
    assert "immutable" in kept.answer["headers"]["cache-control"]
    plain, _ = desk.ask("GET", "/airlock.js", {})
    assert "immutable" not in plain.answer["headers"]["cache-control"]


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


def test_what_was_refused_before_it_was_read_is_written_down_with_its_time(clinic: Clinic) -> None:
    for method, path, is_signed in (
        ("OPTIONS", "/v1/events", False),
        ("PUT", "/v1/events", False),
        ("GET", "/nowhere", False),
        ("POST", "/v1/conversions", False),
        ("GET", "/v1/conversions", True),
        ("GET", "/v1/authorizations/x", True),
    ):
        clinic.ask(method, path, "", is_signed=is_signed, origin="https://evil.example")
    lines = clinic.lines()
    assert {(line["kind"], line["at"], line["outcome"]) for line in lines} == {("decision", NOW, "refused")}
    assert [line["reason"] for line in lines] == [
        "foreign_origin",
        "method",
        "unknown_path",
        "unknown_path",
        "method",
        "unknown_path",
    ]


def test_a_look_up_that_fails_is_told_to_the_page_so_that_it_tries_again(unreachable: Clinic) -> None:
    taken = post(unreachable, make_visit(authorization=AUTHORIZATION))
    assert (taken.answer["statusCode"], taken.answer["body"], taken.refused) == (503, "", Reason.UNAVAILABLE)
    headers = taken.answer["headers"]
    assert headers["retry-after"] == "5"
    assert headers["access-control-allow-origin"] == SITE, "without it no script may read the answer"
    assert headers["access-control-expose-headers"] == "retry-after"
    assert unreachable.outbox.messages == []
    [line] = unreachable.lines()
    assert (line["kind"], line["at"], line["outcome"]) == ("fault", NOW, "refused")
    assert (line["reason"], line["type"]) == ("unavailable", "UnavailableError")
    assert AUTHORIZATION not in unreachable.log.getvalue()


def test_a_look_up_that_fails_is_told_to_no_page_but_the_clinics_own(policy: Policy) -> None:
    """A webhook's route has no pages at all: whoever names an origin there may not read what became of it."""

    def refuse(_: str) -> str:
        raise RuntimeError("AccessDeniedException")

    airlock = _build(policy, Outbox(), NoGate(), doors=Doors(SecretsManagerSecrets(refuse), ReceiptsInMemory()))
    for origin in ("https://evil.example", "null", ""):
        headers = {"origin": origin, "signature": "c2lnbmF0dXJl"}
        taken = respond(as_http_event("POST", "/v1/hooks/calls", headers, "{}"), airlock)
        assert (taken.answer["statusCode"], taken.refused) == (503, Reason.UNAVAILABLE)
        assert "access-control-allow-origin" not in taken.answer["headers"]


def test_a_bug_is_nobodys_to_see_and_is_written_down_by_type_and_line(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser could do nothing about it: it is answered as if all were well, and nothing leaves."""
    break_pipeline(monkeypatch)
    taken = post(clinic, make_visit())
    assert (taken.answer["statusCode"], taken.answer["body"], taken.refused) == (204, "", Reason.INTERNAL)
    assert clinic.outbox.messages == []
    [line] = clinic.lines()
    assert (line["kind"], line["at"], line["reason"]) == ("fault", NOW, "internal")
    assert line["type"] == "ZeroDivisionError"


@pytest.mark.parametrize("path", ["/v1/authorizations/auth_Q7m2Xw9Kd4Rf8Ls1", "/v1/conversions", "/v1/hooks/calls"])
def test_a_clinics_own_system_is_told_of_a_bug(path: str, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take a 204 for done, and must ask again instead. No page is meant, so none may read it."""
    monkeypatch.setattr("sanitizer.handler._route", lambda *_: 1 / 0)
    taken = clinic.ask("PUT", path, "", origin=SITE)
    assert (taken.answer["statusCode"], taken.refused) == (503, Reason.INTERNAL)
    assert taken.answer["headers"]["retry-after"] == "5"
    assert "access-control-allow-origin" not in taken.answer["headers"]


@pytest.mark.parametrize("origin", [SITE, "https://book.glow-medspa.example"])
def test_a_bug_looks_like_any_other_answer(
    origin: str, clinic: Clinic, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers too: a page that reads its answer sees no difference."""
    usual = Clinic(policy).ask("POST", "/v1/events", json.dumps(make_visit(event="nobody_knows_it")), origin=origin)
    break_pipeline(monkeypatch)
    taken = clinic.ask("POST", "/v1/events", json.dumps(make_visit()), origin=origin)
    assert taken.refused is Reason.INTERNAL
    assert taken.answer == usual.answer
    assert taken.answer["headers"]["access-control-allow-origin"] == origin


def test_a_page_of_another_site_may_not_read_that_there_is_a_bug(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sanitizer.handler._route", lambda *_: 1 / 0)
    for origin in ("https://evil.example", "null", ""):
        taken = clinic.ask("POST", "/v1/events", "", origin=origin)
        assert (taken.answer["statusCode"], taken.refused) == (204, Reason.INTERNAL)
        assert not {"access-control-allow-origin", "vary"} & taken.answer["headers"].keys()


def test_a_log_that_cannot_be_written_is_no_reason_to_show_an_exception(
    policy: Policy, unreachable: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda would print the exception, and with it perhaps what was sent."""
    intake = structs.replace(unreachable.airlock.intake, journal=Journal(FullDisk(), policy.digest))
    unreachable.airlock = structs.replace(unreachable.airlock, intake=intake)
    assert post(unreachable, make_visit(authorization=AUTHORIZATION)).answer["statusCode"] == 503
    break_pipeline(monkeypatch)
    assert post(unreachable, make_visit()).answer["statusCode"] == 204


def test_a_wrong_authorization_is_answered_in_json_and_a_right_one_in_silence(clinic: Clinic) -> None:
    path = f"/v1/authorizations/{AUTHORIZATION}"
    wrong = clinic.ask("PUT", path, "[]").answer
    assert (wrong["statusCode"], wrong["headers"]["content-type"]) == (400, "application/json")
    right = clinic.ask("DELETE", path, "").answer
    assert (right["statusCode"], right["body"]) == (204, "")
    assert "content-type" not in right["headers"]
    [line] = clinic.lines()
    assert (line["kind"], line["at"], line["change"]) == ("authorization", NOW, "revoked")


def _build(policy: Policy, outbox: Outbox, gate: Gate, *, doors: Doors | None = None) -> Airlock:
    return build_airlock(
        policy,
        outbox,
        AuthorizationsInMemory(),
        Journal(io.StringIO(), policy.digest),
        Script(b""),
        lambda: NOW,
        frozenset({"http://127.0.0.1:8787"}),
        gate,
        doors=doors,
    )


def test_an_airlock_obeys_the_kill_switch_that_it_was_built_with(policy: Policy) -> None:
    event = as_http_event("POST", "/v1/events", JSON, json.dumps(make_visit()))
    outbox = Outbox()
    assert respond(event, _build(policy, outbox, Closed())).refused == Reason.CLOSED
    assert outbox.messages == []
    assert respond(event, _build(policy, outbox, NoGate())).refused is None
    assert outbox.messages


def test_an_airlock_takes_the_workbenchs_own_pages_without_https(policy: Policy) -> None:
    outbox = Outbox()
    for site, status in (("http://127.0.0.1:8787", 204), ("http://127.0.0.1:8788", 403)):
        visit = json.dumps(make_visit(url=f"{site}/contact"))
        event = as_http_event("POST", "/v1/events", JSON | {"origin": site}, visit)
        assert respond(event, _build(policy, outbox, NoGate())).answer["statusCode"] == status
    assert outbox.messages


def test_with_webhooks_the_other_routes_stay_where_they_are(policy: Policy) -> None:
    doors = Doors(SecretsManagerSecrets(lambda _: "an-invented-hook-secret"), ReceiptsInMemory())
    airlock = _build(policy, Outbox(), NoGate(), doors=doors)
    body = json.dumps({"events": [conversion()]})
    assert respond(signed(as_http_event("POST", "/v1/conversions", {}, body)), airlock).answer["statusCode"] == 200
    assert respond(as_http_event("POST", "/v1/hooks/calls", {}, "{}"), airlock).answer["statusCode"] == 401
    assert respond(as_http_event("POST", "/v1/hooks/nowhere", {}, "{}"), airlock).answer["statusCode"] == 404


ODD_PARTS: list[dict[str, Any]] = [
    {"multiValueQueryStringParameters": {"q": ["canary\ud800"]}},
    {"multiValueQueryStringParameters": "canary"},
    {"multiValueHeaders": {"X": [None]}},
    {"multiValueHeaders": {"Origin": None}},
    {"multiValueHeaders": {"Origin": [1]}},
    {"multiValueHeaders": "canary"},
    {"requestContext": "canary"},
    {"requestContext": {"identity": "canary"}},
]
ODD_HTTP_PARTS: list[dict[str, Any]] = [
    {"headers": "canary"},
    {"headers": ["canary"]},
    {"cookies": 7},
    {"requestContext": "canary"},
    {"requestContext": {"http": "canary"}},
    {"requestContext": {"http": {"method": "POST"}, "authorizer": "canary"}},
]


@pytest.mark.parametrize(("path", "status"), [("/v1/events", 204), ("/v1/conversions", 503), ("/v1/hooks/calls", 503)])
@pytest.mark.parametrize(
    ("known", "odd"),
    [
        *(({"httpMethod": "POST", "path": ""}, odd) for odd in ODD_PARTS),
        *(({"rawPath": "", "requestContext": {"http": {"method": "POST"}}}, odd) for odd in ODD_HTTP_PARTS),
    ],
    ids=range(len(ODD_PARTS) + len(ODD_HTTP_PARTS)),
)
def test_an_event_that_cannot_be_read_is_a_fault_like_any_other(
    path: str,
    status: int,
    known: dict[str, Any],
    odd: dict[str, Any],
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lambda would print the exception, and with it perhaps what was sent."""
    monkeypatch.setattr(handler, "_open_airlock", lambda: clinic.airlock)
    event = {name: value or path for name, value in known.items()} | odd
    answered = handler.handler(event, None)
    assert answered["statusCode"] == status
    [line] = clinic.lines()
    assert (line["kind"], line["reason"]) == ("fault", "internal")
    assert "canary" not in json.dumps([line, answered])


@pytest.mark.parametrize("event", [None, [], "httpMethod", 7, ["httpMethod"]], ids=range(5))
def test_what_is_no_event_at_all_is_answered_too(event: Any, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_open_airlock", lambda: clinic.airlock)
    assert handler.handler(event, None)["statusCode"] == 204
    [line] = clinic.lines()
    assert (line["kind"], line["reason"]) == ("fault", "internal")


def test_lambda_is_answered_in_the_form_of_the_api_that_asked(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """One function stands behind an HTTP API or a REST API, as the clinic chose."""
    airlock = _build(policy, Outbox(), NoGate())
    monkeypatch.setattr(handler, "_open_airlock", lambda: airlock)
    visit = json.dumps(make_visit())
    http = handler.handler(as_http_event("POST", "/v1/events", JSON, visit), None)
    names = {name: [value] for name, value in JSON.items()}
    event = {"httpMethod": "POST", "path": "/v1/events", "multiValueHeaders": names, "body": visit}
    rest = handler.handler(event, None)
    assert (http["statusCode"], rest["statusCode"]) == (204, 204)
    assert rest["multiValueHeaders"]["set-cookie"] == http["cookies"]
    assert "cookies" not in rest
