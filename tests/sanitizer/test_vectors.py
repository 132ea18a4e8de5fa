"""The public vectors through both handlers: hostile bodies, identifiers, revealing addresses, and honest visits."""

import base64
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from airlock.outcome import Reason
from airlock.policy import Policy
from airlock.tokens import ClickId, ClickIdKind, TokenError
from tests.sanitizer.desk import Desk, bodies, reasons, refusal
from tests.sanitizer.visits import GONE, IDS, NOW, SITE, TOLD, make_visit, read_rows
from workbench.preview import Result

HASHED = {"user": {"email": "robin@mail.example"}, "authorization": "auth_Q7m2Xw9Kd4Rf8Ls1"}


def is_told(result: Result) -> bool:
    return any(outcome.request for outcome in result.outcomes)


def all_that_left(desk: Desk, result: Result) -> str:
    """Every byte that anybody but the visitor could see of one request: queues, requests, logs, the answer."""
    queued = "\n".join(message.decode() for _, message in desk.queued)
    desk.queued.clear()
    requests = "\n".join(f"{told.request}" for told in result.outcomes if told.request)
    return "\n".join((queued, requests, *result.logs, result.answer or ""))


# --- attacks.jsonl ---


def test_every_hostile_body_is_answered_with_its_class_and_nothing_leaves(desk: Desk) -> None:
    """As they are, in their own field names: none of them is an event of ours."""
    statuses: Counter[int] = Counter()
    for row in read_rows("attacks.jsonl"):
        body = base64.b64decode(row["body"]) if row["body_encoding"] == "base64" else row["body"]
        result = desk.tell(body)
        assert 400 <= result.status < 500, row["id"]
        assert (desk.queued, is_told(result)) == ([], False), row["id"]
        assert refusal(result) in {Reason.MALFORMED, Reason.TOO_LARGE}, row["id"]
        statuses[result.status] += 1
    assert sum(statuses.values()) == 784


# A generic name of the vectors, and where its value stands in an event of ours.
PLACES: dict[str, tuple[str, ...]] = {
    "event_name": ("event",),
    "event_id": ("id",),
    "event_source_url": ("url",),
    "event_time": ("at",),
    "consent.ad_user_data": ("consent", "marketing"),
    "click_ids.gclid": ("click", "gclid"),
    "click_ids.fbclid": ("click", "fbclid"),
    "utm.source": ("props", "variant"),
    "utm.campaign": ("props", "campaign"),
    "utm.term": ("utm", "term"),
    "page_title": ("title",),
    "content_name": ("props", "content_name"),
    "action_source": ("source",),
    "clinic_id": ("clinic_id",),
}
MUST_REFUSE = {"event", "id", "url", "at"}


def render(row: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """A vector's value in the field of ours that it is meant for."""
    place = PLACES.get(row["inject"]["field"], tuple(row["inject"]["field"].split(".")))
    visit: dict[str, Any] = make_visit(value=700, props={"variant": "a"}, user={"phone": "4155550132"})
    target = visit
    for key in place[:-1]:
        target = target.setdefault(key, {})
    target[place[-1]] = row["inject"]["value"]
    return place, visit


def test_every_hostile_value_in_a_field_of_ours_is_refused_or_dropped(desk: Desk) -> None:
    """What is told is what the same visit without the value would have told; the value itself is nowhere."""
    plain = bodies(desk.tell(make_visit(value=700)))
    without = {
        ("value",): bodies(desk.tell(make_visit())),
        ("currency",): bodies(desk.tell(make_visit())),
        ("click", "gclid"): bodies(desk.tell(make_visit(value=700, click=IDS | {"gclid": None}))),
        ("click", "fbclid"): bodies(desk.tell(make_visit(value=700, click=IDS | {"fbclid": None}))),
    }
    desk.queued.clear()
    rows = [row for row in read_rows("attacks.jsonl") if "inject" in row]
    assert len(rows) == 515
    for row in rows:
        place, visit = render(row)
        result = desk.tell(visit)
        left = all_that_left(desk, result)
        assert result.status == 204 or 400 <= result.status < 500, row["id"]
        told = bodies(result)
        if place[0] in MUST_REFUSE or place[0] == "consent":
            assert told == {}, row["id"]
        elif refusal(result) is None:
            assert told in (without.get(place, plain), plain, {}), row["id"]
            assert told or set(reasons(result).values()) == {Reason.PHI_SUSPECTED}, row["id"]
        value = row["inject"]["value"]
        if len(value) > 6 and value not in {"undefined", "(null)", "Infinity", "-Infinity"}:
            assert value not in left, row["id"]
            assert json.dumps(value)[1:-1] not in left, row["id"]


# --- phi_strings.jsonl, medspa_urls.jsonl ---


def secrets(name: str) -> list[tuple[str, str]]:
    """Each text, and what of it would give it away: a text of the policy's own words gives nothing away."""
    rows = read_rows(name)
    texts = {str(row.get(key)) for row in rows for key in ("text", "plain", "value", "decoded") if row.get(key)}
    return [(text, text.removeprefix("TITLE: ")) for text in sorted(texts)]


def plant_everywhere(text: str) -> dict[str, Any]:
    """One text in every place of a visit that takes one and still lets it be told."""
    return make_visit(
        url=f"{SITE}/services/{quote(text, safe='')}?q={quote(text, safe='')}#{text}",
        title=text,
        referrer=f"https://search.example/?q={text}",
        text=[text, {"deep": text}],
        props={"variant": text, text: text, "note": [text]},
        currency=text,
        value=text,
        gpc=False,
        authorization=text,
        consent={"marketing": True, "at": NOW, text: text},
        click={**IDS, "msclkid": text, "rdt_cid": text, text: text, "fbc": text},
        user={"first_name": text, "last_name": text, "external_id": text, "city": text, text: text, "phone": text},
    )


def in_clear(text: str) -> Iterator[str]:
    """The ways in which a text can stand in JSON, a URL or a log."""
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, safe="")
    yield base64.b64encode(text.encode("utf-8", "replace")).decode().rstrip("=")


