"""The first look at click ids: nearly all are opaque, and none passes in which the closer look would find anything."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random  # noqa: TID251 - Hypothesis hands it in
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock import lexicon, lexicon_tables, patterns
from airlock.glance import APART, Glance
from airlock.lexicon_tables import Rule, Terms, read_terms
from tests.airlock.test_lexicon import HUMPS, draw_opaque_ids
from tests.airlock.test_patterns import PIECES
from tests.depth import examples

LEXICON = lexicon.load()
GLANCE = Glance(LEXICON.terms)
VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
LISTINGS = Path(lexicon.__file__).with_name("lexicon_terms")
TERMS = sorted(
    line
    for name in lexicon_tables.FILES.values()
    for line in (LISTINGS / name).read_text("ascii").splitlines()
    if line and not line.startswith("#")
)
RANDOM = "IwZXh0bgNhZW0CMTAAc2RrdjV2dHhxYw"


def look_closely(text: str) -> str | None:
    """What the lexicon or the patterns find."""
    return LEXICON.find(text) or patterns.find(text)


def is_opaque(text: str) -> bool:
    return GLANCE.is_opaque(text)


@pytest.mark.parametrize(
    "text",
    [
        RANDOM,
        f"{RANDOM}_aem_Zk3vQx7Lr9Wt",
        "Cj0KCQiA88X_BRDUARIsACVMYD9h2qLkz7Xw",
        "E.C.P.CrwBQ7hXk2vRz9LmTq4WnYdJ6sGpFbUe",
        "E_C_P_CrwBQ7hXk2vRz9LmTq4WnYdJ6sGpFbUe",
        "aQ7hXk2vR",  # nine letters and digits are taken for a word
        "aQ7hXk2vR7",
    ],
)
def test_the_ids_that_networks_give_out_are_opaque(text: str) -> None:
    assert is_opaque(text) is (len(text) > 9)


def test_nearly_all_ids_are_opaque() -> None:
    """The others cost time and no event. Those of Pinterest are base64 of text, and those in one case may be words."""
    ids = [text for text in draw_opaque_ids(3300) if text.startswith(("Cj0K", "EAIa", "IwAR", "IwZX", "E.C.P."))]
    assert sum(map(is_opaque, ids)) > 0.85 * len(ids)


@pytest.mark.parametrize(
    "cause",
    [
        *("4111-1111", "5-5-05", "5.12", "5_May", "may-5", "May_5th", "12th", "21st-May", "145yrs", "45-yo", "2026"),
        *("AB1CD2345", "AB12CDEF3456", "ABCDE1234F", "A1234567B", "AB1234567", "1EG4-TE5-MK73", "1EG4TE5MK73"),
        *("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1qw508d6qejxtdg4y5"),
        *("aa-bb-cc", "1a-2b-", "a1-b2-", "11-aa-", "aabb.ccdd.", "00aa.bbcc."),
        *("com", "net", "COM", "org", "Site", "biz"),
        *("c-s-ection", "e.coli", "E-Coli", "q.switched", "botoxnow", "PRP", "hiv"),
    ],
)
@pytest.mark.parametrize("before", ["", f"{RANDOM}-", f"{RANDOM}.", f"{RANDOM}{APART}"])
def test_what_an_identifier_or_a_term_begins_with_is_looked_at(cause: str, before: str) -> None:
    """A number between separators, a written-out address, a term: each is reason enough."""
    assert not is_opaque(f"{before}{cause}")
    assert not is_opaque(f"{before}{cause}_{RANDOM}")
    assert not is_opaque(f"{before}{cause}{APART}{RANDOM}")


@pytest.mark.parametrize("coded", ["6162636465a", "Ym90b3gtbGVh", "abcdefabcdef"])
@pytest.mark.parametrize("before", ["", f"{RANDOM}.", f"{RANDOM}{APART}"])
def test_coded_text_is_looked_at(coded: str, before: str) -> None:
    """Base64 of plain text, or hexadecimal digits, where no run of such characters goes on."""
    assert not is_opaque(f"{before}{coded}Kq7")
    assert is_opaque(f"{RANDOM}-Kx{coded}Kq7xV")


@pytest.mark.parametrize("character", [*" %&#@:/'?=+,;|\n\0", "\x7f", "\xe9", "\N{CYRILLIC SMALL LETTER O}", "\ud800"])
def test_a_character_of_no_click_id_is_looked_at(character: str) -> None:
    assert is_opaque(f"{RANDOM}{RANDOM}")
    assert not is_opaque(f"{RANDOM}{character}{RANDOM}")


@pytest.mark.parametrize(
    "run",
    [
        *("abcdefghijkl7", "ABCDEFGHIJK7", "Abcdefghijkl7", "7abcdefghijkl", ".Abcdefghijkl", "MoonBeamLead7"),
        "moonBEAM-LEADS",
        *("Moon-Leads-7q8", "MooXMooXMooX"),  # three quarters in words, what parts them left out
        *("k7m9x7p9w7z9", "K7m9x7p9w7z9", "_K7m9x7p9w7z9", "K7M9X7P9W7Z9"),
    ],
)
def test_a_run_with_another_reading_is_looked_at(run: str) -> None:
    """In one case it may be spelled with digits for letters; in words, by its capitals."""
    assert not is_opaque(run)
    assert not is_opaque(f"{RANDOM}{APART}{run}")


@pytest.mark.parametrize("run", ["MooXMooXmXoX", "xK7m9x7p9w7z9", "_xK7m9x7p9w7z9"])
def test_a_run_in_both_cases_and_with_fewer_words_is_opaque(run: str) -> None:
    assert is_opaque(run)
    assert is_opaque(f"{RANDOM}{APART}{run}")


@pytest.mark.parametrize(
    ("run", "is_one"),
    [("ABCDEFGHIJKL-aB", False), ("aB7ABCDEFGHIJKL", False), ("ABCDEFGHIJKL7aB", True), ("ABCDEFGHIJKLa-B", True)],
)
def test_capitals_count_as_words_where_neither_letter_nor_digit_follows(run: str, is_one: bool) -> None:  # noqa: FBT001 - a table
    assert is_opaque(run) is is_one
    assert is_opaque(f"{run}{APART}{RANDOM}") is is_one


@pytest.mark.parametrize("label", sorted(patterns.LABELS))
def test_a_number_with_its_label_is_looked_at(label: str) -> None:
    text = f"{RANDOM}-{label.replace(' ', '_')}Kq777"
    assert not is_opaque(text)
    assert not is_opaque(text.upper())


def test_a_number_without_a_label_is_none() -> None:
    assert is_opaque("IwZXh0bgNhZW0CMTAAc777dHhxYw")


@given(st.sampled_from(TERMS), st.randoms(use_true_random=False))
@examples(2000, 200_000)
def test_no_term_of_the_lexicon_passes_however_it_is_put_into_an_id(term: str, random: Random) -> None:
    """In capitals or small, glued or parted, alone or within an id's own characters."""
    parts = term.rstrip("*").split()
    glue = random.choice(["", "-", "_", "."])
    text = glue.join(random.choice([str.lower, str.upper, str.title])(part) for part in parts)
    if random.random() < 0.3:
        text = "".join(random.choice([char.lower(), char.upper()]) for char in text)
    before = random.choice(["", RANDOM + "-", "x9K.", "Zk3v", RANDOM])
    behind = random.choice(["", "_" + RANDOM, ".7", "Kq", RANDOM])
    text = before + text + behind
    assert not (is_opaque(text) and look_closely(text))


