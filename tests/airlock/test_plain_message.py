"""Good messages are read in one step, whatever network they are for, and nothing else is."""

import json
from typing import Any

import msgspec
import pytest

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.clean import Basis, CleanEvent, Digests, Source
from airlock.plain_message import UUIDS, Reader, build_reader, list_amounts
from airlock.policy import Policy
from airlock.tokens import AuthorizationRef, ClickId, ClickIdKind, Digest, EventId, EventName, PageLabel

UUID = "0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11"
IDS = dict.fromkeys(ClickIdKind, "IwZXh0bgNhZW0CMTAAc2Rr") | dict.fromkeys(UUIDS, UUID) | {"msclkid": "0f" * 16}
QUARTER_HOUR = 1_795_533_300
ABSENT = object()


def tell_all(policy: Policy) -> Policy:
    """The policy with every network told."""
    rules = tuple(msgspec.structs.replace(policy.destinations[0], destination=to) for to in Destination)
    return msgspec.structs.replace(policy, destinations=rules)


@pytest.fixture
def read(policy: Policy) -> Reader:
    return build_reader(tell_all(policy), ["lead", "booking"], ["/contact", "/reviews"])


def tell(to: Destination, policy: Policy, **changes: Any) -> CleanEvent:
    """As much as this network is ever told."""
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
        currency=policy.currency,
        label=PageLabel("/contact"),
        click=ClickId(f"{address.click_ids[0]}:{IDS[address.click_ids[0]]}") if address.click_ids else None,
        click_at=QUARTER_HOUR,
        digests=digests if fields else None,
        authorization=AuthorizationRef("ef" * 32),
        basis=Basis.AUTHORIZATION,
    )
    return msgspec.structs.replace(full, **changes)


def change(message: bytes, **event: Any) -> bytes:
    """The message with a few fields of its event changed; new ones stand last."""
    document = json.loads(message)
    document["event"] = {key: value for key, value in (document["event"] | event).items() if value is not ABSENT}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("to", Destination)
def test_whatever_the_sanitizer_writes_is_read(to: Destination, policy: Policy, read: Reader) -> None:
    """With all that a network may be told and with nothing, and each thing left out once."""
    address = ADDRESS_BOOK[to]
    for kind in address.click_ids:
        message = wire.write(tell(to, policy, click=ClickId(f"{kind}:{IDS[kind]}")))
        assert read([message]) == ([] if kind in UUIDS else [IDS[kind]])
    for left_out in ("amount", "currency", "label", "click_at", "digests", "authorization"):
        assert read([wire.write(tell(to, policy, **{left_out: None}))]) is not None
    assert read([wire.write(tell(to, policy, click=None))]) == []
    for field in ContactField:
        if field in address.contact:
            assert read([wire.write(tell(to, policy, digests=Digests(**{field: Digest("ab" * 32)})))]) is not None
    bare = CleanEvent(
        destination=to,
        event=EventName("booking"),
        event_id=EventId("f" * 32),
        at=QUARTER_HOUR,
        not_before=QUARTER_HOUR,
    )
    assert read([wire.write(bare)]) == []
    assert read([change(wire.write(bare), **{key: None}) for key in ("amount", "click", "digests")]) is None


def test_every_word_of_the_policys_is_read(policy: Policy, read: Reader) -> None:
    """Each source, basis, amount, name and label: none of them sends a message the long way."""
    told = [
        *(tell(Destination.META, policy, source=source) for source in Source),
        *(tell(Destination.META, policy, basis=basis) for basis in Basis),
        *(tell(Destination.META, policy, amount=amount) for amount in list_amounts(policy)),
        *(tell(Destination.META, policy, event=EventName(name)) for name in ("lead", "booking")),
        *(tell(Destination.META, policy, label=PageLabel(label)) for label in ("/contact", "/reviews")),
    ]
    assert read(list(map(wire.write, told))) == [IDS[ClickIdKind.FBCLID]] * len(told)


def test_the_amounts_of_a_policy_are_those_of_its_events(policy: Policy) -> None:
    events = (
        msgspec.structs.replace(policy.events[0], bands=(0, 99.5), amount=None),
        msgspec.structs.replace(policy.events[1], bands=(), amount=150),
    )
    assert list_amounts(msgspec.structs.replace(policy, events=events)) == {0, 99.5, 150}
    assert list_amounts(msgspec.structs.replace(policy, events=())) == frozenset()


def test_the_click_ids_of_several_messages_come_in_their_order(policy: Policy, read: Reader) -> None:
    clicks = [ClickId(f"{kind}:{IDS[kind][:-1]}a") for kind in ("gclid", "wbraid", "gbraid")]
    messages = [wire.write(tell(Destination.GOOGLE, policy, click=click)) for click in clicks]
    messages.insert(1, wire.write(tell(Destination.LINKEDIN, policy)))
    assert read(messages) == [click.id for click in clicks]


