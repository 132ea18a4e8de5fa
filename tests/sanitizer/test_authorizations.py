"""Recording and revoking over the signed route: every core element, one answer, one line in the journal."""

import json
from typing import Any

import pytest

from airlock.address_book import ContactField, Destination
from airlock.policy import Policy
from airlock.tokens import refer_to_authorization
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
    assert found is not None
    assert found.covers(Destination.META, NOW) == {ContactField.EMAIL, ContactField.PHONE}
    assert found.covers(Destination.TIKTOK, NOW) == frozenset()
    assert found.covers(Destination.META, NOW + 301 * DAY) == frozenset()
    [line] = clinic.lines()
    assert (line["kind"], line["change"], line["authorization"]) == ("authorization", "recorded", REF[:16])
    assert ID not in clinic.log.getvalue()


@pytest.mark.parametrize("element", sorted(terms()))
def test_every_core_element_must_be_there(clinic: Clinic, element: str) -> None:
    status, told = put(clinic, terms(**{element: ...}))
    assert (status, told["element"]) == (400, element)
    assert clinic.on_file.find(REF) is None
    assert clinic.lines() == []


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("recipients", []),
        ("recipients", ["facebook"]),
        ("recipients", "meta"),
        ("information", ["diagnosis"]),
        ("information", [5]),
        ("purposes", ["newsletter"]),
        ("purposes", []),
        ("signed_at", NOW + DAY),
        ("signed_at", "2026-11-01T10:00:00"),
        ("signed_at", True),
        ("signed_at", -1),
        ("expires_at", NOW - 10 * DAY),
        ("expires_at", NOW + 357 * DAY),
        ("expires_at", "soon"),
        ("expires_at", 1e12),
        ("template_sha256", "5F" * 32),
        ("template_sha256", "canary-7d1f"),
    ],
)
def test_a_wrong_element_is_named_and_its_value_is_not(clinic: Clinic, element: str, value: Any) -> None:
    status, told = put(clinic, terms(**{element: value}))
    assert (status, told["element"]) == (400, element)
    assert "canary-7d1f" not in json.dumps(told)
    assert clinic.on_file.find(REF) is None


def test_times_may_be_written_with_a_zone(clinic: Clinic) -> None:
    written = terms(signed_at="2026-11-01T10:00:00-08:00", expires_at="2027-11-01T18:00:00Z")
    assert put(clinic, written)[0] == 204
    found = clinic.on_file.find(REF)
    assert found is not None
    assert (found.signed_at, found.expires_at) == (1_793_556_000_000, 1_825_092_000_000)


@pytest.mark.parametrize("body", ["", "[]", "{", '{"recipients": [], "recipients": []}'])
def test_a_body_that_is_no_object_is_refused(clinic: Clinic, body: str) -> None:
    assert clinic.ask("PUT", PATH, body).answer["statusCode"] == 400


@pytest.mark.parametrize("identifier", ["", "auth_short", "auth_" + "a" * 65, "authZq8LkT3vWc5Yp0Ra", "auth_Zq8L/../x"])
def test_an_id_of_another_form_is_refused(clinic: Clinic, identifier: str) -> None:
    status, told = put(clinic, terms(), f"/v1/authorizations/{identifier}")
    assert (status, told["element"]) == (400, "id")


def test_a_revocation_is_final_and_journalled_and_may_be_told_twice(clinic: Clinic) -> None:
    put(clinic, terms())
    for _ in range(2):
        assert clinic.ask("DELETE", PATH, "").answer["statusCode"] == 204
    status, told = put(clinic, terms())
    assert (status, told["element"]) == (400, "id")
    assert [line["change"] for line in clinic.lines()] == ["recorded", "revoked", "revoked"]


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
