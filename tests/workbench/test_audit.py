"""`airlock audit`: an auditor's questions, answered from an export alone or from CloudWatch Logs."""

import io
import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from airlock.chain import Chain
from airlock.journal import Journal
from airlock.journal_line import Checkpoint, Decision, Disclosure, Note, Processing
from airlock.outcome import Outcome, Reason
from airlock.tokens import derive_event_id
from workbench.account import draw_account
from workbench.journal_schema import FIELDS, KINDS
from workbench.journal_source import decode, read_moment
from workbench.proof import EndLine
from workbench.reasons import REASONS
from workbench.seals import LocalSigner

LEAD = "00000000-0000-4000-8000-000000000001"


def test_every_field_of_a_line_is_documented_and_no_other() -> None:
    forms = (Decision, Disclosure, Note, Processing, Checkpoint, EndLine)
    written = {field.encode_name for form in forms for field in msgspec.structs.fields(form)} | {"chain", "seq", "prev"}
    assert written == FIELDS.keys()


def test_every_kind_of_line_is_documented() -> None:
    kinds = {kind for form in (Note, Checkpoint) for kind in get_args(get_type_hints(form)["kind"])}
    assert kinds | {"decision", "disclosure", "processing", "end"} == KINDS.keys()


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == set(Reason)


def test_what_did_meta_get(command: Any, journal_file: Path) -> None:
    """The breach question in one call: each disclosure with its basis, policy, hash and masked payload."""
    code, out, _ = command("audit", "--local", journal_file, "--network", "meta")
    assert code == 0
    assert "Meta, lead" in out
    assert "basis authorization" in out
    assert "<email sha256>" in out
    assert "SHA-256 of the body" in out
    assert "google" not in out.lower()


def test_a_disclosure_outside_the_period_is_not_listed(command: Any, journal_file: Path, journal: Any) -> None:
    disclosures = [line for line in decode(journal) if line["kind"] == "disclosure" and "sha256" in line]
    _, out, _ = command("audit", "--local", journal_file, "--until", "2020-01-01", "--json")
    assert json.loads(out)["told"] == []
    _, out, _ = command("audit", "--local", journal_file, "--since", "2020-01-01", "--json")
    assert len(json.loads(out)["told"]) == len(disclosures)


def test_why_did_this_lead_not_reach_a_network(command: Any, journal_file: Path) -> None:
    """By the browser's own id, which stands in no line: the derived ids are computed from it."""
    uuid = "00000000-0000-4000-8000-000000000001"
    _, out, _ = command("audit", "--local", journal_file, "--id", uuid)
    assert derive_event_id("google", uuid) in out
    assert "no_identity" in out


def test_consent_is_answered_for_every_disclosure(command: Any, journal_file: Path, tmp_path: Path) -> None:
    _, out, _ = command("audit", "--local", journal_file)
    assert "follows a decision that let it pass every gate, consent first" in out
    alone = tmp_path / "disclosures.jsonl"
    alone.write_text(
        "".join(line for line in journal_file.read_text().splitlines(keepends=True) if '"kind":"disclosure"' in line)
    )
    _, out, _ = command("audit", "--local", alone)
    assert "have no accepted decision in these lines" in out


def test_a_balance_that_closes_is_0_and_one_that_does_not_is_1(
    command: Any, journal_file: Path, tmp_path: Path
) -> None:
    code, out, _ = command("audit", "--local", journal_file, "--balance")
    assert code == 0
    assert "closes" in out
    alone = tmp_path / "disclosures.jsonl"
    alone.write_text(
        "".join(line for line in journal_file.read_text().splitlines(keepends=True) if '"kind":"disclosure"' in line)
    )
    code, out, _ = command("audit", "--local", alone, "--balance", "--json")
    assert code == 1
    assert not json.loads(out)["meta"]["closes"]


def test_an_export_that_was_tampered_with_fails_and_the_line_is_named(command: Any, journal_file: Path) -> None:
    assert command("audit", "--local", journal_file, "--verify")[0] == 0
    lines = journal_file.read_text().splitlines(keepends=True)
    lines[11] = lines[11].replace('"at":', '"at": ')
    journal_file.write_text("".join(lines))
    code, out, _ = command("audit", "--local", journal_file, "--verify", "--json")
    assert code == 1
    assert 12 in {fault["line"] for fault in json.loads(out)["faults"]}


def test_lines_come_from_cloudwatch_page_by_page(command: Any, logs: Any, journal: Any, tmp_path: Path) -> None:
    target = tmp_path / "export.jsonl"
    period = ("--since", "2026-01-01", "--until", "2028-01-01")
    code, _, err = command("audit", *period, "--name", "glow", "--export", target, "--unmask")
    assert code == 0
    assert "lines read" in err, "a long query says how far it is"
    assert sorted(target.read_text().splitlines()[:-1]) == sorted(journal)
    assert all(asked["unmask"] for asked in logs.asked)
    assert command("audit", "--local", target, "--verify")[0] == 0


