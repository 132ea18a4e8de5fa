"""Snapchat, Conversions API v3: POST /v3/{pixel}/events, and /v3/{pixel}/events/validate, which records nothing.

developers.snap.com, Conversions API, parameters (read 2026-11-23). Sources disagree on the unit of `event_time`: both
seconds and milliseconds are seen at work, and both are taken. They disagree on the age too, 7 or 28 days: the shorter
holds here. A click id alone is not enough. One event that is not taken refuses all.
"""

import re
from typing import Any

from workbench.stand_ins.network import DAY_S, Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    DIGESTS,
    TEXT,
    URL,
    array,
    fields,
    find_flaws,
    integer,
    number,
    one_of,
    text,
)

HOSTS = ("tr.snapchat.com",)
MAX_BATCH = 2000
MAX_AGE_S = 7 * DAY_S
REPEATED_WITHIN_S = 48 * 3600

_EVENTS = re.compile(r"/v3/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/events(?P<validate>/validate)?", re.ASCII)
_MILLISECONDS_FROM = 100_000_000_000
_HASHED = ("em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id")
EVENT = fields(
    {
        "event_name": text(r"[A-Z][A-Z0-9_]{0,39}", "an event name"),
        "event_time": integer,
        "action_source": one_of("website", "app", "OFFLINE", "WEB", "MOBILE_APP"),
        "user_data": fields(
            {},
            {
                **dict.fromkeys(_HASHED, DIGESTS),
                **dict.fromkeys(("sc_click_id", "sc_cookie1", "madid", "client_ip_address"), TEXT),
                "client_user_agent": text(r"[ -~]{1,512}", "a user agent"),
            },
        ),
    },
    {
        "event_id": TEXT,
        "event_source_url": URL,
        "custom_data": fields({}, {"value": number, "currency": CURRENCY, "order_id": TEXT}),
        "data_processing_options": array(one_of("LDU"), least=0, most=1),
        "data_processing_options_country": integer,
        "data_processing_options_state": integer,
    },
)
DOCUMENT = fields({"data": array(EVENT, most=MAX_BATCH)})


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """Snapchat's answer."""
    path = _EVENTS.fullmatch(request.path)
    if path is None:
        return _refuse(404, "Not found")
    if request.method != "POST":
        return _refuse(405, "Method not allowed")
    if (request.bearer or request.query.get("access_token")) != credential:
        return _refuse(401, "Unauthorized: the access token is not valid")
    document = read_document(request)
    if document is None:
        return _refuse(400, "The request's body is not JSON")
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return _refuse(400, f"{flaws[0].dotted}: must be {flaws[0].wanted}", flaws[0].dotted)
    for place, event in enumerate(document["data"]):
        problem = _examine(event, now)
        if problem:
            return _refuse(400, f"data[{place}].{problem}", f"data[{place}]")
    if not path["validate"]:
        for event in document["data"]:
            memory.count(event.get("event_id"), event["event_name"], now=now, window_s=REPEATED_WITHIN_S)
    return answer_json(200, {"status": "OK", "reason": "Events have been processed successfully."})


def _examine(event: dict[str, Any], now: int) -> str:
    """What the rules between fields say of a well-shaped event; empty if nothing."""
    at = event["event_time"]
    age = judge(at / 1000 if at >= _MILLISECONDS_FROM else at, now, MAX_AGE_S)
    if age is not Age.FINE:
        return "event_time: is " + ("in the future" if age is Age.FUTURE else "more than 7 days ago")
    user = event["user_data"].keys()
    if not user & {"em", "ph", "madid"} and not {"client_ip_address", "client_user_agent"} <= user:
        return "user_data: needs em, ph, madid, or client_ip_address and client_user_agent"
    custom = event.get("custom_data", {})
    if ("value" in custom) != ("currency" in custom):
        return "custom_data: needs a value and its currency"
    country, state = "data_processing_options_country", "data_processing_options_state"
    return "data_processing_options: needs a country and a state" if (country in event) != (state in event) else ""


def _refuse(status: int, reason: str, place: str | None = None) -> Answer:
    records: list[dict[str, Any]] = [{"reason": reason, "param": place}] if place else []
    return answer_json(status, {"status": "FAILED", "reason": reason, "error_records": records})


def fail(status: int, memory: Memory) -> Answer:
    """Snapchat's words for a status; a 200 that says FAILED stands for one that took nothing."""
    del memory
    match status:
        case 200:
            return _refuse(200, "No events have been processed.")
        case 401:
            return _refuse(401, "Unauthorized: the access token is not valid")
        case 403:
            return _refuse(403, "Forbidden: the token has no access to this pixel")
        case 429:
            return _refuse(429, "Too many requests")
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return _refuse(status, "The request is not valid")
        case _:
            return _refuse(status, "Internal server error")


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
