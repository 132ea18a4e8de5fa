"""An API Gateway event in, its answer out: routes a request, and is what Lambda calls."""

import functools
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

import msgspec
from msgspec import Struct

from airlock.address_book import Destination
from airlock.authorization import Authorizations, NoAuthorizations
from airlock.guard import Guard
from airlock.journal import Journal
from airlock.outcome import Reason
from airlock.policy import Policy, read_policy
from sanitizer import authorizations
from sanitizer.answer import answer, preflight
from sanitizer.intake import Intake, Taken, refuse, take_event
from sanitizer.outbox import Outbox, SqsOutbox
from sanitizer.pages import build_finder
from sanitizer.pipeline import Rules
from sanitizer.request import Request, read_request
from sanitizer.script import Script


class Airlock(Struct, frozen=True):
    """Everything that a request is judged and served by. `now` gives epoch milliseconds."""

    intake: Intake
    script: Script
    now: Callable[[], int]


def respond(event: Mapping[str, Any], airlock: Airlock) -> Taken:
    """Answer one API Gateway event. Never raises, and never answers 5xx but for a queue that refused."""
    now = airlock.now()
    try:
        return _route(read_request(event), now, airlock)
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing leaves, and only its type and line are told
        airlock.intake.journal.stumble(now, Reason.INTERNAL, error)
        return Taken(answer(204), refused=Reason.INTERNAL)


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
            return Taken(airlock.script.serve(request.headers.get("if-none-match", "")))
        case "/v1/health", "GET" | "HEAD":
            return Taken(answer(200, body=intake.rules.policy.digest, content_type="text/plain"))
        case (("/v1/events" | "/airlock.js" | "/v1/health"), _):
            return refuse(Reason.METHOD, intake.journal, now)
        case path, ("PUT" | "DELETE") as method if request.signed and path.startswith(authorizations.PATH):
            return _change_authorization(method, path.removeprefix(authorizations.PATH), request.body, now, intake)
        case _:
            return refuse(Reason.UNKNOWN_PATH, intake.journal, now)


def _change_authorization(method: str, identifier: str, body: bytes, now: int, intake: Intake) -> Taken:
    status, told, change = authorizations.change(method, identifier, body, intake.rules.authorizations, now)
    if change is not None:
        intake.journal.record_authorization(now, change.ref, change.word)
    return Taken(answer(status, body=told, **({"content_type": "application/json"} if told else {})))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda hands it over
    """What Lambda calls."""
    return respond(event, _open_airlock()).answer


@functools.cache
def _open_airlock() -> Airlock:
    """The airlock that this function's environment describes.

    Environment: AIRLOCK_POLICY, path of the compiled policy (default: policy.json beside the packages; a .toml is
    compiled on the spot); AIRLOCK_QUEUE_URLS, a JSON object of network to queue URL.

    Raises:
        PolicyError: with every problem of the policy; the function then does not start, and nothing is taken.
    """
    import boto3  # noqa: PLC0415 - the workbench uses this module without an AWS client

    root = Path(__file__).parent.parent
    policy = read_policy(Path(os.environ.get("AIRLOCK_POLICY", root / "policy.json")))
    queue_urls = msgspec.json.decode(os.environ["AIRLOCK_QUEUE_URLS"], type=dict[Destination, str])
    outbox = SqsOutbox(boto3.client("sqs"), queue_urls, ThreadPoolExecutor(max_workers=len(Destination)))
    script = Script((root / "collector" / "airlock.js").read_bytes())
    return build_airlock(policy, outbox, NoAuthorizations(), sys.stdout, script, lambda: time.time_ns() // 1_000_000)


def build_airlock(
    policy: Policy,
    outbox: Outbox,
    on_file: Authorizations,
    log: TextIO,
    script: Script,
    now: Callable[[], int],
    own_sites: frozenset[str] = frozenset(),
) -> Airlock:
    """An airlock of its parts; log lines go to `log`, one each."""
    journal = Journal(log, policy.digest)
    rules = Rules(policy, frozenset(policy.sites) | own_sites, build_finder(policy), on_file)
    return Airlock(Intake(rules, Guard(policy), outbox, journal, own_sites), script, now)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _open_airlock()  # in Lambda a broken policy or a missing setting ends the start, not the first request
