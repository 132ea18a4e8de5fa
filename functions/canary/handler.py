"""A schedule's tick in, one line about an invented patient's day out; what is found of her closes the airlock."""

import functools
import http.client
import json
import os
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from canary.patient import Patient, Visit
from canary.search import Finding, LogsClient, search_logs

CLOSED = "closed"
"""What `airlock close` writes too."""
_PATIENCE_S = 10
_SETTLES_S = 90  # how long a line takes to be found in CloudWatch Logs, generously


class Settings(NamedTuple):
    """What one deployment's canary needs. `wait` lets so many seconds pass; `now` gives epoch milliseconds."""

    host: str
    site: str
    log_prefix: str
    own_group: str
    gate_parameter: str
    logs: LogsClient
    systems_manager: Any
    post: Callable[[str, Visit], int]
    now: Callable[[], int]
    wait: Callable[[float], None]
    marker: Callable[[], str]


class CanaryError(Exception):
    """The canary did not come through as it should. Names visits, places and needles, and no text of the patient's."""


def fly(settings: Settings) -> dict[str, Any]:
    """One flight.

    Raises:
        CanaryError: something of the patient was found, and the airlock is closed now; or the flight proves nothing.
    """
    start = settings.now()
    patient = Patient(settings.marker())
    wrong = [
        visit.name
        for visit in patient.visits(settings.site, start)
        if settings.post(settings.host, visit) != visit.status
    ]
    settings.wait(_SETTLES_S)
    groups, found = search_logs(settings.logs, settings.log_prefix, patient.needles(), start, settings.own_group)
    report = {"kind": "canary", "at": settings.now(), "groups": groups, "found": [list(each) for each in found]}
    if found:
        settings.systems_manager.put_parameter(
            Name=settings.gate_parameter, Value=CLOSED, Type="String", Overwrite=True
        )
        _write({**report, "change": CLOSED})
        raise CanaryError(f"the airlock is closed: {_say(found)}")
    _write({**report, "wrong": wrong})
    if wrong:
        raise CanaryError(f"not answered as it should be: {', '.join(wrong)}")
    if not groups:
        raise CanaryError("no log group was found, so nothing is proven")
    return report


def _say(found: list[Finding]) -> str:
    return "; ".join(f"{needle} in {place}" for place, needle in found)


def _write(line: dict[str, Any]) -> None:
    print(json.dumps(line, separators=(",", ":")), flush=True)  # noqa: T201 - a Lambda's log


def post(host: str, visit: Visit) -> int:
    """Send one visit over TLS; the answer's status."""
    connection = http.client.HTTPSConnection(host, timeout=_PATIENCE_S)
    try:
        connection.request("POST", "/v1/events", visit.body, dict(visit.headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def handler(event: object, context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda hands them over
    """What Lambda calls."""
    return fly(_open())


@functools.cache
def _open() -> Settings:
    """The settings that this function's environment describes.

    Environment: AIRLOCK_HOST, the collecting host; AIRLOCK_SITE, one of the policy's sites, an https origin;
    AIRLOCK_LOG_PREFIX, what the deployment's log groups begin with; AIRLOCK_GATE_PARAMETER, the kill switch.
    """
    import boto3  # noqa: PLC0415 - the workbench uses this module without an AWS client

    return Settings(
        host=os.environ["AIRLOCK_HOST"],
        site=os.environ["AIRLOCK_SITE"],
        log_prefix=os.environ["AIRLOCK_LOG_PREFIX"],
        own_group=os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
        gate_parameter=os.environ["AIRLOCK_GATE_PARAMETER"],
        logs=boto3.client("logs"),
        systems_manager=boto3.client("ssm"),
        post=post,
        now=lambda: time.time_ns() // 1_000_000,
        wait=time.sleep,
        marker=lambda: f"canary{secrets.token_hex(8)}",
    )
