"""A posted event from its first byte to its answer: what a browser sees, and what is never seen."""

import json
from typing import Any

import msgspec
import pytest

from airlock.address_book import Destination
from airlock.outcome import Reason
from airlock.policy import Policy
from airlock.tokens import derive_event_id
from tests.sanitizer.desk import Desk, bodies, reasons, refusal
from tests.sanitizer.visits import AUTHORIZATION, DAY, GONE, IDS, NOW, SITE, TOLD, UUID, change_policy, make_visit

TERMS = {
    "recipients": ["meta"],
    "purposes": ["ad_measurement"],
    "information": ["email", "phone"],
    "signed_at": NOW - DAY,
    "expires_at": NOW + DAY,
    "template_sha256": "0" * 64,
}


# --- the order of the contract, section 1, from the request's side ---

HEADERS = {"origin": SITE, "content-type": "application/json"}
REQUESTS: list[tuple[Reason, int, dict[str, Any]]] = [
    (Reason.METHOD, 405, {"method": "GET"}),
    (Reason.FOREIGN_ORIGIN, 403, {"headers": {"origin": "https://evil.example"}}),
    (Reason.UNSUPPORTED_TYPE, 415, {"headers": {"content-type": "text/html"}}),
    (Reason.TOO_LARGE, 413, {"body": "x" * 8193}),
    (Reason.MALFORMED, 400, {"body": "x"}),
    (Reason.UNKNOWN_EVENT, 204, {"body": json.dumps(make_visit(event="x"))}),
]


@pytest.mark.parametrize("first", range(len(REQUESTS)), ids=[reason for reason, _, _ in REQUESTS])
def test_the_first_of_several_causes_is_the_answer(first: int, desk: Desk) -> None:
    line: dict[str, Any] = {"headers": dict(HEADERS), "body": json.dumps(make_visit())}
    for _, _, change in reversed(REQUESTS[first:]):
        line |= change | {"headers": line["headers"] | change.get("headers", {})}
    result = desk.tell(line.pop("body"), **line)
    assert (refusal(result), result.status, result.answer) == (REQUESTS[first][0], REQUESTS[first][1], None)
    assert desk.queued == []
    assert len(result.logs) == 1


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        SITE + "/",
        SITE.upper(),
        SITE.replace("https", "http"),
        SITE + ":443",
        SITE + ".evil.example",
        "https://evil.example",
        f"{SITE},{SITE}",
        f" {SITE}x",
    ],
)
def test_an_origin_that_is_not_exactly_one_of_the_sites_is_foreign(origin: str | None, desk: Desk) -> None:
    """CORS alone would let the event in and merely hide the answer."""
    headers = {"content-type": "application/json"} | ({} if origin is None else {"origin": origin})
    result = desk.tell(make_visit(), headers=headers)
    assert (result.status, refusal(result)) == (403, Reason.FOREIGN_ORIGIN)


def test_headers_that_only_claim_something_change_nothing(desk: Desk) -> None:
    """A forged forwarding header is no origin, no method and no address."""
    forged = {
        "x-forwarded-host": "evil.example",
        "x-original-url": "/v1/health",
        "x-http-method-override": "GET",
        "forwarded": "for=1.2.3.4",
        "referer": "https://evil.example/botox",
        "user-agent": "semaglutide",
    }
    assert bodies(desk.tell(make_visit(), headers=HEADERS | forged)) == bodies(desk.tell(make_visit()))


@pytest.mark.parametrize("spelling", ["Origin", "ORIGIN", "oRiGiN"])
def test_header_names_have_no_case(spelling: str, desk: Desk) -> None:
    result = desk.tell(make_visit(), headers={spelling: SITE, "CONTENT-TYPE": "text/plain;charset=UTF-8"})
    assert (result.status, refusal(result)) == (204, None)


