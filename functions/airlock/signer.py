"""A statement in, its signature by an asymmetric KMS key out: the private half never leaves KMS."""

import base64
from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

# KMS, Sign: ECC_NIST_P256 keys sign with this algorithm, DER out (docs.aws.amazon.com/kms, read 2026-11-24).
ALGORITHM = "ECDSA_SHA_256"


class KmsClient(Protocol):
    """The part of boto3's KMS client that is used here."""

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> Any:  # noqa: N803, ANN401 - boto3's
        """Sign a message of at most 4 KiB."""


class KmsSigner:
    """Signs with one key. The client is opened for the first checkpoint; give it short time-outs and no retries."""

    def __init__(self, open_client: Callable[[], KmsClient], key: str) -> None:
        self._open = open_client
        self.key = key

    @cached_property
    def _client(self) -> KmsClient:
        return self._open()

    def sign(self, statement: bytes) -> str | None:
        """The signature in base64, or None where KMS did not give one; the checkpoint then says so by having none."""
        try:
            signed = self._client.sign(KeyId=self.key, Message=statement, MessageType="RAW", SigningAlgorithm=ALGORITHM)
            return base64.b64encode(signed["Signature"]).decode()
        except Exception:  # noqa: BLE001 - botocore's errors are many; evidence that fails must not stop an event
            return None
