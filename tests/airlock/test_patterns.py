"""The shapes of identifiers: what is seen in an id or a word, and what must pass."""

import base64
import hashlib
import json
import re
import string
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock import lexicon, patterns
from airlock.patterns import Rule
from tests.depth import examples

ALPHABET = string.ascii_letters + string.digits + "-_."
VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of a public vector file; a missing one skips the test."""
    path = VECTORS / name
    if not path.exists():
        pytest.skip("the public test vectors are not beside the repository")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def draw_opaque_ids(count: int) -> Iterator[str]:
    """Ids in the shapes that the networks give out, the same at every run."""
    for index in range(count):
        seed = hashlib.shake_256(f"id {index}".encode()).digest(120)
        text = base64.urlsafe_b64encode(seed[: 10 + seed[119] % 80]).decode().rstrip("=")
        number = int.from_bytes(seed[:8])
        yield (
            text,
            text[:10],
            text[:20],
            f"Cj0KCQiA{text}",
            f"IwZXh0bgNhZW0CMTAAAR{text}_aem_{text[:22]}",
            f"E.C.P.{text}",
            seed[:16].hex(),
            seed[:32].hex(),
            f"{seed[:4].hex()}-{seed[4:6].hex()}-{seed[6:8].hex()}-{seed[8:10].hex()}-{seed[10:16].hex()}",
            str(10**18 + number % (9 * 10**18)),
        )[index % 10]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("robin.invented@mail.example", Rule.EMAIL),
        ("robin%40mail.example", Rule.EMAIL),
        ("robin%2540mail.example", Rule.EMAIL),
        ("robin-invented-gmail-com", Rule.EMAIL),
        ("robin_invented_yahoo_net", Rule.EMAIL),
        ("cm9iaW5AbWFpbC5leGFtcGxl", Rule.EMAIL),
        ("726f62696e406d61696c2e6578616d706c65", Rule.EMAIL),
        ("jdoe_aol_com", Rule.EMAIL),
        ("jdoe-protonmail-com", Rule.EMAIL),
        ("Xk9-cm9iaW5AbWFpbC5leGFtcGxl-Q2vLp0Zb", Rule.EMAIL),
        ("Q2vLp0Zb_726f62696e406d61696c2e6578616d706c65", Rule.EMAIL),
        ("phone4155550132", Rule.RECORD_NUMBER),
        ("cell4155550132", Rule.RECORD_NUMBER),
        ("MRN00A12345", Rule.RECORD_NUMBER),
        ("subscriber-XEH123456789", Rule.RECORD_NUMBER),
        ("encounter-123456", Rule.RECORD_NUMBER),
        ("paciente12345", Rule.RECORD_NUMBER),
        ("expediente-12345", Rule.RECORD_NUMBER),
        ("21-mayo-1980", Rule.DATE),
        ("septiembre-21", Rule.DATE),
        ("enero_3_1980", Rule.DATE),
        ("80-05-21", Rule.DATE),
        ("192-168-1-23", Rule.IP_ADDRESS),
        ("192_168_1_23", Rule.IP_ADDRESS),
        ("age-92-now", Rule.AGE),
        ("Age92", Rule.AGE),
        ("+1 (415) 555-0132", Rule.PHONE),
        ("415-555-0132", Rule.PHONE),
        ("415_555_0132", Rule.PHONE),
        ("id-4155550132", Rule.PHONE),
        ("14155550132", Rule.PHONE),
        ("+44 20 7946 0018", Rule.PHONE),
        ("020-7946-0018", Rule.PHONE),
        ("４１５-５５５-０１３２", Rule.PHONE),  # noqa: RUF001 - full width is the point
        ("078-05-1120", Rule.SSN),
        ("078051120-lead", Rule.LONG_NUMBER),
        ("1980-05-21", Rule.DATE),
        ("born19800521", Rule.RECORD_NUMBER),
        ("x-19800521", Rule.DATE),
        ("fb.1.1596403881668.19800521-x", Rule.DATE),
        ("2024-03-15T14:30Z", Rule.DATE),
        ("5/21/1980", Rule.DATE),
        ("21.5.80", Rule.DATE),
        ("21st May 1980", Rule.DATE),
        ("may-21-1980", Rule.DATE),
        ("65-year-old", Rule.AGE),
        ("MRN 00123456", Rule.RECORD_NUMBER),
        ("mrn:00123456", Rule.RECORD_NUMBER),
        ("patient-001234", Rule.RECORD_NUMBER),
        ("PatientId001234", Rule.RECORD_NUMBER),
        ("chart_no_4471", Rule.RECORD_NUMBER),
        ("visit-00123456", Rule.LONG_NUMBER),
        ("203.0.113.7", Rule.IP_ADDRESS),
        ("2001:db8::1", Rule.IP_ADDRESS),
        ("2001:db8:0:0:0:0:0:1", Rule.IP_ADDRESS),
        ("00-1A-2B-3C-4D-5E", Rule.DEVICE_ADDRESS),
        ("AA:BB:CC:DD:EE:FF", Rule.DEVICE_ADDRESS),
        ("clinic-records.com", Rule.WEB_ADDRESS),
        ("4111 1111 1111 1111", Rule.CARD_NUMBER),
        ("4111111111111111", Rule.CARD_NUMBER),
        ("GB82WEST12345698765432", Rule.ACCOUNT_NUMBER),
        ("1EG4-TE5-MK73", Rule.HEALTH_PLAN_NUMBER),
        ("A123456780", Rule.LICENSE_NUMBER),
        ("94105-1234", Rule.ZIP_PLUS_4),
        ("SSBhbSBSb2JpbiBJbnZlbnRlZA", Rule.ENCODED_TEXT),
    ],
)
def test_an_identifier_is_seen_by_its_shape(text: str, rule: Rule) -> None:
    assert patterns.find(text) is rule


@pytest.mark.parametrize(
    "text",
    [
        "Lead",
        "lead",
        "Schedule",
        "booking",
        "page_view",
        "Contact",
        "SubmitForm",
        "Purchase",
        "/services/general-service",
        "/",
        "USD",
        "website",
        "WEB",
        "GOOGLE_ADS",
        "https://www.glow-medspa.example/",
        "test-message-id-contact",
        "lead_2",
        "q4-2026",
        "2026-2027",
        "variant-b",
        "top-10",
        "24-7",
        "step-1-of-3",
        "84e26acc-56a5-4835-8233-591137fca468",
        "d41d8cd98f00b204e9800998ecf8427e",
        "3184742045291813272",
        "fb.1.1596403881668.1116446470",
        "ev-1700000901000",
        "this-is-an-event-id12345",
        "a1b2c3d4e5f60002",
        "GCLID123",
        "may_offer",
        "march-special",
        "10-marketing-tips",
        "9-uses",
    ],
)
def test_words_and_ids_pass(text: str) -> None:
    assert patterns.find(text) is None


def test_a_number_whose_check_digit_is_wrong_is_no_card() -> None:
    assert patterns.find("4111 1111 1111 1111") is Rule.CARD_NUMBER
    assert patterns.find("4111 1111 1111 1112") is not Rule.CARD_NUMBER


def test_an_account_number_whose_check_digits_are_wrong_is_none() -> None:
    assert patterns.find("GB83WEST12345698765432") is None


@pytest.mark.parametrize(
    "number", ["5555 5555 5555 4444", "4012888888881881", "378282246310005", "6011-1111-1111-1117"]
)
def test_a_card_is_seen_whichever_digits_its_check_doubles(number: str) -> None:
    assert patterns.find(number) is Rule.CARD_NUMBER


@pytest.mark.parametrize("code", ["GB82WEST1234569876543", "ZZ82WEST12345698765432", "FR82WEST12345698765432"])
def test_an_account_number_has_the_length_of_its_country(code: str) -> None:
    assert patterns.find(code) is None


def test_an_account_number_in_bitcoin_is_seen_by_its_check_bytes() -> None:
    assert patterns.find("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2") is Rule.ACCOUNT_NUMBER
    assert patterns.find("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3") is None


@pytest.mark.parametrize("text", ["gmail-users", "community_gmail", "yahoo-ads", "commerce-net", "outlook"])
def test_a_provider_without_its_domain_is_no_address(text: str) -> None:
    assert patterns.find(text) is None


def test_seven_digits_in_groups_are_a_telephone_number_and_six_are_none() -> None:
    """The shortest that can be dialled within a town."""
    assert patterns.find("call 555-0132") is Rule.PHONE
    assert patterns.find("call 555-013") is None


def test_at_most_one_in_twenty_thousand_opaque_ids_is_taken_for_an_identifier() -> None:
    assert sum(patterns.find(text) is not None for text in draw_opaque_ids(20_000)) <= 1


@given(st.binary(min_size=8, max_size=90))
def test_hashed_ids_pass(seed: bytes) -> None:
    assert patterns.find(hashlib.sha256(seed).hexdigest()) is None
    assert patterns.find(hashlib.md5(seed, usedforsecurity=False).hexdigest()) is None


@given(st.from_regex(r"[a-z]{1,20}(?:_[a-z]{1,12}){0,2}", fullmatch=True))
def test_an_event_name_without_digits_passes(name: str) -> None:
    assert patterns.find(name) is None


@given(st.from_regex(r"[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}", fullmatch=True), st.sampled_from(["", "x-", "call_"]))
def test_every_american_telephone_number_is_seen(number: str, before: str) -> None:
    assert patterns.find(before + number) is not None


@given(st.dates().map(str), st.sampled_from(["", "dob-", "appt_"]))
def test_every_day_since_1900_is_seen(day: str, before: str) -> None:
    is_recent = "1900" <= day[:4] < "2100"
    assert (patterns.find(before + day) is not None) >= is_recent


@given(st.emails())
def test_every_email_address_is_seen(address: str) -> None:
    assert patterns.find(address) is not None


@given(st.ip_addresses())
def test_every_ip_address_is_seen(address: object) -> None:
    assert patterns.find(str(address)) is not None


@given(st.text(max_size=300))
def test_it_reads_any_text(text: str) -> None:
    assert patterns.find(text) in {None, *Rule}


@pytest.mark.parametrize(
    "bit",
    [
        *(
            "0",
            "1-",
            "12:",
            ":",
            "a@",
            "AB12",
            "may-",
            "patient-id-",
            "+1 ",
            "1.1.",
            "aA1",
            "4111 ",
            "GB82 ",
            "(((((1",
            "12-34-",
        ),
        *(
            "_",
            ".",
            "12345678901234567 ",
            "3zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz ",
            "::",
            "a:",
            "00-",
            "1st ",
            "gmail",
            "fb.1.",
        ),
    ],
)
def test_a_hostile_text_takes_no_longer_than_its_length(bit: str) -> None:
    started = time.perf_counter()
    patterns.find((bit * 8192)[:8192])
    assert time.perf_counter() - started < 0.5


class TestPublicVectors:
    def test_whatever_passes_a_click_ids_grammar_and_is_an_identifier_is_seen(self) -> None:
        """What neither module sees is a number plate of seven or eight characters, shorter than any click id."""
        found = lexicon.load()
        rows = [row for row in read_rows("phi_strings.jsonl") if row["opaque_shape"]]
        missed = [row for row in rows if not patterns.find(row["text"]) and not found.find(row["text"])]
        assert {row["kind"] for row in missed} <= {"VEHICLE"}
        assert [row["id"] for row in missed if re.fullmatch(r"[A-Za-z0-9._-]{10,512}", row["text"])] == []

    @pytest.mark.parametrize("kind", ["EMAIL", "PHONE", "SSN", "IP", "DEVICE", "HEALTH_PLAN", "ACCOUNT", "LICENSE"])
    def test_identifiers_in_prose_are_seen_too(self, kind: str) -> None:
        rows = [row for row in read_rows("phi_strings.jsonl") if row["kind"] == kind]
        missed = [row["id"] for row in rows if patterns.find(row["text"]) is None]
        assert len(missed) <= 0.04 * len(rows), missed

    def test_no_benign_value_is_refused(self) -> None:
        refused = Counter(row["kind"] for row in read_rows("benign.jsonl") if patterns.find(row["text"]))
        assert refused == {}

    def test_no_click_id_is_refused(self) -> None:
        rows = read_rows("clickids.jsonl")
        assert [index for index, row in enumerate(rows) if patterns.find(row["value"])] == []


PIECES = st.sampled_from(
    [
        *("4111", "1111", "12", "7", "0", "19800521", "1980", "05", "415", "5550132", "123456789", "9" * 20, "1A2"),
        *(
            "64yo",
            "65years",
            "old",
            "may",
            "May",
            "21st",
            "DE89",
            "3704",
            "0044",
            "AB12CDE3456",
            "X1234567",
            "ABCDE1234F",
        ),
        *(
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "bc1qar0srrr7x",
            "1EG4",
            "TE5",
            "MK73",
            "aa",
            "bb",
            "01",
            "aabb",
            "ccdd",
        ),
        *("mrn", "patient", "lead", "Kx9", "aZ_q", "gmail", "com", "wcB", "x", "-", "-", "_", ".", " ", "/", ":", "@"),
    ]
)


@given(st.lists(PIECES, max_size=9).map("".join) | st.text(ALPHABET, max_size=80))
@examples(1500, 200_000)
def test_what_is_passed_over_quickly_holds_nothing(text: str) -> None:
    """A text in which nothing can begin is not searched; searched all the same, it holds nothing."""
    quick = patterns.find(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "_BEGINNING", re.compile(""))
        assert patterns.find(text) == quick
