"""An API Gateway event in, its answer out: routes a request, and is what Lambda calls."""

import functools
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from airlock.address_book import Destination
from airlock.authorization import Authorizations
from airlock.authorization_table import open_authorizations
from airlock.files import ROOT
from airlock.gate import Gate, NoGate
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.opening import open_gate, open_journal
from airlock.outcome import Reason
from airlock.policy import Policy
from airlock.policy_file import read_policy
from airlock.table import UnavailableError
from sanitizer.answer import RETRY_AFTER_S, Answer, answer, preflight
from sanitizer.intake import Intake, Taken, refuse, take_event
from sanitizer.outbox import Outbox, SqsOutbox
from sanitizer.pages import build_finder
from sanitizer.pipeline import Rules
from sanitizer.request import Request, read_request
from sanitizer.rest import is_rest, read_rest, write_rest
from sanitizer.script import Script, open_script

_NO_GATE = NoGate()

if TYPE_CHECKING:
    from sanitizer.hooks import Doors


class Airlock(Struct, frozen=True):
    """Everything that a request is judged and served by. `now` gives epoch milliseconds."""

    intake: Intake
    script: Script
    now: Callable[[], int]
    doors: "Doors | None" = None  # none where the policy has no hooks


AUTHORIZATIONS = "/v1/authorizations/"
CONVERSIONS = "/v1/conversions"
HOOKS = "/v1/hooks/"
# A clinic's own system would take a 204 for done.
_TOLD_OF_FAULTS = (AUTHORIZATIONS, CONVERSIONS, HOOKS)


def respond(event: Mapping[str, Any], airlock: Airlock) -> Taken:
    """Answer one event of either kind of API. Never raises; a browser is told 5xx only if a later try may go well."""
    now = airlock.now()
    request = None
    try:
        request = read_request(read_rest(event) if is_rest(event) else event)
        return _route(request, now, airlock)
    except UnavailableError as error:
        _stumble(airlock, now, Reason.UNAVAILABLE, error)
        return Taken(_ask_again(_find_site(request, airlock)), refused=Reason.UNAVAILABLE)
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing leaves, and only its type and line are told
        _stumble(airlock, now, Reason.INTERNAL, error)
        path = _find_path(event) if request is None else request.path
        if path.startswith(_TOLD_OF_FAULTS):
            return Taken(_ask_again(), refused=Reason.INTERNAL)
        return Taken(answer(204, _find_site(request, airlock)), refused=Reason.INTERNAL)


def _find_site(request: Request | None, airlock: Airlock) -> str | None:
    """The site of the clinic's own that asked, so that the answer to a fault looks like any other."""
    origin = request.headers.get("origin", "") if request else ""
    return origin if origin in airlock.intake.rules.sites else None


def _find_path(event: object) -> str:
    """The path of an event that could not be read."""
    return str(event.get("rawPath") or event.get("path")) if isinstance(event, dict) else ""


def _stumble(airlock: Airlock, now: int, reason: Reason, error: Exception) -> None:
    """Journal a fault. A log that cannot be written must not make Lambda print the exception."""
    try:
        airlock.intake.journal.stumble(now, reason, error)
    except Exception:  # noqa: BLE001 - there is nowhere left to tell it
        return


def _ask_again(origin: str | None = None) -> Answer:
    """503; `origin` is a site of the clinic's own, whose page may then read when to try again."""
    return answer(503, origin, retry_after=str(RETRY_AFTER_S), access_control_expose_headers="retry-after")


def _route(request: Request, now: int, airlock: Airlock) -> Taken:
    intake = airlock.intake
    match request.path, request.method:
        case "/v1/events", "POST":
            return take_event(request, now, intake)
        case "/v1/events", "OPTIONS":
            origin = request.headers.get("origin", "")
            if origin in intake.rules.sites:
                return Taken(preflight(origin))
            return refuse(Reason.FOREIGN_ORIGIN, intake.journal, now)
        case "/airlock.js", "GET" | "HEAD":
            return Taken(airlock.script.serve(request.headers, request.query))
        case "/v1/health", "GET" | "HEAD":
            return Taken(answer(200, body=intake.rules.policy.digest, content_type="text/plain"))
        case (("/v1/events" | "/airlock.js" | "/v1/health"), _):
            return refuse(Reason.METHOD, intake.journal, now)
        case _:
            return _route_system(request, now, airlock)