def test_cloudwatch_is_asked_for_journal_lines_of_the_period(command: Any, logs: Any) -> None:
    command("audit", "--since", "2026-11-24", "--until", "2026-11-25", "--network", "meta", "--balance")
    assert logs.asked[0]["filterPattern"] == '{ $.chain = "*" && $.destination = "meta" }'
    assert logs.asked[0]["endTime"] == logs.asked[0]["startTime"] + 86_400_000 - 1


def test_a_deployment_that_is_not_there_is_said(command: Any, logs: Any) -> None:
    code, _, err = command("audit", "--name", "elsewhere")
    assert code == 2
    assert "/airlock/elsewhere" in err
    assert logs.asked == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", 1_795_532_832_000 - 86_400_000),
        ("2026-11-24", 1_795_478_400_000),
        ("2026-11-24T15:07:12Z", 1_795_532_832_000),
        ("2026-11-24T07:07:12-08:00", 1_795_532_832_000),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, moment: int, now: int) -> None:
    assert read_moment(text, now) == moment


def test_a_period_that_cannot_be_read_is_wrong_usage(command: Any, journal_file: Path) -> None:
    assert command("audit", "--local", journal_file, "--since", "tuesday")[0] == 2
    assert command("audit", "--local", journal_file, "--since", "2026-11-25", "--until", "2026-11-24")[0] == 2
    assert command("audit", "--local", "nowhere.jsonl")[0] == 2


def test_the_schema_is_printed(command: Any) -> None:
    _, out, _ = command("audit", "--schema")
    assert "| `sha256` |" in out


def test_an_event_counts_once_however_often_it_was_tried() -> None:
    """Held twice and then delivered: it was told, and is no entry among what was not."""
    held = {"kind": "disclosure", "destination": "meta", "event_id": "a" * 32, "outcome": "held", "reason": "throttled"}
    account = draw_account([held, held, {**held, "outcome": "delivered", "reason": None}])
    assert account.not_told == ()
    (row,) = draw_account([held, held]).not_told
    assert (row.reason, row.count) == ("throttled", 1)


class Keys:
    """KMS, which gives public keys in DER."""

    def __init__(self, signer: LocalSigner) -> None:
        self.signer = signer

    def get_public_key(self, **asked: Any) -> Any:
        assert asked["KeyId"] == self.signer.key
        key = serialization.load_pem_public_key(self.signer.pem)
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return {"PublicKey": key.public_bytes(serialization.Encoding.DER, form)}


def test_a_signed_journal_is_verified_with_the_key_that_kms_gives_out(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: int
) -> None:
    """From the first line to the auditor's desk: signed, exported, the key saved, verified, and a forgery refused."""
    signer, log = LocalSigner(), io.StringIO()
    journal = Journal(log, "ab" * 32, chain=Chain("sanitizer-1", signer))
    journal.decide(now, outcome=Outcome.REFUSED, reason=Reason.METHOD)
    journal.seal(now)
    written, export, key = tmp_path / "log.jsonl", tmp_path / "export.jsonl", tmp_path / "key.pem"
    written.write_text(log.getvalue())
    monkeypatch.setattr("workbench.audit._open_kms", lambda: Keys(signer))
    assert command("audit", "--local", written, "--export", export)[0] == 0
    assert command("audit", "--local", export, "--save-key", key)[0] == 0
    code, out, _ = command("audit", "--local", export, "--verify", "--key", key)
    assert code == 0
    assert "1 of 1 signatures hold" in out
    other = tmp_path / "other.pem"
    other.write_bytes(LocalSigner().pem)
    assert command("audit", "--local", export, "--verify", "--key", other)[0] == 1
    other.write_bytes(LocalSigner().pem + signer.pem)
    assert command("audit", "--local", export, "--verify", "--key", other)[0] == 0, "a file may hold several keys"
    other.write_text("no key")
    assert command("audit", "--local", export, "--verify", "--key", other)[0] == 2


def test_a_line_that_cloudwatch_masked_is_told_from_one_that_was_changed(command: Any, journal_file: Path) -> None:
    text = journal_file.read_text().replace('"surface":"general"', '"surface":"*******"')
    journal_file.write_text(text)
    code, out, _ = command("audit", "--local", journal_file, "--verify")
    assert code == 1
    assert "export with --unmask" in out


def test_an_event_that_was_let_through_at_last_is_not_among_what_was_not_told() -> None:
    """The visitor agreed after all: the browser told the same event again, under the same id."""
    decision = {"kind": "decision", "destination": "meta", "event_id": "a" * 32}
    first = {**decision, "outcome": "withheld", "reason": "no_consent"}
    assert draw_account([first, {**decision, "outcome": "accepted"}]).not_told == ()
    assert len(draw_account([first, first]).not_told) == 1
