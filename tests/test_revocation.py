"""A patient withdraws: from that moment no digest of hers leaves, not even one that waits on a queue already."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.authorization import Authorizations, AuthorizationsInMemory
from airlock.authorization_table import AuthorizationTable
from airlock.outcome import Reason
from airlock.policy import Policy
from forwarder.handler import forward
from forwarder.queue import Record
from tests.clinic_systems import DAY, FBCLID, NOW, Clinic, FakeDynamo, conversion
from workbench.authorization_file import AuthorizationFile
from workbench.bench import set_up_forwarder
from workbench.recorder import Recorder

ID = "auth_Zq8LkT3vWc5Yp0Ra"
EMAIL = "jane.roe@mail.example"
LATER = NOW + 3_600_000


class Slip:
    """The queue of messages that are handed over by hand."""

    def __init__(self) -> None:
        self.buried: list[Reason] = []

    def delay(self, record: Record, seconds: int) -> None:
        del record, seconds
        raise AssertionError("nothing is to wait")

    def bury(self, record: Record, reason: Reason) -> None:
        del record
        self.buried.append(reason)

    def send(self, body: str, delay_s: int) -> None:
        del body, delay_s
        raise AssertionError("nothing is to wait")


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def on_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Authorizations]:
    match request.param:
        case "memory":
            yield AuthorizationsInMemory()
        case "sqlite":
            file = AuthorizationFile(tmp_path / "authorizations.sqlite3")
            yield file
            file.close()
        case "dynamodb":
            yield AuthorizationTable(FakeDynamo, "airlock-authorizations")


@pytest.fixture
def clinic(policy: Policy, on_file: Authorizations) -> Clinic:
    clinic = Clinic(policy, on_file=on_file)
    terms = {"recipients": ["meta"], "information": ["email", "phone"], "purposes": ["ad_measurement"]}
    terms |= {"signed_at": NOW - DAY, "expires_at": NOW + 2 * 3_600_000, "template_sha256": "0" * 64}
    assert clinic.ask("PUT", f"/v1/authorizations/{ID}", json.dumps(terms)).answer["statusCode"] == 204
    return clinic


def queue(clinic: Clinic, **click: str) -> bytes:
    """The message for Meta of a conversion under the authorization."""
    record = conversion(authorization=ID, user={"email": EMAIL, "phone": "(415) 555-0132"}, click=click)
    assert [result["reason"] for result in clinic.tell(record)] == [None]
    [message] = [message for destination, message in clinic.outbox.messages if destination is Destination.META]
    return message


def deliver(clinic: Clinic, message: bytes, now: int = LATER) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What Meta was sent, and the journal's lines."""
    sent, log, slip = Recorder(), io.StringIO(), Slip()
    forwarder = set_up_forwarder(clinic.policy, Destination.META, slip, clinic.on_file, log, sent, lambda: now)
    record = {"messageId": "1", "receiptHandle": "1", "body": message.decode()}
    answer = forward({"Records": [{**record, "attributes": {"ApproximateReceiveCount": "1"}}]}, forwarder)
    assert answer == {"batchItemFailures": []}
    assert slip.buried == []
    return [json.loads(call.body) for call in sent.recorded], [json.loads(line) for line in log.getvalue().splitlines()]


def test_while_the_authorization_stands_its_digests_are_told(clinic: Clinic) -> None:
    [request], [line] = deliver(clinic, queue(clinic, fbclid=FBCLID))
    assert set(request["data"][0]["user_data"]) == {"em", "ph", "fbc"}
    assert (line["outcome"], line["basis"], line["digests"]) == ("delivered", "authorization", ["email", "phone"])


def test_revoked_between_queue_and_delivery_the_digests_stay_and_the_click_id_is_told(clinic: Clinic) -> None:
    message = queue(clinic, fbclid=FBCLID)
    assert clinic.ask("DELETE", f"/v1/authorizations/{ID}", "").answer["statusCode"] == 204
    [request], [line] = deliver(clinic, message)
    assert set(request["data"][0]["user_data"]) == {"fbc"}
    assert (line["outcome"], line["basis"]) == ("delivered", "consent")
    assert "digests" not in line
    assert [entry["change"] for entry in clinic.lines() if entry["kind"] == "authorization"] == ["recorded", "revoked"]


def test_where_nothing_else_identifies_nothing_is_told(clinic: Clinic) -> None:
    message = queue(clinic)
    clinic.ask("DELETE", f"/v1/authorizations/{ID}", "")
    requests, [line] = deliver(clinic, message)
    assert requests == []
    assert (line["outcome"], line["reason"]) == ("withheld", "authorization_revoked")


def test_an_authorization_that_ends_while_its_message_waits_counts_no_more(clinic: Clinic) -> None:
    [request], _ = deliver(clinic, queue(clinic, fbclid=FBCLID), NOW + 2 * 3_600_000)
    assert set(request["data"][0]["user_data"]) == {"fbc"}


def test_after_the_revocation_the_next_conversion_is_queued_without_digests(clinic: Clinic) -> None:
    clinic.ask("DELETE", f"/v1/authorizations/{ID}", "")
    [request], _ = deliver(clinic, queue(clinic, fbclid=FBCLID))
    assert set(request["data"][0]["user_data"]) == {"fbc"}
