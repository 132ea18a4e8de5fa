"""`airlock preview` shows what requests would send, by the real handlers, in order, with nothing sent."""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from workbench.command import main
from workbench.preview import Preview
from workbench.preview_lines import Line

NOW = "2026-11-24T15:07:12Z"
NOW_MS = 1_795_532_832_000
SITE = "https://www.glow-medspa.example"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "event": "lead",
        "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "url": f"{SITE}/contact",
        "at": NOW_MS - 3_600_000,
        "consent": {"marketing": True, "at": NOW_MS - 86_400_000},
        "click": {"fbclid": "IwAR2ExampleFbclid0001", "at": NOW_MS - 4_000_000},
        **changes,
    }


def run_lines(
    lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: str
) -> list[dict[str, Any]]:
    """The lines through the command, by a file's name or by standard input, as a user would."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr("workbench.preview_lines._open", lambda _: io.BytesIO(text.encode()))
    assert main(["preview", "--jsonl", "--now", NOW, *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lines_are_answered_one_each_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"id": number, "body": json.dumps(event(id=f"00000000-0000-4000-8000-{number:012d}"))} for number in range(50)
    ]
    results = run_lines(lines, monkeypatch, capsys)
    assert [result["id"] for result in results] == list(range(50))
    assert {result["status"] for result in results} == {204}
    assert len({result["outcomes"][0]["event_id"] for result in results}) == 50


def test_a_result_has_the_contracts_form(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = run_lines([{"body": json.dumps(event())}], monkeypatch, capsys)
    assert result.keys() == {"id", "status", "answer", "outcomes", "logs"}
    assert (result["id"], result["status"], result["answer"]) == (None, 204, None)
    assert [outcome["destination"] for outcome in result["outcomes"]] == ["meta", "google", "tiktok", "linkedin"]
    told, *others = result["outcomes"]
    assert told.keys() == {"event_id", "destination", "outcome", "reason", "request"}
    assert (told["outcome"], told["reason"]) == ("delivered", None)
    assert told["request"].keys() == {"method", "url", "headers", "body"}
    assert told["request"]["headers"]["authorization"] == "Bearer <secret>"
    assert json.loads(told["request"]["body"])["data"][0]["event_name"] == "Lead"
    assert all(other["outcome"] == "withheld" and other["request"] is None for other in others)
    for line in map(json.loads, result["logs"]):
        assert len(line["policy"]) == 64


def test_a_held_event_shows_its_request_and_its_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An event leaves at its rounded time, a Google conversion six hours after its click."""
    body = event(
        at=NOW_MS, click={"gclid": "Cj0KCQiA3sq6BhD2ARIsAJ8", "fbclid": "IwAR2ExampleFbclid0001", "at": NOW_MS}
    )
    (result,) = run_lines([{"body": json.dumps(body)}], monkeypatch, capsys)
    meta, google = result["outcomes"][:2]
    quarter = 1_795_533_300_000
    assert (meta["outcome"], meta["reason"], meta["not_before"]) == ("held", None, quarter)
    assert (google["outcome"], google["not_before"]) == ("held", quarter + 6 * 3_600_000)
    assert json.loads(meta["request"]["body"])["data"][0]["event_time"] == quarter // 1000


def test_refusals_have_one_outcome_without_a_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"origin": SITE, "content-type": "application/json"}
    lines = [
        {"body": "not json"},
        {"body": json.dumps(event(event="nope"))},
        {"body": json.dumps(event()), "headers": {**headers, "origin": "https://elsewhere.example"}},
        {"body": json.dumps(event()), "headers": {**headers, "content-type": "text/html"}},
        {"body": json.dumps(event(title="x" * 9000))},
        {"method": "GET"},
        {"path": "/nowhere"},
        {"body_base64": base64.b64encode(b"\xff\xfe").decode()},
    ]
    results = run_lines(lines, monkeypatch, capsys)
    assert [(result["status"], result["outcomes"][0]["reason"]) for result in results] == [
        (400, "malformed"),
        (204, "unknown_event"),
        (403, "foreign_origin"),
        (415, "unsupported_type"),
        (413, "too_large"),
        (405, "method"),
        (404, "unknown_path"),
        (400, "malformed"),
    ]
    for result in results:
        (outcome,) = result["outcomes"]
        assert (outcome["destination"], outcome["event_id"], outcome["request"]) == (None, None, None)
        assert outcome["outcome"] == "refused"


