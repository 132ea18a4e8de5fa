"""The raw side leaks nowhere: not through an exception, a repr, a warning, a screen or a switch of a library."""

import gc
import json
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import pytest

from airlock.guard import Guard
from airlock.journal import Journal
from airlock.policy import Policy
from sanitizer import clicks, consent, handler, identities, intake, outbox, pages, pipeline, raw, request
from sanitizer.identities import Contact
from sanitizer.pages import build_finder
from sanitizer.pipeline import Rules, Visit, decide
from sanitizer.raw import RawEvent, parse
from sanitizer.request import read_request
from tests.sanitizer.desk import Desk
from tests.sanitizer.visits import IDS, NOW, SITE, make_visit

CANARY = "canary7d1f"
FUNCTIONS = Path(__file__).parents[2] / "functions"
VISIT = make_visit(
    title=CANARY,
    url=f"{SITE}/services/{CANARY}?q={CANARY}",
    user={"email": f"{CANARY}@mail.example", "first_name": CANARY},
    props={"variant": CANARY},
    authorization=f"auth_{CANARY}Q7m2Xw9Kd4",
    click={"at": NOW, "fbclid": "IwAR0x7Qm2Vz9Kt4Yb6N"},
    value=700,
)


class StageError(Exception):
    """An exception as libraries raise them: its text repeats what it could not handle."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(f"cannot handle {CANARY} {arguments}")


def stumble(*arguments: object, **_: object) -> NoReturn:
    try:
        int(CANARY)
    except ValueError as error:
        raise StageError(*arguments) from error


STAGES: list[tuple[Any, str]] = [
    (handler, "read_request"),
    (handler, "take_event"),
    (intake, "check_type"),
    (intake, "parse"),
    (raw, "parse_object"),
    (raw, "_read_event"),
    (intake, "has_gpc"),
    (intake, "decide"),
    (pipeline, "judge_consent"),
    (pipeline, "collect"),
    (pipeline, "Contact"),
    (pipeline, "_find_authorization"),
    (pipeline, "_weigh"),
    (pipeline, "_keep_props"),
    (pipeline, "identify"),
    (pipeline, "derive_event_id"),
    (pipeline, "round_up"),
    (pages, "read_path"),
    (clicks, "_clicked_at"),
    (clicks.ClickId, "read"),
    (Contact, "hash"),
    (Contact, "_hash"),
    (intake, "_fence"),
    (intake.wire, "write_all"),
    (Guard, "check_messages"),
]
# What goes wrong after a queue has the message cannot take it back; it must not make the event come twice either.
LATE: list[tuple[Any, str]] = [(intake, "_record"), (Journal, "decide"), (intake, "_keep_clicks"), (intake, "answer")]


def name_of(stage: Any) -> str:
    return getattr(stage, "__name__", str(stage))


@pytest.mark.parametrize(("place", "name"), STAGES, ids=[f"{name_of(place)}.{name}" for place, name in STAGES])
def test_an_exception_in_any_stage_keeps_everything_inside(
    place: Any, name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is queued, the browser is answered as always, and the journal has a type and a line and no text."""
    monkeypatch.setattr(place, name, stumble)
    taken, logs = desk.post(VISIT)
    assert (taken.answer["statusCode"], taken.answer["body"], taken.refused) == (204, "", "internal")
    assert desk.queued == []
    (line,) = map(json.loads, logs)
    assert (line["reason"], line["type"]) == ("internal", "StageError")
    assert line["line"].startswith("tests.sanitizer.test_leaks:")
    printed = capfd.readouterr()
    assert CANARY not in "".join((*logs, printed.out, printed.err, repr(taken)))


@pytest.mark.parametrize(("place", "name"), LATE, ids=[f"{name_of(place)}.{name}" for place, name in LATE])
def test_an_exception_behind_the_queues_tells_nothing_either(
    place: Any, name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place, name, stumble)
    taken, logs = desk.post(VISIT)
    assert taken.answer["statusCode"] == 204
    printed = capfd.readouterr()
    assert json.loads(logs[-1])["reason"] == "internal"
    assert CANARY not in "".join((*logs, printed.out, printed.err, repr(taken)))


