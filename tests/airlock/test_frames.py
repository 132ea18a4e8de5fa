"""A message whose frame was found good once is known again, and nothing is known that was not found good."""

import itertools
import json
import re
from typing import Any

import msgspec
import pytest

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.clean import Basis, CleanEvent, Digests, Source
from airlock.frames import MOST, UUIDS, Frames
from airlock.tokens import AuthorizationRef, ClickId, ClickIdKind, Currency, Digest, EventId, EventName, PageLabel

UUID = "0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11"
IDS = dict.fromkeys(ClickIdKind, "IwZXh0bgNhZW0CMTAAc2Rr") | dict.fromkeys(UUIDS, UUID) | {"msclkid": "0f" * 16}
OTHER_IDS = {kind: f"{text[:-1]}a" for kind, text in IDS.items()}
QUARTER_HOUR = 1_795_533_300
ABSENT = object()


def tell(to: Destination, **changes: Any) -> bytes:
    """A message with as much as this network is ever told."""
    address = ADDRESS_BOOK[to]
    fields = [str(field) for field in ContactField if field in address.contact]
    digests = Digests(**{field: Digest(f"{at + 10:02x}" * 32) for at, field in enumerate(fields)})
    full = CleanEvent(
        destination=to,
        event=EventName("lead"),
        event_id=EventId("0123456789abcdef" * 2),
        at=QUARTER_HOUR,
        not_before=QUARTER_HOUR,
        source=Source.CRM,
        amount=250,
        currency=Currency("USD"),
        label=PageLabel("/contact"),
        click=ClickId(f"{address.click_ids[0]}:{IDS[address.click_ids[0]]}") if address.click_ids else None,
        click_at=QUARTER_HOUR,
        digests=digests if fields else None,
        authorization=AuthorizationRef("ef" * 32),
        basis=Basis.AUTHORIZATION,
    )
    return wire.write(msgspec.structs.replace(full, **changes))


def change(message: bytes, **event: Any) -> bytes:
    """The message with a few fields of its event changed; new ones stand last."""
    document = json.loads(message)
    document["event"] = {key: value for key, value in (document["event"] | event).items() if value is not ABSENT}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.fixture
def frames() -> Frames:
    """What is known after one full message for each network."""
    known = Frames()
    for to in Destination:
        known.learn([tell(to)])
    return known


def test_at_first_nothing_is_known() -> None:
    frames = Frames()
    assert frames.read([tell(Destination.META)]) is None
    assert frames.read([]) is None
    frames.learn([])
    assert frames.read([]) == ""
    assert frames.read([b""]) is None


@pytest.mark.parametrize("to", Destination)
def test_whatever_of_a_visits_own_stands_behind_a_known_frame_is_read(to: Destination, frames: Frames) -> None:
    """Another event id, each kind of click id, each contact field alone, all of it and nothing."""
    address = ADDRESS_BOOK[to]
    own = ("click", "digests", "authorization")
    for kind in address.click_ids:
        for text in (IDS[kind], OTHER_IDS[kind]):
            told = tell(to, click=ClickId(f"{kind}:{text}"), event_id=EventId("f" * 32))
            assert frames.read([told]) == ("" if kind in UUIDS else text)
    for left_out in itertools.chain.from_iterable(itertools.combinations(own, length) for length in range(4)):
        assert frames.read([tell(to, **dict.fromkeys(left_out))]) is not None
    assert frames.read([tell(to, click=None)]) == ""
    for one, other in itertools.product(address.contact, repeat=2):
        digests = Digests(**{one: Digest("ab" * 32), other: Digest("cd" * 32)})
        assert frames.read([tell(to, digests=digests)]) is not None


@pytest.mark.parametrize("to", Destination)
def test_a_frame_with_one_thing_that_is_new_is_not_known_until_it_is_learned(to: Destination, frames: Frames) -> None:
    new: list[dict[str, Any]] = [
        {"event": EventName("booking")},
        *({key: None} for key in ("amount", "currency", "label")),
        {"source": Source.WEBSITE},
        {"amount": 500},
        {"currency": Currency("EUR")},
        {"label": PageLabel("/reviews")},
        {"basis": Basis.NONE},
        {"basis": Basis.CONSENT},
    ]
    for changes in new:
        message = tell(to, **changes)
        assert frames.read([message]) is None
        frames.learn([message])
        assert frames.read([message]) is not None


def test_any_quarter_hour_may_stand_behind_a_known_frame(frames: Frames) -> None:
    """Each time in its own turn, first when it is new and then when it is remembered."""
    later = QUARTER_HOUR + 900
    for changes in ({"at": later}, {"not_before": later}, {"click_at": later}, {"click_at": None}):
        message = tell(Destination.META, **changes)
        assert [frames.read([message]) is not None for _ in range(2)] == [True, True]
        for key in changes.keys() & json.loads(message)["event"].keys():
            for time in (
                later + 1,
                later - 450,
                900,
                0,
                -later,
                f"0{later}",
                f"{later}.0",
                f"{later}e0",
                f"{later}0",
                '"x"',
            ):
                other = message.replace(b'"%s":%d' % (key.encode(), later), f'"{key}":{time}'.encode())
                assert other != message
                assert [frames.read([other]) for _ in range(2)] == [None, None]
                assert frames.read([message]) is not None


