"""The journal: what each kind of line holds to the last field, how lines are chained, and when they are signed."""

import base64
import hashlib
import io
import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.chain import CHECKPOINT_LINES, CHECKPOINT_MS, GENESIS, Chain, hash_line, write_statement
from airlock.clean import Basis, CleanEvent, Digests, Source
from airlock.journal import Journal, shorten
from airlock.outcome import Outcome, Reason
from airlock.policy import Surface
from airlock.tokens import AuthorizationRef, ClickId, Currency, Digest, EventId, EventName, PageLabel

POLICY = "ab" * 32
ID = EventId("0123456789abcdef" * 2)
REF = AuthorizationRef("0123456789abcdef" * 4)
EMAIL = hashlib.sha256(b"jane@example.com").hexdigest()
CLICK = "IwAR2ExampleFbclid0001"
QUARTER = 1_795_527_900
BODY = b'{"em":["<email sha256>"],"fbc":"fb.1.1795504500000.<fbclid>"}'
BODY_SHA256 = "12" * 32


class FakeSigner:
    """Signs nothing: keeps what it was asked to sign."""

    key = "a-key"

    def __init__(self, signature: str | None = "c2lnbmVk") -> None:
        self.signature = signature
        self.statements: list[bytes] = []

    def sign(self, statement: bytes) -> str | None:
        self.statements.append(statement)
        return self.signature


class SlowLog(io.StringIO):
    """A log that gives other threads time to come in between."""

    def write(self, text: str) -> int:
        for _ in range(100):
            pass
        return super().write(text)


def lead(**more: Any) -> CleanEvent:
    return CleanEvent(
        destination=Destination.META,
        event=EventName("lead"),
        event_id=ID,
        at=QUARTER,
        not_before=QUARTER + 900,
        **more,
    )


def identified() -> CleanEvent:
    return lead(
        click=ClickId(f"fbclid:{CLICK}"),
        digests=Digests(email=Digest(EMAIL)),
        authorization=REF,
        basis=Basis.AUTHORIZATION,
        amount=250,
        currency=Currency("USD"),
    )


def stamped(kind: str, at: int, seq: int = 0, prev: str = GENESIS) -> dict[str, Any]:
    """What every line of the chain `c` holds, whatever it tells."""
    stamp = {"schema": 1, "kind": kind, "at": at, "policy": POLICY, "version": "7"}
    return stamp | {"chain": "c", "seq": seq, "prev": prev}


def open_journal(signer: FakeSigner | None = None) -> tuple[Journal, io.StringIO]:
    log = io.StringIO()
    return Journal(log, POLICY, version="7", chain=Chain("c", signer)), log


def lines(log: io.StringIO) -> list[str]:
    return log.getvalue().splitlines()


def read(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(log)]


def refuse(journal: Journal, at: int) -> None:
    """Write a line, whatever it tells."""
    journal.decide(at, outcome=Outcome.REFUSED, reason=Reason.METHOD)


def catch() -> ValueError:
    """An error with a patient's words in its text, raised two calls deep."""
    try:
        _pass_on()
    except ValueError as error:
        return error
    raise AssertionError("nothing was raised")


def _pass_on() -> None:
    _fail()


def _fail() -> None:
    raise ValueError("canary-7d1f")


LINE_OF_FAIL = _fail.__code__.co_firstlineno + 1


# A decision.


def test_a_refusal_of_a_whole_request_names_field_and_rule_and_no_network(now: int) -> None:
    journal, log = open_journal()
    journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.MALFORMED, field="url", rule="missing")
    told = {"outcome": "refused", "reason": "malformed", "field": "url", "rule": "missing"}
    assert read(log) == [stamped("decision", now) | told]


def test_a_decision_to_tell_holds_what_it_rests_on_and_no_identifier(now: int) -> None:
    """Which click id and which contact field will be told, under which authorization, and never their values."""
    journal, log = open_journal()
    journal.decide(
        now,
        outcome=Outcome.ACCEPTED,
        destination=Destination.META,
        event=EventName("lead"),
        event_id=ID,
        clean=identified(),
        surface=Surface.HEALTH,
        label=PageLabel("/book"),
        source=Source.WEBSITE,
        props={"plan": "member"},
        dropped=["value", "user.phone", "value"],
        size=381,
    )
    assert read(log) == [
        stamped("decision", now)
        | {
            "outcome": "accepted",
            "destination": "meta",
            "event": "lead",
            "event_id": ID,
            "click_id": "fbclid",
            "digests": ["email"],
            "basis": "authorization",
            "authorization": "0123456789abcdef",
            "not_before": QUARTER + 900,
            "bytes": 381,
            "surface": "health",
            "label": "/book",
            "source": "website",
            "props": {"plan": "member"},
            "dropped": {"value": 2, "user.phone": 1},
        }
    ]
    assert EMAIL not in log.getvalue()
    assert CLICK not in log.getvalue()