@pytest.mark.parametrize(("size", "status"), [(8191, 204), (8192, 204), (8193, 413), (8192 * 100, 413)])
def test_a_body_has_at_most_eight_kibibytes(size: int, status: int, desk: Desk) -> None:
    """Bytes, not letters."""
    padded = json.dumps(make_visit(title=""))
    padded = padded.replace('"title": ""', f'"title": "{"x" * (size - len(padded))}"')
    assert len(padded) == size
    assert desk.tell(padded).status == status
    wide = padded.replace("xx", "é", 4000)
    assert len(wide.encode()) == size
    assert desk.tell(wide).status == status
    assert desk.tell(padded.encode()).status == status


@pytest.mark.parametrize(
    ("header", "gpc"), [("1", True), (" 1 ", True), ("1, 1", True), ("0,1", True), ("0", False), ("", False)]
)
def test_the_opt_out_header_counts_like_the_one_in_the_body(header: str, gpc: bool, desk: Desk) -> None:  # noqa: FBT001 - a case
    result = desk.tell(make_visit(), headers=HEADERS | {"Sec-GPC": header})
    assert (set(reasons(result).values()) == {Reason.GPC}) is gpc


# --- what an answer gives away ---

SAME: list[dict[str, Any]] = [
    {},
    {"event": "unknown"},
    {"at": 0},
    {"url": "https://foreign.example/"},
    {"url": f"{SITE}/portal"},
    {"gpc": True},
    {"consent": None},
    {"consent": {"marketing": True}},
    {"click": None},
    {"event": "page_view"},
    {"click": {"fbclid": "semaglutide-jane-doe"}},
]


@pytest.mark.parametrize("change", SAME, ids=range(len(SAME)))
def test_taken_withheld_and_refused_look_the_same(change: dict[str, Any], desk: Desk) -> None:
    """Who watches the answers learns nothing of a visitor's consent, nor of the policy."""
    taken, _ = desk.post(make_visit(**change))
    plain, _ = desk.post(make_visit(click=None))
    cookies = taken.answer.pop("cookies", None)
    assert taken.answer == plain.answer
    assert (cookies is not None) is (change in ({}, {"event": "page_view"}))


def test_the_clinics_own_site_may_read_that_it_was_answered(desk: Desk) -> None:
    for origin in (SITE, "https://book.glow-medspa.example"):
        headers = desk.post(make_visit(), origin=origin)[0].answer["headers"]
        assert (headers["access-control-allow-origin"], headers["vary"]) == (origin, "origin")
    foreign = desk.post(make_visit(), origin="https://evil.example")[0].answer["headers"]
    assert "access-control-allow-origin" not in foreign


# --- the cookie ---