def test_the_times_of_each_of_several_messages_are_looked_at(frames: Frames) -> None:
    good, bad = tell(Destination.META), tell(Destination.META, not_before=QUARTER_HOUR + 1)
    frames.learn([good, good])
    assert frames.read([good, good]) is not None
    assert frames.read([good, bad]) is None
    assert frames.read([bad, good]) is None
    assert frames.read([good, good]) is not None


def test_the_messages_of_one_event_are_known_together(frames: Frames) -> None:
    """What is a visit's own is asked of each by its own network."""
    both = [tell(Destination.META), tell(Destination.GOOGLE, click=ClickId(f"wbraid:{IDS[ClickIdKind.WBRAID]}"))]
    assert frames.read(both) is None
    frames.learn(both)
    assert frames.read(both) == f"{IDS[ClickIdKind.FBCLID]}~{IDS[ClickIdKind.WBRAID]}"
    assert frames.read(both[::-1]) is None
    assert frames.read([both[0], both[0]]) is None
    assert frames.read([*both, both[1]]) is None
    assert frames.read([b"\n".join(both)]) is None
    assert frames.read([b"\n".join(both), b""]) is None
    three = [*both, tell(Destination.LINKEDIN)]
    frames.learn(three)
    assert frames.read(three) == f"{IDS[ClickIdKind.FBCLID]}~{IDS[ClickIdKind.WBRAID]}"


