"""The second fence: whatever a bug or a bad policy would let into a message is stopped here."""

import json
import string
from collections.abc import Callable
from random import Random  # noqa: TID251 - seeded: the same ids at every run
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.clean import Digests
from airlock.glance import APART
from airlock.guard import Guard
from airlock.policy import Policy
from airlock.tokens import ClickId, ClickIdKind, Digest
from tests.airlock.test_wire import EVENT
from tests.depth import DEEP, examples

GOOD = msgspec.structs.replace(EVENT, digests=Digests(email=Digest("ab" * 32)))
# How many ids of each kind are drawn.
DRAWN = 100_000 if DEEP else 4_000
ABSENT = object()
ALPHABET = string.ascii_letters + string.digits + "-_"


@pytest.fixture
def guard(policy: Policy) -> Guard:
    return Guard(policy)


def write(**event: Any) -> bytes:
    """A good message with a few fields of its event changed."""
    document = json.loads(wire.write(GOOD))
    changed = {key: value for key, value in (document["event"] | event).items() if value is not ABSENT}
    document["event"] = changed
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def test_what_the_sanitizer_writes_passes(guard: Guard) -> None:
    assert guard.check_message(wire.write(GOOD)) is None
    assert write() == wire.write(GOOD)


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (b"", "not_json"),
        (b"null", "not_json"),
        (b"[]", "not_json"),
        (b"\xff", "not_json"),
        (b'{"v":1,"event":{"label":"\xff"}}', "not_json"),
        (b'{"v":1', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"a":' * 100_000, "not_json"),
        (b"{}", "unknown_key"),
        (b'{"v":1}', "unknown_key"),
        (b'{"v":1,"event":[]}', "unknown_key"),
        (b'{"v":1,"event":{},"note":"x"}', "unknown_key"),
        (b'{"v":1,"event":{"note":"x"}}', "unknown_key"),
        (b'{"v":2,"event":{}}', "unknown_word"),
        (b'{"v":1.0,"event":{}}', "unknown_word"),
        (b'{"v":"1","event":{}}', "unknown_word"),
        (b'{"v":true,"event":{}}', "unknown_word"),
        (b'{"v":1, "event":{}}', "not_canonical"),
        (b'{"v":1,"event":{"event":"botox","event":"lead"}}', "not_canonical"),
        (b'{"v":1,"v":1,"event":{}}', "not_canonical"),
        (b'{"v":1,"event":{"event":"le\\u0061d"}}', "not_canonical"),
        (b'{"v":1,"event":{}}\n', "not_canonical"),
    ],
    ids=range(22),
)
def test_bytes_that_the_sanitizer_would_not_write_are_stopped(message: bytes, rule: str, guard: Guard) -> None:
    """A key that stands twice shows one value to the guard and might show the other to the network."""
    assert guard.check_message(message) == rule


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("destination", ["snapchat", "META", "canary", 1, None, [], {}]),
        ("event", ["botox_booking", "Lead", "generate_lead", "", 1, None, ["lead"]]),
        ("event_id", ["0" * 31, "A" * 32, "0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11", 1, None]),
        ("source", ["web", "botox", 1, None]),
        ("amount", [149.99, 1, -1, "250", True, None, [250]]),
        ("currency", ["EUR", "usd", "semaglutide", 1, None]),
        ("label", ["/services/botox", "/contact/", "contact", "", 1, None]),
        ("click", ["fbclid:short", "fbclid", "xclid:" + "a" * 20, "a" * 20, 1, None, ["fbclid:" + "a" * 20]]),
        ("click", [f"fbclid:{'Kx' * 10}~fbclid:{'Qz' * 10}", f"fbclid:{'Kx' * 10}~", f"~fbclid:{'Kx' * 10}"]),
        ("authorization", ["auth_Q7m2Xw9Kd4Rf8Ls1", "0" * 63, 1, None]),
        ("basis", ["hunch", 1, None]),
    ],
)
def test_a_word_that_is_not_the_policys_is_stopped(field: str, values: list[object], guard: Guard) -> None:
    assert {str(value): guard.check_message(write(**{field: value})) for value in values} == {
        str(value): "unknown_word" for value in values
    }


