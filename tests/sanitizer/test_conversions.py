"""Batches of a clinic's systems: each item by itself, each answer with its reason, the same gates as a visitor's."""

import json
from typing import Any

import pytest
from msgspec import structs

from airlock import wire
from airlock.address_book import Destination
from airlock.authorization import AuthorizationsInMemory
from airlock.clean import Source
from airlock.policy import Policy
from airlock.policy_document import compile_policy
from airlock.table import UnavailableError
from sanitizer.conversions import split_batch
from sanitizer.handler import respond
from sanitizer.raw import MAX_BYTES, NotAnEventError
from tests.clinic_systems import DAY, FBCLID, NOW, Clinic, conversion, uuid
from workbench.request import as_http_event, signed

LI_FAT_ID = "0f3c8a1e-7b52-4d7a-9c41-2d6e8b90a1f3"


class Unreachable(AuthorizationsInMemory):
    def find(self, ref: object) -> None:
        del ref
        raise UnavailableError("get_item: ThrottlingException")


@pytest.fixture
def clinic(policy: Policy) -> Clinic:
    return Clinic(policy)


def reasons(results: list[dict[str, Any]]) -> list[str | None]:
    assert all(result["status"] == ("refused" if result["reason"] else "accepted") for result in results)
    return [result["reason"] for result in results]


def test_a_phone_call_with_a_click_id_is_accepted_and_told_as_a_phone_call(clinic: Clinic) -> None:
    assert clinic.tell(conversion()) == [{"id": uuid(1), "status": "accepted", "reason": None}]
    [(destination, message)] = clinic.outbox.messages
    assert destination is Destination.GOOGLE
    assert wire.read(message).source is Source.PHONE_CALL


@pytest.mark.parametrize(
    ("source", "told"),
    [("crm", Source.CRM), ("in_person", Source.IN_PERSON), ("phone_call", Source.PHONE_CALL), (None, Source.CRM)],
)
def test_where_it_happened_is_told_truthfully(clinic: Clinic, source: str | None, told: Source) -> None:
    """A system's record that names no page and no source did not happen on the website."""
    clinic.tell(conversion(source=source))
    assert wire.read(clinic.outbox.messages[0][1]).source is told


