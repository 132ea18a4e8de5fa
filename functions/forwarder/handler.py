"""An SQS event in, the messages to keep out: what Lambda calls, and the forwarder that the environment describes."""

import datetime
import functools
import logging
import os
import random
import secrets
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from airlock.address_book import Destination
from airlock.authorization import Authorizations, NoAuthorizations
from airlock.authorization_table import AuthorizationTable
from airlock.files import ROOT
from airlock.guard import Guard
from airlock.opening import open_gate, open_journal
from airlock.policy_file import read_policy
from forwarder.credentials import SecretsManagerCredentials
from forwarder.delivery import Courier
from forwarder.destinations import DESTINATIONS
from forwarder.egress import TIMEOUT_S, Egress
from forwarder.ledger import DynamoLedger, Ledger, NoLedger
from forwarder.queue import SqsQueue
from forwarder.shift import Forwarder, forward
from forwarder.version import ends_soon

__all__ = ["Forwarder", "forward", "handler"]

_OVERLAPPING = 25  # requests of one batch at a time: as many as a batch has events
_ENDING_MS = 5_000  # what the end of an invocation needs besides the last request


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda hands it over
    """What Lambda calls."""

    def may_send() -> bool:
        return bool(context.get_remaining_time_in_millis() > TIMEOUT_S * 1000 + _ENDING_MS)

    return forward(event, _open_forwarder(), may_send)


@functools.cache
def _open_forwarder() -> Forwarder:
    """The forwarder that this function's environment describes.

    Environment: AIRLOCK_DESTINATION, the network; AIRLOCK_QUEUE_URL and AIRLOCK_DEAD_LETTER_URL, its queues;
    AIRLOCK_LEDGER_TABLE and AIRLOCK_AUTHORIZATIONS_TABLE, names of DynamoDB tables, without which nothing is sent that
    needs them; AIRLOCK_POLICY, path of the compiled policy (default: policy.json beside the packages);
    `airlock.opening` names those of the journal and the kill switch.

    Raises:
        PolicyError: with every problem of the policy; the function then does not start, and messages wait.
    """
    import boto3  # noqa: PLC0415 - the workbench uses this module without an AWS client
    from botocore.config import Config  # noqa: PLC0415 - as above

    def open_client(service: str) -> Any:  # noqa: ANN401 - boto3 ships no types
        patience = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
        return boto3.client(service, config=patience)

    policy = read_policy(os.environ.get("AIRLOCK_POLICY", os.path.join(ROOT, "policy.json")))  # noqa: PTH118 - no pathlib
    adapter = DESTINATIONS[Destination(os.environ["AIRLOCK_DESTINATION"])]
    queue = SqsQueue(open_client("sqs"), os.environ["AIRLOCK_QUEUE_URL"], os.environ["AIRLOCK_DEAD_LETTER_URL"])
    name = f"forwarder-{adapter.destination}"
    journal = open_journal(name, secrets.token_hex(8), os.environ, open_client, sys.stdout, policy.digest)
    now = time.time_ns() // 1_000_000
    if ends_soon(adapter, datetime.datetime.fromtimestamp(now // 1000, datetime.UTC).date()):
        journal.record_version_end(now, adapter.destination, adapter.version, str(adapter.version_ends))
    egress = Egress()
    ledger: Ledger = NoLedger()
    if table := os.environ.get("AIRLOCK_LEDGER_TABLE"):
        ledger = DynamoLedger(open_client("dynamodb"), table)
    on_file: Authorizations = NoAuthorizations()
    if table := os.environ.get("AIRLOCK_AUTHORIZATIONS_TABLE"):
        on_file = AuthorizationTable(lambda: open_client("dynamodb"), table)
    pool = ThreadPoolExecutor(max_workers=_OVERLAPPING)
    return Forwarder(
        courier=Courier(adapter, policy, SecretsManagerCredentials(egress), egress, ledger, pool),
        guard=Guard(policy),
        queue=queue,
        authorizations=on_file,
        journal=journal,
        now=lambda: time.time_ns() // 1_000_000,
        jitter=random.SystemRandom().random,
        gate=open_gate(os.environ, open_client, journal),
    )


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    logging.disable()  # the journal is written directly; a library's own line may hold anything
    _open_forwarder()  # in Lambda a broken policy or a missing setting ends the start, not the first batch
