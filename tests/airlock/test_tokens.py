"""Narrow strings: what fits is of its type, and what does not is refused without being repeated."""

import hashlib
import pickle

import msgspec
import pytest

from airlock.tokens import (
    CLICK_GRAMMARS,
    AuthorizationRef,
    ClickId,
    ClickIdKind,
    Currency,
    Digest,
    EventId,
    EventName,
    PageLabel,
    Token,
    TokenError,
    derive_event_id,
    hash_identifier,
    refer_to_authorization,
    to_text,
    to_token,
    write_plainly,
)

UUID = "0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11"
FITTING: dict[type[Token], list[str]] = {
    EventId: ["0123456789abcdef" * 2],
    Digest: ["0123456789abcdef" * 4],
    AuthorizationRef: ["0123456789abcdef" * 4],
    EventName: ["a", "lead", "page_view", "a" + "b" * 39, "a1"],
    PageLabel: ["/", "/contact", "/services/general-service", "/" + "a" * 99, "/a_b-c/1"],
    Currency: ["USD", "EUR"],
    ClickId: ["fbclid:" + "a" * 10, "gclid:" + "a" * 20, f"li_fat_id:{UUID}", "msclkid:" + "0f" * 16],
}
UNFIT: dict[type[Token], list[str]] = {
    EventId: ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 32 + "\n", "\N{ARABIC-INDIC DIGIT ZERO}" * 32],
    Digest: ["", "0" * 63, "0" * 65, "A" * 64, "Jane Doe 555-1234 semaglutide" + "0" * 64, "0" * 64 + "\n"],
    AuthorizationRef: ["", "0" * 63, "0" * 65, "auth_" + "a" * 16],
    EventName: ["", "Lead", "1lead", "_lead", "a" * 41, "le-ad", "lead ", "l\N{LATIN SMALL LETTER E WITH ACUTE}ad"],
    PageLabel: ["", "contact", "/Contact", "/a b", "/a?b", "/a#b", "/a%20", "/" + "a" * 100, "/a.b", "/caf\xe9"],
    Currency: ["", "usd", "US", "USDT", "US1", "USD "],
    ClickId: ["", "fbclid", "fbclid:", "fbclid:short", "xclid:" + "a" * 20, "fbclid:" + "a" * 10 + "\n", "a" * 20],
}


@pytest.mark.parametrize("kind", FITTING, ids=lambda kind: kind.__name__)
def test_a_text_that_fits_is_of_its_type(kind: type[Token]) -> None:
    for text in FITTING[kind]:
        token = kind(text)
        assert (type(token), str.__str__(token)) == (kind, text)
        assert (type(kind.read(text)), kind.read(text)) == (kind, text)


@pytest.mark.parametrize("kind", UNFIT, ids=lambda kind: kind.__name__)
def test_a_text_that_does_not_fit_is_refused_and_not_repeated(kind: type[Token]) -> None:
    """The error names the type; whoever logs it logs nothing of a visitor."""
    for text in UNFIT[kind]:
        with pytest.raises(TokenError) as caught:
            kind(text)
        assert str(caught.value) == f"not a valid {kind.__name__}"
        assert kind.read(text) is None


@pytest.mark.parametrize("kind", FITTING, ids=lambda kind: kind.__name__)
def test_a_token_shows_its_type_and_not_its_text(kind: type[Token]) -> None:
    for text in FITTING[kind]:
        assert repr(kind(text)) == f"<{kind.__name__}>"
        assert repr([kind(text)]) == f"[<{kind.__name__}>]"


def test_a_click_id_knows_its_kind_and_its_id() -> None:
    token = ClickId("ttclid:E.C.P.abc-DEF_123")
    assert (token.kind, token.id) == (ClickIdKind.TTCLID, "E.C.P.abc-DEF_123")
    assert set(CLICK_GRAMMARS) == set(ClickIdKind)


def test_an_event_id_is_made_one_way_for_each_network() -> None:
    """The first 32 hex digits of SHA-256 over `destination:uuid`, the UUID in lower case."""
    expected = hashlib.sha256(f"meta:{UUID}".encode()).hexdigest()[:32]
    assert derive_event_id("meta", UUID) == derive_event_id("meta", UUID.upper()) == expected
    assert derive_event_id("google", UUID) != expected
    # Computed with another tool (printf %s | sha256sum): it may never change, retries depend on it.
    assert derive_event_id("meta", UUID) == "ba8f6d6b220b1d69f17b29f61582023e"


def test_an_authorization_is_named_by_a_hash_of_its_id() -> None:
    ref = refer_to_authorization("auth_x")
    assert ref == hashlib.sha256(b"auth_x").hexdigest()
    assert type(ref) is AuthorizationRef
    assert repr(ref) == "<AuthorizationRef>"


def test_an_identifier_is_hashed_into_a_digest_that_hides_itself() -> None:
    digest = hash_identifier("robin@mail.example")
    assert digest == hashlib.sha256(b"robin@mail.example").hexdigest()
    assert type(digest) is Digest
    assert repr(digest) == "<Digest>"


@pytest.mark.parametrize("thing", ["plain text", b"bytes", 1, None, object(), {"a": 1}])
def test_only_a_token_is_written_as_text(thing: object) -> None:
    """An encoder that meets anything else stops."""
    with pytest.raises(TypeError, match=f"^no text form for {type(thing).__name__}$"):
        to_text(thing)
    assert to_text(Currency("USD")) == "USD"
    assert type(to_text(Currency("USD"))) is str


@pytest.mark.parametrize(
    ("kind", "text"), [(int, "1"), (str, "x"), (Currency, 1), (Currency, None), (Currency, b"USD")]
)
def test_only_a_token_is_read_from_text(kind: type, text: object) -> None:
    with pytest.raises(TypeError, match=f"^no reader for {kind.__name__}$"):
        to_token(kind, text)
    assert to_token(Currency, "USD") == Currency("USD")


def test_a_decoder_refuses_what_does_not_fit() -> None:
    decode = msgspec.json.Decoder(Currency, dec_hook=to_token).decode
    with pytest.raises(msgspec.ValidationError, match="not a valid Currency"):
        decode('"canary"')


def test_a_token_that_is_copied_through_bytes_is_validated_again() -> None:
    """There is no side door to a token's type."""
    assert pickle.loads(pickle.dumps(Currency("USD"))) == Currency("USD")  # noqa: S301 - made one line above


@pytest.mark.parametrize("kind", FITTING, ids=lambda kind: kind.__name__)
def test_a_policys_word_that_is_written_plainly_is_the_same_text(kind: type[Token]) -> None:
    """An encoder that knows no tokens writes it."""
    for text in FITTING[kind]:
        plain = write_plainly(kind(text))
        assert (type(plain), plain) == (str, text)
        assert msgspec.json.encode(plain) == msgspec.json.encode(text)