OTHERS: list[dict[str, Any]] = [
    *({"event": word} for word in ("Lead", "consult", "", None, 1)),
    *({"event_id": text} for text in ("0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 31 + "\xe9", "", None, ABSENT)),
    *({key: 1_795_532_832} for key in ("at", "not_before", "click_at")),
    *({key: 1_795_533_300.5} for key in ("at", "not_before", "click_at")),
    *({key: ABSENT} for key in ("destination", "event", "at", "not_before")),
    *({"source": word} for word in ("web", "CRM", None, "")),
    *({"amount": amount} for amount in (1, -1, 249.99, "250", True, None)),
    *({"currency": word} for word in ("EUR", "usd", "", None)),
    *({"label": word} for word in ("/services/botox", "/contact/", "contact", "", None)),
    *({"authorization": text} for text in ("ef" * 31, "ef" * 33, "EF" * 32, "\n" + "ef" * 32, "ef" * 32 + "\n", None)),
    *({"basis": word} for word in ("hunch", "", None)),
    *({"digests": fields} for fields in ({"iban": "ab" * 32}, {"email_plain": "ab" * 32}, {})),
    *({"digests": []}, {"digests": None}),
    *({"destination": word} for word in ("canary", "META", "", None, 1)),
    *({"note": word} for word in ("x", None)),
    *({"click": text} for text in ("", "x", f"xclid:{'a' * 20}", "~", ":", None)),
]


@pytest.mark.parametrize("to", Destination)
def test_nothing_else_is_read(to: Destination, frames: Frames) -> None:
    """Neither alone nor before or behind a good one."""
    good = tell(to)
    frames.learn([good, good])
    assert change(good) == good
    assert frames.read([good]) is not None
    assert frames.read([good, good]) is not None
    bad = [change(good, **other) for other in OTHERS]
    assert [at for at, message in enumerate(bad) if frames.read([message]) is not None] == []
    assert [at for at, message in enumerate(bad) if frames.read([good, message]) is not None] == []
    assert [at for at, message in enumerate(bad) if frames.read([message, good]) is not None] == []


@pytest.mark.parametrize("to", Destination)
def test_what_is_another_networks_is_not_read(to: Destination, frames: Frames) -> None:
    """Its click ids, and the contact fields that this one does not take."""
    address = ADDRESS_BOOK[to]
    others = [kind for kind in ClickIdKind if kind not in address.click_ids]
    assert [kind for kind in others if frames.read([change(tell(to), click=f"{kind}:{IDS[kind]}")]) is not None] == []
    fields = [field for field in ContactField if field not in address.contact]
    told = [change(tell(to), digests={field: "ab" * 32}) for field in fields]
    assert [field for field, message in zip(fields, told, strict=True) if frames.read([message]) is not None] == []


@pytest.mark.parametrize(
    "digest", ["ab" * 31, "AB" * 32, "", "\n" + "ab" * 32, "ab" * 32 + "\n", None, 1], ids=range(7)
)
def test_a_digest_is_read_whole(digest: object, frames: Frames) -> None:
    message = tell(Destination.META)
    assert frames.read([change(message, digests={"email": "ab" * 32})]) is not None
    assert frames.read([change(message, digests={"email": digest})]) is None
    assert frames.read([change(message, digests={"email": "ab" * 32, "phone": digest})]) is None


@pytest.mark.parametrize(
    "click",
    [
        "fbclid:short",
        "fbclid",
        f"fbclid:{'a' * 501}",
        f"fbclid:{'a' * 20}:",
        f"fbclid:{'a' * 20} ",
        f"fbclid:{'a' * 20}\n",
        f"fbclid:{'a' * 20}~",
        f"fbclid:{'a' * 20}~fbclid:{'b' * 20}",
    ],
    ids=range(8),
)
def test_a_click_id_is_read_whole_and_alone(click: str, frames: Frames) -> None:
    """Two in one text are not what the network gave out, though each of them might be."""
    message = tell(Destination.META)
    frames.learn([message] * 3)
    assert frames.read([message] * 3) is not None
    assert frames.read([change(message, click=click)]) is None
    assert frames.read([message, change(message, click=click), message]) is None


def test_a_message_is_one_line_and_as_it_was_written(frames: Frames) -> None:
    """Whatever an encoder might write otherwise is another message to somebody who reads it otherwise."""
    message = tell(Destination.META)
    others = (
        b"",
        b"null",
        b"{}",
        b'{"v":1}',
        b"\xff",
        message + b"\n",
        b"\n" + message,
        message + b" ",
        message + b"\n" + message,
        message[:-1],
        message.replace(b'"v":1', b'"v":2'),
        message.replace(b'"v":1', b'"v":1,"v":1'),
        message.replace(b'"v":1,', b'"v": 1,'),
        message.replace(b'"v":1,', b""),
        message.replace(b'"lead"', b'"le\\u0061d"'),
        message.replace(b'"at":', b'"at":1795533300,"at":'),
        message.replace(b'"event_id":', b'"event_id":"00","event_id":'),
        message.replace(b'"click":', b'"click":"x","click":'),
    )
    assert [at for at, other in enumerate(others) if frames.read([other]) is not None] == []
    frames.learn([message] * 2)
    assert frames.read([message + b"\n" + message, b""]) is None
    assert frames.read([b"", message + b"\n" + message]) is None


def test_a_message_without_a_network_or_with_its_version_last_is_not_learned() -> None:
    """The guard may pass them, as odd as they are; a frame without its beginning says less than it has to."""
    message = tell(Destination.META)
    event = json.loads(message)["event"]
    last = {key: event[key] for key in [*(key for key in event if key != "destination"), "destination"]}
    odd = [json.dumps({"event": event, "v": 1}, separators=(",", ":")).encode(), change(message, destination=ABSENT)]
    odd.append(json.dumps({"v": 1, "event": last}, separators=(",", ":")).encode())
    frames = Frames()
    for other in odd:
        frames.learn([other])
        frames.learn([message, other])
        assert frames.read([other]) is frames.read([message, other]) is None
    assert frames.read([odd[0].replace(b',"v":1', b"")]) is None
    assert frames.read([message]) is None


@pytest.mark.parametrize("first", ["not_before", "click_at", "event_id", "click", "digests", "authorization"])
def test_a_message_in_another_order_is_not_learned(first: str) -> None:
    """What is a visit's own would be taken for a part of the frame, and kept."""
    message = tell(Destination.META)
    document = json.loads(message)
    event = document["event"]
    document["event"] = {"destination": event["destination"], first: event[first]} | event
    other = json.dumps(document, separators=(",", ":")).encode()
    frames = Frames()
    frames.learn([other])
    assert frames.read([other]) is None
    frames.learn([message, other])
    assert frames.read([message, other]) is None
    for left_out in ("event_id", "at"):
        without = change(message, **{left_out: ABSENT})
        frames.learn([without])
        assert frames.read([without]) is None


def test_nothing_of_a_visits_own_is_kept(frames: Frames) -> None:
    """Frames outlive a visit: its ids must not stand in them."""
    kept = b"".join(itertools.chain.from_iterable(frames._known)).decode()
    assert "/contact" in kept
    assert re.search("[0-9a-f]{32}", kept) is None
    assert [text for text in IDS.values() if text in kept] == []


def test_only_so_many_frames_and_times_are_kept() -> None:
    frames = Frames()
    for amount in range(MOST + 1):
        frames.learn([tell(Destination.META, amount=amount)])
        assert len(frames._known) <= MOST
    assert frames.read([tell(Destination.META, amount=MOST)]) is not None
    assert frames.read([tell(Destination.META, amount=0)]) is None
    for quarter in range(MOST + 1):
        assert frames.read([tell(Destination.META, amount=MOST, at=QUARTER_HOUR + 900 * quarter)]) is not None
        assert len(frames._times) <= MOST