def test_a_journal_that_cannot_be_written_lets_no_exception_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Lambda prints what is not caught, text and all."""
    monkeypatch.setattr(Journal, "stumble", stumble)
    monkeypatch.setattr(intake, "decide", stumble)
    taken, logs = desk.post(VISIT)
    printed = capfd.readouterr()
    assert (taken.answer["statusCode"], logs, desk.queued) == (204, [], [])
    assert printed.out + printed.err == ""


def test_whatever_holds_raw_data_shows_nothing_of_itself(policy: Policy) -> None:
    """A debugger's print, an f-string in a log or a failed assertion shows a name and no patient."""
    event = {
        "rawPath": f"/{CANARY}",
        "headers": {"user-agent": CANARY},
        "cookies": [f"airlock_click=fbclid:{NOW}:{CANARY}"],
        "body": json.dumps(VISIT),
        "requestContext": {"http": {"method": "POST"}},
    }
    asked = read_request(event)
    visit = parse(asked.body)
    assert isinstance(visit, RawEvent)
    around = Visit(gpc=False, cookie=asked.cookie, received_at=NOW)
    on_file = Desk(policy).preview._airlock.intake.rules.authorizations
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), on_file)
    verdict = decide(visit, around, rules)
    kept = [
        asked,
        visit,
        visit.url,
        around,
        rules,
        verdict,
        verdict.clicks,
        Contact(visit.user, "US"),
        *verdict.decisions,
    ]
    shown = "".join(f"{thing!r}{thing!s}{[thing]}" for thing in kept)
    assert CANARY not in shown
    assert not any(click_id in shown for click_id in IDS.values())


def test_a_traceback_names_files_and_lines_and_no_values() -> None:
    """Even one that gets out of the parser itself: the JSON error, which holds the whole text, is not chained to it."""
    for body in (f'{{"{CANARY}": x}}', f'{{"a":1,"a":"{CANARY}"}}', f'["{CANARY}"]', f'{{"event":["{CANARY}"]}}'):
        with pytest.raises(raw.NotAnEventError) as caught:
            raw._read_event(raw.parse_object(body.encode()), frozenset())
        assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_nothing_of_a_visit_is_kept_when_it_is_over(policy: Policy) -> None:
    """Raw data exists inside one invocation only: no cache, no global, no cycle holds it afterwards."""
    desk = Desk(policy)
    desk.post(VISIT)
    gc.collect()
    kept = [thing for thing in gc.get_objects() if type(thing) in {RawEvent, Contact, Visit, request.Request, raw.Url}]
    assert kept == []


def test_no_module_of_the_raw_side_prints_or_logs_by_itself() -> None:
    """There is one way to a log, the journal, and it has no field for free text."""
    for module in (clicks, consent, handler, identities, intake, outbox, pages, pipeline, raw, request):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for banned in ("print(", "import logging", "warnings.warn", "traceback", "pprint", "breakpoint(", "powertools"):
            assert banned not in source, f"{module.__name__}: {banned}"


def test_the_sanitizer_loads_no_library_that_logs_requests() -> None:
    """Powertools can log whole events by one environment variable: it is not there to be switched on."""
    script = "import sys, sanitizer.handler; print([m for m in sys.modules if m.startswith(('aws_lambda', 'boto'))])"
    switches = {"POWERTOOLS_LOGGER_LOG_EVENT": "true", "POWERTOOLS_DEV": "true", "POWERTOOLS_DEBUG": "true"}
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(FUNCTIONS), **switches},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


@pytest.mark.parametrize("switches", [["-W", "error"], ["-X", "dev"], ["-bb"], ["-X", "faulthandler"]])
def test_no_switch_of_python_makes_it_tell_more(switches: list[str]) -> None:
    """Warnings as errors, developer mode, byte warnings, fault handler: a hostile visit is answered the same."""
    script = (
        "import sys, json\n"
        "from workbench.bench import open_policy\n"
        "from workbench.preview import Preview, Line\n"
        f"preview = Preview(open_policy(None), lambda: {NOW})\n"
        "for body in sys.stdin.read().splitlines():\n"
        "    result = preview.run(Line(body=body))\n"
        "    print(result.status, *result.logs)\n"
    )
    hostile = [
        json.dumps(VISIT),
        json.dumps(VISIT | {"at": CANARY}),
        f'{{"{CANARY}',
        json.dumps(VISIT | {"id": CANARY}),
    ]
    run = subprocess.run(
        [sys.executable, *switches, "-c", script],
        env={"PYTHONPATH": str(FUNCTIONS)},
        input="\n".join(hostile),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["204", "400", "400", "400"]
    assert CANARY not in run.stdout + run.stderr


def test_the_workbench_leaves_no_core_dump() -> None:
    """A dump of its memory would hold the visits that it was given."""
    script = (
        "import resource\n"
        "from workbench.command import main\n"
        "main(['check'])\n"
        "print('limit', resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert run.stdout.endswith("limit (0, 0)\n")