def test_a_record_of_a_page_counts_as_the_website_and_its_page_rules_hold(clinic: Clinic) -> None:
    site = "https://www.glow-medspa.example"
    told = clinic.tell(
        conversion(1, source=None, url=f"{site}/contact?gclid=Cj0KCQiAvExample-gclid_OfThePage-BBBB"),
        conversion(2, url=f"{site}/portal/results"),
        conversion(3, url="https://elsewhere.example/"),
        conversion(4, url="http://www.glow-medspa.example/"),
        conversion(5, url=None),
    )
    assert reasons(told) == [None, "private_page", "foreign_page", "malformed", None]
    event = wire.read(clinic.outbox.messages[0][1])
    assert event.source is Source.WEBSITE
    assert event.click is not None
    assert event.click.endswith("OfThePage-BBBB")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"event": "botox_booking"}, "unknown_event"),
        ({"consent": None}, "no_consent"),
        ({"consent": {"marketing": "yes", "at": NOW - DAY}}, "no_consent"),
        ({"consent": {"marketing": True}}, "stale_consent"),
        ({"consent": {"marketing": True, "at": NOW - 300 * DAY}}, "stale_consent"),
        ({"gpc": True}, "gpc"),
        ({"click": {}}, "no_identity"),
        ({"click": {}, "user": {"phone": "(415) 555-0132"}}, "no_authorization"),
        ({"event": "page_view"}, "not_configured"),
        ({"source": "billboard"}, "malformed"),
        ({"source": 7}, "malformed"),
        ({"id": "not-a-uuid"}, "malformed"),
        ({"event": None}, "malformed"),
        ({"at": NOW + 6 * 60_000}, "bad_time"),
        ({"at": NOW - 91 * DAY}, "bad_time"),
        ({"at": -(10**30)}, "bad_time"),
        ({"url": "http://127.0.0.1:8787/"}, "malformed"),
        ({"props": {"note": "x" * 9000}}, "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_refusal_names_its_first_reason(clinic: Clinic, fields: dict[str, Any], reason: str) -> None:
    assert reasons(clinic.tell(conversion(**fields))) == [reason]
    assert clinic.outbox.messages == []


def test_an_opt_out_that_the_caller_passes_on_holds_for_every_record_of_the_batch(clinic: Clinic) -> None:
    """The header of Global Privacy Control counts on this route as on the visitors'."""
    assert reasons(clinic.tell(conversion(1), conversion(2), sec_gpc="1")) == ["gpc", "gpc"]
    assert reasons(clinic.tell(conversion(1), conversion(2), sec_gpc="0")) == [None, None]


def test_consent_is_judged_when_it_happened_and_not_when_it_is_told(clinic: Clinic) -> None:
    """Consent that was fresh at a treatment two months ago is fresh for it today; one given afterwards is not."""
    then = NOW - 60 * DAY
    told = clinic.tell(
        conversion(1, at=then, consent={"marketing": True, "at": then - 179 * DAY}),
        conversion(2, at=then, consent={"marketing": True, "at": then - 181 * DAY}),
        conversion(3, at=then, consent={"marketing": True, "at": then + DAY}),
    )
    assert reasons(told) == [None, "stale_consent", "stale_consent"]


@pytest.mark.parametrize(
    ("age", "source", "told", "expired"),
    [
        (6, "phone_call", {"meta", "google", "linkedin"}, set()),
        (8, "phone_call", {"google", "linkedin"}, {"meta"}),
        (61, "phone_call", {"google", "linkedin"}, {"meta"}),
        (61, "in_person", {"meta", "google", "linkedin"}, set()),
        (63, "in_person", {"google", "linkedin"}, {"meta"}),
        (89, "crm", {"google", "linkedin"}, {"meta"}),
    ],
)
def test_each_network_is_told_as_late_as_it_takes_it(
    clinic: Clinic, age: int, source: str, told: set[str], expired: set[str]
) -> None:
    click = {"gclid": conversion()["click"]["gclid"], "fbclid": FBCLID, "li_fat_id": LI_FAT_ID}
    assert reasons(clinic.tell(conversion(at=NOW - age * DAY, source=source, click=click))) == [None]
    assert {str(destination) for destination, _ in clinic.outbox.messages} == told
    withheld = {line["destination"] for line in clinic.lines() if line.get("reason") == "expired"}
    assert withheld - {"tiktok"} == expired


def test_what_is_too_old_for_every_network_that_it_is_for_is_a_bad_time(policy_text: str) -> None:
    """`contact` goes to Meta and Google; without Google there is nobody left for it after a week."""
    text = policy_text.replace('to = ["meta", "google", "ga4"]', 'to = ["meta", "ga4"]')
    clinic = Clinic(compile_policy(text))
    event = conversion(event="contact", at=NOW - 8 * DAY, click={"fbclid": FBCLID})
    assert reasons(clinic.tell(event)) == ["bad_time"]


def test_a_visitor_gets_no_longer_window_by_the_systems_one(clinic: Clinic) -> None:
    event = conversion(at=NOW - 8 * DAY, url="https://www.glow-medspa.example/")
    taken = clinic.ask("POST", "/v1/events", json.dumps(event), is_signed=False, origin=clinic.policy.sites[0])
    assert taken.refused == "bad_time"


@pytest.mark.parametrize(
    "broken",
    [
        '{"id": "a", "id": "b"}',
        '{"a":[[[[[[1]]]]]]}',
        "[" * 4000 + "]" * 4000,
        '{"value": NaN}',
        '{"value": 1' + "0" * 5000 + "}",
        r'{"event": "\ud800"}',
        "null",
        "17",
        '"text"',
        "[]",
        '{"event": lead}',
        '{"event": "lead", "id": "\x01"}',
    ],
    ids=range(12),
)
def test_one_items_fault_spoils_no_other(clinic: Clinic, broken: str) -> None:
    good = [json.dumps(conversion(number)) for number in (1, 2)]
    taken = clinic.ask("POST", "/v1/conversions", f'{{"events":[{good[0]},{broken}, {good[1]} ]}}')
    results = json.loads(taken.answer["body"])["results"]
    assert [result["reason"] for result in results] == [None, "malformed", None]
    assert [result["id"] for result in results] == [uuid(1), None, uuid(2)]
    assert len(clinic.outbox.messages) == 2


def test_an_item_whose_bytes_are_no_utf_8_is_malformed_and_the_others_are_taken(clinic: Clinic) -> None:
    good = json.dumps(conversion()).encode()
    taken = clinic.ask("POST", "/v1/conversions", b'{"events":[' + good + b',{"event":"\xff\xfe"}]}')
    assert reasons(json.loads(taken.answer["body"])["results"]) == [None, "malformed"]


def test_what_is_wrong_with_an_item_is_written_down_by_field_and_rule(clinic: Clinic) -> None:
    items = ['{"id": "a", "id": "b"}', '{"a":[[[[1]]]]}', "7", json.dumps(conversion(source="billboard"))]
    items.append(json.dumps(conversion(note="x" * 9000)))
    clinic.ask("POST", "/v1/conversions", f'{{"events":[{",".join(items)}]}}')
    lines = clinic.lines()
    assert {(line["kind"], line["at"], line["outcome"]) for line in lines} == {("decision", NOW, "refused")}
    assert [(line["reason"], line.get("field"), line.get("rule")) for line in lines] == [
        ("malformed", None, "duplicate_key"),
        ("malformed", None, "depth"),
        ("malformed", None, "object"),
        ("malformed", "source", "one_of"),
        ("too_large", None, None),
    ]


def test_an_item_of_eight_kibibytes_is_taken_and_one_byte_more_is_not(clinic: Clinic) -> None:
    spare = MAX_BYTES - len(json.dumps(conversion(1, note="")))
    told = clinic.tell(*(conversion(number, note="x" * (spare + number - 1)) for number in (1, 2)))
    assert reasons(told) == [None, "too_large"]
    assert [result["id"] for result in told] == [uuid(1), uuid(2)]


def test_space_that_json_does_not_know_makes_an_item_malformed(clinic: Clinic) -> None:
    """A form feed is white space to Python, and none to JSON: no two parsers may read one batch in two ways."""
    good = json.dumps(conversion())
    for items in ("\f{good},{good}", "{good},{good}\v", "{good}\f,{good}"):
        body = '{"events":[' + items.replace("{good}", good) + "]}"
        results = json.loads(clinic.ask("POST", "/v1/conversions", body).answer["body"])["results"]
        assert sorted(map(str, reasons(results))) == ["None", "malformed"]


def test_a_page_of_the_workbench_counts_as_one_of_the_clinics_own(clinic: Clinic) -> None:
    site = "http://127.0.0.1:8787"
    rules = structs.replace(clinic.airlock.intake.rules, sites=frozenset({site}))
    intake = structs.replace(clinic.airlock.intake, rules=rules, own_sites=frozenset({site}))
    clinic.airlock = structs.replace(clinic.airlock, intake=intake)
    assert reasons(clinic.tell(conversion(1, url=f"{site}/contact"), conversion(2, url="http://a.example/"))) == [
        None,
        "malformed",
    ]


def test_an_item_is_answered_under_its_id_as_it_was_written(clinic: Clinic) -> None:
    """The caller finds its record again, even where the item could not be read in full."""
    shouted = uuid(0xABC).upper()
    told = clinic.tell(conversion(id=shouted), {"id": shouted, "event": 5}, {"id": 7})
    assert [result["id"] for result in told] == [shouted, shouted, None]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("", "object"),
        ("[]", "object"),
        ('"events"', "object"),
        ("{}", "missing"),
        ('{"events": {}}', "type"),
        ('{"events": null}', "type"),
        ('{"events": [}', "json"),
        ('{"events": []', "object"),
        ('{"events": [],}', "json"),
        ('{"events": [1,,2]}', "json"),
        ('{"events": [{},]}', "json"),
        ('{"events": [,{}]}', "json"),
        ('{"events": [], "events": []}', "duplicate_key"),
        ('{"events": [], "\\u0065vents": []}', "duplicate_key"),
        ('{"events": [], "more": nonsense}', "json"),
        ('{"events": [] "more": 1}', "json"),
        ('{"events": ["open]}', "json"),
        ('{"events": []}}', "json"),
        ('{"events": []]}', "json"),
        ("{events: []}", "json"),
        ('{"ev\x01ents": []}', "json"),
        ('{"events"\f: []}', "json"),
        ('{\f"events": []}', "json"),
        ('\f{"events": []}', "object"),
        ('{"events": []}\v', "object"),
        ('{"events":\f[]}', "type"),
        ('{"events": [], "more":\f1}', "json"),
        ('{"events": [' + ",".join(["{}"] * 101) + "]}", "at_most_100"),
    ],
    ids=range(28),
)
def test_a_batch_that_is_none_is_refused_as_a_whole(clinic: Clinic, body: str, rule: str) -> None:
    taken = clinic.ask("POST", "/v1/conversions", body)
    element = "events" if rule in {"missing", "type", "at_most_100"} else "body"
    told = {"reason": "malformed", "element": element, "rule": rule}
    assert (taken.answer["statusCode"], json.loads(taken.answer["body"])) == (400, told)
    assert (taken.answer["headers"]["content-type"], taken.refused) == ("application/json", "malformed")
    [line] = clinic.lines()
    assert (line["at"], line["outcome"], line["reason"]) == (NOW, "refused", "malformed")
    assert (line["field"], line["rule"]) == (element, rule)
    assert clinic.outbox.messages == []