def test_a_click_id_is_kept_for_the_visitor_who_consented(desk: Desk) -> None:
    taken, _ = desk.post(make_visit(click={"fbclid": IDS["fbclid"], "at": NOW - DAY}))
    value = f"fbclid:{NOW - DAY}:{IDS['fbclid']}"
    assert taken.answer["cookies"] == [
        f"airlock_click={value}; Max-Age=7776000; Path=/v1; HttpOnly; Secure; SameSite=Lax"
    ]
    told = bodies(desk.tell(make_visit(click=None), headers=HEADERS | {"cookie": f"_ga=1; airlock_click={value}"}))
    assert told["meta"]["data"][0]["user_data"]["fbc"] == f"fb.1.1795446900000.{IDS['fbclid']}".replace(
        "1795446900000", str(-(-(NOW - DAY) // 900_000) * 900_000)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"consent": None},
        {"consent": {"marketing": False, "at": NOW}},
        {"consent": {"marketing": True}},
        {"gpc": True},
        {"click": None},
        {"click": {"fbclid": "bad"}},
        {"event": "unknown"},
        {"url": f"{SITE}/portal"},
        {"at": 0},
    ],
    ids=range(9),
)
def test_nothing_is_kept_without_consent_or_without_a_click_id(change: dict[str, Any], desk: Desk) -> None:
    assert "cookies" not in desk.post(make_visit(**change))[0].answer


def test_a_cookie_is_not_renewed_by_itself(desk: Desk) -> None:
    """Ninety days are ninety days, however often the visitor returns."""
    cookie = f"airlock_click=fbclid:{NOW - DAY}:{IDS['fbclid']}"
    assert "cookies" not in desk.post(make_visit(click=None), cookie=cookie)[0].answer


def test_a_new_click_joins_what_is_kept(desk: Desk) -> None:
    cookie = f"airlock_click=fbclid:{NOW - DAY}:{IDS['fbclid']}"
    taken, _ = desk.post(make_visit(click={"gclid": IDS["gclid"]}), cookie=cookie)
    assert taken.answer["cookies"][0].split(";")[0] == f"{cookie}|gclid:{NOW - 120_000}:{IDS['gclid']}"


@pytest.mark.parametrize("change", [{"gpc": True}, {"consent": None}, {"consent": {"marketing": False, "at": NOW}}])
def test_who_withdraws_is_forgotten(change: dict[str, Any], desk: Desk) -> None:
    taken, _ = desk.post(make_visit(**change), cookie=f"airlock_click=fbclid:{NOW - DAY}:{IDS['fbclid']}")
    assert taken.answer["cookies"] == ["airlock_click=; Max-Age=0; Path=/v1; HttpOnly; Secure; SameSite=Lax"]


# --- queues ---


@pytest.mark.parametrize("full", [frozenset({Destination.META}), frozenset(TOLD)])
def test_a_queue_that_refuses_makes_the_browser_come_again(full: frozenset[Destination], desk: Desk) -> None:
    """Accepted means on every queue; until then the event is the browser's to repeat, under the same ids."""
    desk.full = full
    taken, logs = desk.post(make_visit())
    assert (taken.answer["statusCode"], taken.answer["body"]) == (503, "")
    assert int(taken.answer["headers"]["retry-after"]) > 0
    assert taken.answer["headers"]["access-control-allow-origin"] == SITE
    assert "cookies" not in taken.answer
    written = {line["destination"]: line.get("reason") for line in map(json.loads, logs)}
    assert {to for to, reason in written.items() if reason == Reason.QUEUE_UNAVAILABLE} == full
    desk.full = frozenset()
    again, logs = desk.post(make_visit())
    assert again.answer["statusCode"] == 204
    assert {json.loads(line)["outcome"] for line in logs} == {"accepted"}


def test_a_visit_that_is_not_told_never_meets_a_full_queue(desk: Desk) -> None:
    desk.full = frozenset(TOLD)
    assert desk.post(make_visit(gpc=True))[0].answer["statusCode"] == 204
    assert desk.post(make_visit(click=None))[0].answer["statusCode"] == 204


# --- the journal ---


def test_every_decision_leaves_one_line_that_names_policy_network_and_reason(desk: Desk, policy: Policy) -> None:
    _, logs = desk.post(make_visit(click={"fbclid": IDS["fbclid"]}, title="x", props={"variant": "a"}))
    lines = [json.loads(line) for line in logs]
    assert [line["destination"] for line in lines] == list(TOLD)
    assert {line["policy"] for line in lines} == {policy.digest}
    assert [line.get("reason") for line in lines] == [None, "no_identity", "no_identity", "no_identity"]
    assert {line["props"]["variant"] for line in lines} == {"a"}
    assert {line["dropped"]["unknown"] for line in lines} == {1}


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ("canary", None, "json"),
        ('{"canary":1,"canary":1}', None, "duplicate_key"),
        (json.dumps(make_visit(id="canary")), "id", "uuid"),
        (json.dumps(make_visit(url="canary")), "url", "absolute_https"),
        (json.dumps(make_visit(at="canary")), "at", "type"),
        (json.dumps(make_visit(event=GONE)), "event", "missing"),
    ],
)
def test_a_malformed_body_is_logged_by_field_and_rule(body: str, field: str | None, rule: str, desk: Desk) -> None:
    _, logs = desk.post(body)
    (line,) = map(json.loads, logs)
    assert (line["reason"], line.get("field"), line["rule"]) == ("malformed", field, rule)
    assert "canary" not in logs[0]


