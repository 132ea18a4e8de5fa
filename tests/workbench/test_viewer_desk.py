"""What the viewer is served: what was sent beside what it led to, re-runs, an export that verifies, the kill switch."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from airlock.policy import Policy
from workbench.dev import Desk
from workbench.permission import find_permissions
from workbench.proof import verify
from workbench.request import as_http_event
from workbench.rerun import AUTHORIZATION_ID, Switches, change_event
from workbench.seals import trust
from workbench.viewer_desk import ViewerDesk
from workbench.witness import Witness

UUID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def desk(policy: Policy) -> Iterator[Desk]:
    desk = Desk(policy)
    desk.start()
    yield desk
    desk.stop()


def post(desk: Desk, **more: Any) -> None:
    now = time.time_ns() // 1_000_000
    event = {
        "event": "lead",
        "id": UUID,
        "url": f"{desk.origin}/contact",
        "at": now - 3_600_000,
        "consent": {"marketing": True, "at": now - 7_200_000},
        "click": {"fbclid": "IwAR2ExampleFbclid0001", "at": now - 7_000_000},
        "user": {"email": "casey@patients.example"},
        **more,
    }
    headers = {"origin": desk.origin, "content-type": "application/json", "user-agent": "a browser", "cookie": "a=b"}
    desk.viewer.take(as_http_event("POST", "/v1/events", headers, json.dumps(event)))


def ask(viewer: ViewerDesk, path: str, query: str = "") -> Any:
    reply = viewer.show(f"/_airlock/{path}", query)
    assert reply is not None
    assert reply[0] == 200
    return reply[2]


def feed(viewer: ViewerDesk, **seen: int) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(
        ask(viewer, "feed.json", "&".join(f"{key}={value}" for key, value in seen.items()))
    )
    return read


def rerun(desk: Desk, **switches: Any) -> list[dict[str, Any]]:
    """The decisions that the first event's re-run led to."""
    before = feed(desk.viewer)["next"]
    turned = desk.viewer.turn("/_airlock/rerun", json.dumps({"sent": 0, **switches}).encode())
    assert turned is not None
    assert turned[0] == 204, turned[2]
    news = feed(desk.viewer, **before)
    (sent,) = news["sent"]
    assert sent["rerun"] == 0
    first = news["first"]
    return [json.loads(news["lines"][number - first]) for number in sent["lines"]]


def test_what_was_sent_stands_beside_the_lines_that_it_led_to(desk: Desk) -> None:
    post(desk)
    news = feed(desk.viewer)
    (sent,) = news["sent"]
    assert json.loads(sent["body"])["user"] == {"email": "casey@patients.example"}
    assert "user-agent" not in sent["headers"]
    lines = [json.loads(news["lines"][number]) for number in sent["lines"]]
    assert {line["destination"] for line in lines} == {"meta", "google", "tiktok", "linkedin"}
    assert all(line["kind"] == "decision" for line in lines)


def test_only_what_is_new_is_told(desk: Desk) -> None:
    post(desk)
    first = feed(desk.viewer)
    post(desk)
    second = feed(desk.viewer, **first["next"])
    assert [sent["number"] for sent in second["sent"]] == [1]
    assert second["first"] == first["next"]["lines"]
    assert second["run"] == first["run"]


def test_what_was_sent_is_never_told_before_its_lines() -> None:
    """Else a reader could not tie the two together."""
    witness = Witness("run", lambda: 0)
    for _ in range(4_001):
        witness.write("{}\n")
    witness._sent.append({"number": 0, "lines": [4_000]})
    first = witness.tell(0, 0)
    assert (first["sent"], first["more"]) == ([], True)
    assert len(witness.tell(first["next"]["lines"], 0)["sent"]) == 1


def test_the_raw_event_is_in_no_log_and_no_export(desk: Desk) -> None:
    post(desk)
    for path in ("log.jsonl", "export.jsonl"):
        assert b"casey" not in ask(desk.viewer, path)


def test_the_export_verifies_with_the_key_that_is_served(desk: Desk) -> None:
    post(desk)
    export = ask(desk.viewer, "export.jsonl").splitlines(keepends=True)
    proof = verify(export, trust([ask(desk.viewer, "journal-key.pem")]))
    assert proof.holds
    assert proof.ended
    assert proof.signatures == proof.checkpoints > 0
    assert not verify(export[:3] + export[4:]).holds


def test_a_switch_changes_one_thing_and_the_handlers_decide_anew(desk: Desk) -> None:
    post(desk)
    assert {line["reason"] for line in rerun(desk, consent=False)} == {"no_consent"}
    assert {line["reason"] for line in rerun(desk, gpc=True)} == {"gpc"}
    assert [line["reason"] for line in rerun(desk, page="/portal")] == ["private_page"]
    meta = next(line for line in rerun(desk, authorization=True) if line["destination"] == "meta")
    assert (meta["outcome"], meta["basis"], meta["digests"]) == ("accepted", "authorization", ["email"])
    assert next(line for line in rerun(desk) if line["destination"] == "meta").get("digests") is None


def test_a_rerun_has_an_id_of_its_own(policy: Policy, now: int) -> None:
    """Else the networks would take it for the same event."""
    body = json.dumps(
        {"event": "lead", "id": UUID, "authorization": AUTHORIZATION_ID, "url": "https://a.example/x?q=1"}
    )
    switches = Switches(sent=0, authorization=False, page="/contact")
    changed = json.loads(change_event(body, switches, policy, now, "new") or "")
    assert changed == {"event": "lead", "id": "new", "at": now, "url": "https://a.example/contact?q=1"}
    assert change_event("not JSON", switches, policy, now, "new") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"sent":0,"page":"contact"}', 400), (b'{"sent":99}', 404), (b'{"sent":0,"more":1}', 400)],
)
def test_a_rerun_that_cannot_be_is_said(desk: Desk, body: bytes, status: int) -> None:
    post(desk)
    turned = desk.viewer.turn("/_airlock/rerun", body)
    assert turned is not None
    assert turned[0] == status
    assert turned[2]


def test_the_kill_switch_is_turned_and_journalled(desk: Desk) -> None:
    assert desk.viewer.turn("/_airlock/gate", b"closed meta") is not None
    post(desk)
    lines = [json.loads(line) for line in ask(desk.viewer, "log.jsonl").splitlines()]
    assert (lines[0]["kind"], lines[0]["change"]) == ("gate", "closed meta")
    assert [line["reason"] for line in lines if line.get("destination") == "meta"] == ["closed"]
    turned = desk.viewer.turn("/_airlock/gate", b"nonsense")
    assert turned is not None
    assert turned[0] == 400
    assert feed(desk.viewer)["gate"] == "closed meta"


def test_the_policy_s_own_words_are_given_for_each_part(policy: Policy) -> None:
    words = dict(find_permissions(policy)["meta"]["booking"])
    assert words["the worth"] == 'value = "fixed", amount = 150'
    assert words["hashed identifiers"].startswith('[destination.meta] identifiers = ["email", "phone"]')
    assert "ga4" not in find_permissions(policy), "it is switched off"
    assert "page_view" not in find_permissions(policy)["meta"]


def test_what_is_not_the_viewer_s_is_left_to_others(desk: Desk) -> None:
    assert desk.viewer.show("/_airlock/viewer.js", "") is None
    assert desk.viewer.turn("/_airlock/faults", b"") is None
