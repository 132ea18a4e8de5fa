"""`airlock import`: sheets of every kind of mess, each row counted once, told once, and shown nowhere."""

import csv
import datetime
import http.client
import io
import json
import random  # noqa: TID251 - a seeded mess
import subprocess
import sys
import time
import tracemalloc
import zoneinfo
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from airlock.authorization import AuthorizationsInMemory
from airlock.policy import Policy
from tests.clinic_systems import FUNCTIONS, GCLID
from workbench.client import Client
from workbench.command import main
from workbench.complaint import Complaint
from workbench.dev import Desk
from workbench.importing.importer import BATCH, Importer, Progress, Rejects
from workbench.importing.mapping import map_columns
from workbench.importing.memory import Memory
from workbench.importing.moment import Moments, Unreadable
from workbench.importing.record import Records, Reject, read_money
from workbench.importing.rehearsal import build_dry_judge
from workbench.importing.sheet import find_encoding, read_sheet
from workbench.importing.tally import Tally

NOW = "2026-11-24T18:00:00+00:00"
CANARY = "canary-7d1f"
ZONE = zoneinfo.ZoneInfo("America/Los_Angeles")
HEADER = ["Date", "Event", "Where", "Email", "Phone", "gclid", "Marketing consent", "Consent date", "Amount", "Notes"]
GOOD = ["11/23/2026 2:30 PM", "lead", "phone_call", "", "", GCLID, "yes", "11/01/2026", "$250.00", CANARY]


def good(**changed: str) -> list[str]:
    return [changed.get(name.split()[0].lower(), value) for name, value in zip(HEADER, GOOD, strict=True)]


