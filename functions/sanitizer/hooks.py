"""A webhook of a call-tracking or booking system in, its answer out; nothing is read before its signature holds."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from airlock.hook import Hook
from airlock.outcome import Outcome, Reason
from sanitizer.answer import RETRY_AFTER_S, answer
from sanitizer.hook_record import is_meant, map_record
from sanitizer.hook_secrets import HookSecrets, SecretFetcher, SecretsManagerSecrets
from sanitizer.intake import Intake, Taken, refuse, take
from sanitizer.pipeline import Visit
from sanitizer.raw import Malformed, NotAnEventError, parse_conversion, parse_object
from sanitizer.receipts import Receipts, ReceiptsInMemory, ReceiptTable
from sanitizer.request import Request, check_type
from sanitizer.signature import MAX_DEPTH, Flaw, verify

STATUS_AGAIN = 503
MAX_HOOK_BYTES = 1 << 20  # a transcript may be in it; it is dropped


class Doors(Struct, frozen=True):
    """What it takes to know a webhook's sender, and to know that it has not been here before."""

    secrets: HookSecrets
    receipts: Receipts


def open_doors(environment: Mapping[str, str], open_client: Callable[[str], Any]) -> Doors:
    """Doors of Secrets Manager and of the table that AIRLOCK_AUTHORIZATIONS_TABLE names; clients open when needed."""
    fetch = SecretFetcher(lambda: open_client("secretsmanager"))
    table = environment.get("AIRLOCK_AUTHORIZATIONS_TABLE")
    receipts = ReceiptTable(lambda: open_client("dynamodb"), table) if table else ReceiptsInMemory()
    return Doors(SecretsManagerSecrets(fetch), receipts)


def take_hook(name: str, request: Request, now: int, intake: Intake, doors: Doors) -> Taken:
    """One record of the named hook's sender; `now` is the time of receipt in epoch milliseconds."""
    hook = next((hook for hook in intake.rules.policy.hooks if hook.name == name), None)
    if hook is None:
        return refuse(Reason.UNKNOWN_PATH, intake.journal, now)
    if request.method != "POST":
        return refuse(Reason.METHOD, intake.journal, now)
    if (reason := check_type({"content-type": "application/json", **request.headers})) is not None:
        return refuse(reason, intake.journal, now)
    if len(request.body) > MAX_HOOK_BYTES:
        return refuse(Reason.TOO_LARGE, intake.journal, now)
    if not request.headers.get(hook.header):
        return _send_away(Flaw.FORGED, now, intake)
    proof = verify(hook, request.headers, request.body, doors.secrets.read(hook, now), now)
    if isinstance(proof, Flaw):
        return _send_away(proof, now, intake)
    if not doors.receipts.claim(proof.receipt, proof.until, now):
        return _send_away(Flaw.REPLAYED, now, intake)
    try:
        taken = _take_record(hook, request.body, now, intake)
    except Exception:
        doors.receipts.release(proof.receipt)  # it was not served: the sender's next try is no replay
        raise
    if taken.answer["statusCode"] == STATUS_AGAIN:
        doors.receipts.release(proof.receipt)
    return taken


def _send_away(flaw: Flaw, now: int, intake: Intake) -> Taken:
    """401, whatever is wrong: only the journal tells a forged signature from a stale one."""
    return refuse(Reason.BAD_SIGNATURE, intake.journal, now, why=Malformed("signature", flaw))


def _take_record(hook: Hook, body: bytes, now: int, intake: Intake) -> Taken:
    try:
        payload: Mapping[str, Any] = parse_object(body, MAX_DEPTH)
        if not is_meant(hook, payload):
            intake.journal.decide(now, outcome=Outcome.WITHHELD, reason=Reason.NOT_CONFIGURED, source=hook.source)
            return Taken(answer(204))
        document = map_record(hook, payload, intake.rules.policy.consent_required)
    except NotAnEventError as error:
        return refuse(Reason.MALFORMED, intake.journal, now, why=error.malformed)
    raw = parse_conversion(document, intake.own_sites)
    if isinstance(raw, Malformed):
        return refuse(Reason.MALFORMED, intake.journal, now, why=raw)
    verdict, full = take(raw, Visit(gpc=False, cookie="", received_at=now, from_system=True), intake)
    if full:
        return Taken(answer(STATUS_AGAIN, retry_after=str(RETRY_AFTER_S)), verdict.refused, verdict.decisions)
    return Taken(answer(204), verdict.refused, verdict.decisions)