@pytest.mark.parametrize("field", ["at", "not_before", "click_at"])
@pytest.mark.parametrize(
    "value", [1_795_533_301, 1_795_532_622, 1_795_532_832, 1_795_533_300.0, "1795533300", True, False, None, []]
)
def test_a_time_that_is_no_quarter_hour_is_stopped(field: str, value: object, guard: Guard) -> None:
    """A second-precise time matches the appointment book."""
    assert guard.check_message(write(**{field: value})) == "time_not_rounded"


@pytest.mark.parametrize(
    ("digests", "rule"),
    [
        ([], "unknown_key"),
        ("ab" * 32, "unknown_key"),
        ({"email_plain": "ab" * 32}, "unknown_key"),
        ({"email": "robin@mail.example"}, "unknown_word"),
        ({"email": "AB" * 32}, "unknown_word"),
        ({"email": "ab" * 31}, "unknown_word"),
        ({"email": None}, "unknown_word"),
        ({"email": ["ab" * 32]}, "unknown_word"),
        ({"email": "ab" * 32, "phone": "4155550132"}, "unknown_word"),
    ],
)
def test_contact_data_in_clear_is_stopped(digests: object, rule: str, guard: Guard) -> None:
    assert guard.check_message(write(digests=digests)) == rule


@pytest.mark.parametrize(
    ("click", "rule"),
    [
        ("semaglutide-jane-doe", "drug"),
        ("bookedCoolSculpting", "device"),
        ("b0t0x-appointment", "device"),
        ("robin-invented-gmail-com", "email"),
        ("x-078-05-1120-x", "ssn"),
        ("call-415-555-0132", "phone"),
        ("patient-00123456", "record_number"),
        ("born-1980-05-21-x", "record_number"),
        ("x-1980-05-21-x", "date"),
        ("cm9iaW5AbWFpbC5leGFtcGxl", "email"),
        ("depilacion_laser", "spanish"),
        ("eyJzdmMiOiJyb3NhY2VhIn0", "condition"),  # {"svc":"rosacea"}
    ],
)
def test_a_click_id_that_speaks_is_stopped(click: str, rule: str, guard: Guard) -> None:
    """It has the network's grammar and is none of the network's."""
    assert str(guard.check_message(write(click=f"fbclid:{click}"))) == rule


@pytest.mark.parametrize(
    "change",
    [
        {"destination": "google"},
        {"destination": "google", "click": "gclid:" + "a" * 20},
        {"destination": "linkedin"},
        {"destination": "linkedin", "click": ABSENT, "digests": {"phone": "ab" * 32}},
        {"destination": "tiktok", "click": ABSENT, "digests": {"date_of_birth": "ab" * 32}},
        {"click": "gclid:" + "a" * 20},
        {"destination": ABSENT},
    ],
    ids=range(7),
)
def test_an_identifier_that_this_network_is_never_given_is_stopped(change: dict[str, Any], guard: Guard) -> None:
    """Google gets no contact data, and each network no click id but its own."""
    assert guard.check_message(write(**change)) == "foreign_identifier"


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_one_click_id_that_speaks_among_several_messages_is_enough(bad: int, guard: Guard) -> None:
    """An event's messages stand and fall together, whichever of them is the bad one."""
    plain = {"digests": ABSENT, "authorization": ABSENT, "basis": "consent"}
    own = ["fbclid:" + "Kx" * 10, "gclid:" + "Qz" * 12, "ttclid:" + "Wv" * 12]
    ids = [click if at != bad else f"{click.partition(':')[0]}:semaglutide-jane-doe-x" for at, click in enumerate(own)]
    for digests in (ABSENT, {"email": "ab" * 32}):
        good, told = (
            [
                write(**plain | {"destination": to, "click": click, "digests": digests if to == "meta" else ABSENT})
                for to, click in zip(("meta", "google", "tiktok"), clicks, strict=True)
            ]
            for clicks in (own, ids)
        )
        assert guard.check_messages(good) is None
        assert str(guard.check_messages(told)) == "drug"
        assert str(guard.check_messages(told[bad:])) == "drug"
    assert guard.check_messages([]) is None


