"""A Lambda's environment in, its journal and its kill switch out; AWS clients are opened when they are needed."""

from collections.abc import Callable, Mapping
from typing import Any, TextIO

from airlock.chain import Chain
from airlock.gate import Gate, Mode, NoGate, ParameterGate, write_mode
from airlock.journal import UNVERSIONED, Journal
from airlock.signer import KmsSigner

JOURNAL_KEY = "AIRLOCK_JOURNAL_KEY"
"""ARN of the asymmetric KMS key (ECC_NIST_P256, SIGN_VERIFY) that signs checkpoints; without it none are written."""
GATE_PARAMETER = "AIRLOCK_GATE_PARAMETER"
"""Name of the Systems Manager parameter with the kill switch; without it there is no kill switch."""
VERSION = "AIRLOCK_VERSION"
"""What lines name as the code's version."""

OpenClient = Callable[[str], Any]
"""An AWS service's name to boto3's client for it."""


def open_journal(
    room: str, unique: str, environment: Mapping[str, str], open_client: OpenClient, log: TextIO, policy_digest: str
) -> Journal:
    """The journal of one execution environment; `unique` is unlike that of any other, or two chains become one."""
    key = environment.get(JOURNAL_KEY)
    signer = KmsSigner(lambda: open_client("kms"), key) if key else None
    version = environment.get(VERSION) or environment.get("AWS_LAMBDA_FUNCTION_VERSION") or UNVERSIONED
    return Journal(log, policy_digest, version=version, chain=Chain(f"{room}-{unique}", signer))


def open_gate(environment: Mapping[str, str], open_client: OpenClient, journal: Journal) -> Gate:
    """The kill switch, each turn of which this execution environment journals."""

    def record(now: int, mode: Mode) -> None:
        journal.record_gate(now, write_mode(mode))

    name = environment.get(GATE_PARAMETER)
    return ParameterGate(lambda: open_client("ssm"), name, record) if name else NoGate()
