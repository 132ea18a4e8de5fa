"""Contact data is written as each network documents before it is hashed, or it is no good and left out.

The public test data is read from beside the project. A failure names the row, never its value.
"""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.normalisation import Normalisation
from airlock.tokens import Digest, hash_identifier
from sanitizer.normalisation import normalise

FUNCTIONS = Path(__file__).parents[2] / "functions"
VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the public test data is not beside this checkout")

FIELDS = {
    "em": ContactField.EMAIL,
    "ph": ContactField.PHONE,
    "fn": ContactField.FIRST_NAME,
    "ln": ContactField.LAST_NAME,
    "ct": ContactField.CITY,
    "st": ContactField.STATE,
    "zp": ContactField.ZIP,
    "country": ContactField.COUNTRY,
    "db": ContactField.DATE_OF_BIRTH,
    "external_id": ContactField.EXTERNAL_ID,
}
PLATFORMS = {
    "meta": Destination.META,
    "tiktok": Destination.TIKTOK,
    "linkedin": Destination.LINKEDIN,
    "pinterest": Destination.PINTEREST,
    "snap": Destination.SNAPCHAT,
}
GOOGLE = {  # what Google documents; Airlock tells it no contact data
    ContactField.EMAIL: Normalisation.EMAIL_GMAIL,
    ContactField.PHONE: Normalisation.PHONE_E164,
    ContactField.FIRST_NAME: Normalisation.NAME,
    ContactField.LAST_NAME: Normalisation.NAME,
}
IMPOSSIBLE = "without a country code and no possible number of the clinic's country: dropped (the contract)"
# Hard rows that do not hold, by line number.
EXCEPTIONS = {
    447: IMPOSSIBLE,
    454: "a plus sign says that the country code is there; rows 449 and 451 agree, this one puts a 1 before it",
    460: IMPOSSIBLE,
    464: IMPOSSIBLE,
    1562: IMPOSSIBLE,
    1567: IMPOSSIBLE,
    1949: IMPOSSIBLE,
    2014: IMPOSSIBLE,
    2015: IMPOSSIBLE,
}