def test_a_decision_to_tell_of_nobody_names_no_identifier(now: int) -> None:
    journal, log = open_journal()
    journal.decide(now, outcome=Outcome.ACCEPTED, destination=Destination.GA4, clean=lead())
    told = {"outcome": "accepted", "destination": "ga4", "not_before": QUARTER + 900}
    assert read(log) == [stamped("decision", now) | told]


# A disclosure.


def test_a_disclosure_holds_what_was_told_to_whom_on_what_basis(now: int) -> None:
    """An auditor sees the body as told, its hash and size, the network's answer, and the terms that allowed it."""
    journal, log = open_journal()
    journal.disclose(
        now,
        outcome=Outcome.REJECTED,
        reason=Reason.REJECTED,
        clean=identified(),
        attempt=2,
        host="graph.facebook.com",
        status=400,
        code="100",
        trace="AbC123",
        rule="key",
        payload=BODY,
        sha256=BODY_SHA256,
        size=612,
    )
    assert read(log) == [
        stamped("disclosure", now)
        | {
            "outcome": "rejected",
            "reason": "rejected",
            "destination": "meta",
            "event": "lead",
            "event_id": ID,
            "click_id": "fbclid",
            "digests": ["email"],
            "basis": "authorization",
            "authorization": "0123456789abcdef",
            "not_before": QUARTER + 900,
            "rule": "key",
            "bytes": 612,
            "attempt": 2,
            "host": "graph.facebook.com",
            "status": 400,
            "code": "100",
            "trace": "AbC123",
            "told_at": QUARTER,
            "amount": 250,
            "payload": json.loads(BODY),
            "sha256": BODY_SHA256,
        }
    ]
    assert EMAIL not in log.getvalue()
    assert CLICK not in log.getvalue()


def test_an_event_that_identifies_nobody_and_never_left_names_no_identifier_and_no_payload(now: int) -> None:
    journal, log = open_journal()
    journal.disclose(now, outcome=Outcome.HELD, reason=Reason.NOT_YET, clean=lead(), attempt=1)
    told = {"outcome": "held", "reason": "not_yet", "destination": "meta", "event": "lead", "event_id": ID}
    assert read(log) == [stamped("disclosure", now) | told | {"not_before": QUARTER + 900, "told_at": QUARTER}]


def test_a_request_that_told_several_events_is_shown_once_and_the_other_lines_name_its_place(now: int) -> None:
    journal, log = open_journal()
    refuse(journal, now)
    for sha256 in (BODY_SHA256, BODY_SHA256, "34" * 32, "34" * 32):
        journal.disclose(
            now, outcome=Outcome.DELIVERED, reason=None, clean=lead(), attempt=1, payload=BODY, sha256=sha256
        )
    shown = [(line.get("payload"), line.get("payload_at")) for line in read(log)[1:]]
    assert shown == [(json.loads(BODY), None), (None, 1), (json.loads(BODY), None), (None, 3)]


def test_where_the_policy_shows_no_payload_no_line_points_to_one(now: int) -> None:
    journal, log = open_journal()
    for _ in range(2):
        journal.disclose(
            now, outcome=Outcome.DELIVERED, reason=None, clean=lead(), attempt=1, payload=None, sha256=BODY_SHA256
        )
    assert [line["sha256"] for line in read(log)] == [BODY_SHA256] * 2
    assert not any(line.keys() & {"payload", "payload_at"} for line in read(log))


def test_a_payload_of_which_no_hash_is_known_is_shown_each_time(now: int) -> None:
    """Only a hash can say that two bodies are the same one."""
    journal, log = open_journal()
    for body in (b'{"a":1}', b'{"a":2}'):
        journal.disclose(now, outcome=Outcome.DELIVERED, reason=None, clean=lead(), attempt=1, payload=body)
    assert [line["payload"] for line in read(log)] == [{"a": 1}, {"a": 2}]


