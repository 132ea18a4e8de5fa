"""What each function's role may do in the deployed account, tried by a function of that role: the least that is enough.

The last test takes one grant away, to show that the roles are in force.
"""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.clinic import NAME, Clinic, wait_for
from tests.cloud.deployment import deploy

PROBE = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["operation"])(**event["request"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""
Probe = Callable[..., str]


@pytest.fixture(scope="module")
def probe(clinic: Clinic) -> Probe:
    """Whether the role of one of the deployment's functions may do something: a function of that role tries it."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("probe.py", PROBE)
    client = clinic.emulator.client("lambda")
    made: set[str] = set()

    def ask(part: str, service: str, operation: str, **request: Any) -> str:
        name = f"probe-{part}"
        if part not in made:
            role = client.get_function_configuration(FunctionName=f"{NAME}-{part}")["Role"]
            client.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Handler="probe.handler",
                Role=role,
                Code={"ZipFile": code.getvalue()},
                Timeout=30,
            )
            made.add(part)
        asked = {"service": service, "operation": operation, "request": request}
        answer = client.invoke(FunctionName=name, Payload=json.dumps(asked))["Payload"].read()
        return str(json.loads(answer))

    return ask


def test_a_forwarder_reads_its_own_secret_and_no_other(probe: Probe) -> None:
    assert probe("meta", "secretsmanager", "get_secret_value", SecretId="airlock/meta") == "allowed"
    for other in ("airlock/google", "airlock/tiktok", "airlock/linkedin"):
        assert probe("meta", "secretsmanager", "get_secret_value", SecretId=other) == "AccessDeniedException"


def test_the_sanitizer_reads_no_networks_secret(probe: Probe) -> None:
    for network in ("meta", "google", "tiktok", "linkedin"):
        asked = probe("sanitizer", "secretsmanager", "get_secret_value", SecretId=f"airlock/{network}")
        assert asked == "AccessDeniedException"


def test_the_sanitizer_may_fill_queues_and_not_look_into_them(clinic: Clinic, probe: Probe) -> None:
    url = clinic.queue_url("tiktok")
    assert is_denied(probe("sanitizer", "sqs", "receive_message", QueueUrl=url))
    assert is_denied(probe("sanitizer", "sqs", "delete_message", QueueUrl=url, ReceiptHandle="x"))
    assert is_denied(probe("sanitizer", "sqs", "purge_queue", QueueUrl=url))
    assert is_denied(
        probe("sanitizer", "sqs", "send_message", QueueUrl=clinic.queue_url("meta", dead=True), MessageBody="{}")
    )


def test_a_forwarder_has_one_queue(clinic: Clinic, probe: Probe) -> None:
    assert probe("meta", "sqs", "get_queue_attributes", QueueUrl=clinic.queue_url("meta")) == "allowed"
    for other in ("google", "tiktok", "linkedin"):
        assert is_denied(probe("meta", "sqs", "receive_message", QueueUrl=clinic.queue_url(other)))
        assert is_denied(probe("meta", "sqs", "send_message", QueueUrl=clinic.queue_url(other), MessageBody="{}"))


@pytest.mark.parametrize("part", ["sanitizer", "meta"])
def test_no_function_may_widen_what_it_may(part: str, probe: Probe) -> None:
    key = {"KeyId": f"alias/{NAME}", "PendingWindowInDays": 7}
    for service, operation, request in (
        ("iam", "list_roles", {}),
        ("logs", "delete_log_group", {"logGroupName": f"/airlock/glow-medspa/{part}"}),
        ("kms", "schedule_key_deletion", key),
        ("ssm", "put_parameter", {"Name": "/airlock/glow-medspa/gate", "Value": "open", "Overwrite": True}),
        ("lambda", "invoke", {"FunctionName": f"{NAME}-sanitizer"}),
        ("dynamodb", "scan", {"TableName": f"{NAME}-authorizations"}),
    ):
        assert is_denied(probe(part, service, operation, **request)), operation


def is_denied(code: str) -> bool:
    return code in {"AccessDenied", "AccessDeniedException"}


def test_without_its_grant_the_sanitizer_queues_nothing_and_the_browser_is_asked_to_come_again(
    clinic: Clinic, template: dict[str, Any]
) -> None:
    """The negative test that shows that the roles are in force: least privilege less one is too little."""
    stripped = json.loads(json.dumps(template))
    taken = 0
    for name, body in stripped["Resources"].items():
        if body["Type"] == "AWS::IAM::ManagedPolicy" and name.startswith("Sanitizer"):
            statements = body["Properties"]["PolicyDocument"]["Statement"]
            kept = [each for each in statements if "sqs:SendMessage" not in each["Action"]]
            taken += len(statements) - len(kept)
            body["Properties"]["PolicyDocument"]["Statement"] = kept
    assert taken == 1
    deploy(clinic.emulator, NAME, stripped)
    try:
        refused = clinic.post()
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        wait_for(lambda: clinic.journal(kind="decision", reason="queue_unavailable"), "the journal's line")
    finally:
        deploy(clinic.emulator, NAME, template)
    assert wait_for(lambda: clinic.post().status_code == 204, "the grant to be back")