def test_a_network_may_be_told_every_digest_that_it_takes(guard: Guard) -> None:
    for to in (Destination.META, Destination.LINKEDIN):
        digests = {
            str(field): f"{at:02x}" * 32 for at, field in enumerate(ContactField) if field in ADDRESS_BOOK[to].contact
        }
        message = write(destination=str(to), click=ABSENT, digests=digests)
        assert guard.check_message(message) is None
        assert guard._check_keys(message, []) is None


def test_a_click_id_of_hexadecimal_groups_is_no_place_for_a_word(guard: Guard) -> None:
    """LinkedIn gives out random ones: what one of them seems to spell, by chance, loses no conversion."""
    click = "d1abe7e5-0000-4000-a000-0123456789ab"
    assert guard._look(click) is not None
    for digests in (ABSENT, {"email": "ab" * 32}):
        message = write(destination="linkedin", click=f"li_fat_id:{click}", digests=digests)
        assert guard.check_message(message) is None
        assert guard.check_messages([message, message]) is None
        click_ids: list[str] = []
        assert guard._check_keys(message, click_ids) is None
        assert click_ids == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("semaglutide-jane", "drug"),
        ("jane@example.com", "email"),
        ("Born 1980-05-21.", "record_number"),
        ("Kx7qLm2ZrT9wVb4d", None),
        ("D" * 16, None),
    ],
)
def test_a_click_id_of_hexadecimal_groups_that_are_a_text_is_read(text: str, rule: str | None, guard: Guard) -> None:
    digits = text.encode().hex()
    groups = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    for uuid in (groups, groups.upper()):
        message = write(destination="linkedin", click=f"li_fat_id:{uuid}", digests=ABSENT)
        assert [guard.check_message(message) for _ in range(3)] == [rule] * 3


def test_a_policys_own_word_that_names_a_treatment_is_stopped(policy: Policy) -> None:
    pages = tuple(msgspec.structs.replace(page, label=None) for page in policy.pages)
    labelled = msgspec.structs.replace(pages[2], label=type(GOOD.label)("/services/botox"))  # type: ignore[misc]
    bad = msgspec.structs.replace(policy, pages=(*pages[:2], labelled))
    assert str(Guard(bad).check_message(write(label="/services/botox"))) == "device"
    exempt = msgspec.structs.replace(bad, exempt_terms=("botox",))
    assert Guard(exempt).check_message(write(label="/services/botox")) is None


def test_in_a_policys_own_word_every_term_counts(policy: Policy) -> None:
    """In an opaque id three letters stand there by chance; in a label somebody put them."""
    label = "/x9-hiv-q2vlp0zbt7wrr"
    pages = (msgspec.structs.replace(policy.pages[2], label=type(GOOD.label)(label)),)  # type: ignore[misc]
    chosen = Guard(msgspec.structs.replace(policy, pages=pages))
    assert chosen._look(label) is None
    assert str(chosen.check_message(write(label=label))) == "sensitive"


FIELDS: dict[str, list[Any]] = {
    "destination": ["meta", "google", "tiktok", "linkedin", "snapchat", 1],
    "event": ["lead", "booking", "botox"],
    "event_id": ["0" * 32, "0" * 31],
    "at": [1_795_533_300, 1_795_533_301, 900, 17_955_333_000, -900, 1_795_533_300.0],
    "not_before": [1_795_533_300, 1_795_533_301],
    "source": ["website", "crm", "web", ABSENT],
    "amount": [0, 250, 150, 1, ABSENT],
    "currency": ["USD", "EUR", ABSENT],
    "label": ["/", "/contact", "/botox", ABSENT],
    "click": [
        *("fbclid:" + "a" * 10, "gclid:" + "a" * 20, "fbclid:a", "fbclid:semaglutide-x", ABSENT),
        f"fbclid:{'Kx' * 10}~fbclid:{'Qz' * 10}",
    ],
    "click_at": [1_795_533_300, 1, ABSENT],
    "digests": [{"email": "ab" * 32}, {"email": "x"}, ABSENT],
    "authorization": ["ab" * 32, "x", ABSENT],
    "basis": ["consent", "x", ABSENT],
}


