"""TikTok, Events API 2.0 (Business API v1.3): POST /open_api/v1.3/event/track/.

business-api.tiktok.com, Events API 2.0; fields after TikTok's own GTM template, codes after maintained integrations
(read 2026-11-23). The HTTP status is 200 even for errors: `code` tells. One event that is not taken refuses all.
"""

from typing import Any

from workbench.stand_ins.network import DAY_S, Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    DIGESTS,
    TEXT,
    URL,
    array,
    boolean,
    fields,
    find_flaws,
    integer,
    number,
    one_of,
    text,
)

HOSTS = ("business-api.tiktok.com",)
PATH = "/open_api/v1.3/event/track/"
MAX_BATCH = 1000
MAX_AGE_S = 7 * DAY_S
REPEATED_WITHIN_S = 48 * 3600

NO_PERMISSION, INVALID, THROTTLED, NO_TOKEN, BAD_TOKEN, BROKEN = 40001, 40002, 40100, 40104, 40105, 50000

_HASHED = ("email", "phone", "external_id", "first_name", "last_name", "zip_code")
_IDENTIFYING = frozenset({"ttclid", "ttp", "email", "phone", "external_id"})
EVENT = fields(
    {
        "event": text(r"[A-Za-z][A-Za-z0-9_ ]{0,49}", "an event name"),
        "event_time": integer,
        "user": fields(
            {},
            {
                **dict.fromkeys(_HASHED, DIGESTS),
                **dict.fromkeys(("ttclid", "ttp", "ip", "locale"), TEXT),
                "user_agent": text(r"[ -~]{1,512}", "a user agent"),
            },
        ),
    },
    {
        "event_id": TEXT,
        "page": fields({"url": URL}, {"referrer": URL}),
        "properties": fields({}, {"value": number, "currency": CURRENCY, "order_id": TEXT}),
        "limited_data_use": boolean,
    },
)
DOCUMENT = fields(
    {
        "event_source": one_of("web", "app", "offline", "crm"),
        "event_source_id": text(r"[A-Z0-9]{10,40}", "an event source's code"),
        "data": array(EVENT, most=MAX_BATCH),
    },
    {"test_event_code": TEXT},
)


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """TikTok's answer."""
    if request.path != PATH:
        return _say(memory, INVALID, "Path not found", 404)
    if request.method != "POST":
        return _say(memory, INVALID, "Method not allowed", 405)
    token = request.headers.get("access-token", "")
    if token != credential:
        code = BAD_TOKEN if token else NO_TOKEN
        return _say(memory, code, "Access token is incorrect or has been revoked." if token else "Access token is null")
    document = read_document(request)
    if document is None:
        return _say(memory, INVALID, "Body: must be JSON")
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return _say(memory, INVALID, f"{flaws[0].dotted}: must be {flaws[0].wanted}")
    for place, event in enumerate(document["data"]):
        problem = _examine(event, document["event_source"], now)
        if problem:
            return _say(memory, INVALID, f"data[{place}].{problem}")
    for event in document["data"]:
        memory.count(event.get("event_id"), event["event"], now=now, window_s=REPEATED_WITHIN_S)
    return _say(memory, 0, "OK")


def _examine(event: dict[str, Any], source: str, now: int) -> str:
    """What the rules between fields say of a well-shaped event; empty if nothing."""
    age = judge(event["event_time"], now, MAX_AGE_S)
    if age is not Age.FINE:
        return "event_time: " + ("is more than 7 days ago" if age is Age.OLD else "is in the future")
    user = event["user"].keys()
    if not user & _IDENTIFYING and not {"ip", "user_agent"} <= user:
        return "user: needs an identifier"
    if source == "web" and "page" not in event:
        return "page: required for web events"
    properties = event.get("properties", {})
    return "properties: needs a value and its currency" if ("value" in properties) != ("currency" in properties) else ""


def _say(memory: Memory, code: int, message: str, status: int = 200) -> Answer:
    request_id = f"20261123{memory.next_number():024d}"
    return answer_json(status, {"code": code, "message": message, "request_id": request_id, "data": {}})


def fail(status: int, memory: Memory) -> Answer:
    """TikTok's words for a status; a 200 without a code stands for a success that took nothing."""
    match status:
        case 200:
            return answer_json(200, {"message": "OK", "request_id": f"20261123{memory.next_number():024d}"})
        case 401:
            return _say(memory, BAD_TOKEN, "Access token is incorrect or has been revoked.")
        case 403:
            return _say(memory, NO_PERMISSION, "No permission to operate this event source")
        case 429:
            return _say(memory, THROTTLED, "Requests made too frequently", 429)
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return _say(memory, INVALID, "Invalid parameters")
        case _:
            return _say(memory, BROKEN, "System error", status)


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