def test_a_line_has_no_control_character_and_is_one_json_object(now: int) -> None:
    journal, log = open_journal()
    journal.disclose(
        now, outcome=Outcome.DELIVERED, reason=None, clean=identified(), attempt=1, payload=b'{"a":"\\u0007"}'
    )
    (line,) = lines(log)
    assert all(character >= " " for character in line)
    assert json.loads(line)["kind"] == "disclosure"


def test_lines_from_several_threads_are_one_chain_and_point_to_where_their_payload_stands(now: int) -> None:
    """Whoever writes at the same time, no line breaks a link and none names the place of a line that shows nothing."""
    signer, log = FakeSigner(), SlowLog()
    journal = Journal(log, POLICY, chain=Chain("c", signer))
    starting = threading.Barrier(3)

    def tell() -> None:
        starting.wait()
        for number in range(200):
            for _ in range(2):
                journal.disclose(
                    now,
                    outcome=Outcome.DELIVERED,
                    reason=None,
                    clean=lead(),
                    attempt=1,
                    payload=BODY,
                    sha256=f"{number:064x}",
                )

    def repeat(write: Callable[[], None]) -> None:
        starting.wait()
        for _ in range(400):
            write()

    threads = [
        threading.Thread(target=tell),
        threading.Thread(target=repeat, args=(lambda: refuse(journal, now),)),
        threading.Thread(target=repeat, args=(lambda: journal.seal(now),)),
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    written = read(log)
    assert [line["seq"] for line in written] == list(range(len(written)))
    assert [line["prev"] for line in written[1:]] == [hash_line(line.encode()) for line in lines(log)[:-1]]
    checkpoints = [line for line in written if line["kind"] == "checkpoint"]
    assert signer.statements == [write_statement("c", line["seq"], line["prev"]) for line in checkpoints]
    pointing = [line for line in written if "payload_at" in line]
    assert len(pointing) == 200
    for line in pointing:
        shown = written[line["payload_at"]]
        assert (shown.get("sha256"), "payload" in shown) == (line["sha256"], True), "the place shows no such payload"


# The rarer kinds.


@pytest.mark.parametrize(("destination", "outcome"), [(None, "refused"), (Destination.META, "held")])
def test_a_fault_names_type_and_line_and_never_the_text(
    now: int, destination: Destination | None, outcome: str
) -> None:
    """The line is the one that raised, not one that passed it on."""
    journal, log = open_journal()
    journal.stumble(now, Reason.UNAVAILABLE, catch(), destination)
    told = {"outcome": outcome, "reason": "unavailable", "type": "ValueError", "line": f"{__name__}:{LINE_OF_FAIL}"}
    network = {"destination": str(destination)} if destination else {}
    assert read(log) == [stamped("fault", now) | told | network]
    assert "canary" not in log.getvalue()


def test_a_fault_that_was_never_raised_has_no_line(now: int) -> None:
    journal, log = open_journal()
    journal.stumble(now, Reason.INTERNAL, ValueError("canary-7d1f"))
    told = {"outcome": "refused", "reason": "internal", "type": "ValueError"}
    assert read(log) == [stamped("fault", now) | told]


def test_a_change_of_an_authorization_is_written_under_the_start_of_its_reference(now: int) -> None:
    journal, log = open_journal()
    journal.record_authorization(now, REF, "revoked")
    assert read(log) == [stamped("authorization", now) | {"authorization": "0123456789abcdef", "change": "revoked"}]


def test_an_authorization_is_named_by_sixteen_digits_and_none_by_nothing() -> None:
    assert shorten(REF) == "0123456789abcdef"
    assert shorten(None) is None


def test_a_turn_of_the_kill_switch_is_written_as_it_was_set(now: int) -> None:
    journal, log = open_journal()
    journal.record_gate(now, "closed meta")
    assert read(log) == [stamped("gate", now) | {"change": "closed meta"}]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [(Outcome.DELIVERED, {}), (Outcome.HELD, {"reason": "given_up"}), (Outcome.REJECTED, {})],
)
def test_what_a_network_tells_later_of_a_request_is_counts_and_names_no_event(
    now: int, outcome: Outcome, reason: dict[str, str]
) -> None:
    """Where it never told, the line says that the question was given up."""
    journal, log = open_journal()
    journal.record_processing(now, Destination.GOOGLE, outcome, "req-1", 3, {"TOO_RECENT_CLICK": 2})
    told = {"outcome": str(outcome), "destination": "google", "trace": "req-1", "events": 3}
    assert read(log) == [stamped("processing", now) | told | reason | {"failed": {"TOO_RECENT_CLICK": 2}}]