def test_neither_the_browsers_id_nor_the_authorizations_is_ever_logged(desk: Desk) -> None:
    put = desk.tell(json.dumps(TERMS), method="PUT", path=f"/v1/authorizations/{AUTHORIZATION}")
    assert put.status == 204
    result = desk.tell(make_visit(user={"email": "robin@mail.example"}, authorization=AUTHORIZATION, value=700))
    logs = "\n".join((*put.logs, *result.logs))
    assert UUID not in logs
    assert AUTHORIZATION not in logs
    told = json.loads(result.logs[0])
    assert (told["basis"], told["digests"], len(told["authorization"])) == ("authorization", ["email"], 16)


def test_a_log_line_is_one_json_object_without_control_characters(desk: Desk) -> None:
    for visit in (make_visit(), make_visit(event="a\nb\x1b[31m"), make_visit(props={"variant": "a\r\nb"})):
        _, logs = desk.post(visit)
        assert all(isinstance(json.loads(line), dict) and line.isprintable() for line in logs)


# --- the guard ---


@pytest.mark.parametrize("click_id", ["semaglutide-jane-doe", "robin-invented-gmail-com", "x-078-05-1120-x"])
def test_an_identifier_in_the_guise_of_a_click_id_is_withheld_from_all(click_id: str, desk: Desk) -> None:
    result = desk.tell(make_visit(click=IDS | {"fbclid": click_id}))
    assert set(reasons(result).values()) == {Reason.PHI_SUSPECTED}
    assert desk.queued == []
    assert all(json.loads(line)["rule"] for line in result.logs)
    assert click_id not in "".join(result.logs)


def test_a_label_that_names_a_treatment_stops_what_would_tell_it(policy_text: str) -> None:
    """The second fence catches a bad policy: here a page label that somebody let slip."""
    policy = change_policy(policy_text, ('label = "/services/general-service"', 'label = "/services/botox"'))
    result = Desk(policy).tell(make_visit())
    assert set(reasons(result).values()) == {Reason.PHI_SUSPECTED}


# --- each line of the journal, whole ---

CHAIN = {"chain", "seq", "prev", "version", "schema", "policy"}


def lines_of(logs: list[str]) -> list[dict[str, Any]]:
    return [{key: value for key, value in json.loads(line).items() if key not in CHAIN} for line in logs]


def test_a_refused_request_leaves_exactly_this(desk: Desk) -> None:
    for headers, body, more in (
        ({"content-type": "text/html"}, "{}", {"reason": "unsupported_type"}),
        ({"origin": "https://evil.example"}, "{}", {"reason": "foreign_origin"}),
        ({}, "x" * 9000, {"reason": "too_large"}),
        ({}, "x", {"reason": "malformed", "rule": "json"}),
    ):
        taken, logs = desk.ask("POST", "/v1/events", HEADERS | headers, body)
        assert lines_of(logs) == [{"kind": "decision", "at": NOW, "outcome": "refused", **more}]
        readable = taken.answer["headers"].get("access-control-allow-origin")
        assert readable == (None if "origin" in headers else SITE)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"event": "unknown"}, {"outcome": "refused", "reason": "unknown_event"}),
        ({"at": 0}, {"outcome": "refused", "reason": "bad_time", "event": "lead"}),
        (
            {"url": f"{SITE}/portal"},
            {"outcome": "refused", "reason": "private_page", "event": "lead", "surface": "private"},
        ),
        (
            {"event": "PageView", "url": f"{SITE}/contact", "title": "x"},
            {
                "outcome": "accepted",
                "event": "page_view",
                "surface": "general",
                "label": "/contact",
                "dropped": {"unknown": 1},
            },
        ),
        (
            {"event": "page_view", "url": f"{SITE}/contact", "props": {"section": "x"}},
            {
                "outcome": "accepted",
                "event": "page_view",
                "surface": "general",
                "label": "/contact",
                "dropped": {"props": 1},
            },
        ),
        (
            {"event": "page_view", "gpc": True},
            {
                "outcome": "withheld",
                "reason": "gpc",
                "event": "page_view",
                "surface": "health",
                "label": "/services/general-service",
            },
        ),
    ],
)
def test_an_event_as_a_whole_leaves_exactly_this(change: dict[str, Any], line: dict[str, Any], desk: Desk) -> None:
    _, logs = desk.post(make_visit(**change))
    assert lines_of(logs) == [{"kind": "decision", "at": NOW, **line}]


