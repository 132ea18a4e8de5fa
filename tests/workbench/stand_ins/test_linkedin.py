"""LinkedIn's stand-in takes what LinkedIn documents, one by one or in a batch, and refuses the rest in its words."""

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
    TOKEN,
    Desk,
    Path,
    change,
    read,
)

CLICK = {"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": "df5gf5-gh6t7-ph4j7h-fgf6n1"}
MINIMAL: Any = {
    "conversion": "urn:lla:llaPartnerConversion:104012",
    "conversionHappenedAt": AT * 1000,
    "conversionValue": {"currencyCode": "USD", "amount": "150.0"},
    "eventId": EVENT_ID,
    "user": {"userIds": [CLICK]},
}
HASHED = change(MINIMAL, ("user", "userIds"), [CLICK, {"idType": "SHA256_EMAIL", "idValue": EMAIL}])
TOO_OLD = "Conversion time should be within 90 days and not exceed current time, indices [0]"
BATCH: dict[str, Any] = {"x_restli_method": "BATCH_CREATE"}


@pytest.fixture
def desk() -> Desk:
    headers = {
        "authorization": f"Bearer {TOKEN}",
        "linkedin-version": "202608",
        "x-restli-protocol-version": "2.0.0",
    }
    return Desk(Destination.LINKEDIN, "https://api.linkedin.com/rest/conversionEvents", headers)


@pytest.mark.parametrize("document", [MINIMAL, HASHED, change(MINIMAL, ("conversionValue",), GONE)])
def test_what_is_documented_is_taken(desk: Desk, document: Any) -> None:
    answer = desk.send(document)
    assert (answer.status, answer.body) == (201, b"")
    assert desk.effects == {EVENT_ID: 1}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        pytest.param(
            ("conversionValue", "amount"),
            150.0,
            "ERROR :: /conversionValue/amount :: 150.0 cannot be coerced to String\n",
            id="amount as number",
        ),
        pytest.param(
            ("pageUrl",), "x", "ERROR :: /pageUrl :: unrecognized field found but not allowed\n", id="unknown field"
        ),
        pytest.param(
            ("user",),
            GONE,
            "ERROR :: /user :: field is required but not found and has no default value\n",
            id="no user",
        ),
        pytest.param(
            ("user", "userInfo"),
            {"firstName": "Jane"},
            "ERROR :: /user/userInfo :: unrecognized field found but not allowed\n",
            id="names in plain text",
        ),
        pytest.param(("user", "userIds"), [], None, id="nobody"),
        pytest.param(("user", "userIds", 0, "idType"), "SHA256_PHONE", None, id="unknown identifier"),
        pytest.param(("user", "userIds", 0, "idValue"), "a b", None, id="click id with a space"),
        pytest.param(("conversion",), "urn:li:conversion:104012", None, id="another urn"),
        pytest.param(("conversion",), GONE, None, id="no rule"),
        pytest.param(("conversionHappenedAt",), str(AT * 1000), None, id="time as text"),
        pytest.param(("eventId",), "x" * 65, None, id="long event id"),
        pytest.param(("conversionValue", "currencyCode"), GONE, None, id="amount without currency"),
    ],
)
def test_a_wrong_shape_is_422(desk: Desk, path: Path, value: Any, message: str | None) -> None:
    answer = desk.send(change(MINIMAL, path, value))
    assert (answer.status, read(answer)["status"]) == (422, 422)
    assert read(answer)["message"].startswith("ERROR :: /")
    assert message in {None, read(answer)["message"]}
    assert desk.effects == {}


def test_several_errors_stand_in_one_message(desk: Desk) -> None:
    wrong = change(change(MINIMAL, ("pageUrl",), "x"), ("conversionValue", "amount"), 1)
    assert read(desk.send(wrong))["message"].count("ERROR :: ") == 2


@pytest.mark.parametrize("value", NOT_DIGESTS)
def test_an_identifier_that_is_no_digest_is_refused(desk: Desk, value: Any) -> None:
    assert desk.send(change(HASHED, ("user", "userIds", 1, "idValue"), value)).status == 422


@pytest.mark.parametrize(
    "at", [AT, AT * 1_000_000, (NOW - 90 * DAY - 1) * 1000, (NOW + 61) * 1000], ids=["s", "us", "old", "future"]
)
def test_a_time_outside_the_window_is_400(desk: Desk, at: int) -> None:
    answer = desk.send(change(MINIMAL, ("conversionHappenedAt",), at))
    assert (answer.status, read(answer)["message"]) == (400, TOO_OLD)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"authorization": None}, 401, "INVALID_ACCESS_TOKEN"),
        ({"authorization": "Bearer another"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"linkedin_version": None}, 400, "VERSION_MISSING"),
        ({"linkedin_version": "202301"}, 426, "NONEXISTENT_VERSION"),
        ({"x_restli_protocol_version": None}, 400, "BAD_REQUEST"),
        ({"content_type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"method": "GET"}, 405, "METHOD_NOT_ALLOWED"),
        ({"url": "https://api.linkedin.com/v2/conversionEvents"}, 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_the_request_around_it_matters_too(desk: Desk, changes: dict[str, Any], status: int, code: str) -> None:
    answer = desk.send(MINIMAL, **changes)
    assert (answer.status, read(answer)["status"], read(answer)["code"]) == (status, status, code)
    assert desk.effects == {}


def test_each_element_of_a_batch_has_its_own_status(desk: Desk) -> None:
    elements = [
        MINIMAL,
        change(change(MINIMAL, ("eventId",), "old"), ("conversionHappenedAt",), AT),
        change(MINIMAL, ("conversionValue", "amount"), 150),
        change(MINIMAL, ("eventId",), "another"),
    ]
    answer = desk.send({"elements": elements}, **BATCH)
    assert answer.status == 200
    assert [element["status"] for element in read(answer)["elements"]] == [201, 400, 422, 201]
    assert "indices [1]" in read(answer)["elements"][1]["error"]["message"]
    assert desk.effects == {EVENT_ID: 1, "another": 1}


@pytest.mark.parametrize(
    ("document", "headers", "status"),
    [
        pytest.param({"elements": []}, BATCH, 400, id="empty"),
        pytest.param({"elements": [MINIMAL] * 5001}, BATCH, 400, id="too many"),
        pytest.param({"elements": [MINIMAL]}, {}, 422, id="a batch that does not say so"),
        pytest.param(MINIMAL, BATCH, 400, id="one that says it is a batch"),
    ],
)
def test_a_batch_must_be_one(desk: Desk, document: Any, headers: dict[str, Any], status: int) -> None:
    assert desk.send(document, **headers).status == status
    assert desk.effects == {}


def test_a_repetition_has_no_effect(desk: Desk) -> None:
    desk.send(MINIMAL)
    desk.send({"elements": [MINIMAL, MINIMAL]}, now=NOW + DAY, **BATCH)
    assert desk.effects == {EVENT_ID: 1}