def test_what_is_put_on_file_is_kept_for_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = {
        "recipients": ["meta"],
        "purposes": ["ad_measurement"],
        "information": ["email"],
        "signed_at": "2026-11-01T09:00:00Z",
        "expires_at": "2027-10-01T09:00:00Z",
        "template_sha256": "5f" * 32,
    }
    identifier = "auth_SyntheticPreview0001"
    ask = {"body": json.dumps(event(authorization=identifier, user={"email": "jane@patient.example"}))}
    path = f"/v1/authorizations/{identifier}"
    lines = [
        ask,
        {"method": "PUT", "path": path, "body": json.dumps(terms)},
        ask,
        {"method": "DELETE", "path": path},
        ask,
    ]
    before, _, during, _, after = run_lines(lines, monkeypatch, capsys)
    told = [
        json.loads(each["outcomes"][0]["request"]["body"])["data"][0]["user_data"] for each in (before, during, after)
    ]
    assert ["em" in user for user in told] == [False, True, False]
    assert all("fbc" in user for user in told)


def test_an_authorization_that_ends_while_the_event_is_held_withholds_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends three minutes on, the event may leave in eight: nothing will be told, and the next line comes."""
    identifier = "auth_SyntheticPreview0002"
    terms = {
        "recipients": ["meta"],
        "purposes": ["ad_measurement"],
        "information": ["email"],
        "signed_at": "2026-11-23T00:00:00Z",
        "expires_at": "2026-11-24T15:10:00Z",
        "template_sha256": "5f" * 32,
    }
    ask = event(at=NOW_MS, authorization=identifier, user={"email": "jane@patient.example"})
    lines = [
        {"method": "PUT", "path": f"/v1/authorizations/{identifier}", "body": json.dumps(terms)},
        {"body": json.dumps({**ask, "click": None})},
        {"body": json.dumps({**ask, "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca428"})},
    ]
    _, alone, clicked = run_lines(lines, monkeypatch, capsys)
    told = alone["outcomes"][0]
    assert (told["destination"], told["outcome"], told["reason"]) == ("meta", "withheld", "authorization_revoked")
    assert told["request"] is None
    assert "not_before" not in told
    left = clicked["outcomes"][0]
    assert (left["outcome"], left["reason"]) == ("held", None)
    assert json.loads(left["request"]["body"])["data"][0]["user_data"].keys() == {"fbc", "client_user_agent"}


def test_a_story_is_previewed_at_its_own_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "events/lead-with-consent/1-request.json"]) == 0
    said = capsys.readouterr().out
    assert "meta         delivered" in said
    assert '"event_time": 1795527900' in said
    assert "tiktok       withheld: no_identity" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: not JSON"),
        ('{"id": 1}\n[]', "line 2: not a request"),
        ('{"bdy": "x"}', "not a request"),
        ('{"body_base64": "*"}', "body_base64 is not base64"),
        ('{"id": 1e999}', "`id` holds a number that JSON has not"),
        ('{"id": [NaN]}', "`id` holds a number that JSON has not"),
    ],
)
def test_a_line_that_is_no_request_is_one_clear_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(text, encoding="utf-8")
    assert main(["preview", "--jsonl", str(file)]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_a_key_that_nobody_knows_is_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be anything: a value that slipped into the key's place, say."""
    file = tmp_path / "lines.jsonl"
    file.write_text('{"jane@patient.example\\u001b": 1}', encoding="utf-8")
    assert main(["preview", "--jsonl", str(file)]) == 2
    printed = capsys.readouterr()
    assert "another key than id, method, path, headers, body, body_base64" in printed.err
    assert "jane" not in printed.err + printed.out


