"""Webhooks: only what a hook's secret signed just now and once is read, and of it only what the policy maps."""

import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest

from airlock import wire
from airlock.address_book import Destination
from airlock.clean import Source
from airlock.hook import Hook
from airlock.policy import Policy
from airlock.policy_document import compile_policy
from sanitizer.handler import respond
from sanitizer.hook_record import map_record
from sanitizer.hook_secrets import SecretsManagerSecrets
from sanitizer.hooks import MAX_HOOK_BYTES, Doors, open_doors
from sanitizer.intake import Taken
from sanitizer.receipts import Receipts, ReceiptsInMemory, ReceiptTable
from tests.clinic_systems import DAY, FBCLID, GCLID, NOW, Clinic, FakeDynamo, conversion
from workbench.request import as_http_event

SECRET = "an-invented-hook-secret"
CANARY = "canary-7d1f"


def written(epoch_ms: int) -> str:
    """As CallRail writes a time, for whole seconds of 2026-11-24, UTC."""
    seconds = epoch_ms // 1000 - 1_795_478_400
    return f"2026-11-24T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000-00:00"


def call(**changed: Any) -> dict[str, Any]:
    """A payload with the keys of CallRail's post-call webhook, of an invented call; the canary is all over it."""
    began = written(NOW - 600_000)
    document = {
        "answered": True,
        "call_type": "first_call",
        "company_name": CANARY,
        "created_at": began,
        "customer_city": CANARY,
        "customer_country": "US",
        "customer_name": f"Jane {CANARY}",
        "customer_phone_number": "+14155550132",
        "customer_state": "CA",
        "direction": "inbound",
        "duration": "413",
        "first_call": True,
        "formatted_customer_name_or_phone_number": f"Jane {CANARY}",
        "id": 900000001,
        "resource_id": "CAL00000000000000000000000000000001",
        "keywords": f"semaglutide {CANARY}",
        "landing_page_url": f"https://www.glow-medspa.example/services/weight-loss?utm_term={CANARY}",
        "note": f"asked about semaglutide, {CANARY}",
        "recording": f"https://calls.example/{CANARY}",
        "start_time": began,
        "tags": ["new patient", "Ad consent: yes"],
        "tracking_phone_number": "+14155550100",
        "transcription": f"Hello, this is Jane, I take semaglutide {CANARY}",
        "conversational_transcript": [{"speaker": "caller", "phrase": CANARY}],
        "gclid": GCLID,
        "fbclid": FBCLID,
        "value": "",
        "timestamp": began,
    }
    return {key: value for key, value in (document | changed).items() if value is not ...}


class Phone:
    """A clinic whose hooks are open, and a sender that knows, or does not know, how to sign to it."""

    def __init__(self, policy: Policy, receipts: Receipts | None = None, secret: str = SECRET) -> None:
        self.now = NOW
        self.clinic = Clinic(policy, lambda: self.now)
        self.looked_up: list[str] = []

        def fetch(name: str) -> str:
            self.looked_up.append(name)
            return secret

        doors = Doors(SecretsManagerSecrets(fetch), receipts or ReceiptsInMemory())
        self.clinic.airlock = msgspec.structs.replace(self.clinic.airlock, doors=doors)

    def ring(self, payload: Any, name: str = "calls", secret: str = SECRET, **headers: str) -> Taken:
        body = payload if isinstance(payload, str) else json.dumps(payload)
        signature = base64.b64encode(hmac.digest(secret.encode(), body.encode(), "sha1")).decode()
        return self.send(name, body, **({"signature": signature} | headers))

    def book(self, payload: Any, secret: str = SECRET, at: int | None = None) -> Taken:
        body = json.dumps(payload)
        stamp = (at or self.now) // 1000
        digest = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
        return self.send("bookings", body, x_airlock_signature=f"t={stamp},v1={digest}")

    def send(self, name: str, body: str, **headers: str) -> Taken:
        return self.clinic.ask("POST", f"/v1/hooks/{name}", body, is_signed=False, **headers)

    def events(self) -> dict[Destination, Any]:
        return {destination: wire.read(message) for destination, message in self.clinic.outbox.messages}


