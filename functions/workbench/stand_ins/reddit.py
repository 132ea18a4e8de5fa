"""Reddit, Conversions API v3: POST /api/v3/pixels/{pixel}/conversion_events.

ads-api.reddit.com/docs/v3, post conversion events, and answers seen from the real API (read 2026-11-23). One event that
is not taken refuses all. Repetitions are recognised by `conversion_id`; a `test_id` keeps the events out of reports.
"""

import re
from typing import Any

from workbench.stand_ins.network import DAY_S, Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    DIGEST,
    TEXT,
    URL,
    Flaw,
    Rule,
    array,
    fields,
    find_flaws,
    integer,
    number,
    one_of,
    text,
)

HOSTS = ("ads-api.reddit.com",)
MAX_BATCH = 1000
MAX_AGE_S = 7 * DAY_S

_EVENTS = re.compile(r"/api/v3/pixels/[A-Za-z0-9_]{4,40}/conversion_events", re.ASCII)
_IDENTIFYING = frozenset({"email", "phone_number", "external_id", "uuid", "ip_address"})
_TRACKING_TYPE = one_of(
    "PAGE_VISIT", "VIEW_CONTENT", "SEARCH", "ADD_TO_CART", "ADD_TO_WISHLIST", "PURCHASE", "LEAD", "SIGN_UP", "CUSTOM"
)
_USER = {
    **dict.fromkeys(("email", "phone_number", "external_id"), DIGEST),
    **dict.fromkeys(("ip_address", "uuid"), TEXT),
    "user_agent": text(r"[ -~]{1,512}", "a user agent"),
    "data_processing_options": fields(
        {"modes": array(one_of("LDU"))},
        {"country": text(r"[A-Z]{2}", "a country"), "region": text(r"[A-Z]{2}", "a region")},
    ),
}
EVENT = fields(
    {
        "event_at": integer,
        "action_source": one_of("WEBSITE", "APP", "PHYSICAL_STORE", "OTHER"),
        "type": fields({"tracking_type": _TRACKING_TYPE}, {"custom_event_name": TEXT}),
    },
    {
        "click_id": TEXT,
        "event_source_url": URL,
        "metadata": fields({}, {"conversion_id": TEXT, "value": number, "currency": CURRENCY, "item_count": integer}),
        "user": fields({}, _USER),
    },
)
DOCUMENT = fields(
    {"data": fields({"events": array(EVENT, most=MAX_BATCH)}, {"test_id": TEXT, "partner": TEXT})},
)


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """Reddit's answer."""
    if _EVENTS.fullmatch(request.path) is None:
        return _refuse(404, "not found")
    if request.method != "POST":
        return _refuse(405, "method not allowed")
    if request.bearer != credential:
        return _refuse(401, "unauthorized", "UNAUTHORIZED")
    document = read_document(request)
    if document is None:
        return _refuse(400, 'JSON error "invalid body"')
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return _refuse(400, _describe(flaws[0]))
    data = document["data"]
    for event in data["events"]:
        problem = _examine(event, now)
        if problem:
            return _refuse(400, problem)
    if "test_id" not in data:
        for event in data["events"]:
            conversion_id = event.get("metadata", {}).get("conversion_id")
            memory.count(conversion_id, event["type"]["tracking_type"], now=now)
    message = f"Successfully processed {len(data['events'])} conversion events."
    return answer_json(200, {"data": {"message": message}})


def _examine(event: dict[str, Any], now: int) -> str:
    """What the rules between fields say of a well-shaped event; empty if nothing."""
    # Seconds where milliseconds belong are a day in January 1970.
    age = judge(event["event_at"] / 1000, now, MAX_AGE_S)
    if age is not Age.FINE:
        return f"invalid event_at: {event['event_at']} is {'in the future' if age is Age.FUTURE else 'over 7 days ago'}"
    if "click_id" not in event and not event.get("user", {}).keys() & _IDENTIFYING:
        return "missing match keys"
    if ("custom_event_name" in event["type"]) != (event["type"]["tracking_type"] == "CUSTOM"):
        return "invalid custom_event_name"
    metadata = event.get("metadata", {})
    return "missing currency" if ("value" in metadata) != ("currency" in metadata) else ""


def _describe(flaw: Flaw) -> str:
    match flaw.rule:
        case Rule.UNKNOWN:
            return f'JSON error "unknown field" on field "{flaw.name}"'
        case Rule.MISSING | Rule.TOO_FEW:
            return f"missing {flaw.name}"
        case Rule.TYPE:
            return f'JSON error "wrong type" on field "{flaw.name}"'
        case Rule.TOO_MANY:
            return f"too many {flaw.name}"
        case _:
            return f"invalid {flaw.name}: {flaw.found}"


def _refuse(status: int, message: str, reason: str | None = None) -> Answer:
    error: dict[str, Any] = {"code": status, "message": message}
    return answer_json(status, {"error": error | ({"reason": reason} if reason else {})})


def fail(status: int, memory: Memory) -> Answer:
    """Reddit's words for a status."""
    del memory
    match status:
        case 200:
            return answer_json(200, {"data": {"message": "Successfully processed 0 conversion events."}})
        case 401:
            return _refuse(401, "unauthorized", "UNAUTHORIZED")
        case 403:
            return _refuse(403, "forbidden", "FORBIDDEN")
        case 429:
            return _refuse(429, "too many requests", "TOO_MANY_REQUESTS")
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return _refuse(status, "invalid request")
        case _:
            return _refuse(status, "internal server error")


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
