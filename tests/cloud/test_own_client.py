"""The sanitizer's own AWS client against an emulated AWS: what it asks is understood, what it wrote is there."""

import contextlib
import ssl
import time
from collections.abc import Mapping

import pytest

from airlock.address_book import Destination
from airlock.signer import ALGORITHM
from sanitizer.aws import AwsError
from sanitizer.aws import Client as AwsClient
from sanitizer.aws_wire import Patience, Wire
from tests.cloud.clinic import NAME, Clinic
from tests.cloud.emulator import REGION


def test_the_sanitizers_own_client_is_understood_in_every_service_that_it_asks(
    clinic: Clinic, tokens: Mapping[Destination, str]
) -> None:
    """What it wrote is read back with boto3. That its signatures are botocore's, its own tests show."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": clinic.emulator.url,
    }
    tls = ssl.create_default_context(cafile=str(clinic.authority.file))
    aws_wire = Wire(environment, tls, time.time, time.sleep)
    with contextlib.ExitStack() as stack:

        def connect(name: str) -> AwsClient:
            return stack.enter_context(contextlib.closing(AwsClient(name, aws_wire, Patience(connect_s=10, read_s=20))))

        assert connect("ssm").get_parameter(Name="/airlock/glow-medspa/gate")["Parameter"]["Value"] == "open"
        secret = connect("secretsmanager").get_secret_value(SecretId="airlock/meta")["SecretString"]
        assert secret == tokens[Destination.META]

        key, message = f"alias/{NAME}-journal", b"airlock-checkpoint-1\n\x00\xff"
        asked = {"KeyId": key, "Message": message, "MessageType": "RAW", "SigningAlgorithm": ALGORITHM}
        signed = connect("kms").sign(**asked)["Signature"]
        assert clinic.emulator.client("kms").verify(**asked, Signature=signed)["SignatureValid"]

        dynamo, table = connect("dynamodb"), f"{NAME}-ledger"
        item = {"id": {"S": "a \N{SNOWMAN}"}, "expiration": {"N": "1"}}
        once = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
        dynamo.put_item(**once)
        with pytest.raises(AwsError, match="ConditionalCheckFailedException"):
            dynamo.put_item(**once)
        theirs = clinic.emulator.client("dynamodb")
        assert theirs.get_item(TableName=table, Key={"id": item["id"]})["Item"] == item
        theirs.delete_item(TableName=table, Key={"id": item["id"]})

        url = clinic.queue_url("tiktok", dead=True)
        connect("sqs").send_message(QueueUrl=url, MessageBody='{"quoted": "\N{SNOWMAN}"}')
        (taken,) = clinic.look_into("tiktok", dead=True)
        assert taken["Body"] == '{"quoted": "\N{SNOWMAN}"}'
        clinic.take_off("tiktok", taken)
        environment["AWS_ACCESS_KEY_ID"] = "ASIANOBODYSKEY"
        with pytest.raises(AwsError, match="UnrecognizedClientException"):
            connect("ssm").get_parameter(Name="/airlock/glow-medspa/gate")