def test_a_hundred_items_are_a_batch_and_no_items_are_one_too(clinic: Clinic) -> None:
    assert len(clinic.tell(*(conversion(number) for number in range(100)))) == 100
    assert clinic.tell() == []


def test_splitting_gives_the_items_as_a_parser_would_find_them() -> None:
    """Brackets, commas and quotes inside of strings are text."""
    items = [{"a": 'x,]}"\\'}, {"b": ["[", {"c": ","}]}, {}, 'te"xt', [1, 2], None]
    body = json.dumps({"other": ["events", {"events": [1]}], "events": items}, indent=1).encode()
    assert [json.loads(item) for item in split_batch(body)] == items
    with pytest.raises(NotAnEventError):
        split_batch(body[:-1])


def test_a_batch_of_more_than_a_mebibyte_is_too_large(clinic: Clinic) -> None:
    body = json.dumps({"events": [conversion(number, note="x" * 8_000) for number in range(100)]})
    assert len(body) < 1 << 20
    full = body + " " * ((1 << 20) - len(body))
    assert clinic.ask("POST", "/v1/conversions", full).answer["statusCode"] == 200
    refused = clinic.ask("POST", "/v1/conversions", full + " ")
    assert (refused.answer["statusCode"], json.loads(refused.answer["body"])) == (413, {"reason": "too_large"})
    assert (clinic.lines()[-1]["at"], clinic.lines()[-1]["reason"]) == (NOW, "too_large")


