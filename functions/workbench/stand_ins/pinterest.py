"""Pinterest, API for Conversions v5: POST /v5/ad_accounts/{account}/events.

github.com/pinterest/api-description, v5/openapi.yaml 5.23.0 (read 2026-11-23). Each event has a status of its own; if
one failed, the answer is 422 with the same list under `details`. A click id alone is not enough. `?test=true` records
nothing, and offline events are not recognised when they come again.
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
    array,
    boolean,
    fields,
    find_flaws,
    integer,
    one_of,
    text,
)

HOSTS = ("api.pinterest.com",)
MAX_BATCH = 1000
MAX_AGE_S = 7 * DAY_S

INVALID, NO_TOKEN, FORBIDDEN, THROTTLED, RAMPED_DOWN, NOT_ALL, BROKEN = 4196, 2, 29, 8, 4197, 1, 0

_EVENTS = re.compile(r"/v5/ad_accounts/[0-9]{1,20}/events", re.ASCII)
_HASHED = ("em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id", "hashed_maids")
EVENT = fields(
    {
        "event_name": text(r"[a-z][a-z0-9_]{0,39}", "an event name"),
        "action_source": one_of("web", "offline", "app_ios", "app_android"),
        "event_time": integer,
        "event_id": TEXT,
        "user_data": fields(
            {},
            {
                **dict.fromkeys(_HASHED, array(DIGEST)),
                **dict.fromkeys(("click_id", "client_ip_address"), TEXT),
                "client_user_agent": text(r"[ -~]{1,512}", "a user agent"),
            },
        ),
    },
    {
        "event_source_url": URL,
        "opt_out": boolean,
        "custom_data": fields(
            {},
            {
                "value": text(r"[0-9]{1,12}(\.[0-9]{1,6})?", "a decimal in a string"),
                "currency": CURRENCY,
                "order_id": TEXT,
                "opt_out_type": one_of("LDP"),
            },
        ),
    },
)
DOCUMENT = fields({"data": array(lambda _value, _path: iter(()), most=MAX_BATCH)})


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """Pinterest's answer."""
    if _EVENTS.fullmatch(request.path) is None:
        return _refuse(404, 50, "Resource not found")
    if request.method != "POST":
        return _refuse(405, INVALID, "Method not allowed")
    if request.bearer != credential:
        return _refuse(401, NO_TOKEN, "Authentication failed.")
    document = read_document(request)
    if document is None:
        return _refuse(400, INVALID, "The request was invalid.")
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return _refuse(400, INVALID, f"The request was invalid. {flaws[0].dotted}: {flaws[0].wanted}")
    told = []
    for event in document["data"]:
        problem = _examine(event, now)
        told.append({"status": "failed" if problem else "processed", "error_message": problem, "warning_message": ""})
        if not problem and request.query.get("test") != "true":
            window = 0 if event["action_source"] == "offline" else None
            memory.count(event["event_id"], event["event_name"], now=now, window_s=window)
    processed = sum(event["status"] == "processed" for event in told)
    report = {"num_events_received": len(told), "num_events_processed": processed, "events": told}
    if processed == len(told):
        return answer_json(200, report)
    return answer_json(
        422, {"code": NOT_ALL, "message": "Not all events were successfully processed.", "details": report}
    )


def _examine(event: Any, now: int) -> str:  # noqa: ANN401 - any JSON
    """Why an event fails; empty if it does not."""
    flaws = find_flaws(EVENT, event)
    if flaws:
        return f"{flaws[0].dotted}: must be {flaws[0].wanted}"
    age = judge(event["event_time"], now, MAX_AGE_S)
    if age is not Age.FINE:
        return "event_time: is " + ("in the future" if age is Age.FUTURE else "more than 7 days ago")
    user = event["user_data"].keys()
    if not user & {"em", "hashed_maids"} and not {"client_ip_address", "client_user_agent"} <= user:
        return "user_data: needs em, hashed_maids, or client_ip_address and client_user_agent"
    custom = event.get("custom_data", {})
    return "custom_data: a value needs its currency" if "value" in custom and "currency" not in custom else ""


def _refuse(status: int, code: int, message: str) -> Answer:
    return answer_json(status, {"code": code, "message": message})


def fail(status: int, memory: Memory) -> Answer:
    """Pinterest's words for a status."""
    del memory
    match status:
        case 200:
            return answer_json(200, {"num_events_received": 0, "num_events_processed": 0, "events": []})
        case 401:
            return _refuse(401, NO_TOKEN, "Authentication failed.")
        case 403:
            return _refuse(403, FORBIDDEN, "You are not permitted to access that resource.")
        case 429:
            return _refuse(429, THROTTLED, "This request exceeded a rate limit.")
        case 503:
            return _refuse(503, RAMPED_DOWN, "The endpoint is not accepting any traffic.")
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return _refuse(status, INVALID, "The request was invalid.")
        case _:
            return _refuse(status, BROKEN, "Unexpected error")


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
