"""A HIPAA authorization recorded or revoked in, its record out, or an answer that names what is wrong with it."""

import datetime
import json
import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from airlock.address_book import ContactField, Destination
from airlock.authorization import PURPOSE, Authorization, Authorizations
from airlock.tokens import AuthorizationRef, refer_to_authorization
from sanitizer.consent import CLOCK_SKEW_MS
from sanitizer.raw import NotAnEventError, parse_object

_ID = re.compile(r"auth_[A-Za-z0-9]{16,64}", re.ASCII)
_TEMPLATE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST_MS = 366 * 86_400_000  # a year, a leap year too


class Change(Struct, frozen=True):
    """What was done with which authorization."""

    ref: AuthorizationRef
    word: str  # recorded or revoked


class _WrongError(Exception):
    def __init__(self, element: str, rule: str) -> None:
        super().__init__(f"{element}: {rule}")
        self.body = json.dumps({"element": element, "rule": rule})


def change(method: str, identifier: str, body: bytes, kept: Authorizations, now: int) -> tuple[int, str, Change | None]:
    """Record (PUT) or revoke (DELETE); gives status, JSON body where something is wrong, and what was changed."""
    if method not in {"PUT", "DELETE"}:
        return 405, "", None
    try:
        return 204, "", _change(method, identifier, body, kept, now)
    except _WrongError as wrong:
        return 400, wrong.body, None


def _change(method: str, identifier: str, body: bytes, kept: Authorizations, now: int) -> Change:
    if _ID.fullmatch(identifier) is None:
        raise _WrongError("id", "must be auth_ and 16 to 64 letters or digits")
    ref = refer_to_authorization(identifier)
    if method == "DELETE":
        kept.revoke(ref, now)
        return Change(ref, "revoked")
    if not kept.keep(ref, _read(body, now)):
        raise _WrongError("id", "was revoked; a new authorization has a new id")
    return Change(ref, "recorded")


def _read(body: bytes, now: int) -> Authorization:
    try:
        document = parse_object(body)
    except NotAnEventError:
        raise _WrongError("body", "must be one JSON object") from None
    purposes = _words(document, "purposes", lambda _: True, "words")
    if PURPOSE not in purposes:
        raise _WrongError("purposes", f"must hold {PURPOSE}")
    signed_at, expires_at = _moment(document, "signed_at"), _moment(document, "expires_at")
    if signed_at > now + CLOCK_SKEW_MS:
        raise _WrongError("signed_at", "must not be in the future")
    if not signed_at < expires_at <= signed_at + _LONGEST_MS:
        raise _WrongError("expires_at", "must be after signed_at, by a year at most")
    template = document.get("template_sha256")
    if not isinstance(template, str) or _TEMPLATE.fullmatch(template) is None:
        raise _WrongError("template_sha256", _missing(template) or "must be 64 lower-case hex digits")
    return Authorization(
        recipients=tuple(
            map(Destination, _words(document, "recipients", lambda word: word in Destination, "destination names"))
        ),
        information=tuple(
            map(ContactField, _words(document, "information", lambda word: word in ContactField, "`user` fields"))
        ),
        purposes=(PURPOSE,),
        signed_at=signed_at,
        expires_at=expires_at,
        template_sha256=template,
    )


def _missing(value: object) -> str:
    return "is missing" if value is None else ""


def _words(document: dict[str, Any], element: str, known: Callable[[str], bool], rule: str) -> list[str]:
    value = document.get(element)
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and known(word) for word in value):
        raise _WrongError(element, _missing(value) or f"must be a list of {rule}, with at least one")
    return value


def _moment(document: dict[str, Any], element: str) -> int:
    """Epoch milliseconds, or ISO 8601 with a zone."""
    value = document.get(element)
    if type(value) is int and 0 <= value < 10**14:
        return value
    if isinstance(value, str):
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return round(moment.timestamp() * 1000)
    raise _WrongError(element, _missing(value) or "must be epoch milliseconds or ISO 8601 with a zone")