def write(
    path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8", ends: str = "\r\n", sep: str = ","
) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=sep, lineterminator=ends).writerows([HEADER, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    code = main(["import", *map(str, words), "--now", NOW, "--json"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert CANARY not in printed.out + printed.err
    found: dict[str, Any] = json.loads(printed.out)
    return found


# Each kind of mess: how its row is made from a number, and what becomes of it.
MESS: dict[str, tuple[Any, str, str]] = {
    "good": (lambda n: good(date=f"11/{n % 6 + 18}/2026 9:{n % 60:02} AM"), "accepted", ""),
    "iso": (lambda n: good(date=f"2026-11-{n % 6 + 18:02}T09:{n % 60:02}:01-08:00"), "accepted", ""),
    "serial": (lambda n: good(date=str(46_344.25 + n / 1_440)), "accepted", ""),
    "in words": (lambda n: good(date=f"Nov {n % 6 + 18}, 2026 8:{n % 60:02} pm"), "accepted", ""),
    "quoted": (lambda n: good(date=f'="11/20/2026 7:{n % 60:02} AM"'), "accepted", ""),
    "padded": (lambda n: good(date=f"  11/20/2026  6:{n % 60:02} AM "), "accepted", ""),
    "many lines": (lambda n: good(date=f"11/21/2026 5:{n % 60:02} AM", notes="a\r\nb\n\nc, d"), "accepted", ""),
    "no consent": (lambda n: good(date=f"11/21/2026 4:{n % 60:02} AM", marketing="no"), "refused", "no_consent"),
    "blank consent": (lambda n: good(date=f"11/21/2026 3:{n % 60:02} AM", marketing=""), "refused", "no_consent"),
    "words for consent": (
        lambda n: good(date=f"11/21/2026 10:{n % 60:02} AM", marketing="sure"),
        "refused",
        "no_consent",
    ),
    "undated consent": (lambda n: good(date=f"11/21/2026 2:{n % 60:02} AM", consent=""), "refused", "stale_consent"),
    "old consent": (
        lambda n: good(date=f"11/21/2026 1:{n % 60:02} AM", consent="1/2/2026"),
        "refused",
        "stale_consent",
    ),
    "odd consent": (
        lambda n: good(date=f"11/21/2026 1:{n % 60:02} PM", consent="recently"),
        "rejected",
        "consent_at: format",
    ),
    "treatment": (lambda n: good(date=f"11/20/2026 1:{n % 60:02} AM", event="Botox"), "refused", "unknown_event"),
    "formula": (
        lambda n: good(date=f"11/20/2026 2:{n % 60:02} AM", event="=cmd|' /C calc'!A1"),
        "refused",
        "unknown_event",
    ),
    "anonymous": (lambda n: good(date=f"11/20/2026 3:{n % 60:02} AM", gclid=""), "refused", "no_identity"),
    "phone only": (
        lambda n: good(date=f"11/20/2026 4:{n % 60:02} AM", gclid="", phone="'(415) 555-0132"),
        "refused",
        "no_authorization",
    ),
    "rounded phone": (
        lambda n: good(date=f"11/20/2026 5:{n % 60:02} AM", gclid="", phone="1.41556E+10"),
        "refused",
        "no_identity",
    ),
    "billboard": (lambda n: good(date=f"11/20/2026 8:{n % 60:02} AM", where="billboard"), "refused", "malformed"),
    "too old": (lambda n: good(date=f"1/2/2026 8:{n % 60:02} AM", consent="1/1/2026"), "refused", "bad_time"),
    "tomorrow": (lambda n: good(date=f"11/25/2026 8:{n % 60:02} PM"), "refused", "bad_time"),
    "no date": (lambda _: good(date=""), "rejected", "at: missing"),
    "nonsense date": (lambda _: good(date="13/13/2026"), "rejected", "at: format"),
    "date in prose": (lambda _: good(date="next Tuesday"), "rejected", "at: format"),
    "skipped hour": (lambda _: good(date="3/8/2026 2:30 AM"), "rejected", "at: no_such_time"),
    "too many cells": (
        lambda n: [*good(date=f"11/19/2026 1:{n % 60:02} AM"), "x"],
        "rejected",
        "row: more_cells_than_columns",
    ),
    "huge cell": (lambda n: good(date=f"11/19/2026 2:{n % 60:02} AM", email="x" * 9_000), "rejected", "row: too_large"),
}


@pytest.fixture
def thousand(tmp_path: Path) -> tuple[Path, Counter[tuple[str, str]]]:
    """The sheet, and how often each kind of end is to be met."""
    kinds = [kind for kind in MESS for _ in range(36)] + ["good"] * 10
    rows = [MESS[kind][0](number) for kind in MESS for number in range(36)]
    rows += [MESS["good"][0](number) for number in range(36, 46)]
    ends = Counter((became, why) for kind in kinds for _, became, why in [MESS[kind]])
    repeated = [row for kind, row in zip(kinds, rows, strict=True) if kind == "iso"][: 1_000 - len(rows)]
    ends["repeated", ""] = len(repeated)
    rows += repeated
    random.Random(8).shuffle(rows)  # noqa: S311 - the same mess every time
    assert len(rows) == 1_000
    return write(tmp_path / "bookings.csv", rows, "utf-8-sig"), ends


def count_ends(found: dict[str, Any]) -> Counter[tuple[str, str]]:
    ends = Counter({("accepted", ""): found["accepted"], ("repeated", ""): found["repeated"]})
    for became in ("refused", "rejected"):
        ends.update({(became, why): count for why, count in found[became].items()})
    return ends


def test_a_thousand_rows_of_every_mess_end_where_they_should(
    thousand: tuple[Path, Counter[tuple[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, ends = thousand
    found = run(capsys, sheet)
    assert found["rows"] == 1_000
    assert count_ends(found) == ends
    assert not sheet.with_name("bookings.csv.airlock-state").exists(), "a dry run leaves no trace"
    rejects = list(csv.reader(io.StringIO(sheet.with_name("bookings.csv.rejects.csv").read_text(encoding="utf-8"))))
    assert len(rejects) == 1 + sum(found["refused"].values()) + sum(found["rejected"].values())
    assert CANARY not in json.dumps(rejects)


def test_a_second_import_of_the_thousand_changes_nothing(
    thousand: tuple[Path, Counter[tuple[str, str]]], tmp_path: Path, policy: Policy
) -> None:
    sheet, ends = thousand
    text = sheet.read_text(encoding="utf-8-sig")
    told: list[str] = []

    def take() -> Tally:
        tally = Tally()
        dry = build_dry_judge(policy, AuthorizationsInMemory(), tally, lambda: 1_795_543_200_000)

        def judge(events: Sequence[dict[str, Any]]) -> list[str | None]:
            reasons = dry(events)
            told.extend(event["id"] for event, reason in zip(events, reasons, strict=True) if reason is None)
            return reasons

        with ExitStack() as stack:
            set_up(tmp_path, policy, judge, tally, stack).take(read_sheet(io.StringIO(text, newline="")).rows)
        return tally

    assert count_ends(take().as_object()) == ends
    assert len(told) == len(set(told)) == ends["accepted", ""]
    second = take()
    assert second.accepted == 0
    assert (second.total("told"), second.total("repeated")) == (ends["accepted", ""], ends["repeated", ""])
    assert len(told) == ends["accepted", ""]


@pytest.fixture
def desk(policy: Policy) -> Iterator[Desk]:
    desk = Desk(policy)
    desk.start()
    yield desk
    desk.stop()


def recent(count: int) -> list[list[str]]:
    """Good rows of the last hours, in the clinic's own time."""
    start = datetime.datetime.fromtimestamp(time.time() - 7_200, ZONE)  # noqa: TID251 - the desk goes by the clock
    moments = [start - datetime.timedelta(seconds=61 * number) for number in range(count)]
    consent = f"{start - datetime.timedelta(days=30):%m/%d/%Y}"
    return [good(date=f"{moment:%m/%d/%Y %I:%M:%S %p}", consent=consent) for moment in moments]


def send(capsys: pytest.CaptureFixture[str], sheet: Path, desk: Desk, *words: str) -> dict[str, Any]:
    code = main(["import", str(sheet), "--send", "--url", desk.origin, "--json", *words])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    found: dict[str, Any] = json.loads(printed.out)
    return found


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AIRLOCKDEMO")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "airlock-demo-secret")


def decided(desk: Desk) -> list[str]:
    """The outbound ids that the airlock put on a queue, one for each message."""
    connection = http.client.HTTPConnection(desk.origin.removeprefix("http://"))
    connection.request("GET", "/_airlock/log.jsonl")
    lines = [json.loads(line) for line in connection.getresponse().read().splitlines()]
    connection.close()
    return [line["event_id"] for line in lines if line["kind"] == "decision" and line["outcome"] == "accepted"]


@pytest.mark.usefixtures("_credentials")
def test_a_second_import_tells_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    sheet = write(tmp_path / "calls.csv", recent(230))
    assert send(capsys, sheet, desk)["accepted"] == 230
    told = decided(desk)
    again = send(capsys, sheet, desk)
    assert (again["accepted"], again["told_already"]) == (0, 230)
    assert decided(desk) == told
    assert len(set(told)) == 230


@pytest.mark.usefixtures("_credentials")
def test_next_months_sheet_tells_only_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    state, rows = str(tmp_path / "told"), recent(60)
    send(capsys, write(tmp_path / "november.csv", rows[:40]), desk, "--state", state)
    found = send(capsys, write(tmp_path / "december.csv", rows), desk, "--state", state)
    assert (found["accepted"], found["told_already"]) == (20, 40)


@pytest.mark.usefixtures("_credentials")
def test_an_import_that_was_killed_goes_on_and_doubles_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    """Another process imports and is killed in the middle; the ids that are told twice are the same ids."""
    sheet = write(tmp_path / "calls.csv", recent(3_000))
    command = [sys.executable, "-m", "workbench.command", "import", str(sheet), "--send", "--url", desk.origin]
    process = subprocess.Popen(command, cwd=FUNCTIONS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(decided(desk)) < 300 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    before = len(decided(desk))
    assert 300 <= before < 3_000, "it was to be killed in the middle"
    found = send(capsys, sheet, desk)
    assert found["told_already"] >= 200
    assert found["accepted"] + found["told_already"] == 3_000
    told = decided(desk)
    assert len(set(told)) == 3_000
    assert len(told) - 3_000 <= BATCH, "at most the batch whose answer never came was told again"


class Stopped(Exception):  # noqa: N818 - stands for a crash
    pass


def set_up(tmp_path: Path, policy: Policy, judge: Any, tally: Tally, stack: ExitStack) -> Importer:
    memory = Memory(tmp_path / "state", b"k" * 32, changing=True)
    stack.callback(memory.close)
    records = Records(map_columns(HEADER, {}), Moments(ZONE, day_first=False), policy.consent_required, memory.key)
    return Importer(records, memory, judge, tally, Rejects(None, stack), Progress(io.StringIO(), lambda: 0.0))


def test_a_crash_between_an_answer_and_its_note_repeats_one_batch_at_most(tmp_path: Path, policy: Policy) -> None:
    text = write(tmp_path / "a.csv", recent(250)).read_text(encoding="utf-8")
    told: list[str] = []

    def judge(events: Sequence[dict[str, Any]]) -> list[str | None]:
        told.extend(event["id"] for event in events)
        if len(told) == 200:
            raise Stopped
        return [None] * len(events)

    with ExitStack() as stack, pytest.raises(Stopped):
        set_up(tmp_path, policy, judge, Tally(), stack).take(read_sheet(io.StringIO(text, newline="")).rows)
    with ExitStack() as stack:
        tally = Tally()
        set_up(tmp_path, policy, judge, tally, stack).take(read_sheet(io.StringIO(text, newline="")).rows)
    assert (tally.accepted, tally.total("told")) == (150, 100)
    assert len(set(told)) == 250
    assert len(told) == 350


@pytest.mark.parametrize(
    ("encoding", "sep"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ","),
        ("utf-8", ";"),
        ("utf-8", "|"),
        ("utf-16", "\t"),
        ("utf-16-le", "\t"),
        ("utf-16-be", "\t"),
        ("cp1252", ";"),
    ],
)
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"], ids=["crlf", "lf", "cr"])
def test_what_excel_writes_is_read_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str, sep: str, ends: str
) -> None:
    rows = [
        good(date="2026-11-23 14:30", notes="Zo\xeb\u2019s note; a, b\t| \u2013 \u201cx\u201d"),
        good(date="2026-11-23 15:30"),
    ]
    found = run(capsys, write(tmp_path / "a.csv", rows, encoding, ends, sep))
    assert (found["rows"], found["accepted"]) == (2, 2)


def test_excels_separator_line_is_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = write(tmp_path / "a.csv", [good(), good(date="soon")], sep=";")
    sheet.write_bytes(b"sep=;\r\n" + sheet.read_bytes())
    assert run(capsys, sheet)["accepted"] == 1
    assert (tmp_path / "a.csv.rejects.csv").read_text(encoding="utf-8").splitlines()[1] == "4,at,format"


@pytest.mark.parametrize("start", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_workbook_is_named_as_what_it_is(start: bytes) -> None:
    with pytest.raises(Complaint, match="CSV UTF-8"):
        find_encoding(io.BytesIO(start))


def test_a_character_at_the_edge_of_what_is_read_at_once_is_no_reason_to_guess() -> None:
    assert find_encoding(io.BytesIO(b"a" * ((1 << 20) - 1) + "é".encode() * 3)) == "utf-8"
    assert find_encoding(io.BytesIO(b"a" * ((1 << 20) - 1) + b"\xe9")) == "cp1252"


def test_an_open_quote_costs_its_own_line_and_no_other() -> None:
    """A single quote in one note must not swallow the patients below it."""
    lines = ["a,b", '1,"open', "2,x", '3,"in "the" middle"', "4,y", '5,"two', 'lines"', "", '6,"never closed']
    sheet = read_sheet(io.StringIO("\n".join(lines) + "\n", newline=""))
    found = [(row.number, row.fault or row.cells[0]) for row in sheet.rows]
    assert found == [(2, "quotes"), (3, "2"), (4, "quotes"), (5, "4"), (6, "5"), (8, "quotes")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", "2026-11-24T00:00:00-08:00"),
        ("2026-11-24 9:05", "2026-11-24T09:05:00-08:00"),
        ("2026-11-24T09:05:06Z", "2026-11-24T09:05:06+00:00"),
        ("2026-11-24 09:05:06 UTC", "2026-11-24T09:05:06+00:00"),
        ("2026-11-24T09:05:06.250-05:00", "2026-11-24T09:05:06.250-05:00"),
        ("2026-11-24 09:05 -0500", "2026-11-24T09:05:00-05:00"),
        ("11/24/2026", "2026-11-24T00:00:00-08:00"),
        ("11/24/26 9:05 pm", "2026-11-24T21:05:00-08:00"),
        ("11/24/2026 12:05 AM", "2026-11-24T00:05:00-08:00"),
        ("11/24/2026 12:05 p.m.", "2026-11-24T12:05:00-08:00"),
        ("11-24-2026 21:05", "2026-11-24T21:05:00-08:00"),
        ("24-Nov-2026 21:05", "2026-11-24T21:05:00-08:00"),
        ("Tue, 11/24/2026 9 AM", "2026-11-24T09:00:00-08:00"),
        ("November 24, 2026", "2026-11-24T00:00:00-08:00"),
        ("Nov 24 2026 9:05:30 AM", "2026-11-24T09:05:30-08:00"),
        ("1795532832", "2026-11-24T15:07:12+00:00"),
        ("1795532832000", "2026-11-24T15:07:12+00:00"),
        ("46350.5", "2026-11-24T12:00:00-08:00"),
        ("7/4/2026 12:00 PM", "2026-07-04T12:00:00-07:00"),
        ("11/1/2026 1:30 AM", "2026-11-01T01:30:00-07:00"),
    ],
)
def test_a_moment_is_read_in_every_way_that_systems_write_one(text: str, expected: str) -> None:
    """A time without a zone is the clinic's; an hour that the clocks strike twice is its first."""
    moment = round(datetime.datetime.fromisoformat(expected).timestamp() * 1000)
    assert Moments(ZONE, day_first=False).read(text) == moment


def test_a_clinic_elsewhere_writes_the_day_first() -> None:
    london = Moments(zoneinfo.ZoneInfo("Europe/London"), day_first=True)
    assert london.read("3/4/2026") == Moments(zoneinfo.ZoneInfo("Europe/London"), day_first=False).read("4/3/2026")
    assert london.read("4/13/2026") == Unreadable("format")


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "13/13/2026", "11/31/2026", "2026-02-30", "9:05", "11/24/2026 25:00", "11/24/2026 13:05 PM"),
        *("24", "123456789", "0/0/0", "11/24/2026 9", "2026-11-24T", "1e9", "\u0662\u0660\u0662\u0666-11-24"),
        *("99999999999999999999", "11/24/20261"),
    ],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert Moments(ZONE, day_first=False).read(text) == Unreadable("format")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("250", 250), ("$1,234.50", 1234.5), ("1.234,50 €", 1234.5), ("USD 99.00", 99), ("0", 0), ("12,5", 12.5)],
)
def test_money_is_read_in_either_way_of_writing_it(text: str, amount: float) -> None:
    assert read_money(text) == amount


@pytest.mark.parametrize("text", ["-150", "(150)", "1,23,4", "1.2.3", "free", "", "=1+1"])
def test_what_is_no_amount_is_left_for_the_airlock_to_drop(text: str) -> None:
    assert read_money(text) == text


@pytest.mark.parametrize(
    ("header", "settings", "sentence"),
    [
        (["Event", "Email"], {}, "no column says when"),
        (["Date", "Email"], {}, "no column says which event"),
        (["Date", "Event", "Email", "E-mail"], {}, "columns 3, 4 could all be the user.email"),
        (["Date", "Event"], {"columns": {"user.name": "x"}}, "user.name is no field"),
        (["Date", "Event"], {"columns": {"value": "Paid"}}, "the sheet has no such column"),
        (["Date", "Event"], {"colums": {}}, "colums is no setting"),
        (["Date", "Event"], {"source": "billboard"}, "a source must be one of"),
        (["Date", "Event"], {"words": {"consent": {"yes": "OK"}}}, "must be a list of words"),
        (["Date", "Event"], {"day_first": "no"}, "must be true or false"),
    ],
)
def test_a_mapping_that_is_not_to_be_understood_is_said_to_be_so(
    header: list[str], settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Complaint, match=sentence):
        map_columns(header, settings)


def test_a_mapping_file_says_which_column_is_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = tmp_path / "crm.toml"
    mapping.write_text(
        'source = "in_person"\nday_first = true\n[columns]\nat = "Besucht am"\nevent = "Anlass"\nconsent = "Werbung?"\n'
        'consent_at = "Gefragt am"\n[words.event]\n"Erste Beratung" = "lead"\n'
        '[words.consent]\nyes = ["Ja", "einverstanden"]\n',
        encoding="utf-8",
    )
    sheet = tmp_path / "crm.csv"
    sheet.write_text(
        f"Besucht am;Anlass;Werbung?;Gefragt am;gclid\n23.11.2026 14:30;Erste Beratung;ja;1.11.2026;{GCLID}\n"
        f"22.11.2026;ERSTE-BERATUNG;Einverstanden;1.11.2026;{GCLID}\n21.11.2026;Erste Beratung;yes;1.11.2026;{GCLID}\n",
        encoding="utf-8",
    )
    found = run(capsys, sheet, "--mapping", mapping)
    assert (found["accepted"], found["refused"]) == (2, {"no_consent": 1})


def test_ids_follow_from_a_key_that_nobody_else_has(policy: Policy) -> None:
    """A booking's number is short: without the key, whoever sees the id could try them all."""
    mapping = map_columns(["Booking ID", "Date", "Event"], {})

    def make(key: bytes, *cells: str) -> str:
        found = Records(mapping, Moments(ZONE, day_first=False), policy.consent_required, key).read(cells)
        assert not isinstance(found, Reject)
        return str(found["id"])

    one = make(b"a" * 32, "4711", "11/23/2026", "lead")
    assert make(b"a" * 32, "4711", "11/24/2026", "lead") == one, "a moved appointment is the same booking"
    assert make(b"a" * 32, "4711", "11/23/2026", "booking") != one
    assert make(b"b" * 32, "4711", "11/23/2026", "lead") != one
    uuid = "0F3C8A1E-7B52-4D7A-9C41-2D6E8B90A1F3"
    assert make(b"a" * 32, uuid, "11/23/2026", "lead") == uuid.lower()


def test_nothing_of_a_sheet_is_in_what_is_kept_or_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], policy: Policy
) -> None:
    """Every text cell holds a canary; the terminal, the rejects and the state hold none of them."""
    cells = [
        good(),
        good(date=f"{CANARY} soon"),
        good(event=f"=HYPERLINK({CANARY})"),
        good(email=f"jane@{CANARY}.example"),
    ]
    cells += [
        good(where=f"@{CANARY}"),
        good(phone=f"+1{CANARY}"),
        [*good(), CANARY],
        good(gclid=f"{CANARY}-{'x' * 30}"),
    ]
    sheet = write(tmp_path / "a.csv", cells)
    main(["import", str(sheet), "--now", NOW])
    printed = capsys.readouterr()
    tally = Tally()
    with ExitStack() as stack:
        judge = build_dry_judge(policy, AuthorizationsInMemory(), tally, lambda: 1_795_543_200_000)
        lines = io.StringIO(sheet.read_text(encoding="utf-8"), newline="")
        set_up(tmp_path, policy, judge, tally, stack).take(read_sheet(lines).rows)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path != sheet)
    assert tally.accepted > 0
    for text in (printed.out.encode(), printed.err.encode(), kept):
        assert CANARY.encode() not in text
        assert b"jane" not in text.lower()
        assert b"hyperlink" not in text.lower()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["missing.csv"], "cannot read missing.csv"),
        (["a.csv", "--send"], "--send needs --url"),
        (["-", "--send", "--url", "https://collect.clinic.example"], "--state"),
        (["a.csv", "--time-zone", "Pacific"], "time zone"),
        (["a.csv", "--mapping", "missing.toml"], "cannot read the mapping"),
        (["a.csv", "--authorizations", "missing.sqlite3"], "no such file of authorizations"),
        (["a.csv", "--send", "--url", "http://collect.clinic.example"], "https origin"),
    ],
)
@pytest.mark.usefixtures("_credentials")
def test_wrong_usage_is_said_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.csv", [good()])
    assert main(["import", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_state_that_is_no_state_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, state = write(tmp_path / "a.csv", [good()]), tmp_path / "letter.txt"
    state.write_text("Dear Jane, ...", encoding="utf-8")
    assert main(["import", str(sheet), "--state", str(state)]) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert state.read_text(encoding="utf-8") == "Dear Jane, ..."


def measure(tmp_path: Path, policy: Policy, rows: int) -> int:
    """The most memory, in bytes, that an import of so many rows held at once."""

    def write_lines() -> Iterator[str]:
        yield ",".join(HEADER) + "\n"
        for number in range(rows):
            yield ",".join(good(date=str(1_795_000_000 + number), notes="x" * 200)) + "\n"

    tally = Tally()
    with ExitStack() as stack:
        judge = build_dry_judge(policy, AuthorizationsInMemory(), tally, lambda: 1_795_543_200_000)
        importer = set_up(tmp_path, policy, judge, tally, stack)
        tracemalloc.start()
        importer.take(read_sheet(write_lines()).rows)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert tally.rows == rows
    return peak


def test_memory_does_not_grow_with_the_sheet(tmp_path: Path, policy: Policy) -> None:
    few = measure(tmp_path, policy, 500)
    (tmp_path / "state").unlink()
    assert measure(tmp_path, policy, 5_000) < few * 1.5


def test_a_sheet_on_stdin_is_judged_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = write(tmp_path / "a.csv", [good(), good(date="soon")], "utf-16", sep="\t")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sheet.read_bytes())))
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "-")["accepted"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.usefixtures("_credentials")
def test_an_airlock_that_is_away_is_said_to_be_and_the_next_try_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = write(tmp_path / "calls.csv", recent(20))
    with monkeypatch.context() as patched:
        away = Client("http://127.0.0.1:9", wait=lambda _: None)
        patched.setattr("workbench.import_sheet._open_client", lambda _: away)
        assert main(["import", str(sheet), "--send", "--url", "http://127.0.0.1:9"]) == 1
    assert "did not answer; run the same command to go on" in capsys.readouterr().err
    assert send(capsys, sheet, desk)["accepted"] == 20
