"""What the journal shows of a payload: which identifiers were told, and nothing of their values."""

import hashlib
from typing import Any

import pytest

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent, Digests
from airlock.mask import mask, told_fields
from airlock.policy import PayloadLog
from airlock.tokens import ClickId, Digest, EventId, EventName
from forwarder.destinations import DESTINATIONS
from tests.forwarder.desk import EMAIL, PHONE, TOKEN, build_policy, make_event

JANE = hashlib.sha256(b"jane@example.com").hexdigest()
SOMEONE = hashlib.sha256(b"someone.else@example.com").hexdigest()
ONE_TIME = 1_795_527_900


def lead(click: str | None = None, **digests: Digest) -> CleanEvent:
    return CleanEvent(
        destination=Destination.META,
        event=EventName("lead"),
        event_id=EventId("0123456789abcdef" * 2),
        at=ONE_TIME,
        not_before=ONE_TIME,
        click=ClickId(click) if click else None,
        digests=Digests(**digests) if digests else None,
    )


JANES = lead("fbclid:IwAR2ExampleFbclid0001", email=Digest(JANE))
SOMEONES = lead("fbclid:IwAR2AnotherVisitor", phone=Digest(SOMEONE))


def test_a_masked_payload_names_the_fields_and_shows_nothing_of_their_values() -> None:
    payload = f'{{"em":["{JANE}"],"fbc":"fb.1.1795504500000.IwAR2ExampleFbclid0001"}}'.encode()
    shown = mask(payload, JANES, PayloadLog.MASKED)
    assert shown == b'{"em":["<email sha256>"],"fbc":"fb.1.1795504500000.<fbclid>"}'


def test_each_event_of_a_request_has_its_identifiers_named() -> None:
    one = f'{{"em":["{JANE}"],"fbc":"fb.1.1.IwAR2ExampleFbclid0001"}}'
    other = f'{{"ph":["{SOMEONE}"],"fbc":"fb.1.1.IwAR2AnotherVisitor"}}'
    shown = mask(f"[{one},{other}]".encode(), [JANES, SOMEONES], PayloadLog.MASKED)
    assert shown == (
        b'[{"em":["<email sha256>"],"fbc":"fb.1.1.<fbclid>"},{"ph":["<phone sha256>"],"fbc":"fb.1.1.<fbclid>"}]'
    )


def test_masking_reaches_the_other_events_of_the_same_request() -> None:
    """A request may tell ten events: the line of one must not show the identifiers of the nine others."""
    payload = f'[{{"em":["{JANE}"]}},{{"em":["{SOMEONE}"],"fbc":"fb.1.1.IwAR2AnotherVisitor"}}]'.encode()
    shown = mask(payload, JANES, PayloadLog.MASKED)
    assert shown == b'[{"em":["<email sha256>"]},{"em":["<sha256>"],"fbc":"<fbc>"}]'


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gclid", "Cj0KCQiA3sq6BhD2ARIs"),
        ("gbraid", "0AAAAAo3sq6BhD2ARIs4x"),
        ("wbraid", "Cj8KCQiA3sq6BhD2ARIs4x"),
        ("ttclid", "E.C.P.abc"),
        ("ttp", "2abcdEFGhij"),
        ("idValue", "01234567-89ab-4def-8123-456789abcdef"),
        ("li_fat_id", "01234567-89ab-4def-8123-456789abcdef"),
        ("msclkid", "0" * 32),
        ("rdt_cid", "abcdefghij"),
        ("epik", "abcdefghij"),
        ("click_id", "abcdefghij"),
        ("ScCid", "01234567-89ab-4def-8123-456789abcdef"),
        ("sc_click_id", "01234567-89ab-4def-8123-456789abcdef"),
    ],
)
def test_a_click_id_of_another_event_is_found_by_its_key(key: str, value: str) -> None:
    assert mask(f'{{"{key}":"{value}"}}'.encode(), lead(), PayloadLog.MASKED) == f'{{"{key}":"<{key}>"}}'.encode()


@pytest.mark.parametrize("destination", list(Destination))
def test_no_network_has_a_place_for_an_identifier_that_masking_does_not_know(
    destination: Destination, policy_text: str
) -> None:
    """The request is masked on behalf of an event that told nobody: whoever else it names stays unseen."""
    told = make_event(destination, digests=Digests(email=EMAIL, phone=PHONE))
    body = DESTINATIONS[destination].render([told], build_policy(policy_text), TOKEN).body
    shown = mask(body, make_event(destination, 2, click=None), PayloadLog.MASKED)
    assert shown is not None
    for identifier in (EMAIL, PHONE, *([told.click.id] if told.click else ())):
        assert identifier.encode() not in shown, "an identifier of another event is shown"
    assert (told.click is None) is (body == shown), "the request told no identifier, so this test shows nothing"


def test_a_longer_run_of_hex_digits_is_no_digest_and_stays() -> None:
    payload = f'{{"hash":"{JANE}0"}}'.encode()
    assert mask(payload, lead(), PayloadLog.MASKED) == payload


def test_the_policy_decides_how_much_of_a_payload_the_journal_shows() -> None:
    payload = f'{{"em":["{JANE}"]}}'.encode()
    assert mask(payload, JANES, PayloadLog.FULL) == payload
    assert mask(payload, JANES, PayloadLog.DIGEST) is None


@pytest.mark.parametrize("field", list(ContactField))
def test_a_told_digest_is_named_by_its_contact_field_and_by_no_other(field: ContactField) -> None:
    digests: dict[str, Any] = {field: Digest(JANE)}
    assert told_fields(Digests(**digests)) == [field]
    assert mask(f'"{JANE}"'.encode(), lead(**digests), PayloadLog.MASKED) == f'"<{field} sha256>"'.encode()


def test_an_event_without_digests_tells_no_field() -> None:
    assert told_fields(None) == []
    assert told_fields(Digests()) == []
