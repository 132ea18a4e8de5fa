"""The queue's messages: the same bytes for equal events, and nothing read that was not written here."""

import msgspec
import pytest

from airlock import wire
from airlock.address_book import Destination
from airlock.clean import Basis, CleanEvent, Digests, Source
from airlock.tokens import AuthorizationRef, ClickId, Currency, Digest, EventId, EventName, PageLabel

EVENT = CleanEvent(
    destination=Destination.META,
    event=EventName("lead"),
    event_id=EventId("0123456789abcdef" * 2),
    at=1_795_533_300,
    not_before=1_795_533_300,
    source=Source.CRM,
    amount=250,
    currency=Currency("USD"),
    label=PageLabel("/contact"),
    click=ClickId("fbclid:IwZXh0bgNhZW0"),
    click_at=1_795_447_800,
    digests=Digests(email=Digest("ab" * 32), zip=Digest("cd" * 32)),
    authorization=AuthorizationRef("ef" * 32),
    basis=Basis.AUTHORIZATION,
)
WRITTEN = (
    b'{"v":1,"event":{"destination":"meta","event":"lead","source":"crm","amount":250,"currency":"USD",'
    b'"label":"/contact","basis":"authorization","at":1795533300,"not_before":1795533300,"click_at":1795447800,'
    b'"event_id":"0123456789abcdef0123456789abcdef","click":"fbclid:IwZXh0bgNhZW0",'
    b'"digests":{"email":"' + b"ab" * 32 + b'","zip":"' + b"cd" * 32 + b'"},"authorization":"' + b"ef" * 32 + b'"}}'
)
# The keys as they stood in version 1 at first: such messages may still be on a queue.
WRITTEN_AT_FIRST = (
    b'{"v":1,"event":{"destination":"meta","event":"lead","event_id":"0123456789abcdef0123456789abcdef",'
    b'"at":1795533300,"not_before":1795533300,"source":"crm","amount":250,"currency":"USD","label":"/contact",'
    b'"click":"fbclid:IwZXh0bgNhZW0","click_at":1795447800,"digests":{"email":"' + b"ab" * 32 + b'","zip":"'
    b"" + b"cd" * 32 + b'"},"authorization":"' + b"ef" * 32 + b'","basis":"authorization"}}'
)


def test_a_message_is_these_bytes() -> None:
    """Written out once by hand: a change of the format has to be meant."""
    assert wire.write(EVENT) == WRITTEN


def test_what_was_written_is_read_again() -> None:
    assert wire.read(WRITTEN) == wire.read(WRITTEN.decode()) == wire.read(WRITTEN_AT_FIRST) == EVENT
    bare = CleanEvent(
        destination=Destination.GA4,
        event=EventName("lead"),
        event_id=EventId("0" * 32),
        at=1_795_533_300,
        not_before=1_795_533_300,
    )
    assert wire.read(wire.write(bare)) == bare
    assert b"null" not in wire.write(bare)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"v":1', b'{"v":0'),
        (b'{"v":1', b'{"v":2'),
        (b'{"v":1', b'{"v":"1"'),
        (b'{"v":1', b'{"v":1,"x":1'),
        (b'"destination":"meta"', b'"destination":"canary"'),
        (b'"destination":"meta",', b""),
        (b'"event":"lead"', b'"event":"Canary"'),
        (b'"at":1795533300', b'"at":1795533301'),
        (b'"at":1795533300', b'"at":1795533300.0'),
        (b'"at":1795533300', b'"at":"1795533300"'),
        (b'"at":1795533300', b'"at":900'),
        (b'"amount":250', b'"amount":-1'),
        (b'"amount":250', b'"amount":1e300'),
        (b'"amount":250', b'"amount":true'),
        (b'"currency":"USD"', b'"currency":"canary"'),
        (b'"label":"/contact"', b'"label":"canary"'),
        (b"IwZXh0bgNhZW0", b"canary"),
        (b'"zip":', b'"canary":'),
        (b"ab" * 32, b"canary"),
        (b'"source":"crm"', b'"source":"canary"'),
        (b'"basis":"authorization"', b'"basis":"canary"'),
        (b'"basis"', b'"canary"'),
        (b"}}", b"}"),
        (b"}}", b"}}}"),
        (b'{"v":1', b'\xff{"v":1'),
    ],
)
def test_what_is_not_exactly_a_message_is_not_read_and_not_repeated(before: bytes, after: bytes) -> None:
    """A poison message is named by its form; what it holds is never in the error."""
    changed = WRITTEN.replace(before, after, 1)
    assert changed != WRITTEN
    with pytest.raises(wire.MessageError) as caught:
        wire.read(changed)
    assert str(caught.value) in {
        "wire version is not one that is read here",
        "message is not a clean event: ValidationError",
        "message is not a clean event: DecodeError",
    }
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("message", ["", "null", "[]", "{}", "x", '{"v":1}', '{"v":1,"event":null}', "[" * 5000])
def test_anything_else_on_the_queue_is_not_a_message(message: str) -> None:
    with pytest.raises(wire.MessageError):
        wire.read(message)


def test_the_version_is_written_and_this_one_is_read() -> None:
    assert msgspec.json.decode(WRITTEN)["v"] == wire.VERSION
    assert wire.VERSION in wire._readers


def test_several_events_are_written_as_each_alone() -> None:
    """What goes onto one network's queue does not depend on what goes onto another's."""
    other = msgspec.structs.replace(EVENT, destination=Destination.GOOGLE, label=None, click=None, click_at=None)
    assert wire.write_all([EVENT, other, EVENT]) == [wire.write(EVENT), wire.write(other), wire.write(EVENT)]
    assert wire.write_all([]) == []
