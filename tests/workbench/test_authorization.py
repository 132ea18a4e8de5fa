"""`airlock authorization`: what a privacy officer records, revokes, shows and lists, and what of it is kept where."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.authorization_table import AuthorizationTable
from airlock.policy import Policy
from airlock.tokens import refer_to_authorization
from tests.clinic_systems import FakeDynamo
from workbench import authorization
from workbench.authorization_file import AuthorizationFile
from workbench.command import main
from workbench.dev import Desk

ID = "auth_Zq8LkT3vWc5Yp0Ra"
DAY = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))  # noqa: TID251 - the command goes by the clock
YEAR_LATER = f"{int(DAY[:4]) + 1}{DAY[4:8]}{min(int(DAY[8:]), 28):02}"
TERMS = ["--recipients", "meta, linkedin", "--information", "email,phone", "--signed", DAY, "--expires", YEAR_LATER]
TEMPLATE = ["--template", "5f" * 32]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(["authorization", *words])
    except SystemExit as ended:  # argparse's own
        code = int(ended.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "authorizations.sqlite3")


def test_what_is_added_is_shown_listed_revoked_and_journalled(capsys: pytest.CaptureFixture[str], file: str) -> None:
    code, out, _ = run(capsys, "add", *TERMS, *TEMPLATE, "--file", file)
    identifier = out.strip()
    assert code == 0
    assert identifier.startswith("auth_")
    assert run(capsys, "show", identifier, "--file", file)[1].split()[1] == "valid"
    assert run(capsys, "revoke", identifier, "--file", file) == (0, "", "")
    code, out, _ = run(capsys, "list", "--file", file, "--json")
    [shown] = [json.loads(line) for line in out.splitlines()]
    assert (shown["state"], shown["recipients"]) == ("revoked", ["meta", "linkedin"])
    assert shown["authorization"] == refer_to_authorization(identifier)[:16]
    journal = Path(f"{file}.journal.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["change"] for line in journal.splitlines()] == ["recorded", "revoked"]
    kept = Path(file).read_bytes() + journal.encode() + out.encode()
    assert identifier.encode() not in kept, "the id itself is kept nowhere"


def test_the_form_is_kept_as_its_hash_only(capsys: pytest.CaptureFixture[str], tmp_path: Path, file: str) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"I authorize canary-7d1f")
    assert run(capsys, "add", ID, *TERMS, "--template", str(form), "--file", file)[0] == 0
    assert b"canary-7d1f" not in Path(file).read_bytes()


def test_a_revoked_one_cannot_be_recorded_again(capsys: pytest.CaptureFixture[str], file: str) -> None:
    run(capsys, "revoke", ID, "--file", file)
    code, _, err = run(capsys, "add", ID, *TERMS, *TEMPLATE, "--file", file)
    assert (code, err) == (2, "airlock: refused: id: was revoked; a new authorization has a new id\n")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (["--recipients", "facebook"], "refused: recipients"),
        (["--information", "diagnosis"], "refused: information"),
        (["--signed", "yesterday"], "--signed: must be ISO 8601"),
        (["--expires", "2040-01-01"], "refused: expires_at"),
        (["--template", "missing.pdf"], "--template: cannot read the file"),
    ],
)
def test_a_wrong_element_is_named(capsys: pytest.CaptureFixture[str], file: str, changed: list[str], says: str) -> None:
    code, _, err = run(capsys, "add", ID, *TERMS, *TEMPLATE, *changed, "--file", file)
    assert code == 2
    assert says in err


@pytest.mark.parametrize(
    "words",
    [
        ["add", ID],
        ["revoke", ID],
        ["show", ID],
        ["list"],
        [],
        ["add", ID, *TERMS, *TEMPLATE, "--file", "a", "--url", "b"],
    ],
)
def test_a_place_must_be_named_and_one_only(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(capsys, *words)[0] == 2


def test_nothing_under_an_id_is_said_to_be_nothing(capsys: pytest.CaptureFixture[str], file: str) -> None:
    run(capsys, "revoke", "auth_0000000000000000", "--file", file)
    assert run(capsys, "show", ID, "--file", file)[0] == 1
    assert run(capsys, "list", "--file", f"{file}.missing")[0] == 2


def test_a_file_that_is_no_store_is_left_as_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Jane" * 200, encoding="utf-8")
    code, _, err = run(capsys, "revoke", ID, "--file", str(letter))
    assert code == 1
    assert "Jane" not in err
    assert letter.read_text(encoding="utf-8") == "Dear Jane" * 200


@pytest.fixture
def desk(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AIRLOCKDEMO")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "airlock-demo-secret")
    desk = Desk(policy)
    desk.start()
    yield desk
    desk.stop()


def test_in_the_cloud_a_change_goes_through_the_airlock_itself(capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    """So that its journal has it; the command writes to no table."""
    assert run(capsys, "add", ID, *TERMS, *TEMPLATE, "--url", desk.origin) == (0, f"{ID}\n", "")
    assert run(capsys, "revoke", ID, "--url", desk.origin)[0] == 0
    code, _, err = run(capsys, "add", ID, *TERMS, *TEMPLATE, "--url", desk.origin)
    assert (code, err) == (1, "airlock: the airlock answered 400: id: was revoked; a new authorization has a new id\n")


def test_the_table_is_listed_page_by_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    dynamo = FakeDynamo()
    table = AuthorizationTable(lambda: dynamo, "airlock-authorizations")
    for number in range(3):
        table.revoke(refer_to_authorization(f"auth_{number:016}"), 1_795_000_000_000)
    dynamo.items["receipt:" + "0" * 64] = {"id": {"S": "receipt:" + "0" * 64}, "expiration": {"N": "1"}}

    def open_client(service: str, **settings: Any) -> FakeDynamo:
        assert (service, settings) == ("dynamodb", {"region_name": "us-west-2"})
        return dynamo

    monkeypatch.setattr("boto3.client", open_client)
    code, out, _ = run(capsys, "list", "--table", "airlock-authorizations", "--region", "us-west-2")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert all("revoked" in line and "terms never recorded" in line for line in out.splitlines())


def test_the_store_holds_hashes_and_terms_and_nothing_else(capsys: pytest.CaptureFixture[str], file: str) -> None:
    run(capsys, "add", ID, *TERMS, *TEMPLATE, "--file", file)
    database = sqlite3.connect(file)
    [(ref, terms, revoked_at)] = database.execute("select ref, terms, revoked_at from authorization").fetchall()
    database.close()
    assert (ref, revoked_at) == (refer_to_authorization(ID), None)
    assert set(json.loads(terms)) == {
        *("recipients", "information", "purposes", "signed_at", "expires_at", "template_sha256", "revoked_at")
    }
    assert authorization.describe.__doc__


def test_dev_keeps_authorizations_in_the_file_that_the_command_writes(
    capsys: pytest.CaptureFixture[str], file: str, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one process records, the airlock in another finds, and what is revoked over its route, the command shows."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AIRLOCKDEMO")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "airlock-demo-secret")
    run(capsys, "add", ID, *TERMS, *TEMPLATE, "--file", file)
    store = AuthorizationFile(Path(file))
    desk = Desk(policy, on_file=store)
    desk.start()
    assert run(capsys, "revoke", ID, "--url", desk.origin)[0] == 0
    desk.stop()
    store.close()
    assert run(capsys, "show", ID, "--file", file)[1].split()[1] == "revoked"