@pytest.fixture
def phone(policy: Policy) -> Phone:
    return Phone(policy)


def status(taken: Taken) -> int:
    code: int = taken.answer["statusCode"]
    return code


def test_a_call_with_the_consent_tag_is_told_by_its_click_ids(phone: Phone) -> None:
    taken = phone.ring(call())
    assert (status(taken), taken.answer["body"]) == (204, "")
    events = phone.events()
    assert events.keys() == {Destination.META, Destination.GOOGLE}
    assert {event.source for event in events.values()} == {Source.PHONE_CALL}
    assert {event.event for event in events.values()} == {"contact"}
    assert phone.looked_up == ["airlock/hooks/calls"]


@pytest.mark.parametrize(
    "tags", [[], ["new patient"], ["ad consent: yes please"], "Ad consent: no", None, [["Ad consent: yes"]]]
)
def test_a_call_without_the_agreed_word_is_withheld(phone: Phone, tags: Any) -> None:
    assert status(phone.ring(call(tags=tags))) == 204
    assert phone.clinic.outbox.messages == []
    assert {line["reason"] for line in phone.clinic.lines()} == {"no_consent"}


def test_a_hook_without_a_consent_mapping_tells_nothing(policy_text: str) -> None:
    phone = Phone(compile_policy(policy_text.replace("consent = { field", "# consent = { field")))
    phone.ring(call())
    assert phone.clinic.outbox.messages == []


def test_names_notes_and_transcripts_are_dropped_before_anything_looks_at_them(policy: Policy) -> None:
    """The mapped event holds the six fields that CallRail's preset names, and nothing else of the payload."""
    hook = next(hook for hook in policy.hooks if hook.name == "calls")
    document = map_record(hook, call(), policy.consent_required)
    assert document.keys() == {"event", "source", "id", "at", "user", "click", "consent"}
    assert document["user"] == {"phone": "+14155550132"}
    assert document["click"] == {"gclid": GCLID, "fbclid": FBCLID}
    assert CANARY not in json.dumps(document)


def test_nothing_of_the_payload_is_in_the_log_or_on_a_queue(phone: Phone) -> None:
    phone.ring(call())
    phone.ring(call(), secret="a-secret-of-somebody-else")
    phone.ring(call(timestamp=written(NOW - 10 * 3_600_000)))
    phone.ring(call(start_time=CANARY, timestamp=written(NOW - 5_000)))
    for text in (phone.clinic.log.getvalue(), repr(phone.clinic.outbox.messages)):
        for trace in (CANARY, "semaglutide", "5550132", "CAL0000", "Jane", "an-invented"):
            assert trace not in text


@pytest.mark.parametrize(
    ("headers", "secret"),
    [({}, "a-secret-of-somebody-else"), ({"signature": ""}, SECRET), ({"signature": "ÿ"}, SECRET), ({}, "")],
    ids=["wrong-secret", "no-signature", "not-ascii", "empty-secret"],
)
def test_what_no_secret_of_the_hook_signed_is_refused(phone: Phone, headers: dict[str, str], secret: str) -> None:
    taken = phone.ring(call(), secret=secret, **headers)
    assert (status(taken), taken.answer["body"]) == (401, "")
    [line] = phone.clinic.lines()
    assert (line["reason"], line["field"], line["rule"]) == ("bad_signature", "signature", "forged")
    assert phone.clinic.outbox.messages == []


def test_one_changed_byte_breaks_the_signature(phone: Phone) -> None:
    body = json.dumps(call())
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body.encode(), "sha1")).decode()
    changed = body.replace('"inbound"', '"Inbound"')
    assert status(phone.send("calls", changed, signature=signature)) == 401


