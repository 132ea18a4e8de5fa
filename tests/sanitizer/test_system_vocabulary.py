"""What a clinic's systems tell is held to a visitor's promise: outside of the vocabulary nothing changes a message."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airlock.address_book import ContactField
from airlock.policy import Policy
from airlock.policy_document import compile_policy
from airlock.tokens import ClickIdKind
from sanitizer.hooks import Doors
from sanitizer.receipts import ReceiptsInMemory
from tests.clinic_systems import DAY, FBCLID, FUNCTIONS, GCLID, NOW, Clinic

CANARY = "canary-7d1f"
POLICY = compile_policy((FUNCTIONS / "clinic.toml").read_text(encoding="utf-8"))
SECRET = b"an-invented-hook-secret"
QUARTER = 900_000
# Free text, hostile text, and text with the canary in it: all of it is no part of the vocabulary.
TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(max_size=20).map(lambda text: f"{text} {CANARY} semaglutide"),
    st.sampled_from(
        ["jane@mail.example", "(415) 555-0132", "1984-02-29", "MRN 4711", "=cmd()", "\x00", "%6d%65d", "</script>"]
    ),
)
JSONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)
CONTRACT = {
    *(
        "event",
        "id",
        "at",
        "source",
        "url",
        "consent",
        "gpc",
        "authorization",
        "click",
        "user",
        "value",
        "currency",
        "props",
    ),
}
# What may be said besides, under names that the contract does not know.
BESIDES = st.dictionaries(
    TEXTS.filter(lambda key: key not in CONTRACT), JSONS.filter(lambda value: not deep(value)), max_size=4
)
STRANGE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def deep(value: Any, levels: int = 2) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return levels == 0 or any(deep(item, levels - 1) for item in inner)
    return False


def base(source: str, band: int, clicks: dict[str, str]) -> dict[str, Any]:
    at = NOW - DAY
    return {
        "event": "lead",
        "id": "0f3c8a1e-7b52-4d7a-9c41-2d6e8b90a1f3",
        "source": source,
        "click": clicks,
        "value": band,
        "at": at,
        "consent": {"marketing": True, "at": at - DAY},
    }


@st.composite
def records(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two records that agree on everything that a network may know, and differ wherever else a record can."""
    source = draw(st.sampled_from(["crm", "phone_call", "in_person"]))
    lower, upper = draw(st.sampled_from([(0, 249), (250, 499), (500, 999), (1000, 10**6)]))
    clicks = draw(st.sampled_from([{}, {"gclid": GCLID}, {"fbclid": FBCLID}, {"gclid": GCLID, "fbclid": FBCLID}]))
    start = NOW - DAY - (NOW - DAY) % QUARTER

    def one() -> dict[str, Any]:
        record = base(source, draw(st.integers(lower, upper)), {**clicks})
        record["at"] = start + draw(st.integers(1, QUARTER))
        record["consent"]["at"] = record["at"] - draw(st.integers(0, 179 * DAY))
        record["consent"] |= {draw(TEXTS.filter(lambda key: key not in {"marketing", "at"})): draw(TEXTS)}
        if clicks:  # when it was clicked is told in quarter hours, to Meta alone
            record["click"]["at"] = start - 5 * QUARTER + draw(st.integers(1, QUARTER))
        record["user"] = draw(
            st.dictionaries(
                st.sampled_from(["city", "state", "zip", "note"]), JSONS.filter(lambda v: not deep(v, 1)), max_size=3
            )
        )
        record["props"] = {draw(TEXTS): draw(JSONS.filter(lambda value: not deep(value, 1)))}
        return record | draw(BESIDES)

    return one(), one()


def tell(*events: dict[str, Any]) -> tuple[list[bytes], Clinic, list[dict[str, Any]]]:
    clinic = Clinic(POLICY)
    results = clinic.tell(*events)
    return [message for _, message in clinic.outbox.messages], clinic, results