ODD = st.text("aAbBcCeEoOxX019.-_", max_size=40)


@given(st.sampled_from(TERMS), st.randoms(use_true_random=False))
@examples(2000, 100_000)
def test_no_term_between_digits_or_letter_by_letter_passes_that_a_closer_look_finds(term: str, random: Random) -> None:
    word = term.replace(" ", "").replace("*", "") + random.choice(["", "s"])
    word = random.choice([word, word.upper(), word.title(), "".join(random.choice([c, c.upper()]) for c in word)])
    digits = f"{random.randrange(1000)}{word}{random.randrange(1000)}"
    dress = random.choice(
        [digits, random.choice("-_.").join(word), f"{word[:1]}-{word[1:]}", f"{word}{random.randrange(10)}"]
    )
    before, behind = ("".join(random.choices(RANDOM, k=random.randrange(12))) for _ in range(2))
    text = f"{before}{random.choice(['', '-', '_', '.'])}{dress}{random.choice(['', '-', '_'])}{behind}"
    assert look_closely(text) is None or not GLANCE.is_opaque(text)


@given(st.lists(HUMPS, max_size=10).map("".join) | st.lists(PIECES, max_size=9).map("".join) | ODD)
@examples(3000, 300_000)
def test_what_is_opaque_holds_nothing(text: str) -> None:
    """Whatever the closer look finds anything in gets one."""
    assert not (is_opaque(text) and look_closely(text))


