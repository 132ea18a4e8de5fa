"""A row in, the conversion that it stands for out, or the field and the rule for which it cannot be one."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from workbench.importing.mapping import CLICKS, CONTACT, ColumnMap, fold_word
from workbench.importing.moment import Moments, Unreadable

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{1,3}", re.ASCII | re.IGNORECASE)
_MONEY = re.compile(r"[^0-9.,+-]")
_POINT = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]{1,4})?", re.ASCII)
_COMMA = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+),[0-9]{1,2}", re.ASCII)


class Reject(Struct, frozen=True):
    """The row stands for no conversion. Names a field of the contract, or `row`, and a rule; never a cell."""

    field: str
    rule: str


class Records:
    """Reads rows by one mapping. `key` makes the ids: with another one nobody can compute or compare them."""

    def __init__(self, mapping: ColumnMap, moments: Moments, required: Sequence[str], key: bytes) -> None:
        self._mapping = mapping
        self._moments = moments
        self._required = tuple(required)
        self._key = key

    def read(self, cells: Sequence[str]) -> dict[str, Any] | Reject:
        """The conversion of one row."""
        texts = {field: _clean(cells[column]) for field, column in self._mapping.columns.items()}
        at = self._read_moment(f"{texts['at']} {texts['time']}".strip() if "time" in texts else texts["at"])
        if isinstance(at, Unreadable):
            return Reject("at", at.rule)
        event: dict[str, Any] = {"event": self._find_event(texts.get("event", "")), "at": at}
        if (source := self._find_source(texts.get("source", ""))) is not None:
            event["source"] = source
        consent = self._read_consent(texts)
        if isinstance(consent, Reject):
            return consent
        event["consent"] = consent
        for field in ("authorization", "url", "currency"):
            if texts.get(field):
                event[field] = texts[field]
        if fold_word(texts.get("gpc", "")) in self._mapping.yes:
            event["gpc"] = True
        if texts.get("value"):
            event["value"] = read_money(texts["value"])
        user = {
            field[5:]: texts[field] for field in CONTACT if texts.get(field) and not _ROUNDED.fullmatch(texts[field])
        }
        click: dict[str, Any] = {field[6:]: texts[field] for field in CLICKS if texts.get(field)}
        if click and texts.get("click_at"):
            clicked_at = self._moments.read(texts["click_at"])
            if isinstance(clicked_at, Unreadable):
                return Reject("click_at", clicked_at.rule)
            click["at"] = clicked_at
        event |= {key: value for key, value in (("user", user), ("click", click)) if value}
        event["id"] = self._make_id(texts.get("id", ""), event)
        return event

    def _read_moment(self, text: str) -> int | Unreadable:
        return self._moments.read(text) if text else Unreadable("missing")

    def _find_event(self, text: str) -> str:
        if self._mapping.event is not None and not text:
            return self._mapping.event
        return self._mapping.event_words.get(fold_word(text), text)

    def _find_source(self, text: str) -> str | None:
        if not text:
            return self._mapping.source
        word = fold_word(text)
        return self._mapping.source_words.get(word, word)  # one that is none is refused: it would be told untruly

    def _read_consent(self, texts: dict[str, str]) -> dict[str, Any] | Reject:
        if texts.get("consent", "").lower() not in self._mapping.yes:
            return {}
        consent: dict[str, Any] = dict.fromkeys(self._required, True)
        if texts.get("consent_at"):
            given_at = self._moments.read(texts["consent_at"])
            if isinstance(given_at, Unreadable):
                return Reject("consent_at", given_at.rule)
            consent["at"] = given_at
        return consent

    def _make_id(self, written: str, event: dict[str, Any]) -> str:
        """The row's own UUID, or one that follows from its id, or from what makes it the conversion that it is."""
        if _UUID.fullmatch(written):
            return written.lower()
        told = (event["event"], written) if written else (*map(str, event.items()),)
        text = "\0".join(told).encode("utf-8", "surrogatepass")
        digits = hmac.digest(self._key, text, hashlib.sha256).hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def _clean(cell: str) -> str:
    """A cell as it was meant: without the space around it, and without what keeps Excel from counting with it."""
    text = cell.strip()
    if wrapped := _FORMULA_TEXT.fullmatch(text):
        return wrapped[1].strip()
    return text[1:].strip() if text.startswith("'") else text


def read_money(text: str) -> float | str:
    """An amount in either way of writing it; what is none comes back as it is, and is dropped by the airlock."""
    bare = "" if "(" in text else _MONEY.sub("", text)  # in brackets a bookkeeper writes what was paid back
    if _POINT.fullmatch(bare):
        return float(bare.replace(",", ""))
    if _COMMA.fullmatch(bare):
        return float(bare.replace(".", "").replace(",", "."))
    return text