def test_an_api_version_that_ends_is_named_with_its_network_and_its_day(now: int) -> None:
    journal, log = open_journal()
    journal.record_version_end(now, Destination.META, "v26.0", "2027-01-15")
    told = {"reason": "version_ends", "destination": "meta", "change": "v26.0 ends 2027-01-15"}
    assert read(log) == [stamped("api_version", now) | told]


# The chain, and its signatures.


def test_each_line_holds_the_hash_of_the_exact_bytes_of_the_one_before(now: int) -> None:
    journal, log = open_journal()
    for _ in range(3):
        refuse(journal, now)
    first, second, third = lines(log)
    assert [json.loads(line)["seq"] for line in (first, second, third)] == [0, 1, 2]
    assert json.loads(second)["prev"] == hashlib.sha256(first.encode()).hexdigest()
    assert json.loads(third)["prev"] == hash_line(second.encode())


def test_a_journal_of_a_tool_says_that_nobody_gave_it_a_chain_or_a_version(now: int) -> None:
    log = io.StringIO()
    refuse(Journal(log, POLICY), now)
    (line,) = read(log)
    assert (line["chain"], line["version"]) == ("unnamed", "source")


def test_a_checkpoint_signs_everything_before_it(now: int) -> None:
    signer = FakeSigner(base64.b64encode(b"signed").decode())
    journal, log = open_journal(signer)
    refuse(journal, now)
    refuse(journal, now + CHECKPOINT_MS)
    _, last, _ = lines(log)
    before = hash_line(last.encode())
    told = {"key": "a-key", "signature": "c2lnbmVk"}
    assert read(log)[2] == stamped("checkpoint", now + CHECKPOINT_MS, seq=2, prev=before) | told
    assert signer.statements == [write_statement("c", 2, before)]


def test_a_checkpoint_follows_whichever_line_comes_after_a_minute(now: int) -> None:
    """A quiet Lambda may see nothing but the kill switch turn; its lines are signed all the same."""
    journal, log = open_journal(FakeSigner())
    journal.record_gate(now, "closed")
    journal.record_gate(now + CHECKPOINT_MS, "open")
    journal.record_processing(now + 2 * CHECKPOINT_MS, Destination.GOOGLE, Outcome.DELIVERED, "req-1", 1, {})
    journal.disclose(now + 3 * CHECKPOINT_MS, outcome=Outcome.DELIVERED, reason=None, clean=lead(), attempt=1)
    kinds = ["gate", "gate", "checkpoint", "processing", "checkpoint", "disclosure", "checkpoint"]
    assert [line["kind"] for line in read(log)] == kinds


def test_a_checkpoint_costs_no_signature_per_event(now: int) -> None:
    """A busy minute costs one signature for every 500 lines, and the minute after a checkpoint costs none."""
    signer = FakeSigner()
    journal, _ = open_journal(signer)
    for _ in range(3 * CHECKPOINT_LINES):
        refuse(journal, now)
    assert len(signer.statements) == 3
    refuse(journal, now + CHECKPOINT_MS - 1)
    assert len(signer.statements) == 3


def test_a_seal_signs_the_end_and_the_next_signature_is_a_minute_away(now: int) -> None:
    signer = FakeSigner()
    journal, log = open_journal(signer)
    journal.seal(now)
    assert read(log) == [stamped("checkpoint", now) | {"key": "a-key", "signature": "c2lnbmVk"}]
    refuse(journal, now + CHECKPOINT_MS - 1)
    assert len(signer.statements) == 1
    refuse(journal, now + CHECKPOINT_MS)
    assert len(signer.statements) == 2


def test_a_seal_without_a_key_writes_nothing(now: int) -> None:
    journal, log = open_journal()
    journal.seal(now)
    assert lines(log) == []


def test_a_signature_that_cannot_be_had_stops_no_event(now: int) -> None:
    """KMS denies or is slow: the line is written, the checkpoint stands unsigned and the audit names it."""
    journal, log = open_journal(FakeSigner(None))
    refuse(journal, now)
    journal.seal(now)
    _, checkpoint = read(log)
    assert checkpoint["key"] == "a-key"
    assert "signature" not in checkpoint