def test_a_replay_is_refused_and_so_is_one_after_its_window(phone: Phone) -> None:
    assert status(phone.ring(call())) == 204
    assert status(phone.ring(call())) == 401
    phone.now += 7 * 3_600_000
    assert status(phone.ring(call())) == 401
    rules = [line.get("rule") for line in phone.clinic.lines() if line.get("reason") == "bad_signature"]
    assert rules == ["replayed", "stale"]
    assert len(phone.clinic.outbox.messages) == 2


def test_a_signature_from_the_future_is_refused(phone: Phone) -> None:
    assert status(phone.ring(call(timestamp=written(NOW + 301_000)))) == 401
    assert status(phone.ring(call(timestamp=written(NOW + 299_000)))) == 204


@pytest.mark.parametrize("timestamp", [..., None, "", "yesterday", "2026-11-24T15:00:00", [], True, 5])
def test_a_callrail_request_without_a_time_that_can_be_read_is_stale(phone: Phone, timestamp: Any) -> None:
    assert status(phone.ring(call(timestamp=timestamp))) == 401


def test_the_same_call_told_again_under_another_signature_counts_once(phone: Phone) -> None:
    """CallRail tells of a call again when somebody edits it: the event keeps its id."""
    phone.ring(call())
    phone.ring(call(note="edited", timestamp=written(NOW - 5_000)))
    ids = {(destination, wire.read(message).event_id) for destination, message in phone.clinic.outbox.messages}
    assert len(phone.clinic.outbox.messages) == 4
    assert len(ids) == 2


def test_records_that_the_hook_is_not_for_are_left_alone(phone: Phone) -> None:
    assert status(phone.ring(call(direction="outbound"))) == 204
    assert phone.clinic.outbox.messages == []
    [line] = phone.clinic.lines()
    assert (line["kind"], line["at"], line["outcome"]) == ("decision", NOW, "withheld")
    assert (line["reason"], line["source"]) == ("not_configured", "phone_call")


def test_a_queue_that_refuses_lets_the_sender_try_the_very_same_request_again(phone: Phone) -> None:
    phone.clinic.outbox.down = {Destination.META}
    taken = phone.ring(call())
    assert (status(taken), taken.answer["headers"]["retry-after"]) == (503, "5")
    phone.clinic.outbox.down = set()
    assert status(phone.ring(call())) == 204