@pytest.mark.parametrize("depth", [5_000, 20_000, 200_000])
def test_a_line_too_deep_to_be_read_is_refused_and_the_next_one_comes(
    depth: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nested = "[" * depth + "]" * depth
    text = f'[\n{nested}\n{{"event": "lead", "props": {nested}}}\n{{"id": {nested}}}\n{{"id": 7}}\n'.partition("\n")[2]
    lines = text.split("\n")[1 if depth == 5_000 else 0 :]  # brackets alone that can be read are no request
    monkeypatch.setattr("workbench.preview_lines._open", lambda _: io.BytesIO("\n".join(lines).encode()))
    assert main(["preview", "--jsonl"]) == 0
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(results) == len(lines) - 1
    assert all(result["outcomes"][0]["outcome"] == "refused" for result in results)
    assert results[-1]["id"] == 7


@pytest.mark.parametrize("depth", [50, 5_000, 20_000])
@pytest.mark.parametrize("whose", ["body", "event"])
def test_a_page_of_brackets_is_printed_as_it_came(
    depth: int,
    whose: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nested = "[" * depth + "]" * depth
    file = tmp_path / "request.json"
    file.write_text(json.dumps({"body": nested}) if whose == "body" else f'{{"event": {nested}}}', encoding="utf-8")
    assert main(["preview", str(file)]) == 0
    said = capsys.readouterr().out
    assert nested in said
    assert len(said) < 3 * depth + 1_000
    assert "refused: " in said


def test_no_character_of_a_request_steers_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steering = "\x1b]0;t\x07\x9b31m\x7f\u202e\u2028\x0b\r"
    told = {"method": f"P{steering}\nanswer", "path": f"/v1/{steering}\nmeta delivered"}
    file = tmp_path / "request.json"
    for body in (
        f"{steering}<",
        json.dumps({steering: f"{steering}<"}),
        json.dumps({"a": f"{steering}<"}, ensure_ascii=False),
    ):
        file.write_text(json.dumps({**told, "body": body}), encoding="utf-8")
        assert main(["preview", str(file)]) == 0
        said = capsys.readouterr().out
        assert all(line.isprintable() for line in said.split("\n"))
        assert all(not line.startswith(("answer ", "meta ")) or "404" in line for line in said.splitlines())
        assert said.count(r"\x9b31m") >= 3


def test_half_a_character_is_written_as_it_is_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON can spell a lone surrogate; no terminal can show it, and UTF-8 has no form for it."""
    file = tmp_path / "request.json"
    file.write_text('{"event": "lead", "ZQ\\ud800": 1}', encoding="utf-8")
    assert main(["preview", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.encode()
    assert r"ZQ\ud800" in said
    assert "refused: malformed" in said


def test_a_missing_file_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "gone.json"]) == 2
    assert capsys.readouterr().err == "airlock: cannot read gone.json: No such file or directory\n"


@pytest.mark.parametrize("command", [["preview", "--jsonl"], ["dev", "--no-replay"]])
def test_a_broken_policy_stops_a_command_with_every_problem(
    command: list[str], policy_text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text(policy_text.replace('"USD"', "1").replace('country = "US"', "country = 2"), encoding="utf-8")
    assert main([*command, "--policy", str(file)]) == 1
    said = capsys.readouterr().err
    assert "2 problems" in said
    assert "clinic.country" in said
    assert "clinic.currency" in said


def test_the_same_line_gives_the_same_bytes(policy: Policy) -> None:
    one, other = (Preview(policy, lambda: NOW_MS).run(Line(body=json.dumps(event()))) for _ in range(2))
    assert one.outcomes == other.outcomes
