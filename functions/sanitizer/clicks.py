"""Click ids as URL, body and cookie hold them in, the valid one of each kind out; nothing is repaired."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airlock.address_book import ADDRESS_BOOK
from airlock.policy import Identity, Policy
from airlock.tokens import ClickId, ClickIdKind

NINETY_DAYS_MS = 90 * 86_400_000
COOKIE = "airlock_click"

_KINDS = frozenset(map(str, ClickIdKind))  # plain text: a dict finds it several times faster than an enum's member
_IN_QUERY = re.compile(rf"&({'|'.join(ClickIdKind)})=([^&]*)")
_IN_COOKIE = re.compile(r"([A-Za-z_]{4,12}):([0-9]{13}):([^|]*)", re.ASCII)


class Click(Struct, frozen=True):
    """A valid click id and the moment of the click in epoch milliseconds."""

    id: ClickId
    at: int

    def __repr__(self) -> str:
        return "<Click>"


class Clicks(Struct, frozen=True):
    """The click ids of one event. `fresh`: the event itself brought one; `dropped` names what was not valid."""

    found: dict[str, Click]  # by ClickIdKind
    fresh: bool
    dropped: tuple[str, ...]


def collect(query: str, click: Mapping[str, Any], cookie: str, event_at: int) -> Clicks:
    """The first valid click id of each kind: the page's query, then the body's `click`, then the cookie."""
    dropped: list[str] = []
    clicked_at = _clicked_at(click, event_at, dropped) if "at" in click else event_at
    found = _from_cookie(cookie, event_at) if cookie else {}
    brought: dict[str, Click] = {}
    if "=" in query:
        for key, encoded in _IN_QUERY.findall(f"&{query}"):
            if (token := ClickId.read(f"{key}:{_unquote(encoded) if '%' in encoded else encoded}")) is None:
                dropped.append(f"url.{key}")
            else:
                brought.setdefault(key, Click(token, clicked_at))
    for key, text in click.items():
        if key == "at" or text is None:
            continue
        if key not in _KINDS:
            dropped.append("click.unknown")
        elif type(text) is not str or (token := ClickId.read(f"{key}:{text}")) is None:
            dropped.append(f"click.{key}")
        else:
            brought.setdefault(key, Click(token, clicked_at))
    return Clicks(found | brought, bool(brought), tuple(dropped))


def write_cookie(clicks: Clicks, policy: Policy) -> str | None:
    """The cookie's value: the click ids that this policy can use, and no other; None where there is none."""
    usable = {
        kind
        for destination, rule in policy.rules.items()
        if rule.identity is not Identity.NONE
        for kind in ADDRESS_BOOK[destination].click_ids
    }
    kept = [f"{kind}:{click.at:013d}:{click.id.id}" for kind, click in clicks.found.items() if kind in usable]
    return "|".join(kept) or None


def _unquote(encoded: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415 - click ids need no quoting, and every cold start would pay

    return unquote(encoded)


def _from_cookie(cookie: str, event_at: int) -> dict[str, Click]:
    found: dict[str, Click] = {}
    for part in cookie.split("|", len(ClickIdKind)):
        fields = _IN_COOKIE.fullmatch(part)
        if fields is None or fields[1] not in _KINDS:
            continue
        token = ClickId.read(f"{fields[1]}:{fields[3]}")
        at = int(fields[2])
        if token is not None and 0 <= event_at - at <= NINETY_DAYS_MS:
            found.setdefault(fields[1], Click(token, at))
    return found


def _clicked_at(click: Mapping[str, Any], event_at: int, dropped: list[str]) -> int:
    """`click.at`, or the event's own time where it is missing or cannot be the time of this click."""
    at = click.get("at")
    if at is None:
        return event_at
    if type(at) is not int or not 0 <= event_at - at <= NINETY_DAYS_MS:
        dropped.append("click.at")
        return event_at
    return at