def test_a_bug_lets_the_sender_try_the_very_same_request_again(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not served is no replay when it comes again, once the bug is mended."""
    with monkeypatch.context() as broken:
        broken.setattr("sanitizer.pipeline._weigh", lambda *_: 1 / 0)
        assert status(phone.ring(call())) == 503
    assert [line["kind"] for line in phone.clinic.lines()] == ["fault"]
    assert status(phone.ring(call())) == 204
    assert status(phone.ring(call())) == 401


def test_every_refusal_is_written_down_with_its_time_and_its_rule(phone: Phone) -> None:
    phone.ring(call(), name="elsewhere")
    phone.clinic.ask("GET", "/v1/hooks/calls", "", is_signed=False)
    phone.ring(call(), content_type="text/csv")
    phone.ring("x" * (MAX_HOOK_BYTES + 1))
    phone.ring(call(), signature="")
    phone.ring(call(), secret="a-secret-of-somebody-else")
    phone.ring(call())
    phone.ring(call())
    phone.ring(call(start_time="soon", id=2))
    phone.ring(call(resource_id=..., id=...))
    phone.book(conversion(gpc="yes"))
    lines = [line for line in phone.clinic.lines() if line["outcome"] == "refused"]
    assert {line["at"] for line in lines} == {NOW}
    assert [(line["reason"], line.get("field"), line.get("rule")) for line in lines] == [
        ("unknown_path", None, None),
        ("method", None, None),
        ("unsupported_type", None, None),
        ("too_large", None, None),
        ("bad_signature", "signature", "forged"),
        ("bad_signature", "signature", "forged"),
        ("bad_signature", "signature", "replayed"),
        ("malformed", "at", "moment"),
        ("malformed", "id", "missing"),
        ("malformed", "gpc", "type"),
    ]


def test_a_record_that_is_not_of_the_contracts_form_is_answered_400(phone: Phone) -> None:
    faults: tuple[dict[str, Any], ...] = ({"gpc": "yes"}, {"authorization": 5}, {"url": "http://127.0.0.1:8787/"})
    for number, fault in enumerate(faults):
        assert status(phone.book(conversion(number, **fault))) == 400
    assert phone.clinic.outbox.messages == []


def test_a_page_of_the_workbench_counts_as_one_of_the_clinics_own(phone: Phone) -> None:
    """Elsewhere a record's page is https, or the record is none."""
    site = "http://127.0.0.1:8787"
    intake = phone.clinic.airlock.intake
    rules = msgspec.structs.replace(intake.rules, sites=intake.rules.sites | {site})
    intake = msgspec.structs.replace(intake, rules=rules, own_sites=frozenset({site}))
    phone.clinic.airlock = msgspec.structs.replace(phone.clinic.airlock, intake=intake)
    assert status(phone.book(conversion(url=f"{site}/contact"))) == 204
    assert phone.events().keys() == {Destination.GOOGLE}


def test_a_record_may_be_told_weeks_after_it_happened(phone: Phone) -> None:
    """As over the route of the clinic's systems: a booking system tells of a visit when it was paid."""
    assert status(phone.book(conversion(at=NOW - 30 * DAY))) == 204
    assert phone.events().keys() == {Destination.GOOGLE}


def test_the_workbench_is_shown_what_was_decided_and_the_sender_is_not(phone: Phone) -> None:
    taken = phone.ring(call())
    assert {str(decision.destination) for decision in taken.decisions} == {"meta", "google"}
    assert (taken.refused, taken.answer["body"]) == (None, "")
    refused = phone.book(conversion(at=NOW + DAY))
    assert (status(refused), refused.refused, refused.decisions) == (204, "bad_time", ())
    phone.clinic.outbox.down = {Destination.META}
    unsure = phone.ring(call(id=2, resource_id="CAL2"))
    assert (status(unsure), unsure.refused, len(unsure.decisions)) == (503, None, 2)


def test_a_sender_that_names_no_content_type_is_taken_to_send_json(phone: Phone) -> None:
    body = json.dumps(call())
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body.encode(), "sha1")).decode()
    event = as_http_event("POST", "/v1/hooks/calls", {"signature": signature}, body)
    assert status(respond(event, phone.clinic.airlock)) == 204
    assert len(phone.clinic.outbox.messages) == 2


def test_a_payload_may_be_a_mebibyte_and_thirty_two_levels_deep(phone: Phone) -> None:
    """A transcript is long and nested; all of it is dropped, and the call counts."""
    deep: Any = "hello"
    for _ in range(29):
        deep = [deep]
    body = json.dumps(call(transcription=deep))
    assert status(phone.ring(body + " " * (MAX_HOOK_BYTES - len(body)))) == 204
    assert len(phone.clinic.outbox.messages) == 2


@pytest.mark.parametrize(
    "payload",
    [
        "[]",
        "nonsense",
        '{"a": 1, "a": 2}',
        call(start_time="soon"),
        call(resource_id=..., id=...),
        call(id={}, resource_id=[]),
    ],
    ids=["array", "no-json", "double-key", "no-time", "no-id", "odd-id"],
)
def test_a_signed_payload_that_cannot_be_read_is_answered_400(phone: Phone, payload: Any) -> None:
    """The generic hook, since CallRail's time is in the payload itself."""
    body = payload if isinstance(payload, str) else json.dumps(payload)
    stamp = NOW // 1000
    digest = hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    if isinstance(payload, str):
        assert status(phone.send("bookings", body, x_airlock_signature=f"t={stamp},v1={digest}")) == 400
    else:
        assert status(phone.ring(payload)) == 400
    assert phone.clinic.outbox.messages == []


