"""Recording and revoking over the signed route: every core element, one answer, one line in the journal."""

import json
from typing import Any

import pytest

from airlock.address_book import ContactField, Destination
from airlock.authorization import Authorization, AuthorizationsInMemory
from airlock.policy import Policy
from airlock.tokens import refer_to_authorization
from sanitizer.authorizations import change
from sanitizer.consent import CLOCK_SKEW_MS
from tests.clinic_systems import DAY, NOW, Clinic

ID = "auth_Zq8LkT3vWc5Yp0Ra"
REF = refer_to_authorization(ID)
PATH = f"/v1/authorizations/{ID}"


def terms(**changed: Any) -> dict[str, Any]:
    document = {
        "recipients": ["meta", "linkedin"],
        "information": ["email", "phone"],
        "purposes": ["ad_measurement"],
        "signed_at": NOW - 10 * DAY,
        "expires_at": NOW + 300 * DAY,
        "template_sha256": "5f" * 32,
    }
    return {key: value for key, value in (document | changed).items() if value is not ...}


@pytest.fixture
def clinic(policy: Policy) -> Clinic:
    return Clinic(policy)


def put(clinic: Clinic, document: Any, path: str = PATH) -> tuple[int, dict[str, str]]:
    answer = clinic.ask("PUT", path, json.dumps(document)).answer
    return answer["statusCode"], json.loads(answer["body"] or "{}")


def test_an_authorization_with_every_element_is_recorded_and_journalled(clinic: Clinic) -> None:
    assert put(clinic, terms()) == (204, {})
    found = clinic.on_file.find(REF)
    assert found == Authorization(
        recipients=(Destination.META, Destination.LINKEDIN),
        information=(ContactField.EMAIL, ContactField.PHONE),
        purposes=("ad_measurement",),
        signed_at=NOW - 10 * DAY,
        expires_at=NOW + 300 * DAY,
        template_sha256="5f" * 32,
    )
    assert found.covers(Destination.META, NOW) == {ContactField.EMAIL, ContactField.PHONE}
    assert found.covers(Destination.TIKTOK, NOW) == frozenset()
    assert found.covers(Destination.META, NOW + 301 * DAY) == frozenset()
    [line] = clinic.lines()
    assert (line["kind"], line["change"], line["authorization"]) == ("authorization", "recorded", REF[:16])
    assert ID not in clinic.log.getvalue()


@pytest.mark.parametrize("element", sorted(terms()))
def test_every_core_element_must_be_there(clinic: Clinic, element: str) -> None:
    assert put(clinic, terms(**{element: ...})) == (400, {"element": element, "rule": "is missing"})
    assert put(clinic, terms(**{element: None})) == (400, {"element": element, "rule": "is missing"})
    assert clinic.on_file.find(REF) is None
    assert clinic.lines() == []


RECIPIENTS = "must be a list of destination names, with at least one"
INFORMATION = "must be a list of `user` fields, with at least one"
PURPOSES = "must be a list of words, with at least one"
MOMENT = "must be epoch milliseconds or ISO 8601 with a zone"
EXPIRY = "must be after signed_at, by a year at most"
TEMPLATE = "must be 64 lower-case hex digits"


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        ("recipients", [], RECIPIENTS),
        ("recipients", ["facebook"], RECIPIENTS),
        ("recipients", ["meta", "facebook"], RECIPIENTS),
        ("recipients", "meta", RECIPIENTS),
        ("information", ["diagnosis"], INFORMATION),
        ("information", [5], INFORMATION),
        ("purposes", ["newsletter"], "must hold ad_measurement"),
        ("purposes", [], PURPOSES),
        ("purposes", [5], PURPOSES),
        ("purposes", "ad_measurement", PURPOSES),
        ("signed_at", NOW + DAY, "must not be in the future"),
        ("signed_at", "2026-11-01T10:00:00", MOMENT),
        ("signed_at", True, MOMENT),
        ("signed_at", -1, MOMENT),
        ("signed_at", 10**14, MOMENT),
        ("expires_at", NOW - 10 * DAY, EXPIRY),
        ("expires_at", NOW + 357 * DAY, EXPIRY),
        ("expires_at", "soon", MOMENT),
        ("expires_at", 1e12, MOMENT),
        ("template_sha256", "5F" * 32, TEMPLATE),
        ("template_sha256", "canary-7d1f", TEMPLATE),
        ("template_sha256", 5, TEMPLATE),
    ],
)
def test_a_wrong_element_is_named_with_its_rule_and_its_value_is_not(
    clinic: Clinic, element: str, value: Any, rule: str
) -> None:
    """The clinic's system reads the sentence; nothing of what it sent comes back to it."""
    assert put(clinic, terms(**{element: value})) == (400, {"element": element, "rule": rule})
    assert clinic.on_file.find(REF) is None


