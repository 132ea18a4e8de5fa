"""The journal: what a line holds, how lines are chained, when a checkpoint is due, what masking leaves."""

import base64
import hashlib
import io
import json
from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.chain import CHECKPOINT_LINES, CHECKPOINT_MS, GENESIS, Chain, hash_line, write_statement
from airlock.clean import Basis, CleanEvent, Digests
from airlock.journal import Journal
from airlock.mask import mask
from airlock.outcome import Outcome, Reason
from airlock.policy import PayloadLog
from airlock.signer import KmsSigner
from airlock.tokens import AuthorizationRef, ClickId, Digest, EventId, EventName

POLICY = "ab" * 32
EMAIL = hashlib.sha256(b"jane@example.com").hexdigest()
OTHER = hashlib.sha256(b"someone.else@example.com").hexdigest()


class FakeSigner:
    """Signs nothing: keeps what it was asked to sign."""

    key = "a-key"

    def __init__(self) -> None:
        self.statements: list[bytes] = []

    def sign(self, statement: bytes) -> str | None:
        self.statements.append(statement)
        return base64.b64encode(b"signed").decode()


class Signatures:
    """A KMS client."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def sign(self, **asked: Any) -> Any:
        self.asked = asked
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def lead(**more: Any) -> CleanEvent:
    return CleanEvent(
        destination=Destination.META,
        event=EventName("lead"),
        event_id=EventId("0123456789abcdef" * 2),
        at=1_795_527_900,
        not_before=1_795_527_900,
        **more,
    )


def identified() -> CleanEvent:
    return lead(
        click=ClickId("fbclid:IwAR2ExampleFbclid0001"),
        digests=Digests(email=Digest(EMAIL)),
        authorization=AuthorizationRef("cd" * 32),
        basis=Basis.AUTHORIZATION,
    )


def lines(log: io.StringIO) -> list[str]:
    return log.getvalue().splitlines()


def test_a_line_holds_policy_version_and_its_place_in_the_chain(now: int) -> None:
    log = io.StringIO()
    journal = Journal(log, POLICY, version="7", chain=Chain("sanitizer-1"))
    journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.MALFORMED, field="url", rule="missing")
    assert json.loads(log.getvalue()) == {
        "schema": 1,
        "kind": "decision",
        "at": now,
        "policy": POLICY,
        "version": "7",
        "outcome": "refused",
        "reason": "malformed",
        "field": "url",
        "rule": "missing",
        "chain": "sanitizer-1",
        "seq": 0,
        "prev": GENESIS,
    }


def test_each_line_holds_the_hash_of_the_exact_bytes_of_the_one_before(now: int) -> None:
    log = io.StringIO()
    journal = Journal(log, POLICY, chain=Chain("c"))
    for _ in range(3):
        journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    first, second, third = lines(log)
    assert [json.loads(line)["seq"] for line in (first, second, third)] == [0, 1, 2]
    assert json.loads(second)["prev"] == hashlib.sha256(first.encode()).hexdigest()
    assert json.loads(third)["prev"] == hash_line(second.encode())


def test_a_line_has_no_control_character_and_is_one_json_object(now: int) -> None:
    log = io.StringIO()
    journal = Journal(log, POLICY)
    journal.disclose(
        now, outcome=Outcome.DELIVERED, reason=None, clean=identified(), attempt=1, payload=b'{"a":"\\u0007"}'
    )
    (line,) = lines(log)
    assert all(character >= " " for character in line)
    assert json.loads(line)["kind"] == "disclosure"


def test_a_checkpoint_signs_everything_before_it(now: int) -> None:
    log, signer = io.StringIO(), FakeSigner()
    journal = Journal(log, POLICY, chain=Chain("c", signer))
    journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    journal.decide(now + CHECKPOINT_MS, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    *_, last, checkpoint = lines(log)
    told = json.loads(checkpoint)
    assert (told["kind"], told["key"], told["seq"]) == ("checkpoint", "a-key", 2)
    assert signer.statements == [write_statement("c", 2, hash_line(last.encode()))]


def test_a_checkpoint_costs_no_signature_per_event(now: int) -> None:
    """A busy minute costs one signature for every 500 lines, a quiet one a single signature."""
    log, signer = io.StringIO(), FakeSigner()
    journal = Journal(log, POLICY, chain=Chain("c", signer))
    for _ in range(3 * CHECKPOINT_LINES):
        journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    assert len(signer.statements) == 3
    journal.decide(now + CHECKPOINT_MS - 1, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    assert len(signer.statements) == 3


def test_a_seal_signs_the_end_and_without_a_key_writes_nothing(now: int) -> None:
    log, signer = io.StringIO(), FakeSigner()
    Journal(log, POLICY).seal(now)
    assert not lines(log)
    Journal(log, POLICY, chain=Chain("c", signer)).seal(now)
    assert json.loads(log.getvalue())["kind"] == "checkpoint"


def test_kms_signs_the_statement_as_it_is() -> None:
    client = Signatures({"Signature": b"\x30\x01"})
    assert KmsSigner(lambda: client, "arn:key").sign(b"statement") == "MAE="
    assert client.asked["Message"] == b"statement"
    assert client.asked["SigningAlgorithm"] == "ECDSA_SHA_256"


def test_a_signature_that_cannot_be_had_stops_no_event(now: int) -> None:
    """KMS denies or is slow: the line is written, the checkpoint stands unsigned and the audit names it."""
    log = io.StringIO()
    signer = KmsSigner(lambda: Signatures(OSError("denied")), "arn:key")
    journal = Journal(log, POLICY, chain=Chain("c", signer))
    journal.seal(now)
    assert "signature" not in json.loads(log.getvalue())


def test_a_masked_payload_names_the_fields_and_shows_nothing_of_their_values() -> None:
    payload = f'{{"em":["{EMAIL}"],"fbc":"fb.1.1795504500000.IwAR2ExampleFbclid0001"}}'.encode()
    shown = mask(payload, identified(), PayloadLog.MASKED)
    assert shown == b'{"em":["<email sha256>"],"fbc":"fb.1.1795504500000.<fbclid>"}'


def test_masking_reaches_the_other_events_of_the_same_request() -> None:
    """A request may tell ten events: the line of one must not show the identifiers of the nine others."""
    payload = f'[{{"em":["{EMAIL}"]}},{{"em":["{OTHER}"],"fbc":"fb.1.1.IwAR2AnotherVisitor"}}]'.encode()
    shown = mask(payload, identified(), PayloadLog.MASKED)
    assert shown == b'[{"em":["<email sha256>"]},{"em":["<sha256>"],"fbc":"<fbc>"}]'


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gclid", "Cj0KCQiA3sq6BhD2ARIs"),
        ("ttclid", "E.C.P.abc"),
        ("idValue", "01234567-89ab-4def-8123-456789abcdef"),
        ("msclkid", "0" * 32),
        ("rdt_cid", "abcdefghij"),
        ("epik", "abcdefghij"),
        ("sc_click_id", "01234567-89ab-4def-8123-456789abcdef"),
    ],
)
def test_a_click_id_of_another_event_is_found_by_its_key(key: str, value: str) -> None:
    assert mask(f'{{"{key}":"{value}"}}'.encode(), lead(), PayloadLog.MASKED) == f'{{"{key}":"<{key}>"}}'.encode()


def test_the_policy_decides_how_much_of_a_payload_the_journal_shows() -> None:
    payload = b'{"em":["x"]}'
    assert mask(payload, lead(), PayloadLog.FULL) == payload
    assert mask(payload, lead(), PayloadLog.DIGEST) is None


def test_a_fault_names_type_and_line_and_never_the_text(now: int) -> None:
    log = io.StringIO()
    Journal(log, POLICY).stumble(now, Reason.INTERNAL, ValueError("canary-7d1f"), Destination.META)
    line = json.loads(log.getvalue())
    assert (line["type"], line["outcome"], line["destination"]) == ("ValueError", "held", "meta")
    assert "canary" not in log.getvalue()
