"""A sheet's header and, where there is one, a mapping in TOML in; which column is read as what out."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from airlock.address_book import ContactField
from airlock.clean import Source
from airlock.tokens import ClickIdKind
from workbench.complaint import Complaint

# Each field and the headers by which it is known without a mapping, in lower case, what is no letter or digit as `_`.
HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("id", "event_id", "record_id", "booking_id", "appointment_id", "call_id", "lead_id", "uuid"),
        "event": ("event", "event_name", "conversion", "conversion_name", "type"),
        "at": ("at", "date", "date_time", "datetime", "event_time", "timestamp", "conversion_time", "completed_at"),
        "time": ("time", "time_of_day", "start_time"),
        "source": ("source", "where", "action_source"),
        "consent": ("consent", "marketing", "marketing_consent", "ad_consent", "consent_marketing", "opt_in"),
        "consent_at": ("consent_at", "consent_date", "consent_time", "consented_at", "opt_in_date"),
        "gpc": ("gpc", "global_privacy_control", "opt_out"),
        "authorization": ("authorization", "authorization_id", "hipaa_authorization"),
        "url": ("url", "page", "page_url", "landing_page"),
        "value": ("value", "amount", "revenue", "price", "total", "conversion_value"),
        "currency": ("currency", "currency_code", "conversion_currency"),
        "click_at": ("click_at", "click_time", "click_date"),
        "user.email": ("email", "e_mail", "email_address", "e_mail_address", "mail"),
        "user.phone": ("phone", "phone_number", "mobile", "mobile_phone", "cell", "cell_phone", "telephone", "tel"),
        "user.first_name": ("first_name", "firstname", "given_name", "forename"),
        "user.last_name": ("last_name", "lastname", "surname", "family_name"),
        "user.city": ("city", "town"),
        "user.state": ("state", "province", "region"),
        "user.zip": ("zip", "zip_code", "zipcode", "postal_code", "postcode"),
        "user.country": ("country", "country_code"),
        "user.date_of_birth": ("date_of_birth", "dob", "birthday", "birth_date"),
        "user.external_id": ("external_id", "customer_id", "client_id"),
        **{f"click.{kind}": (kind.lower(), f"{kind.lower()}_id") for kind in ClickIdKind},
        "click.gclid": ("gclid", "google_click_id"),
    }
)
YES = frozenset({"yes", "y", "true", "1"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_SETTINGS = frozenset({"event", "source", "time_zone", "day_first", "columns", "words"})
_WORDS = frozenset({"event", "source", "consent"})


class ColumnMap(Struct, frozen=True):
    """What a row is read as: each field's column, what holds for every row, and what the sheet's words mean."""

    columns: dict[str, int]
    ignored: int
    event: str | None = None
    source: str | None = None
    time_zone: str | None = None
    day_first: bool | None = None
    event_words: Mapping[str, str] = MappingProxyType({})
    source_words: Mapping[str, str] = MappingProxyType({})
    yes: frozenset[str] = YES


def map_columns(header: Sequence[str], settings: Mapping[str, Any]) -> ColumnMap:
    """The mapping of a header; `settings` are a mapping file's, none if there is none.

    Raises:
        Complaint: a setting or a column is not to be understood; names the field, never a cell.
    """
    named = _table(settings, "columns")
    for field in named:
        if field not in HEADERS:
            raise Complaint(f"mapping, columns: {_shown(field)} is no field; known are {', '.join(HEADERS)}", 2)
    columns: dict[str, int] = {}
    folded = [_fold(name) for name in header]
    for field, aliases in HEADERS.items():
        wanted = {_fold(str(named[field]))} if field in named else set(aliases)
        found = [index for index, name in enumerate(folded) if name in wanted and name]
        if len(found) > 1:
            places = ", ".join(str(index + 1) for index in found)
            raise Complaint(f"columns {places} could all be the {field}: say which in a mapping file", 2)
        if field in named and not found:
            raise Complaint(f"mapping, columns.{field}: the sheet has no such column", 2)
        if found and found[0] not in columns.values():
            columns[field] = found[0]
    if "at" not in columns and "time" in columns:
        columns["at"] = columns.pop("time")
    if "at" not in columns:
        raise Complaint("no column says when it happened: name one `date`, or say which in a mapping file", 2)
    return _finish(columns, len(header) - len(columns), settings)


def _finish(columns: dict[str, int], ignored: int, settings: Mapping[str, Any]) -> ColumnMap:
    for key in settings:
        if key not in _SETTINGS:
            raise Complaint(f"mapping: {_shown(key)} is no setting; known are {', '.join(sorted(_SETTINGS))}", 2)
    words = _table(settings, "words")
    for key in words:
        if key not in _WORDS:
            raise Complaint(f"mapping, words: {_shown(key)} is no field with words", 2)
    event, source = _text(settings, "event"), _text(settings, "source")
    if event is None and "event" not in columns:
        raise Complaint("no column says which event it is: name one `event`, or give the event with --event", 2)
    source_words = {_fold(word): str(meaning) for word, meaning in _table(words, "source").items()}
    for meaning in (*source_words.values(), *([source] if source else [])):
        if meaning not in Source:
            raise Complaint(f"mapping: a source must be one of {', '.join(Source)}", 2)
    yes = _table(words, "consent").get("yes", [])
    if not isinstance(yes, list) or not all(isinstance(word, str) and word.strip() for word in yes):
        raise Complaint("mapping, words.consent.yes: must be a list of words", 2)
    day_first = settings.get("day_first")
    if day_first is not None and not isinstance(day_first, bool):
        raise Complaint("mapping, day_first: must be true or false", 2)
    return ColumnMap(
        columns=columns,
        ignored=ignored,
        event=event,
        source=source,
        time_zone=_text(settings, "time_zone"),
        day_first=day_first,
        event_words={_fold(word): str(meaning) for word, meaning in _table(words, "event").items()},
        source_words=source_words,
        yes=frozenset(word.strip().lower() for word in yes) or YES,
    )


def read_settings(path: str | None) -> dict[str, Any]:
    """A mapping file's settings; none where no file is named."""
    if path is None:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Complaint(f"cannot read the mapping: {error.strerror}", 2) from None
    except ValueError:  # UnicodeDecodeError and TOMLDecodeError
        raise Complaint("the mapping is not TOML", 2) from None


def fold_word(text: str) -> str:
    """A word as it is looked up: case and punctuation do not count."""
    return _fold(text)


def _fold(text: str) -> str:
    return _NOT_A_WORD.sub("_", text.strip().lower()).strip("_")


def _table(settings: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = settings.get(key, {})
    if not isinstance(value, dict):
        raise Complaint(f"mapping, {key}: must be a table", 2)
    return value


def _text(settings: Mapping[str, Any], key: str) -> str | None:
    value = settings.get(key)
    if value is not None and not isinstance(value, str):
        raise Complaint(f"mapping, {key}: must be a text", 2)
    return value


def _shown(key: str) -> str:
    return key if re.fullmatch(r"[a-z_.]{1,30}", key) else "a key"


CONTACT = tuple(f"user.{field}" for field in ContactField)
CLICKS = tuple(f"click.{kind}" for kind in ClickIdKind)