PLAIN = {"digests": ABSENT, "authorization": ABSENT, "basis": "consent"}


def test_a_message_in_the_order_of_before_passes_and_is_looked_at_each_time(guard: Guard) -> None:
    """Such messages may still be on a queue; their click ids stand where a frame would be."""
    event = json.loads(wire.write(GOOD))["event"]
    for click, rule in ((event["click"], None), ("fbclid:semaglutide-jane-doe", "drug")):
        reordered = {"event_id": event["event_id"], "click": click} | {**event, "click": click}
        message = json.dumps({"v": 1, "event": reordered}, separators=(",", ":")).encode()
        assert [guard.check_message(message) for _ in range(3)] == [rule] * 3


def test_a_message_with_its_keys_in_any_order_is_judged_alike(guard: Guard) -> None:
    """Whatever was seen before it, and without a fault."""
    event = json.loads(wire.write(GOOD))["event"]
    for at in range(len(event)):
        keys = [*list(event)[at:], *list(event)[:at]]
        turned = {key: event[key] for key in keys}
        for document in ({"v": 1, "event": turned}, {"event": turned, "v": 1}):
            message = json.dumps(document, separators=(",", ":")).encode()
            assert [guard.check_message(message) for _ in range(2)] == [None, None]
        without = json.dumps({"event": turned}, separators=(",", ":")).encode()
        assert guard.check_message(without) == "unknown_key"


@pytest.mark.parametrize("field", FIELDS)
def test_one_thing_wrong_in_a_plain_message_is_enough(field: str, guard: Guard) -> None:
    """Each field is tried with what is right and what is not, before and after its frame is known."""
    assert guard.check_message(write(**PLAIN)) is None
    assert guard._frames.read([write(**PLAIN)]), "this message is not known again"
    for value in FIELDS[field]:
        message = write(**PLAIN | {field: value})
        click_ids: list[str] = []
        by_key = guard._check_keys(message, click_ids) or next(filter(None, map(guard._look, click_ids)), None)
        assert [guard.check_message(message) for _ in range(2)] == [by_key] * 2
    stopped = [guard.check_message(write(**PLAIN | {field: value})) is not None for value in FIELDS[field]]
    assert any(stopped)
    assert not all(stopped)


@given(st.fixed_dictionaries({field: st.sampled_from(values) for field, values in FIELDS.items()}))
@examples(500, 50_000)
def test_looking_at_the_whole_and_key_by_key_come_to_the_same(guard: Guard, event: dict[str, Any]) -> None:
    """Most frames are known; that passes nothing that the slower way would stop."""
    message = write(**event)
    click_ids: list[str] = []
    by_key = guard._check_keys(message, click_ids) or next(filter(None, map(guard._look, click_ids)), None)
    assert [guard.check_message(message) for _ in range(2)] == [by_key] * 2


WHOLE = [
    wire.write(GOOD),
    write(digests={"email": "ab" * 32, "phone": "cd" * 32, "last_name": "ef" * 32}),
    write(destination="tiktok", click=ABSENT, click_at=ABSENT, label=ABSENT),
    write(**PLAIN),
]


@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 80), st.integers(0, 1000), st.integers(0, 90)), max_size=3),
)
@examples(3000, 300_000)
def test_no_change_of_a_messages_bytes_is_good_in_one_step_and_bad_key_by_key(
    guard: Guard, message: bytes, edits: list[tuple[int, int, int, int]]
) -> None:
    """Pieces of it are cut out, doubled and put elsewhere, commas and keys with them."""
    assert [guard.check_message(whole) for whole in WHOLE] == [None] * len(WHOLE)
    assert guard._frames.read([message]) is not None, "this message is not known again"
    for at, cut, start, length in edits:
        place, source = at % (len(message) + 1), start % (len(message) + 1)
        message = message[:place] + message[source : source + length] + message[place + cut :]
    known = guard._frames.read([message])
    if known is not None:
        by_key: list[str] = []
        assert guard._check_keys(message, by_key) is None
        assert APART.join(by_key) == known