def test_nobody_without_a_signature_finds_the_route(clinic: Clinic) -> None:
    for method in ("POST", "GET", "OPTIONS"):
        taken = clinic.ask(method, "/v1/conversions", json.dumps({"events": [conversion()]}), is_signed=False)
        assert (taken.answer["statusCode"], taken.refused) == (404, "unknown_path")
    assert clinic.outbox.messages == []


def test_other_methods_and_encodings_are_refused(clinic: Clinic) -> None:
    body = json.dumps({"events": [conversion()]})
    assert clinic.ask("GET", "/v1/conversions", body).answer["statusCode"] == 405
    assert clinic.ask("POST", "/v1/conversions", body, content_encoding="gzip").answer["statusCode"] == 415
    assert clinic.ask("POST", "/v1/conversions", body, content_type="text/csv").answer["statusCode"] == 415
    assert [(line["at"], line["reason"]) for line in clinic.lines()] == [
        (NOW, "method"),
        (NOW, "unsupported_type"),
        (NOW, "unsupported_type"),
    ]
    assert clinic.outbox.messages == []


def test_a_caller_that_names_no_content_type_is_taken_to_send_json(clinic: Clinic) -> None:
    event = as_http_event("POST", "/v1/conversions", {}, json.dumps({"events": [conversion()]}))
    answer = respond(signed(event), clinic.airlock).answer
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "application/json")
    assert reasons(json.loads(answer["body"])["results"]) == [None]


