"""A secret's text and whose it is in, what the store keeps out, or the rule that the text breaks; never the text."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from airlock.address_book import Destination
from airlock.hook import Scheme
from forwarder.credential import CredentialError
from forwarder.egress import Egress
from forwarder.google_tokens import open_exchange
from sanitizer.hook_secrets import SHORTEST
from sanitizer.signature import decode_secret

LONGEST = 65_536  # what Secrets Manager holds
_TOKEN = re.compile(r"[!-~]{8,8192}", re.ASCII)
# Of these the network itself says what its tokens begin with; the others' are only ever one word.
_BEGINS: Mapping[Destination, str] = MappingProxyType({Destination.META: "EAA", Destination.PINTEREST: "pina_"})
_GOOGLES_OWN = "ya29."
_KEYS = frozenset({"token"})
_HOOK_KEYS = frozenset({"secret", "previous"})  # `previous` is still taken while the sender changes over
# google-auth looks whether these are there, not whether they hold anything.
_FILLED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "service_account": ("client_email", "private_key"),
        "authorized_user": ("client_id", "client_secret", "refresh_token"),
        "external_account": ("audience",),
    }
)


class FormError(ValueError):
    """The text cannot be the network's secret. Names the rule."""


class Form(Struct, frozen=True):
    """A secret that has its network's form. Shows nothing of itself. `warning` is for the person who sets it."""

    text: str
    kind: str
    warning: str = ""

    def __repr__(self) -> str:
        return f"<Form {self.kind}>"


def read_form(destination: Destination, text: str) -> Form:
    """What is to be stored: the text without the space around it.

    Raises:
        FormError: it is not what this network's secret can be.
    """
    text = text.strip()
    if not text:
        raise FormError("is empty")
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise FormError(f"is longer than {LONGEST} bytes")
    document = _read_object(text)
    if document is None:
        return _read_token(destination, text, text)
    if "type" in document:
        return _read_credential(destination, text, document)
    if set(document) != _KEYS or not isinstance(document["token"], str):
        raise FormError("is a JSON object, which must hold one key, `token`, with a text")
    return _read_token(destination, document["token"], text)


def read_hook_form(scheme: Scheme, text: str) -> Form:
    """The same for the secret that a webhook's sender signs with; FormError where it is none."""
    text = text.strip()
    document = _read_object(text) if text else None
    parts = [text] if document is None else list(document.values())
    if document is not None and not ({"secret"} <= set(document) <= _HOOK_KEYS):
        raise FormError("is a JSON object, which must hold `secret`, and may hold `previous`")
    for part in parts:
        if not isinstance(part, str) or _TOKEN.fullmatch(part) is None:
            raise FormError("must be one word of 8 to 8192 visible ASCII characters, without spaces")
        if len(decode_secret(part, scheme)) < SHORTEST:
            raise FormError(f"must be of {SHORTEST} bytes at least, written as its sender shows it")
    return Form(text, "signing secret")


def _read_object(text: str) -> dict[str, object] | None:
    if text[0] not in "{[\"'":
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise FormError("begins like JSON and is no JSON object")
    return document


def _read_credential(destination: Destination, text: str, document: dict[str, object]) -> Form:
    if destination is not Destination.GOOGLE:
        raise FormError(f"is a Google credential, and {destination} takes none")
    try:
        open_exchange(document, Egress(), "it")
    except CredentialError as error:
        known = "service_account, authorized_user or external_account of AWS"
        raise FormError(f"is no whole Google credential of the kinds {known} ({error})") from None
    kind = str(document["type"])
    for key in _FILLED[kind]:
        if not isinstance(document.get(key), str) or not document[key]:
            raise FormError(f"is no whole Google credential: {key} must hold a text")
    stored_key = "holds a private key: external_account needs none" if kind == "service_account" else ""
    return Form(text, kind, stored_key)


def _read_token(destination: Destination, token: str, text: str) -> Form:
    if _TOKEN.fullmatch(token) is None:
        raise FormError(
            "must be one word of 8 to 8192 visible ASCII characters, without spaces, so without `Bearer` too"
        )
    if token.isdecimal():
        raise FormError("is a number only: that is an account's or a pixel's id, not its token")
    begins = _BEGINS.get(destination, "")
    if not token.startswith(begins):
        raise FormError(f"must begin with {begins}, as every access token of {destination} does")
    for other, beginning in _BEGINS.items():
        if other is not destination and token.startswith(beginning):
            raise FormError(f"begins as {other}'s tokens do")
    if destination is not Destination.GOOGLE:
        return Form(text, "token")
    if not token.startswith(_GOOGLES_OWN):
        raise FormError(
            f"must be the JSON of a credential, or for a trial an access token, which begins with {_GOOGLES_OWN}"
        )
    return Form(text, "access token", "ends after an hour: give the JSON of a credential for more than a trial")