def test_a_booking_system_that_writes_the_contracts_names_is_taken_as_it_is(phone: Phone) -> None:
    record = conversion(source="in_person", event="lead", note=CANARY, patient={"name": CANARY})
    assert status(phone.book(record)) == 204
    event = phone.events()[Destination.GOOGLE]
    assert (event.event, event.source) == ("booking", Source.CRM), "the policy says what its records are, not they"


def test_a_bookings_window_is_five_minutes_to_either_side(phone: Phone) -> None:
    for seconds, code in ((301, 401), (-301, 401), (299, 204), (-299, 204)):
        assert status(phone.book(conversion(seconds % 97), at=NOW + seconds * 1000)) == code


@pytest.mark.parametrize(
    "signature",
    ["t={t},v1=" + "0" * 64, "v1={v}", "t={t}", "t={t},t={t},v1={v}", "t=soon,v1={v}", "t={t},v0={v}", "{v}", ""],
)
def test_a_timestamped_signature_of_another_form_is_refused(phone: Phone, signature: str) -> None:
    body, stamp = json.dumps(conversion()), NOW // 1000
    digest = hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    shown = signature.format(t=stamp, v=digest)
    assert status(phone.send("bookings", body, x_airlock_signature=shown)) == 401
    assert phone.clinic.outbox.messages == []


def test_one_of_several_signatures_is_enough_so_that_a_sender_can_rotate(phone: Phone) -> None:
    body, stamp = json.dumps(conversion()), NOW // 1000
    digest = hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    assert status(phone.send("bookings", body, x_airlock_signature=f"t={stamp},v1={'0' * 64},v1={digest}")) == 204


def test_the_secret_before_the_rotation_still_opens(policy: Policy) -> None:
    phone = Phone(policy, secret=json.dumps({"secret": "the-secret-of-this-month", "previous": SECRET}))
    assert status(phone.ring(call())) == 204
    assert status(phone.ring(call(id=1, resource_id="CAL2"), secret="the-secret-of-this-month")) == 204


STANDARD = """
[[hook]]
name = "standard"
signature = "standard"
event = "booking"
source = "in_person"
only = { type = ["visit.completed"] }
consent = { field = "data.person.ads", says = ["true"], at = "data.person.asked_at" }
[hook.fields]
id = ["data.id"]
at = ["data.done_at"]
"user.email" = ["data.person.email"]
"click.gclid" = ["data.gclid"]
value = ["data.paid"]
"""