# Below this a text is a word that also stands in a request by itself, such as "CA" or a digit.
DISTINCT = 5


@pytest.mark.parametrize("name", ["phi_strings.jsonl", "medspa_urls.jsonl"])
def test_what_identifies_somebody_or_names_a_treatment_stays_inside(name: str, desk: Desk) -> None:
    """Planted in every free field at once: it is in no queue, no request, no log line and no answer."""
    found: list[str] = []
    planted = 0
    for text, secret in secrets(name):
        result = desk.tell(plant_everywhere(text))
        left = all_that_left(desk, result)
        if result.status == 413:
            continue
        assert result.status == 204
        planted += 1
        if len(secret) >= DISTINCT and any(form in left for form in in_clear(secret)):
            found.append(secret)
    assert planted > 900
    assert set(found) <= {"website", "health", "/contact", "/services"}


def test_a_visit_told_with_a_secret_in_it_is_told_like_one_without(desk: Desk) -> None:
    """The same bytes: there is nothing in them by which the secret could be guessed."""
    plain = bodies(desk.tell(make_visit()))
    for text, _ in secrets("phi_strings.jsonl")[::7]:
        result = desk.tell(plant_everywhere(text) | {"user": {}})
        if refusal(result) is None and result.status == 204:
            assert bodies(result) == plain


def test_an_identifier_with_a_click_ids_grammar_is_withheld(desk: Desk) -> None:
    """Every such text of the public collection, as every click id whose grammar it has: none is told."""
    tried: Counter[bool] = Counter()
    for row in read_rows("phi_strings.jsonl"):
        for kind in ("fbclid", "gclid", "ttclid"):
            try:
                ClickId(f"{kind}:{row['text']}")
            except TokenError:
                continue
            result = desk.tell(make_visit(click={kind: row["text"]}))
            tried[is_told(result)] += 1
            assert row["text"] not in all_that_left(desk, result), row["id"]
            assert Reason.PHI_SUSPECTED in reasons(result).values(), row["id"]
    assert tried[False] > 100
    assert tried[True] == 0


def test_an_identifier_is_no_label_no_event_and_no_property(policy: Policy) -> None:
    """Nothing of the public collection is one of the policy's words."""
    words = {*policy.events_by_name, *(str(page.label) for page in policy.pages), "a", "b"}
    assert {row["text"] for row in read_rows("phi_strings.jsonl")} & words == set()


# --- benign.jsonl, clickids.jsonl ---

# What a public fixture calls an id and is too short for the grammar that the contract fixes, or is no id of ours.
KINDS = {str(kind) for kind in ClickIdKind}


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def fits(kind: str, text: str) -> bool:
    try:
        ClickId(f"{kind}:{text}")
    except TokenError:
        return False
    return True


def test_no_honest_value_is_refused(desk: Desk) -> None:
    """Every genuine click id is told, every event id is taken, and every network's own event word passes the guard."""
    guard = desk.preview._airlock.intake.guard
    refused = []
    for row in read_rows("benign.jsonl"):
        kind, _, name = row["kind"].partition(":")
        if kind in {"event_name", "conversion_type"}:
            if guard._look(row["text"]):
                refused.append(row["id"])
            continue
        visit = make_visit(id=row["text"]) if kind == "event_id" else make_visit(click={name: row["text"]})
        is_ours = is_uuid(row["text"]) if kind == "event_id" else name in KINDS and fits(name, row["text"])
        if is_ours and not is_told(desk.tell(visit)):
            refused.append(row["id"])
    assert refused == []


def test_a_click_id_is_told_if_and_only_if_it_has_its_networks_grammar(desk: Desk) -> None:
    """Those that the collection calls invalid never pass; a valid one is told unchanged."""
    told: Counter[bool] = Counter()
    for row in read_rows("clickids.jsonl"):
        kind, text = row["kind"], row["value"]
        if kind not in KINDS:  # fbc and fbp are Meta's cookies: no field of ours takes them
            result = desk.tell(make_visit(click={kind: text}))
            assert not is_told(result)
            continue
        result = desk.tell(make_visit(click={kind: text}))
        assert is_told(result) is fits(kind, text), (kind, text)
        assert row["valid"] or not is_told(result)
        told[is_told(result)] += 1
        if is_told(result):
            assert text in json.dumps(bodies(result))
    assert told[True] > 0


def test_the_event_id_of_a_public_fixture_is_a_uuid_or_refused(desk: Desk) -> None:
    """An order number as event id would be told to the network: it is none of ours."""
    for row in read_rows("benign.jsonl"):
        if row["kind"] == "event_id":
            result = desk.tell(make_visit(id=row["text"], click=GONE))
            assert row["text"] not in all_that_left(desk, result)


def test_the_networks_of_the_sample_policy_are_all_tried(desk: Desk) -> None:
    assert set(bodies(desk.tell(make_visit()))) == set(map(str, TOLD))