def test_a_signature_may_be_as_new_as_the_clocks_agree_and_lasts_a_year_at_most(clinic: Clinic) -> None:
    """To the last millisecond: five minutes ahead are a clock that is wrong, and a leap year is a year."""
    signed = NOW + CLOCK_SKEW_MS
    assert put(clinic, terms(signed_at=signed, expires_at=signed + 366 * DAY))[0] == 204
    assert put(clinic, terms(signed_at=signed + 1, expires_at=signed + DAY))[1]["element"] == "signed_at"
    assert put(clinic, terms(signed_at=signed, expires_at=signed + 366 * DAY + 1))[1]["element"] == "expires_at"
    assert put(clinic, terms(signed_at=NOW, expires_at=NOW))[1]["element"] == "expires_at"


def test_times_may_be_written_with_a_zone(clinic: Clinic) -> None:
    written = terms(signed_at="2026-11-01T10:00:00-08:00", expires_at="2027-11-01T18:00:00Z")
    assert put(clinic, written)[0] == 204
    found = clinic.on_file.find(REF)
    assert found is not None
    assert (found.signed_at, found.expires_at) == (1_793_556_000_000, 1_825_092_000_000)


@pytest.mark.parametrize("body", ["", "[]", "{", '{"recipients": [], "recipients": []}'])
def test_a_body_that_is_no_object_is_refused(clinic: Clinic, body: str) -> None:
    answer = clinic.ask("PUT", PATH, body).answer
    told = {"element": "body", "rule": "must be one JSON object"}
    assert (answer["statusCode"], json.loads(answer["body"])) == (400, told)


@pytest.mark.parametrize("identifier", ["", "auth_short", "auth_" + "a" * 65, "authZq8LkT3vWc5Yp0Ra", "auth_Zq8L/../x"])
def test_an_id_of_another_form_is_refused(clinic: Clinic, identifier: str) -> None:
    told = {"element": "id", "rule": "must be auth_ and 16 to 64 letters or digits"}
    assert put(clinic, terms(), f"/v1/authorizations/{identifier}") == (400, told)
    assert clinic.ask("DELETE", f"/v1/authorizations/{identifier}", "").answer["statusCode"] == 400
    assert clinic.lines() == []


def test_a_revocation_is_final_and_journalled_and_may_be_told_twice(clinic: Clinic) -> None:
    put(clinic, terms())
    for _ in range(2):
        assert clinic.ask("DELETE", PATH, "").answer["statusCode"] == 204
    told = {"element": "id", "rule": "was revoked; a new authorization has a new id"}
    assert put(clinic, terms()) == (400, told)
    assert [(line["change"], line["authorization"]) for line in clinic.lines()] == [
        ("recorded", REF[:16]),
        ("revoked", REF[:16]),
        ("revoked", REF[:16]),
    ]


@pytest.mark.parametrize("method", ["POST", "GET", "PATCH", "put", ""])
def test_an_authorization_is_recorded_or_revoked_and_nothing_else(method: str) -> None:
    kept = AuthorizationsInMemory()
    assert change(method, ID, json.dumps(terms()).encode(), kept, NOW) == (405, "", None)
    assert kept.find(REF) is None


def test_without_a_signature_nothing_is_recorded_or_revoked(clinic: Clinic) -> None:
    put(clinic, terms())
    for method in ("PUT", "DELETE"):
        taken = clinic.ask(method, PATH, json.dumps(terms()), is_signed=False)
        assert taken.answer["statusCode"] == 404
    found = clinic.on_file.find(REF)
    assert found is not None
    assert found.revoked_at is None


def test_a_place_that_fails_is_never_answered_as_done(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic that was told its revocation is done must be able to rely on it."""
    monkeypatch.setattr(clinic.on_file, "revoke", lambda *_: 1 / 0)
    answer = clinic.ask("DELETE", PATH, "").answer
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"]
    assert [line["kind"] for line in clinic.lines()] == ["fault"]