@given(records())
@STRANGE
def test_two_records_equal_in_the_vocabulary_give_identical_messages(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """Whatever else they carried: another minute, another price of the band, notes, names, unknown fields."""
    one, other = (tell(record) for record in pair)
    assert one[0] == other[0]
    assert one[2] == other[2]


@given(records(), st.integers(0, 99))
@STRANGE
def test_what_stands_beside_a_record_in_its_batch_changes_nothing_of_it(
    pair: tuple[dict[str, Any], dict[str, Any]], place: int
) -> None:
    alone, _, [result] = tell(pair[0])
    other = pair[1] | {"id": "11111111-1111-4111-8111-111111111111", "event": "unheard of"}
    batch: list[dict[str, Any]] = [other] * (place % 5)
    batch.insert(place % (len(batch) + 1), pair[0])
    together, _, results = tell(*batch)
    assert together == alone
    assert result in results


FLAT = JSONS.filter(lambda value: not deep(value, 1))
OBJECTS = st.one_of(
    st.dictionaries(TEXTS, FLAT, max_size=3),
    st.dictionaries(st.sampled_from([*ContactField, *ClickIdKind, "marketing", "at", "variant"]), TEXTS, max_size=4),
    st.just(dict.fromkeys([*ContactField, *ClickIdKind], f"{CANARY}!")),  # no click id's letters: one of those is told
)
PAGES = TEXTS.map(lambda text: f"https://www.glow-medspa.example/{quote(text, errors='replace')}?q={CANARY}#{CANARY}")
# Records that are read to their end, with the canary wherever a record has room for a text.
PLANTED = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from(["lead", "booking", CANARY]),
        "url": PAGES,
        "authorization": st.sampled_from([CANARY, "auth_Zq8LkT3vWc5Yp0Ra"]),
        "consent": OBJECTS,
        "click": OBJECTS,
        "user": OBJECTS,
        "props": OBJECTS,
        "value": FLAT,
        "currency": FLAT,
    },
)


@given(
    st.one_of(
        PLANTED, st.dictionaries(st.sampled_from(sorted(CONTRACT)), st.one_of(JSONS, st.just(CANARY)), max_size=13)
    ),
    BESIDES,
    st.sampled_from(["crm", "phone_call", "in_person", "website", CANARY]),
)
@STRANGE
def test_the_canary_is_found_nowhere_whatever_record_carries_it(
    fields: dict[str, Any], besides: dict[str, Any], source: str
) -> None:
    """Not on a queue, not in the log, not in the answer, wherever it was planted, in records good and bad."""
    planted = base(source, 300, {"gclid": GCLID}) | {"note": CANARY} | besides | fields
    raw = json.dumps({"events": [planted, base("crm", 5, {"gclid": GCLID}) | {"note": CANARY}], CANARY: CANARY})
    clinic = Clinic(POLICY)
    taken = clinic.ask("POST", "/v1/conversions", raw)
    assert taken.answer["statusCode"] == 200
    for text in (repr(clinic.outbox.messages), clinic.log.getvalue(), taken.answer["body"]):
        assert CANARY not in text
        assert "semaglutide" not in text


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_answered_and_none_of_them_is_logged(body: bytes) -> None:
    clinic = Clinic(POLICY)
    taken = clinic.ask("POST", "/v1/conversions", body)
    assert taken.answer["statusCode"] in {200, 400}
    assert clinic.outbox.messages == []
    assert all(line["kind"] == "decision" for line in clinic.lines())


class OneSecret:
    def read(self, hook: object, now: int) -> tuple[bytes, ...]:
        del hook, now
        return (SECRET,)


def ring(payload: dict[str, Any]) -> Clinic:
    clinic = Clinic(POLICY)
    clinic.airlock = msgspec.structs.replace(clinic.airlock, doors=Doors(OneSecret(), ReceiptsInMemory()))
    body, stamp = json.dumps(payload), NOW // 1000
    digest = hmac.new(SECRET, f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x_airlock_signature": f"t={stamp},v1={digest}"}
    taken = clinic.ask("POST", "/v1/hooks/bookings", body, is_signed=False, **headers)
    assert taken.answer["statusCode"] in {204, 400}
    return clinic


@given(records())
@STRANGE
def test_two_webhooks_equal_in_the_vocabulary_give_identical_messages(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    one, other = (ring(record) for record in pair)
    assert one.outbox.messages == other.outbox.messages
    for clinic in (one, other):
        assert CANARY not in clinic.log.getvalue() + repr(clinic.outbox.messages)


def test_the_properties_are_about_something(policy: Policy) -> None:
    """A record of the strategy's kind is told: were it always refused, the properties would hold of nothing."""
    messages, _, results = tell(base("phone_call", 300, {"gclid": GCLID, "fbclid": FBCLID}))
    assert [result["status"] for result in results] == ["accepted"]
    assert len(messages) == 2
    assert policy.digest == POLICY.digest


@pytest.mark.parametrize(
    "changed", [{"source": "crm"}, {"value": 700}, {"at": NOW - 2 * DAY}, {"click": {"gclid": GCLID[::-1]}}]
)
def test_what_is_part_of_the_vocabulary_does_change_the_message(changed: dict[str, Any]) -> None:
    record = base("phone_call", 300, {"gclid": GCLID})
    record["consent"]["at"] = NOW - 3 * DAY
    assert tell(record)[0] != tell(record | changed)[0]