OTHERS: list[dict[str, Any]] = [
    *({"event": word} for word in ("Lead", "consult", "", None, 1)),
    *({"event_id": text} for text in ("0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 31 + "\xe9", "", None, ABSENT)),
    *({key: 1_795_532_832} for key in ("at", "not_before", "click_at")),
    *({key: 1_795_533_300.5} for key in ("at", "not_before", "click_at")),
    *({key: 900} for key in ("at", "not_before", "click_at")),
    *({key: ABSENT} for key in ("destination", "event", "at", "not_before")),
    *({"source": word} for word in ("web", "CRM", None, "")),
    *({"amount": amount} for amount in (1, -1, 249.99, "250", True, None)),
    *({"currency": word} for word in ("EUR", "usd", "", None)),
    *({"label": word} for word in ("/services/botox", "/contact/", "contact", "", None)),
    *({"authorization": text} for text in ("ef" * 31, "ef" * 33, "EF" * 32, "\n" + "ef" * 32, "ef" * 32 + "\n", None)),
    *({"basis": word} for word in ("hunch", "", None)),
    *({"digests": fields} for fields in ({"iban": "ab" * 32}, {"email_plain": "ab" * 32})),
    *({"digests": []}, {"digests": None}),
    *({"destination": word} for word in ("canary", "META", "", None, 1)),
    *({"note": word} for word in ("x", None)),
    *({"click": text} for text in ("", "x", f"xclid:{'a' * 20}", "~", ":", None)),
]


@pytest.mark.parametrize("to", Destination)
def test_nothing_else_is_read(to: Destination, policy: Policy, read: Reader) -> None:
    """Neither alone nor before or behind a good one."""
    good = wire.write(tell(to, policy))
    assert change(good) == good
    assert read([good]) is not None
    bad = [change(good, **other) for other in OTHERS]
    assert [at for at, message in enumerate(bad) if read([message]) is not None] == []
    assert [at for at, message in enumerate(bad) if read([good, message]) is not None] == []
    assert [at for at, message in enumerate(bad) if read([message, good]) is not None] == []


@pytest.mark.parametrize("to", Destination)
def test_what_is_another_networks_is_not_read(to: Destination, policy: Policy, read: Reader) -> None:
    """Its click ids, and the contact fields that this one does not take."""
    address = ADDRESS_BOOK[to]
    message = wire.write(tell(to, policy))
    others = [kind for kind in ClickIdKind if kind not in address.click_ids]
    assert [kind for kind in others if read([change(message, click=f"{kind}:{IDS[kind]}")]) is not None] == []
    fields = [field for field in ContactField if field not in address.contact]
    assert [field for field in fields if read([change(message, digests={field: "ab" * 32})]) is not None] == []


@pytest.mark.parametrize(
    "digest", ["ab" * 31, "AB" * 32, "", "\n" + "ab" * 32, "ab" * 32 + "\n", None, 1], ids=range(7)
)
def test_a_digest_is_read_whole(digest: object, policy: Policy, read: Reader) -> None:
    message = wire.write(tell(Destination.META, policy))
    assert read([change(message, digests={"email": "ab" * 32})]) is not None
    assert read([change(message, digests={"email": digest})]) is None
    assert read([change(message, digests={"email": "ab" * 32, "phone": digest})]) is None


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
def test_a_click_id_is_read_whole_and_alone(click: str, policy: Policy, read: Reader) -> None:
    """Two in one text are not what the network gave out, though each of them might be."""
    message = wire.write(tell(Destination.META, policy))
    assert read([change(message, click=click)]) is None
    assert read([message, change(message, click=click), message]) is None


def test_a_message_is_one_line_and_as_it_was_written(policy: Policy, read: Reader) -> None:
    """Whatever an encoder might write otherwise is another message to somebody who reads it otherwise."""
    message = wire.write(tell(Destination.META, policy))
    others = (
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"v":1}',
        b"\xff",
        message + b"\n",
        b"\n" + message,
        message + b" ",
        message + b"\n" + message,
        message[:-1],
        message.replace(b'"v":1', b'"v":2'),
        message.replace(b'"v":1', b'"v":"1"'),
        message.replace(b'"v":1', b'"v":1,"v":1'),
        message.replace(b'"v":1', b'"v":1,"note":1'),
        message.replace(b'"v":1,', b'"v": 1,'),
        message.replace(b'"v":1,', b""),
        message.replace(b'"lead"', b'"le\\u0061d"'),
        message.replace(b'"at":', b'"at":1795533300,"at":'),
    )
    assert [at for at, other in enumerate(others) if read([other]) is not None] == []
    assert read([message + b"\n" + message, b""]) is None
    assert read([b"", message + b"\n" + message]) is None


def test_without_a_network_to_tell_nothing_is_read(policy: Policy) -> None:
    read = build_reader(msgspec.structs.replace(policy, destinations=()), ["lead"], ["/contact"])
    assert read([wire.write(tell(Destination.META, policy))]) is None


@pytest.mark.parametrize(("names", "labels", "is_read"), [((), ["/contact"], False), (["lead"], (), False)])
def test_without_names_or_labels_none_is_read(
    names: list[str],
    labels: list[str],
    is_read: bool,  # noqa: FBT001 - a table
    policy: Policy,
) -> None:
    read = build_reader(tell_all(policy), names, labels)
    assert (read([wire.write(tell(Destination.META, policy))]) is not None) is is_read
    assert (read([wire.write(tell(Destination.META, policy, label=None))]) is not None) is bool(names)


def test_a_policy_that_tells_one_network_reads_no_others_messages(policy: Policy) -> None:
    told = msgspec.structs.replace(policy, destinations=policy.destinations[:1])
    read = build_reader(told, ["lead"], ["/contact"])
    assert read([wire.write(tell(Destination.META, policy))]) == [IDS[ClickIdKind.FBCLID]]
    assert read([wire.write(tell(Destination.GOOGLE, policy))]) is None
