"""A request's body in, a RawEvent out, or what is wrong with its shape; the only place that reads a visitor's bytes."""

import re
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta, Struct, ValidationError, convert, structs

from airlock.clean import Source

MAX_BYTES = 8192
MAX_DEPTH = 4

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# An expression that ignores case would take U+017F, a long s, for an s.
_URL = re.compile(
    r"([hH][tT][tT][pP][sS]?://(?:[^/?#\\@]*@)?(?:[^\x00-\x20\x7f\"<>^`{|}%/?#\\@:\[\]]+|\[[0-9A-Fa-f:.]+\]))"
    r"(?::([0-9]{0,5}))?(?![^/?#\\])([^?#]*)(?:\?([^#]*))?(?:#.*)?",
    re.DOTALL,
)
_AUTHORIZATION = re.compile(r"auth_[A-Za-z0-9]{16,64}", re.ASCII)
# Half of a surrogate pair is no character: UTF-8 has no bytes for it. JSON's escapes can spell one.
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")

_KNOWN = frozenset(
    {"event", "id", "url", "at", "consent", "gpc", "authorization", "click", "user", "value", "currency", "props"}
)
_KNOWN_OF_SYSTEM = _KNOWN | {"source"}


class Malformed(Struct, frozen=True):
    """The body is not an event. `field` is a name of the contract or empty, `rule` one of a few fixed words."""

    field: str
    rule: str


class NotAnEventError(Exception):
    """Carries a Malformed up through the JSON parser."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.malformed = Malformed(field, rule)


class Url(Struct, frozen=True):
    """The page's URL in parts; the fragment is not kept."""

    origin: str
    path: str
    query: str

    def __repr__(self) -> str:
        return "<Url>"


class RawEvent(Struct, frozen=True, kw_only=True):
    """One event as a visitor's browser or a clinic's system sent it. Shows nothing of itself."""

    event: str
    id: str
    url: Url | None
    at: int | None
    consent: object
    gpc: bool
    authorization: str | None
    click: dict[str, Any]
    user: dict[str, Any]
    value: object
    currency: object
    props: dict[str, Any]
    source: Source = Source.WEBSITE
    unknown_keys: int = 0

    def __repr__(self) -> str:
        return "<RawEvent>"


def parse(body: bytes, plain_sites: frozenset[str] = frozenset()) -> RawEvent | Malformed:
    """One event of the browser's route: UTF-8 JSON, one object, at most four levels, no key twice.

    `plain_sites` are origins whose pages may be http, as the workbench's own is.
    """
    try:
        return _read_event(parse_object(body), plain_sites)
    except NotAnEventError as error:
        return error.malformed


def parse_conversion(document: dict[str, Any], plain_sites: frozenset[str] = frozenset()) -> RawEvent | Malformed:
    """One event of a clinic's system: it needs no page, and says where the conversion happened."""
    try:
        return _read_event(document, plain_sites, from_system=True)
    except NotAnEventError as error:
        return error.malformed


def find_id(document: dict[str, Any]) -> str | None:
    """An event's id as it was written, if it is one."""
    uuid = document.get("id")
    return uuid if type(uuid) is str and _UUID.fullmatch(uuid) else None


# A bounded key is built anew each time: msgspec keeps plain ones for the next document, and these are a visitor's.
_Key = Annotated[str, Meta(max_length=MAX_BYTES)]
_Level4 = str | int | float | bool | None
_Level3 = _Level4 | list[_Level4] | dict[_Key, _Level4]
_Level2 = _Level4 | list[_Level3] | dict[_Key, _Level3]
_Level1 = _Level4 | list[_Level2] | dict[_Key, _Level2]
_read_unproven: Callable[[bytes], dict[str, Any]] = msgspec.json.Decoder(dict[_Key, _Level1]).decode
_write: Callable[[object], bytes] = msgspec.json.Encoder().encode


def _parse_canonical(body: bytes) -> dict[str, Any] | None:
    """An object of at most MAX_DEPTH levels that is written as `JSON.stringify` does it; None where there is any doubt.

    It is written anew and has to come out byte for byte: so no key stood twice, and nothing was read as something else.
    """
    try:
        document = _read_unproven(body)
        return document if _write(document) == body else None
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeError are ValueErrors
        return None