def _route_system(request: Request, now: int, airlock: Airlock) -> Taken:
    """The routes of the clinic's own systems, which do not exist without a signature, and of those that serve it."""
    intake = airlock.intake
    match request.path, request.method:
        case path, _ if path.startswith(HOOKS) and airlock.doors is not None:
            from sanitizer.hooks import take_hook  # noqa: PLC0415 - few policies have hooks, and every start would pay

            return take_hook(path.removeprefix(HOOKS), request, now, intake, airlock.doors)
        case "/v1/conversions", "POST" if request.signed:
            from sanitizer.conversions import take_conversions  # noqa: PLC0415 - a visitor's first event need not wait

            return take_conversions(request, now, intake)
        case "/v1/conversions", _ if request.signed:
            return refuse(Reason.METHOD, intake.journal, now)
        case path, ("PUT" | "DELETE") as method if request.signed and path.startswith(AUTHORIZATIONS):
            return _change_authorization(method, path.removeprefix(AUTHORIZATIONS), request.body, now, intake)
        case _:
            return refuse(Reason.UNKNOWN_PATH, intake.journal, now)


def _change_authorization(method: str, identifier: str, body: bytes, now: int, intake: Intake) -> Taken:
    from sanitizer import authorizations  # noqa: PLC0415 - a visitor's first event need not wait

    status, told, change = authorizations.change(method, identifier, body, intake.rules.authorizations, now)
    if change is not None:
        intake.journal.record_authorization(now, change.ref, change.word)
    return Taken(answer(status, body=told, **({"content_type": "application/json"} if told else {})))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda hands it over
    """What Lambda calls, behind either kind of API."""
    told = respond(event, _open_airlock()).answer
    return write_rest(told) if is_rest(event) else told


@functools.cache
def _open_airlock() -> Airlock:
    """The airlock that this function's environment describes.

    Environment: AIRLOCK_POLICY, path of the compiled policy (default: policy.json beside the packages; a .toml is
    compiled on the spot); AIRLOCK_QUEUE_URLS, a JSON object of network to queue URL; `airlock.opening` names
    those of the journal and the kill switch, `airlock.authorization_table` that of the authorizations.

    Raises:
        PolicyError: with every problem of the policy; the function then does not start, and nothing is taken.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - it brings logging, and is for the cloud alone

    from sanitizer.aws import Client  # noqa: PLC0415 - the workbench uses this module without an AWS client
    from sanitizer.aws_wire import Patience, open_wire  # noqa: PLC0415 - as above

    wire = open_wire(os.environ, time.time, time.sleep)

    def open_client(service: str) -> Client:
        # What DynamoDB may have written on a condition is not asked for twice: the second answer would be no.
        return Client(service, wire, Patience(tries=1 if service == "dynamodb" else 2))

    policy = read_policy(os.environ.get("AIRLOCK_POLICY", os.path.join(ROOT, "policy.json")))  # noqa: PTH118 - no pathlib
    queue_urls = msgspec.json.decode(os.environ["AIRLOCK_QUEUE_URLS"], type=dict[Destination, str])
    sqs = Client("sqs", wire, Patience(read_s=1.5, tries=2))
    outbox = SqsOutbox(sqs, queue_urls, ThreadPoolExecutor(max_workers=len(Destination)))
    script = open_script(ROOT, policy)
    journal = open_journal("sanitizer", os.urandom(8).hex(), os.environ, open_client, sys.stdout, policy.digest)
    gate = open_gate(os.environ, open_client, journal)
    on_file = open_authorizations(os.environ, open_client)
    clock = lambda: time.time_ns() // 1_000_000  # noqa: E731 - as short as a name for it
    doors = None
    if policy.hooks:
        from sanitizer.hooks import open_doors  # noqa: PLC0415 - as above

        doors = open_doors(os.environ, open_client)
    return build_airlock(policy, outbox, on_file, journal, script, clock, gate=gate, doors=doors)


def build_airlock(  # noqa: PLR0913 - everything around it is handed in
    policy: Policy,
    outbox: Outbox,
    on_file: Authorizations,
    journal: Journal,
    script: Script,
    now: Callable[[], int],
    own_sites: frozenset[str] = frozenset(),
    gate: Gate = _NO_GATE,
    *,
    doors: "Doors | None" = None,
) -> Airlock:
    """An airlock of its parts."""
    rules = Rules(policy, frozenset(policy.sites) | own_sites, build_finder(policy), on_file, gate)
    intake = Intake(rules, Guard(policy), outbox, journal, own_sites)
    return Airlock(intake, script, now, doors)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _open_airlock()  # in Lambda a broken policy or a missing setting ends the start, not the first request
