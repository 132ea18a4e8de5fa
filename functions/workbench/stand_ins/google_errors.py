"""What is wrong with a Data Manager request in, Google's error answer (google.rpc.Status with its details) out.

developers.google.com/data-manager/api/devguides/concepts/understand-errors, .../reference/rest/v1/ErrorReason (read
2026-11-23).
"""

from typing import Any

from workbench.stand_ins.request import Answer, answer_json
from workbench.stand_ins.shape import Flaw, Rule

_DOMAIN = "datamanager.googleapis.com"
_TYPE = "type.googleapis.com/google.rpc."
_REASONS = {
    Rule.MISSING: "REQUIRED_FIELD_MISSING",
    Rule.TOO_FEW: "REQUIRED_FIELD_MISSING",
    Rule.FORMAT: "INVALID_FORMAT",
    Rule.DIGEST: "INVALID_SHA256_FORMAT",
    Rule.CHOICE: "INVALID_ENUM_VALUE",
    Rule.TOO_MANY: "INVALID_ARGUMENT",
}
# Where a field has a reason of its own.
_OWN_REASONS = {
    ("currency", Rule.FORMAT): "INVALID_CURRENCY_CODE",
    ("eventTimestamp", Rule.FORMAT): "EVENT_TIME_INVALID",
    ("productDestinationId", Rule.FORMAT): "INVALID_CONVERSION_ACTION_ID",
    ("events", Rule.TOO_MANY): "TOO_MANY_EVENTS",
    ("destinations", Rule.TOO_MANY): "TOO_MANY_DESTINATIONS",
    ("userIdentifiers", Rule.TOO_MANY): "TOO_MANY_USER_IDENTIFIERS",
}


def refuse(
    code: int, status: str, message: str, reason: str | None = None, field: str | None = None, place: int | None = None
) -> Answer:
    """An error with an ErrorInfo for its reason and a BadRequest for its field, of one event where `place` is given."""
    details: list[dict[str, Any]] = []
    if reason is not None:
        details.append({"@type": _TYPE + "ErrorInfo", "reason": reason, "domain": _DOMAIN})
    if field is not None:
        where = field if place is None else f"events[{place}].{field}"
        violation = {"field": where, "description": message, "reason": reason or status}
        details.append({"@type": _TYPE + "BadRequest", "fieldViolations": [violation]})
    return answer_json(code, {"error": {"code": code, "message": message, "status": status, "details": details}})


def refuse_flaws(flaws: list[Flaw]) -> Answer:
    """A request whose shape is wrong. What cannot be parsed as the message has no reason, as at Google."""
    flaw = flaws[0]
    if flaw.rule is Rule.UNKNOWN:
        parent = Flaw(flaw.path[:-1], flaw.rule, flaw.wanted).dotted
        message = f"Invalid JSON payload received. Unknown name \"{flaw.name}\" at '{parent}': Cannot find field."
        return refuse(400, "INVALID_ARGUMENT", message, None, flaw.dotted)
    if flaw.rule is Rule.TYPE:
        message = f"Invalid value at '{flaw.dotted}', must be {flaw.wanted}"
        return refuse(400, "INVALID_ARGUMENT", message, None, flaw.dotted)
    reason = _OWN_REASONS.get((flaw.name, flaw.rule)) or _REASONS[flaw.rule]
    return refuse(400, "INVALID_ARGUMENT", "There was a problem with the request.", reason, flaw.dotted)


def refuse_token() -> Answer:
    """A request whose access token is missing, unknown or at its end."""
    message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
    answer = refuse(401, "UNAUTHENTICATED", message)
    return Answer(answer.status, answer.body, {**answer.headers, "www-authenticate": 'Bearer error="invalid_token"'})