def parse_object(body: bytes, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """One strict JSON object.

    Raises:
        NotAnEventError: with the rule that was broken; `parse` turns it into a value.
    """
    if max_depth >= MAX_DEPTH and (document := _parse_canonical(body)) is not None:
        return document
    import json  # noqa: PLC0415 - bodies as browsers write them do not come so far, and every cold start would pay

    try:
        text = body.decode("utf-8")
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        if "\\u" in text and _SURROGATE_ESCAPE.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):  # UnicodeError and JSONDecodeError are ValueErrors
        raise NotAnEventError("", "json") from None
    if type(document) is not dict:
        raise NotAnEventError("", "object")
    if text.count("{") + text.count("[") > max_depth and _is_deep(document, max_depth):
        raise NotAnEventError("", "depth")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise NotAnEventError("", "duplicate_key")
    return document


def _refuse_constant(_: str) -> NoReturn:
    raise NotAnEventError("", "json")


def _is_deep(value: object, levels: int) -> bool:
    if type(value) is dict:
        return levels == 0 or any(_is_deep(item, levels - 1) for item in value.values())
    if type(value) is list:
        return levels == 0 or any(_is_deep(item, levels - 1) for item in value)
    return False


class _Fields(Struct, frozen=True, kw_only=True):
    """What the parser asks of an event's fields; a JSON true is no integer, and 1.0 neither."""

    event: str
    id: str
    url: str | None = None
    at: int | None = None
    consent: Any = None
    gpc: bool | None = None
    authorization: str | None = None
    click: dict[str, Any] | None = None
    user: dict[str, Any] | None = None
    value: Any = None
    currency: Any = None
    props: dict[str, Any] | None = None


class _FieldsOfSystem(_Fields, frozen=True, kw_only=True):
    source: str | None = None


def _read_event(document: dict[str, Any], plain_sites: frozenset[str], *, from_system: bool = False) -> RawEvent:
    kind = _FieldsOfSystem if from_system else _Fields
    try:
        fields = convert(document, kind)
    except ValidationError:
        raise _find_fault(document, kind) from None
    if _UUID.fullmatch(fields.id) is None:
        raise NotAnEventError("id", "uuid")
    if fields.url is None and not from_system:
        raise NotAnEventError("url", "missing")
    return RawEvent(
        event=fields.event,
        id=fields.id.lower(),
        url=None if fields.url is None else _read_url(fields.url, plain_sites),
        at=fields.at,
        consent=fields.consent,
        gpc=fields.gpc is True,
        authorization=None if fields.authorization is None else _read_authorization(fields.authorization),
        click=fields.click or {},
        user=fields.user or {},
        value=fields.value,
        currency=fields.currency,
        props=fields.props or {},
        source=_read_source(fields) if isinstance(fields, _FieldsOfSystem) else Source.WEBSITE,
        unknown_keys=len(document.keys() - (_KNOWN_OF_SYSTEM if from_system else _KNOWN)),
    )


def _find_fault(document: dict[str, Any], kind: type[_Fields]) -> NotAnEventError:
    """The first field that is missing or of another type: msgspec tells it in a sentence alone."""
    for field in structs.fields(kind):
        value = document.get(field.name)
        if value is None and field.required:
            return NotAnEventError(field.name, "missing")
        try:
            convert(value, field.type)
        except ValidationError:
            return NotAnEventError(field.name, "type")
    raise AssertionError("no field is at fault")


def _read_source(fields: _FieldsOfSystem) -> Source:
    """Where the conversion happened; without a word of its own it was on the page, or known to the system alone."""
    if fields.source is None:
        return Source.CRM if fields.url is None else Source.WEBSITE
    if fields.source not in Source:
        raise NotAnEventError("source", "one_of")
    return Source(fields.source)


def _read_url(text: str, plain_sites: frozenset[str]) -> Url:
    parts = _URL.fullmatch(text)
    if parts is None:
        raise NotAnEventError("url", "absolute_https")
    origin, port, path, query = parts.groups()
    origin = origin.lower()  # credentials stay in it: no site's origin has any
    is_https = origin.startswith("https:")
    if port and int(port) != (443 if is_https else 80):
        origin += f":{int(port)}"
    if not is_https and origin not in plain_sites:
        raise NotAnEventError("url", "absolute_https")
    return Url(origin, path, query or "")


def _read_authorization(identifier: str) -> str | None:
    return identifier if _AUTHORIZATION.fullmatch(identifier) else None