def _rows(name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    if VECTORS.is_dir():
        with (VECTORS / name).open(encoding="utf-8") as lines:
            yield from enumerate(map(json.loads, lines), 1)


def _rule(row: dict[str, Any]) -> Normalisation:
    field = FIELDS[row["field"]]
    return GOOGLE[field] if row["platform"] == "google" else ADDRESS_BOOK[PLATFORMS[row["platform"]]].contact[field]


def _holds(row: dict[str, Any]) -> bool:
    """Whether the row's value and digest come out, a phone number without a country code with the clinic's."""
    found = normalise(_rule(row), row["raw"], "US")
    wanted = str(row["normalized"])
    if found is not None and found == wanted:
        return hash_identifier(found) == str(row["sha256"])
    national = row["field"] == "ph" and not row["raw"].strip().startswith("+")
    return national and found is not None and found.removeprefix("+") == "1" + wanted.removeprefix("+")


HARD = [
    (line, row)
    for line, row in _rows("identifiers.jsonl")
    if row["tier"] == "hard" and row.get("hashed_on_wire", True)  # four of Google's are sent in clear: not by us
]


def test_every_hard_row_comes_out_as_the_vendors_own_code_makes_it() -> None:
    assert len(HARD) > 850
    wrong = [
        f"{line} {row['platform']}.{row['field']}" for line, row in HARD if line not in EXCEPTIONS and not _holds(row)
    ]
    assert wrong == []


def test_the_exceptions_are_exceptions_still_and_none_makes_another_digest() -> None:
    excepted = [(line, row) for line, row in HARD if line in EXCEPTIONS]
    assert {line for line, _ in excepted} == EXCEPTIONS.keys()
    assert [line for line, row in excepted if _holds(row)] == []
    made = [line for line, row in excepted if normalise(_rule(row), row["raw"], "US") is not None]
    assert made == [454]


def test_what_every_vendor_refuses_is_refused() -> None:
    rows = [(line, row) for line, row in _rows("identifiers_rejected.jsonl") if row["tier"] == "hard"]
    assert len(rows) > 80
    taken = [
        f"{line} {row['platform']}.{row['field']}"
        for line, row in rows
        if normalise(_rule(row), row["raw"], "US") is not None
    ]
    assert taken == []


def test_what_looks_hashed_is_refused_by_every_rule() -> None:
    """Airlock takes plain text alone: nobody can tell what a ready-made digest was made of."""
    rows = list(_rows("identifiers_already_hashed.jsonl"))
    assert len(rows) == 72
    taken = [
        (line, rule) for line, row in rows for rule in Normalisation if normalise(rule, row["raw"], "US") is not None
    ]
    assert taken == []


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize(
    "dress",
    [
        *("{}", " {}\n", "0x{}", "sha256:{}", '"{}"', "{}.", "<{}>"),
        *("hash_{}", "sha256$ {}", "{{SHA256}}{}", "SHA-1 hex: {}"),
    ],
)
@pytest.mark.parametrize("rule", Normalisation)
def test_no_common_hash_passes_for_a_value(algorithm: str, dress: str, rule: Normalisation) -> None:
    hashed = hashlib.new(algorithm, b"jane@clinic.example", usedforsecurity=False).hexdigest()
    assert normalise(rule, dress.format(hashed), "US") is None
    assert normalise(rule, dress.format(hashed.upper()), "US") is None


@pytest.mark.parametrize("rule", [Normalisation.NAME, Normalisation.EXTERNAL_ID, Normalisation.CITY, Normalisation.ZIP])
def test_no_hash_passes_in_pieces_or_in_another_alphabet(rule: Normalisation) -> None:
    hashed = hashlib.sha256(b"jane@clinic.example")
    digits = hashed.hexdigest()
    pairs = [digits[at : at + 2] for at in range(0, 64, 2)]
    coded = base64.b64encode(hashed.digest()).decode()
    long = base64.urlsafe_b64encode(hashlib.sha512(b"jane").digest()).decode()
    pieces = (":".join(pairs), " ".join(pairs), f"{digits[:32]} {digits[32:]}", f"{digits[:20]}-{digits[20:]}")
    short = base64.b64encode(hashlib.md5(b"jane", usedforsecurity=False).digest()).decode()
    for text in (*pieces, short, coded, coded.rstrip("="), long, long.rstrip("=")):
        assert normalise(rule, text, "US") is None


def test_what_only_reminds_of_a_hash_is_a_value() -> None:
    """A UUID names a customer, and letters alone are a name."""
    for text in ("0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11", "llanfairpwllgwyngyllgogerychwyrndrobwllllan", "deadbeef"):
        assert normalise(Normalisation.EXTERNAL_ID, text, "US") == text


@pytest.mark.parametrize(
    ("rule", "written", "country", "normalised"),
    [
        (Normalisation.ZIP, "902101234", "US", "90210"),
        (Normalisation.ZIP, "90210 1234", "US", "90210"),
        (Normalisation.ZIP, "90210\u20131234", "US", "90210"),
        (Normalisation.ZIP, "902101234", "MX", "902101234"),
        (Normalisation.ZIP, "90210123", "US", "90210123"),
        (Normalisation.STATE_UNSPACED, "N.Y.", "US", "ny"),
        (Normalisation.STATE_UNSPACED, "D. C.", "US", "dc"),
        (Normalisation.STATE, "N.Y.", "US", "ny"),
        (Normalisation.STATE_UNSPACED, "Nueva York", "US", "nuevayork"),
    ],
)
def test_a_zip_and_a_state_come_out_however_they_are_written(
    rule: Normalisation, written: str, country: str, normalised: str
) -> None:
    assert normalise(rule, written, country) == normalised


@pytest.mark.parametrize(
    ("written", "country", "normalised"),
    [
        ("(650) 555-1212", "US", "+16505551212"),
        ("1-650-555-1212", "US", "+16505551212"),
        ("650.555.1212 ext. 9", "US", "+16505551212"),
        ("+1 650 555 1212 x9", "US", "+16505551212"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("+0044 (0)20 7946 0958", "US", "+442079460958"),
        ("\N{FULLWIDTH PLUS SIGN}12345432", "US", "+12345432"),
        ("06 6982 0001", "IT", "+390669820001"),
        ("0044 20 7946 0958", "IT", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("441134960987", "US", "+441134960987"),
        ("+12345432", "US", "+12345432"),
        ("555-1212", "US", None),
        ("650 555 121", "US", None),
        ("0650 555 121", "US", None),
        ("650 555 1212 12", "US", None),
        ("415-555-01322", "US", None),  # Switzerland's, if it were one
        ("33975778008", "US", None),
        ("+33975778008", "US", "+33975778008"),
        ("000 000 0000", "US", None),
        ("+0000000000", "US", None),
        ("+1234567890123456", "US", None),
        ("+123456", "US", None),
        ("call me", "US", None),
    ],
)
def test_a_phone_number_is_completed_from_the_clinics_country_or_dropped(
    written: str, country: str, normalised: str | None
) -> None:
    assert normalise(Normalisation.PHONE_E164, written, country) == normalised
    digits = normalised and normalised.removeprefix("+")
    assert normalise(Normalisation.PHONE_DIGITS, written, country) == digits


@pytest.mark.parametrize(
    ("rule", "written", "normalised"),
    [
        (Normalisation.EMAIL, " Jane.Doe+spa@Gmail.com ", "jane.doe+spa@gmail.com"),
        (Normalisation.EMAIL_GMAIL, "Jane.Doe+spa@GoogleMail.com", "janedoe@googlemail.com"),
        (Normalisation.EMAIL_GMAIL, "Jane.Doe+spa@clinic.example", "jane.doe+spa@clinic.example"),
        (Normalisation.EMAIL_UNDOTTED, "Jane.Doe+spa@clinic.example", "janedoe@clinic.example"),
        (Normalisation.EMAIL_UNDOTTED, "+spa@clinic.example", None),
        (Normalisation.EMAIL, "jane..doe@clinic.example", None),
        (Normalisation.EMAIL, "jane doe@clinic.example", None),
        (Normalisation.EMAIL, "jane@clinic..example", None),
        (Normalisation.EMAIL, "jane@clinic.example\x00", None),
        (Normalisation.EMAIL, "Jane <jane@clinic.example>", None),
        (Normalisation.EMAIL, "j" * 64 + "@clinic.example", "j" * 64 + "@clinic.example"),
        (Normalisation.EMAIL, "j" * 65 + "@clinic.example", None),
        (Normalisation.EMAIL, f"j@{'c' * 244}.example", f"j@{'c' * 244}.example"),
        (Normalisation.EMAIL, f"j@{'c' * 245}.example", None),
        (Normalisation.NAME, " O'Brien Lee ", "o'brien lee"),
        (Normalisation.NAME_UNSPACED, " O'Brien Lee ", "o'brienlee"),
        (Normalisation.NAME_UNPUNCTUATED, " O'Brien-Lee ", "obrienlee"),
        (Normalisation.NAME_UNPUNCTUATED, "---", None),
        (Normalisation.CITY, "São Paulo", "sãopaulo"),
        (Normalisation.CITY, "Coeur d'Alene", "coeurdalene"),
        (Normalisation.STATE, "California", "ca"),
        (Normalisation.STATE, "north-carolina", "nc"),
        (Normalisation.STATE, "Québec", "qc"),
        (Normalisation.STATE, "Nordrhein-Westfalen", "nordrheinwestfalen"),
        (Normalisation.STATE_UNSPACED, "West Virginia", "wv"),
        (Normalisation.ZIP, "94025-1234", "94025"),
        (Normalisation.ZIP, "M5V 3A8", "m5v3a8"),
        (Normalisation.ZIP, "-", None),
        (Normalisation.ZIP_DIGITS, "94025-1234", "940251234"),
        (Normalisation.COUNTRY, "U.S.A.", "us"),
        (Normalisation.COUNTRY, "united states of America", "us"),
        (Normalisation.COUNTRY, "U.K.", "gb"),
        (Normalisation.COUNTRY, "Côte d'Ivoire", "ci"),
        (Normalisation.COUNTRY, "Atlantis", None),
        (Normalisation.DATE_OF_BIRTH, "1985-06-30", "19850630"),
        (Normalisation.DATE_OF_BIRTH, "6/3/1985", "19850603"),
        (Normalisation.DATE_OF_BIRTH, "1985-02-30", None),
        (Normalisation.DATE_OF_BIRTH, "30.06.85", None),
        (Normalisation.DATE_OF_BIRTH, "18500101", None),
        (Normalisation.EXTERNAL_ID, " Customer-42 ", "customer-42"),
    ],
)
def test_each_rule_writes_a_value_its_own_way(rule: Normalisation, written: str, normalised: str | None) -> None:
    assert normalise(rule, written, "US") == normalised


def test_outside_the_united_states_a_date_that_can_be_read_two_ways_is_not_guessed() -> None:
    for either in ("6/3/1985", "12/3/1985", "3/12/1985", "1/2/1985"):
        assert normalise(Normalisation.DATE_OF_BIRTH, either, "GB") is None
    for written, date in (
        ("30/6/1985", "19850630"),
        ("6/6/1985", "19850606"),
        ("13/12/1985", "19851213"),
        ("12/13/1985", "19851213"),
    ):
        assert normalise(Normalisation.DATE_OF_BIRTH, written, "GB") == date


def test_a_digest_is_the_plain_sha_256_that_the_networks_publish() -> None:
    """Meta's published example."""
    assert hash_identifier("john_smith@gmail.com") == "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"


def test_half_of_a_surrogate_pair_is_hashed_as_a_browser_would() -> None:
    """It has no UTF-8 form: a question mark stands for it, as in every network's own script, and nothing fails."""
    assert hash_identifier("jane\ud800") == hashlib.sha256(b"jane?").hexdigest()


@given(rule=st.sampled_from(Normalisation), value=st.text(st.characters(codec=None), max_size=60))
def test_any_text_whatever_is_normalised_or_refused(rule: Normalisation, value: str) -> None:
    normalised = normalise(rule, value, "US")
    assert normalised is None or (normalised and Digest.read(hash_identifier(normalised)))


@given(rule=st.sampled_from(Normalisation), value=st.text(max_size=30))
def test_what_is_normalised_stays_as_it_is(rule: Normalisation, value: str) -> None:
    """A rule applied twice changes nothing more, so it does not matter whether the clinic's site applied it before."""
    once = normalise(rule, value, "US")
    assert once is None or normalise(rule, once, "US") == once


PROGRAM = """
import sys
import sanitizer.identities
loaded = ["sanitizer.normalisation" in sys.modules]
from airlock.normalisation import Normalisation
from sanitizer.normalisation import normalise
normalise(Normalisation.EMAIL, "jane@clinic.example", "US")
loaded.append("phonenumbers" in sys.modules)
normalise(Normalisation.PHONE_E164, "(650) 555-1212", "US")
loaded.append("phonenumbers" in sys.modules)
print(loaded)
"""


def test_the_rules_and_the_phone_library_are_loaded_when_a_hash_is_due_and_not_before() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=FUNCTIONS, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[False, False, True]"
