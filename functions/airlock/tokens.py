"""Narrow strings: text goes in, and comes out as a type that has validated it, or raises without repeating it."""

import re
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar, cast

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

_new = str.__new__


_Token = TypeVar("_Token", bound="Token")


class TokenError(ValueError):
    """A text does not fit its narrow type. Names the type and never the text."""

    def __init__(self, token: type) -> None:
        super().__init__(f"not a valid {token.__name__}")


class Token(str):
    """A string whose whole text matches `grammar`; construct it and it is valid, or TokenError."""

    __slots__ = ()
    grammar: ClassVar[re.Pattern[str]]

    def __new__(cls, text: str) -> Self:
        """The text as this type; TokenError if it does not fit."""
        if cls.grammar.fullmatch(text) is None:
            raise TokenError(cls)
        return _new(cls, text)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The text as this type, or None if it does not fit."""
        return _new(cls, text) if cls.grammar.fullmatch(text) else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class EventId(Token):
    """The one-way id that leaves: 32 lower-case hex digits."""

    __slots__ = ()
    grammar = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Digest(Token):
    """SHA-256 as 64 lower-case hex digits: a hashed identifier, still an identifier (45 CFR 164.514(b)(2)(i)(R))."""

    __slots__ = ()
    grammar = re.compile(r"[0-9a-f]{64}", re.ASCII)


class AuthorizationRef(Token):
    """SHA-256 of a HIPAA authorization's id: how it is stored and looked up, so that the id itself goes nowhere."""

    __slots__ = ()
    grammar = re.compile(r"[0-9a-f]{64}", re.ASCII)


class EventName(Token):
    """An event's name in the policy; membership is the policy's to check."""

    __slots__ = ()
    grammar = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class PageLabel(Token):
    """What a page may be called to a network that the policy allows to know."""

    __slots__ = ()
    grammar = re.compile(r"/[a-z0-9/_-]{0,99}", re.ASCII)


class Currency(Token):
    """ISO 4217 alphabetic code."""

    __slots__ = ()
    grammar = re.compile(r"[A-Z]{3}", re.ASCII)


class ClickIdKind(StrEnum):
    """The click ids that networks append to a landing page's URL, by their parameter's name."""

    FBCLID = "fbclid"
    GCLID = "gclid"
    GBRAID = "gbraid"
    WBRAID = "wbraid"
    TTCLID = "ttclid"
    LI_FAT_ID = "li_fat_id"
    MSCLKID = "msclkid"
    RDT_CID = "rdt_cid"
    EPIK = "epik"
    SCCID = "ScCid"


_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
CLICK_GRAMMARS = {
    ClickIdKind.FBCLID: "[A-Za-z0-9_-]{10,500}",
    ClickIdKind.GCLID: "[A-Za-z0-9_-]{20,200}",
    ClickIdKind.GBRAID: "[A-Za-z0-9_-]{20,200}",
    ClickIdKind.WBRAID: "[A-Za-z0-9_-]{20,200}",
    ClickIdKind.TTCLID: "[A-Za-z0-9._-]{10,512}",
    ClickIdKind.LI_FAT_ID: _UUID,
    ClickIdKind.MSCLKID: "[0-9a-fA-F]{32}",
    ClickIdKind.RDT_CID: "[A-Za-z0-9_-]{10,100}",
    ClickIdKind.EPIK: "[A-Za-z0-9_-]{10,200}",
    ClickIdKind.SCCID: _UUID,
}
"""What each may be made of."""


class ClickId(Token):
    """A network's own click id as `kind:id`, each kind by its own grammar, case kept."""

    __slots__ = ()
    grammar = re.compile("|".join(f"{kind}:{ids}" for kind, ids in CLICK_GRAMMARS.items()), re.ASCII)

    @property
    def kind(self) -> ClickIdKind:
        """Which network's parameter it came as."""
        return ClickIdKind(self.partition(":")[0])

    @property
    def id(self) -> str:
        """The id as the network gave it out."""
        return self.partition(":")[2]


def derive_event_id(destination: str, uuid: str) -> EventId:
    """The id by which one network knows one event: the same at every retry, another one at every network."""
    # Of hex digits by construction. Plain text is written several times faster than a token.
    hashed = _begin(destination).copy()
    hashed.update(uuid.lower().encode())
    return cast("EventId", hashed.hexdigest()[:32])


@cache
def _begin(destination: str) -> "HASH":
    return sha256((destination + ":").encode())


def refer_to_authorization(authorization_id: str) -> AuthorizationRef:
    """The reference under which an authorization is stored and carried."""
    return _new(AuthorizationRef, sha256(authorization_id.encode()).hexdigest())  # of the grammar by construction


def hash_identifier(normalised: str) -> Digest:
    """SHA-256 of the UTF-8 form."""
    # A lone surrogate, which JSON can spell, has no UTF-8 form: it becomes a question mark, as in a browser.
    return _new(Digest, sha256(normalised.encode("utf-8", "replace")).hexdigest())  # of the grammar by construction


def write_plainly(word: _Token) -> _Token:
    """A policy's word as plain text, for what is written at every event: an encoder asks nobody how."""
    return cast("_Token", str.__str__(word))


def to_text(token: object) -> str:
    """How an encoder writes a token: msgspec's `enc_hook`."""
    if isinstance(token, Token):
        return str.__str__(token)
    raise TypeError(f"no text form for {type(token).__name__}")


def to_token(kind: type, text: object) -> object:
    """How a decoder reads a token: msgspec's `dec_hook`."""
    if issubclass(kind, Token) and isinstance(text, str):
        return kind(text)
    raise TypeError(f"no reader for {kind.__name__}")