def test_a_standard_webhook_with_nested_fields_is_mapped(policy_text: str) -> None:
    """standardwebhooks.com: the secret is base64 behind `whsec_`, the message is id, time and body."""
    key = b"an-invented-standard-key"
    phone = Phone(compile_policy(policy_text + STANDARD), secret=f"whsec_{base64.b64encode(key).decode()}")
    record = {"id": 41, "done_at": (NOW - DAY) // 1000, "gclid": GCLID, "paid": "180.00", "treatment": CANARY}
    record["person"] = {"email": "jane@mail.example", "ads": True, "asked_at": NOW - 2 * DAY, "name": CANARY}
    body = json.dumps({"type": "visit.completed", "data": record})

    def send(identifier: str) -> int:
        message = f"{identifier}.{NOW // 1000}.{body}".encode()
        signature = "v1," + base64.b64encode(hmac.digest(key, message, "sha256")).decode()
        stamp = str(NOW // 1000)
        return status(
            phone.send(
                "standard", body, webhook_id=identifier, webhook_timestamp=stamp, webhook_signature=f"v1a,x {signature}"
            )
        )

    assert send("msg_1") == 204
    assert send("msg_1") == 401
    assert phone.events()[Destination.GOOGLE].source is Source.IN_PERSON
    assert send("") == 401


def test_an_unknown_hook_another_method_type_or_size_are_refused_unread(phone: Phone) -> None:
    assert status(phone.ring(call(), name="elsewhere")) == 404
    assert status(phone.clinic.ask("GET", "/v1/hooks/calls", "", is_signed=False)) == 405
    assert status(phone.ring(call(), content_type="application/x-www-form-urlencoded")) == 415
    assert status(phone.ring(call(transcription="x" * (1 << 20)))) == 413
    assert phone.looked_up == []


def test_a_policy_without_hooks_has_no_such_route(policy_text: str) -> None:
    clinic = Clinic(compile_policy(policy_text[: policy_text.index("# --- Webhooks")]))
    assert clinic.ask("POST", "/v1/hooks/calls", "{}", is_signed=False).answer["statusCode"] == 404


def test_a_flood_of_forged_requests_asks_for_the_secret_once_in_five_minutes(phone: Phone) -> None:
    for _ in range(50):
        phone.ring(call(), secret="a-secret-of-somebody-else")
    assert phone.looked_up == ["airlock/hooks/calls"]
    phone.now += 300_000
    phone.ring(call(), secret="a-secret-of-somebody-else")
    assert len(phone.looked_up) == 2


@pytest.mark.parametrize("secret", ["", "short", '{"secret": ""}', "{}", '{"secret": 5}', "[]"])
def test_a_secret_that_is_none_opens_to_nobody(policy: Policy, secret: str) -> None:
    """An empty secret would make every signature of the empty secret a good one."""
    phone = Phone(policy, secret=secret)
    for guess in ("", "short", secret):
        assert status(phone.ring(call(), secret=guess)) == 503
    assert phone.clinic.outbox.messages == []


def test_a_receipt_in_the_table_is_claimed_once_among_all_copies_of_the_function(policy: Policy) -> None:
    dynamo = FakeDynamo()
    phones = [Phone(policy, ReceiptTable(lambda: dynamo, "airlock-authorizations")) for _ in range(2)]
    assert [status(phone.ring(call())) for phone in phones] == [204, 401]
    assert all(key.startswith("receipt:") and CANARY not in key for key in dynamo.items)
    phones[0].clinic.outbox.down = {Destination.META}
    again = call(resource_id="CAL2", timestamp=written(NOW - 5_000))
    assert [status(phones[0].ring(again)), status(phones[1].ring(again))] == [503, 204]


def test_where_receipts_cannot_be_kept_nothing_is_taken(policy: Policy) -> None:
    dynamo = FakeDynamo()
    dynamo.error = RuntimeError("throttled")
    phone = Phone(policy, ReceiptTable(lambda: dynamo, "airlock-authorizations"))
    assert status(phone.ring(call())) == 503
    assert phone.clinic.outbox.messages == []


def test_doors_open_no_client_before_somebody_rings(policy: Policy) -> None:
    opened: list[str] = []
    dynamo = FakeDynamo()

    class SecretsManager:
        def get_secret_value(self, **request: str) -> dict[str, str]:
            assert request == {"SecretId": "airlock/hooks/calls"}
            return {"SecretString": SECRET}

    def open_client(service: str) -> Any:
        opened.append(service)
        return SecretsManager() if service == "secretsmanager" else dynamo

    def ring(environment: dict[str, str]) -> list[int]:
        opened.clear()
        doors = open_doors(environment, open_client)
        assert opened == []
        phone = Phone(policy)
        phone.clinic.airlock = msgspec.structs.replace(phone.clinic.airlock, doors=doors)
        return [status(phone.ring(call())) for _ in range(2)]

    assert ring({"AIRLOCK_AUTHORIZATIONS_TABLE": "airlock-authorizations"}) == [204, 401]
    assert opened == ["secretsmanager", "dynamodb"]
    assert {request["TableName"] for _, request in dynamo.requests} == {"airlock-authorizations"}
    assert ring({}) == [204, 401], "where there is no table, receipts are kept in this process"
    assert opened == ["secretsmanager"]


def test_no_hook_shows_more_than_its_settings(policy: Policy) -> None:
    assert all(isinstance(hook, Hook) and hook.secret.startswith("airlock/hooks/") for hook in policy.hooks)
