"""The public vectors through the clinic's systems' route: hostile items, and strings that must never leave."""

import base64
import json
from typing import Any

from airlock.address_book import ContactField
from airlock.policy import Policy
from tests.clinic_systems import Clinic, conversion
from tests.sanitizer.visits import read_rows


def find_bytes(row: dict[str, Any]) -> bytes:
    return base64.b64decode(row["body"]) if row["body_encoding"] == "base64" else row["body"].encode("utf-8", "replace")


def test_a_hostile_item_costs_nobody_but_itself(policy: Policy) -> None:
    """Each stands in a batch between two good ones: either it alone is refused, or, being no JSON, the batch is."""
    good = [json.dumps(conversion(number)).encode() for number in (1, 2)]
    ends: set[int] = set()
    for row in read_rows("attacks.jsonl"):
        if not isinstance(row.get("body"), str):
            continue
        item = find_bytes(row)
        clinic = Clinic(policy)
        taken = clinic.ask("POST", "/v1/conversions", b'{"events":[%b,%b,%b]}' % (good[0], item, good[1]))
        status = taken.answer["statusCode"]
        ends.add(status)
        assert status in {200, 400, 413}, row["id"]
        told = len(clinic.outbox.messages)
        assert told == (2 if status == 200 else 0), row["id"]
        if status == 200:
            reasons = [result["reason"] for result in json.loads(taken.answer["body"])["results"]]
            assert (reasons[0], reasons[-1]) == (None, None), row["id"]
            assert all(reasons[1:-1]), row["id"]
        assert all(line["kind"] == "decision" for line in clinic.lines()), row["id"]
        probe = item[:200].decode("utf-8", "replace").strip()
        assert len(probe) < 12 or probe not in clinic.log.getvalue() + taken.answer["body"], row["id"]
    assert {200, 400} <= ends


def test_no_identifier_and_no_medical_word_of_a_record_leaves_or_is_logged(policy: Policy) -> None:
    """Planted as note, as key, as name, as contact data, as property, beside a click id that is told."""
    for row in read_rows("phi_strings.jsonl"):
        text = row["text"]
        if len(text) < 6:
            continue  # short ones stand in every log by chance
        clinic = Clinic(policy)
        user = {str(field): text for field in ContactField}
        record = conversion(note=text, user=user, props={"variant": text, text: text}, currency=text) | {text: text}
        [result] = clinic.tell(record)
        assert result["status"] == "accepted", row["id"]
        for place in (clinic.log.getvalue(), repr(clinic.outbox.messages), json.dumps(result)):
            assert text not in place, row["id"]