@pytest.mark.parametrize(("section", "kept"), [("prices", {"props": {"section": "prices"}}), ("botox", {})])
def test_an_event_for_no_network_is_kept_with_its_properties(
    section: str, kept: dict[str, Any], policy_text: str
) -> None:
    """They are for the clinic's own reports, which count such events too; a word of no closed list is in none."""
    listed = 'name = "page_view"\nprops = { section = ["prices", "team"] }'
    policy = change_policy(policy_text, ('name = "page_view"', listed))
    _, logs = Desk(policy).post(make_visit(event="page_view", url=f"{SITE}/contact", props={"section": section}))
    line = {"kind": "decision", "at": NOW, "outcome": "accepted", "event": "page_view"}
    page = {"surface": "general", "label": "/contact"}
    assert lines_of(logs) == [{**line, **page, **(kept or {"dropped": {"props": 1}})}]


def test_each_network_leaves_exactly_this(desk: Desk) -> None:
    _, logs = desk.post(make_visit(click={"fbclid": IDS["fbclid"]}, props={"variant": "a"}))
    shared = {
        "kind": "decision",
        "at": NOW,
        "event": "lead",
        "surface": "health",
        "label": "/services/general-service",
        "source": "website",
        "props": {"variant": "a"},
    }
    ids = {str(to): str(derive_event_id(to, UUID)) for to in TOLD}
    ((_, message),) = desk.queued
    told = {
        "outcome": "accepted",
        "click_id": "fbclid",
        "basis": "consent",
        "not_before": 1_795_533_300,
        "bytes": len(message),
    }
    lines = lines_of(logs)
    assert lines[0] == {**shared, **told, "destination": "meta", "event_id": ids["meta"]}
    untold = {"outcome": "withheld", "reason": "no_identity"}
    assert lines[1:] == [
        {**shared, **untold, "destination": to, "event_id": ids[to]} for to in ("google", "tiktok", "linkedin")
    ]


def test_a_hit_of_the_guard_changes_only_what_would_have_been_told(desk: Desk) -> None:
    """The line of a network that got nothing anyway keeps its own reason, and no rule."""
    taken, logs = desk.post(make_visit(click={"fbclid": "semaglutide-jane-doe"}))
    assert [(d.destination, str(d.event_id), d.result) for d in taken.decisions] == [
        (to, str(derive_event_id(to, UUID)), Reason.PHI_SUSPECTED if to is Destination.META else Reason.NO_IDENTITY)
        for to in TOLD
    ]
    lines = lines_of(logs)
    assert [(line["reason"], line.get("rule")) for line in lines] == [
        ("phi_suspected", "drug"),
        *[("no_identity", None)] * 3,
    ]
    assert {line["outcome"] for line in lines} == {"withheld"}


def test_the_answer_of_a_full_queue_can_be_read_by_the_script_that_has_to_wait(desk: Desk) -> None:
    desk.full = frozenset({Destination.META})
    taken, _ = desk.post(make_visit())
    assert taken.answer["headers"]["access-control-expose-headers"] == "retry-after"
    assert taken.refused is None
    assert [decision.destination for decision in taken.decisions] == list(TOLD)


def test_the_workbenchs_own_pages_may_be_plain(policy: Policy) -> None:
    own = "http://127.0.0.1:8787"
    desk = Desk(policy)
    intake = desk.preview._airlock.intake
    rules = msgspec.structs.replace(intake.rules, sites=intake.rules.sites | {own})
    changed = msgspec.structs.replace(intake, rules=rules, own_sites=frozenset({own}))
    desk.preview._airlock = msgspec.structs.replace(desk.preview._airlock, intake=changed)
    taken, _ = desk.post(make_visit(url=f"{own}/contact"), origin=own)
    assert (taken.answer["statusCode"], taken.refused) == (204, None)
