"""Meta, Conversions API: POST /v26.0/{dataset}/events.

developers.facebook.com, Conversions API: server event and customer information parameters, best practices, data
processing options, duplicate events; Graph API: error handling (read 2026-11-23). One event that is not taken refuses
all; messages repeat what was sent.
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
    Flaw,
    Rule,
    array,
    boolean,
    fields,
    find_flaws,
    integer,
    number,
    one_of,
    text,
)

HOSTS = ("graph.facebook.com",)
MAX_BATCH = 1000
MAX_AGE_S = 7 * DAY_S
MAX_AGE_IN_STORE_S = 62 * DAY_S
REPEATED_WITHIN_S = 48 * 3600
# What identifies nobody, alone or together.
TOO_LITTLE = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)

_EVENTS = re.compile(r"/v26\.0/[0-9]{6,20}/events", re.ASCII)
_OTHER_VERSION = re.compile(r"(/v[0-9.]+)?/[0-9]{6,20}/events", re.ASCII)
_HASHED = ("em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id")
# The click's time is in milliseconds here, and only here.
_BROWSER_ID = text(r"fb\.[0-2]\.[0-9]{13}\.\S{1,600}", "fb.{0-2}.{milliseconds}.{id}")
EVENT = fields(
    {
        "event_name": text(r"[A-Za-z][A-Za-z0-9_ ]{0,49}", "an event name"),
        "event_time": integer,
        "action_source": one_of(
            "email",
            "website",
            "app",
            "phone_call",
            "chat",
            "physical_store",
            "system_generated",
            "business_messaging",
            "other",
        ),
        "user_data": fields(
            {},
            {
                **dict.fromkeys(_HASHED, DIGESTS),
                "fbc": _BROWSER_ID,
                "fbp": _BROWSER_ID,
                "client_ip_address": TEXT,
                "client_user_agent": text(r"[ -~]{1,512}", "a user agent"),
            },
        ),
    },
    {
        "event_source_url": URL,
        "event_id": TEXT,
        "custom_data": fields({}, {"value": number, "currency": CURRENCY, "order_id": TEXT}),
        "opt_out": boolean,
        "data_processing_options": array(one_of("LDU"), least=0, most=1),
        "data_processing_options_country": integer,
        "data_processing_options_state": integer,
    },
)
DOCUMENT = fields(
    {"data": array(EVENT, most=MAX_BATCH)},
    {"test_event_code": TEXT, "partner_agent": text(r"[ -~]{1,22}", "fewer than 23 characters")},
)


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """Meta's answer."""
    if _EVENTS.fullmatch(request.path) is None:
        if _OTHER_VERSION.fullmatch(request.path):
            return _refuse(memory, 400, 2635, "(#2635) You are calling a deprecated version of the API")
        return _refuse(memory, 400, 2500, f"Unknown path components: {request.path}")
    if request.method != "POST":
        return _refuse(memory, 400, 100, f"Unsupported {request.method.lower()} request", 33, "GraphMethodException")
    if (request.bearer or request.query.get("access_token")) != credential:
        return _refuse(memory, 401, 190, "Invalid OAuth access token - Cannot parse access token")
    document = read_document(request)
    if document is None:
        return _refuse(memory, 400, 100, "(#100) The parameter data is required")
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return _refuse(memory, 400, 100, _describe(flaws[0]))
    events = document["data"]
    for place, event in enumerate(events):
        refusal = _examine(event, place, now, memory)
        if refusal is not None:
            return refusal
    for event in events:
        memory.count(event.get("event_id"), event["event_name"], now=now, window_s=REPEATED_WITHIN_S)
    return answer_json(200, {"events_received": len(events), "messages": [], "fbtrace_id": _trace(memory)})


def _examine(event: dict[str, Any], place: int, now: int, memory: Memory) -> Answer | None:
    """What the rules between fields say of a well-shaped event."""
    in_store = event["action_source"] == "physical_store"
    age = judge(event["event_time"], now, MAX_AGE_IN_STORE_S if in_store else MAX_AGE_S)
    if age is Age.OLD:
        return _refuse(memory, 400, 100, f"Invalid parameter: data[{place}].event_time is too old", 2804003)
    if age is Age.FUTURE:
        return _refuse(memory, 400, 100, f"(#100) data[{place}].event_time {event['event_time']} is in the future")
    told = frozenset(name for name, value in event["user_data"].items() if value)
    if any(told <= little for little in TOO_LITTLE):
        return _refuse(memory, 400, 100, f"Invalid parameter: data[{place}] identifies nobody", 2804050)
    if event["action_source"] == "website" and "event_source_url" not in event:
        return _refuse(memory, 400, 100, f"(#100) data[{place}].event_source_url is required for website events")
    custom = event.get("custom_data", {})
    if ("value" in custom) != ("currency" in custom) or (event["event_name"] == "Purchase" and "value" not in custom):
        return _refuse(memory, 400, 100, f"(#100) data[{place}].custom_data needs a value and its currency")
    if ("data_processing_options_country" in event) != ("data_processing_options_state" in event):
        return _refuse(memory, 400, 100, f"(#100) data[{place}] needs a country and a state of processing options")
    return None


def _describe(flaw: Flaw) -> str:
    match flaw.rule:
        case Rule.UNKNOWN:
            return f'(#100) Invalid keys "{flaw.name}" were found in param "{flaw.dotted}"'
        case Rule.MISSING | Rule.TOO_FEW | Rule.TOO_MANY:
            return f"(#100) Param {flaw.dotted} must be {flaw.wanted}"
        case _:
            return f"(#100) Param {flaw.dotted} must be {flaw.wanted}, got {flaw.found!r}"


def _refuse(
    memory: Memory,
    status: int,
    code: int,
    message: str,
    subcode: int | None = None,
    kind: str = "OAuthException",
    *,
    transient: bool = False,
) -> Answer:
    error: dict[str, Any] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
        error |= {"error_user_title": "Invalid event", "error_user_msg": message}
    error |= {"is_transient": transient, "fbtrace_id": _trace(memory)}
    return answer_json(status, {"error": error})


def _trace(memory: Memory) -> str:
    return f"StandInMeta{memory.next_number():012d}"


def fail(status: int, memory: Memory) -> Answer:
    """Meta's words for a status."""
    match status:
        case 200:
            return answer_json(200, {"events_received": 0, "messages": [], "fbtrace_id": _trace(memory)})
        case 401:
            return _refuse(memory, 401, 190, "Error validating access token: Session has expired", 463)
        case 403:
            return _refuse(memory, 403, 200, "(#200) Permissions error")
        case 429:
            return _refuse(memory, 429, 4, "(#4) Application request limit reached", 1504022, transient=True)
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return _refuse(memory, status, 100, "(#100) Invalid parameter")
        case _:
            return _refuse(memory, status, 2, "Service temporarily unavailable", transient=True)


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