def test_the_workbench_is_shown_what_was_decided_about_each_item(policy: Policy) -> None:
    """`airlock preview` prints it; the caller is told the reasons alone."""
    clinic = Clinic(policy, on_file=Unreachable())
    items = (
        conversion(1),
        conversion(2, consent=None),
        conversion(3, event="botox_booking"),
        conversion(4, source="billboard"),
        conversion(5, note="x" * 9000),
        conversion(6, authorization="auth_Zq8LkT3vWc5Yp0Ra"),
    )
    taken = clinic.ask("POST", "/v1/conversions", json.dumps({"events": items}))
    assert [(verdict.refused, verdict.withheld, bool(verdict.decisions)) for verdict in taken.items] == [
        (None, None, True),
        (None, "no_consent", True),
        ("unknown_event", None, False),
        ("malformed", None, False),
        ("too_large", None, False),
        ("unavailable", None, False),
    ]


def test_a_cookie_of_the_caller_says_nothing_about_the_patient(clinic: Clinic) -> None:
    cookie = f"airlock_click=fbclid:{NOW - DAY}:{FBCLID}"
    clinic.tell(conversion(), cookie=cookie)
    assert [destination for destination, _ in clinic.outbox.messages] == [Destination.GOOGLE]


def test_the_same_record_told_again_gives_the_same_messages(clinic: Clinic) -> None:
    first, second = clinic.tell(conversion()), clinic.tell(conversion())
    assert first == second
    assert clinic.outbox.messages[0] == clinic.outbox.messages[1]


def test_a_queue_that_refuses_is_told_and_not_asked_a_hundred_times(clinic: Clinic) -> None:
    """What was half queued is refused as a whole: told again under the same id it counts once."""
    clinic.outbox.down = {Destination.GOOGLE}
    both = {"gclid": conversion()["click"]["gclid"], "fbclid": FBCLID}
    told = clinic.tell(
        *(conversion(number, click=both) for number in range(5)), conversion(9, click={"fbclid": FBCLID})
    )
    assert reasons(told) == ["queue_unavailable"] * 5 + [None]
    assert clinic.outbox.asked.count(Destination.GOOGLE) == 1
    assert clinic.outbox.asked.count(Destination.META) == 6


def test_a_click_id_that_says_something_about_health_stops_its_event_everywhere(clinic: Clinic) -> None:
    told = clinic.tell(conversion(1, click={"gclid": "semaglutide-injection-now", "fbclid": FBCLID}), conversion(2))
    assert reasons(told) == ["phi_suspected", None]
    assert len(clinic.outbox.messages) == 1


def test_where_authorizations_cannot_be_looked_up_the_record_is_to_be_told_again(policy: Policy) -> None:
    """Neither is the digest told without the look-up, nor is the event lost, nor do the others wait for it."""
    clinic = Clinic(policy, on_file=Unreachable())
    told = clinic.tell(conversion(1, authorization="auth_Zq8LkT3vWc5Yp0Ra"), conversion(2))
    assert reasons(told) == ["unavailable", None]
    assert [result["id"] for result in told] == [uuid(1), uuid(2)]
    assert len(clinic.outbox.messages) == 1
    [fault] = [line for line in clinic.lines() if line["kind"] == "fault"]
    assert (fault["at"], fault["reason"], fault["type"]) == (NOW, "unavailable", "UnavailableError")


def test_a_bug_in_one_item_is_that_items_affair(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanitizer.pipeline._weigh", lambda *_: 1 / 0)
    body = json.dumps({"events": [conversion(1), conversion(2, consent=None)]})
    taken = clinic.ask("POST", "/v1/conversions", body)
    results = json.loads(taken.answer["body"])["results"]
    assert reasons(results) == ["internal", "no_consent"]
    assert [result["id"] for result in results] == [uuid(1), uuid(2)]
    assert [verdict.refused for verdict in taken.items] == ["internal", None]
    [fault] = [line for line in clinic.lines() if line["kind"] == "fault"]
    assert (fault["at"], fault["reason"], fault["type"]) == (NOW, "internal", "ZeroDivisionError")