@given(st.lists(st.lists(HUMPS | PIECES, max_size=6).map("".join) | ODD, min_size=1, max_size=4))
@examples(1500, 100_000)
def test_among_others_an_id_is_looked_at_as_if_alone(texts: list[str]) -> None:
    """Several ids are looked at together; what one of them holds is not lost among the others."""
    if is_opaque(APART.join(texts)):
        assert [text for text in texts if look_closely(text)] == []


def read_vectors(name: str) -> Iterator[dict[str, Any]]:
    path = VECTORS / name
    if path.exists():  # public test data that is not part of the repository
        yield from map(json.loads, path.read_text("utf-8").splitlines())


def test_no_published_phi_string_passes_that_a_closer_look_finds() -> None:
    strings = [str(row.get("text", "")) for row in read_vectors("phi_strings.jsonl")]
    assert [at for at, text in enumerate(strings) if is_opaque(text) and look_closely(text)] == []


@pytest.mark.parametrize("start", ["q", "Q"])
def test_a_term_with_a_single_letter_in_front_is_found_by_its_first_three(start: str) -> None:
    """A word of one letter is part of most ids by chance, and what follows it decides."""
    terms = Terms({Rule.TREATMENT: "q moonbeam\n"})
    glance = Glance(terms)
    for text in (f"{start}-moonbeam", f"{start}_m.o-onbeam", f"{start}.MoonBeam"):
        assert not glance.is_opaque(f"{RANDOM}-{text}")
    assert glance.is_opaque(f"{RANDOM}-{start}-nK4x7Qm2Vz9Kt")


def test_every_term_with_a_single_letter_in_front_is_found_short_and_starred_ones_too() -> None:
    glance = Glance(Terms({Rule.TREATMENT: "q moonbeam\nz lift\n", Rule.DEVICE: "w x*\nglow\nv peel\n"}))
    for text in ("q-moonbeam", "Z.lift", "w_x", "V-P-eels"):
        assert not glance.is_opaque(f"{RANDOM}-{text}")


def test_a_term_with_two_letters_in_front_is_looked_at_by_them() -> None:
    glance = Glance(Terms({Rule.TREATMENT: "zq lift\n"}))
    assert not glance.is_opaque(f"{RANDOM}-zq-lift")
    assert glance.is_opaque(f"{RANDOM}-qz-lift")


def test_without_such_a_term_no_single_letter_is_asked_for() -> None:
    assert Glance(Terms({Rule.TREATMENT: "moonbeam\n"})).is_opaque(f"{RANDOM}-q-m.o")


def test_it_reads_the_terms_that_ship() -> None:
    assert Glance(read_terms()).is_opaque(RANDOM)