@pytest.mark.parametrize(
    "digests",
    [
        b'{,"email":"%s"}',
        b'{"email":"%s",}',
        b'{"email":"%s""phone":"%s"}',
        b'{"email":"%s",,"phone":"%s"}',
        b'{"email":"%s","email":"%s"}',
        b'{"email":"%s","iban":"%s"}',
    ],
)
def test_digests_that_are_not_written_as_they_should_be_are_stopped(digests: bytes, guard: Guard) -> None:
    good = b'{"email":"%s"}' % (b"ab" * 32)
    bad = digests.replace(b"%s", b"ab" * 32)
    hit = guard.check_message(wire.write(GOOD).replace(good, bad))
    assert good in wire.write(GOOD)
    assert hit in {"not_json", "not_canonical", "unknown_key"}


def _hex(draw: Random) -> str:
    return "".join(draw.choices("0123456789abcdef", k=32))


def _uuid(draw: Random) -> str:
    digits = _hex(draw)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _opaque(draw: Random, shortest: int, longest: int, alphabet: str = ALPHABET) -> str:
    return "".join(draw.choices(alphabet, k=draw.randint(shortest, longest)))


# As the networks give them out, and as their grammar lets them be.
GENUINE: dict[ClickIdKind, tuple[Callable[[Random], str], ...]] = {
    ClickIdKind.FBCLID: (
        lambda draw: _opaque(draw, 10, 500),
        lambda draw: f"IwAR{_opaque(draw, 57, 57)}",
        lambda draw: f"IwZXh0bgNhZW0CMTAAYnJpZBEx{_opaque(draw, 40, 60)}_aem_{_opaque(draw, 22, 22)}",
        lambda draw: f"PAZXh0bgNhZW0CMTEA{_opaque(draw, 60, 90)}_aem_{_opaque(draw, 22, 22)}",
    ),
    ClickIdKind.GCLID: (
        lambda draw: _opaque(draw, 20, 200),
        lambda draw: f"Cj0KCQiA{_opaque(draw, 72, 72)}_wcB",
        lambda draw: f"EAIaIQobChMI{_opaque(draw, 40, 40)}EAAYASAAEgI{_opaque(draw, 8, 8)}_BwE",
    ),
    ClickIdKind.GBRAID: (lambda draw: f"0AAAAA{_opaque(draw, 24, 24)}", lambda draw: _opaque(draw, 20, 200)),
    ClickIdKind.WBRAID: (lambda draw: f"CjgKCQiA{_opaque(draw, 60, 60)}", lambda draw: _opaque(draw, 20, 200)),
    ClickIdKind.TTCLID: (
        lambda draw: f"E.C.P.{_opaque(draw, 100, 300)}",
        lambda draw: _opaque(draw, 10, 512, ALPHABET + "."),
    ),
    ClickIdKind.LI_FAT_ID: (_uuid,),
    ClickIdKind.MSCLKID: (_hex, lambda draw: _hex(draw).upper()),
    ClickIdKind.RDT_CID: (lambda draw: str(draw.randint(10**17, 10**19)), lambda draw: _opaque(draw, 10, 100)),
    ClickIdKind.EPIK: (lambda draw: f"dj0y{_opaque(draw, 60, 180)}", lambda draw: _opaque(draw, 10, 200)),
    ClickIdKind.SCCID: (_uuid,),
}


@pytest.mark.parametrize("kind", ClickIdKind)
def test_a_genuine_click_id_is_hardly_ever_taken_for_something_else(kind: ClickIdKind, guard: Guard) -> None:
    """A false hit loses a conversion: at most one in ten thousand, which the long run measures."""
    draw = Random(f"click ids {kind}")  # noqa: S311 - the same ids at every run
    makers = GENUINE[kind]
    texts = [makers[index % len(makers)](draw) for index in range(DRAWN)]
    hits = [hit for text in texts if (hit := guard._look(text))]
    assert all(ClickId.grammar.fullmatch(f"{kind}:{text}") for text in texts)
    assert len(hits) <= max(1, DRAWN // 10_000)


def test_times_that_are_all_off_in_the_same_way_are_stopped(guard: Guard) -> None:
    odd = 1_795_532_622
    assert guard.check_message(write(at=odd, not_before=odd, click_at=odd)) == "time_not_rounded"
