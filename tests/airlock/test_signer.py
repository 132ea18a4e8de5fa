"""Signatures by KMS: what it is asked, and what happens when it does not answer."""

from typing import Any

import pytest

from airlock.signer import KmsSigner

STATEMENT = b"airlock-checkpoint-1\nc\n1\n"


class Kms:
    """A KMS client that gives one answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def sign(self, **asked: Any) -> Any:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_kms_signs_the_statement_itself_with_the_key_that_the_checkpoint_names() -> None:
    client = Kms({"Signature": b"\x30\x01"})
    signer = KmsSigner(lambda: client, "arn:key")
    assert signer.sign(STATEMENT) == "MAE="
    assert signer.key == "arn:key"
    assert client.asked == [
        {"KeyId": "arn:key", "Message": STATEMENT, "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
    ]


def test_one_client_signs_every_checkpoint_and_none_is_opened_before_the_first() -> None:
    opened: list[Kms] = []

    def open_client() -> Kms:
        opened.append(Kms({"Signature": b"signed"}))
        return opened[-1]

    signer = KmsSigner(open_client, "arn:key")
    assert opened == []
    signer.sign(STATEMENT)
    signer.sign(STATEMENT)
    assert [len(client.asked) for client in opened] == [2]


@pytest.mark.parametrize("answer", [OSError("denied"), {}, {"Signature": None}])
def test_a_signature_that_cannot_be_had_is_none_and_no_error(answer: Any) -> None:
    """Evidence that fails must not stop an event; the audit names the unsigned checkpoint."""
    assert KmsSigner(lambda: Kms(answer), "arn:key").sign(STATEMENT) is None


def test_the_real_client_takes_the_request() -> None:
    """Validated by botocore against AWS's own description of KMS; nothing is sent."""
    botocore_session = pytest.importorskip("botocore.session")
    stub = pytest.importorskip("botocore.stub")
    session = botocore_session.get_session()
    session.set_credentials("example", "example")
    client = session.create_client("kms", region_name="us-east-1")
    with stub.Stubber(client) as stubber:
        stubber.add_response("sign", {"Signature": b"\x30\x01"})
        assert KmsSigner(lambda: client, "arn:key").sign(STATEMENT) == "MAE="
