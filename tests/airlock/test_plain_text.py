"""What a reader would see: every disguise undone, and a network's own ids left alone."""

import base64
import hashlib
import re
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock import plain_text
from airlock.plain_text import DECODINGS, decode_runs, unwrap


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Book now", "Book now"),
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a/b"),
        ("a%25252Fb", "a/b"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("%FFa%c0%afb", " a b"),  # bytes that are no UTF-8
        ("\ud83d%41", "?A"),  # half of a character
        ("&#71;low &#x67;low", "Glow glow"),
        ("&#9999999;", " "),
        ("&#x110000;", " "),
        ("&#1114112;&#1114112;", "  "),
        ("&#x10FFFF;&#1114111;", " "),  # the last characters of all: as any run of what is no text
        ("Ｇｌｏｗ", "Glow"),  # noqa: RUF001 - full width is the point
        ("cr\u00e8me", "creme"),
        ("\u0441l\u0456n\u0456\u0441", "clinic"),
        ("\u03b1l\u03bfe", "aloe"),
        ("g\u200bl\u00adow", "glow"),
        ("glow\u00ae spa", "glow  spa"),
        ("\u0664\u0661\u0665", "415"),
    ],
)
def test_a_disguise_is_undone(text: str, plain: str) -> None:
    assert unwrap(text) == plain


@given(st.text(max_size=200))
def test_what_comes_out_is_ascii_and_stays_as_it_is(text: str) -> None:
    plain = unwrap(text)
    assert plain.isascii()
    assert "%" in plain or "&#" in plain or unwrap(plain) == plain


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="%&"), max_size=80), st.integers(0, DECODINGS))
def test_layers_of_percent_encoding_come_off(text: str, layers: int) -> None:
    wrapped = text
    for _ in range(layers):
        wrapped = quote(wrapped, safe="")
    assert unwrap(wrapped) == text


@given(
    st.text(
        alphabet=st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="%&"), min_size=8, max_size=80
    )
)
def test_text_in_base64_or_hexadecimal_is_read(text: str) -> None:
    encoded = base64.urlsafe_b64encode(text.encode()).decode()
    assert text in decode_runs(f"ctx={encoded}")
    assert text in decode_runs(f"ctx={encoded.rstrip('=')}&x=1")


@pytest.mark.parametrize("text", ["glow medspa", "q: new patient?"])
def test_text_in_hexadecimal_is_read(text: str) -> None:
    assert decode_runs(text.encode().hex()) == [text]


def test_what_stands_behind_the_code_changes_nothing() -> None:
    """The sign of equality is padding, or parts a name from a value."""
    assert decode_runs(b"glow medspa".hex() + "=1") == ["glow medspa"]
    assert decode_runs(b"glow medspa".hex() + "==") == ["glow medspa"]
    coded = base64.b64encode(b"glow medspa NEW").decode()
    assert coded.endswith("X")
    assert decode_runs(coded) == decode_runs(coded + "=") == ["glow medspa NEW"]


@given(st.integers(10**9, 10**19))
def test_a_number_is_not_read_as_hexadecimal(number: int) -> None:
    assert decode_runs(str(number)) == []


@given(st.binary(min_size=1, max_size=40))
def test_a_digest_is_not_read_as_text(seed: bytes) -> None:
    assert decode_runs(hashlib.sha256(seed).hexdigest()) == []


@given(st.text(max_size=200))
def test_it_reads_any_text(text: str) -> None:
    assert all(decoded.isascii() for decoded in decode_runs(unwrap(text)))


@given(st.text(string.printable, max_size=60), st.text(string.ascii_letters + string.digits + "-_", max_size=60))
def test_base64_that_is_passed_over_quickly_is_no_text(text: str, opaque: str) -> None:
    """What does not begin like encoded ASCII is not decoded; decoded all the same, it is no text."""
    coded = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for run in (coded, opaque, coded + opaque):
        quick = decode_runs(run)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plain_text, "_ASCII_BASE64", re.compile(""))
            assert decode_runs(run) == quick
