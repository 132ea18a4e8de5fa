"""A webhook's payload in, the one event that its hook's mapping makes of it out; whatever is not mapped is not read."""

import math
import re
import uuid
from collections.abc import Mapping
from typing import Any

from airlock.hook import Hook, HookConsent
from sanitizer.raw import NotAnEventError
from sanitizer.signature import read_moment

# The namespace of the ids that are made of a sender's own: fixed, so that a record told again is the same event.
NAMESPACE = uuid.UUID("6f1d5c1e-0b0a-5f0e-9a55-6d0c6e6b5a11")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,4})?", re.ASCII)
_OBJECTS = frozenset({"consent"})
_TIMES = frozenset({"at", "click.at"})


def is_meant(hook: Hook, payload: Mapping[str, Any]) -> bool:
    """Whether the record is one of those that the hook is for."""
    return all(_says(_find(payload, path), words) for path, words in hook.only.items())


def map_record(hook: Hook, payload: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    """The event as the contract writes one; `required` are the policy's consent categories.

    Raises:
        NotAnEventError: a time cannot be read, or there is no id.
    """
    document: dict[str, Any] = {"source": str(hook.source)}
    if hook.event is not None:
        document["event"] = str(hook.event)
    for target, paths in hook.fields.items():
        value = next((found for path in paths if (found := _find(payload, path)) not in (None, "", [], {})), None)
        if value is None or (isinstance(value, dict | list) and target not in _OBJECTS):
            continue
        outer, _, inner = target.partition(".")
        read = _read(target, value)
        if inner:
            document.setdefault(outer, {})[inner] = read
        else:
            document[outer] = read
    document["id"] = _read_id(hook, document.get("id"))
    if hook.consent is not None:
        document["consent"] = _read_consent(hook.consent, payload, required)
    return document


def _find(payload: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON
    """The value at a path; text comes without the space around it."""
    value: Any = payload
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value.strip() if isinstance(value, str) else value


def _read(target: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if target in _TIMES:
        moment = read_moment(value)
        if moment is None:
            raise NotAnEventError(target, "moment")
        return moment
    if target == "value" and isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else value
    if target.startswith("user.") and type(value) is int:
        return str(value)
    return value


def _read_id(hook: Hook, value: object) -> str:
    """A UUID as it is; any other id of the sender's as the UUID that follows from it and the hook's name."""
    text = str(value) if type(value) in {str, int} else ""
    if not text:
        raise NotAnEventError("id", "missing")
    return text if _UUID.fullmatch(text) else str(uuid.uuid5(NAMESPACE, f"{hook.name}\0{text}"))


def _read_consent(consent: HookConsent, payload: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    """Consent in every required category where the record says one of the agreed words, and none where it does not."""
    given: dict[str, Any] = dict.fromkeys(required, _says(_find(payload, consent.field), consent.says))
    at = read_moment(_find(payload, consent.at))
    return given if at is None else given | {"at": at}


def _says(value: object, words: tuple[str, ...]) -> bool:
    """Whether a field is one of the words, or a list with one in it; a JSON true or number says what JSON writes."""
    if isinstance(value, list):
        return any(_says(item, words) for item in value if not isinstance(item, list))
    if type(value) is bool:
        return ("true" if value else "false") in words
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return str(value) in words
    return isinstance(value, str) and value in words
