"""The synthesised stack, really deployed: with its roles, over TLS, from a browser's post to a network's answer.

The account is ministack's, with IAM in force. It checks no KMS grants, throttles or alarms; the template's tests do.
"""

import contextlib
import datetime
import io
import json
import socket
import ssl
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.credentials
import pytest

from airlock import wire
from airlock.address_book import Destination
from airlock.clean import Basis, CleanEvent, round_up
from airlock.policy import Policy
from airlock.signer import ALGORITHM
from airlock.tokens import ClickId, EventId, EventName
from forwarder.egress import HOSTS as EGRESS_HOSTS
from sanitizer.aws import AwsError
from sanitizer.aws import Client as AwsClient
from sanitizer.aws_wire import Patience, Wire
from tests.cloud.clinic import HOST, NAME, Clinic, wait_for
from tests.cloud.deployment import DROPPED, deploy
from tests.cloud.emulator import ACCOUNT, REGION
from tests.cloud.networks import HOSTS, Received
from tests.workbench.account_of_aws import make_names, refuse_old
from workbench.client import AirlockError, Client
from workbench.doctor import Patient, list_checks
from workbench.examination import examine
from workbench.stand_ins.faults import Fault

META, LINKEDIN, GOOGLE = Destination.META, Destination.LINKEDIN, Destination.GOOGLE
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


def now() -> int:
    return time.time_ns() // 1_000_000


def hours_ago(hours: float) -> int:
    return now() - round(hours * 3_600_000)


def test_only_what_the_emulator_lacks_is_left_out(synthesis: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    left_out = synthesis["Resources"].keys() - template["Resources"].keys()
    assert {synthesis["Resources"][name]["Type"] for name in left_out} == set(DROPPED)


def test_an_event_posted_at_the_clinics_host_comes_out_at_the_networks(clinic: Clinic) -> None:
    posted = clinic.post()
    assert posted.status_code == 204
    assert posted.content == b""
    told = wait_for(lambda: clinic.told(META), "Meta's event")
    assert told[0]["event_name"] == "Lead"
    assert told[0]["event_source_url"] == "https://www.glow-medspa.example/contact"
    assert told[0]["custom_data"] == {"value": 500, "currency": "USD"}
    linkedin = wait_for(lambda: clinic.networks.read(LINKEDIN), "LinkedIn's event")
    assert linkedin[0].status == 201
    wait_for(lambda: clinic.count("meta") == 0, "an empty queue")
    assert clinic.journal(kind="decision", outcome="accepted", destination="meta")
    assert clinic.journal(kind="disclosure", outcome="delivered", destination="meta")


def test_a_network_that_knows_a_click_only_hours_later_is_told_hours_later(clinic: Clinic) -> None:
    """Google first knows a click six hours after it: what follows a click of yesterday's leaves at once."""
    page = "https://www.glow-medspa.example/contact"
    early, late = "Cj0KCQiAvExampleOfYesterday", "Cj0KCQiAvExampleOfAnHourAgo"
    for gclid, hours in ((late, 1), (early, 30)):
        click = {"gclid": gclid, "at": hours_ago(hours)}
        assert clinic.post(url=page, at=hours_ago(0.9), click=click).status_code == 204

    def look(gclid: str) -> list[Received]:
        received = clinic.networks.read(GOOGLE)
        return [each for each in received if gclid.encode() in each.request.body and each.status == 200]

    wait_for(lambda: look(early), "Google's event")
    wait_for(lambda: clinic.journal(kind="decision", destination="google", outcome="accepted")[1:], "both decisions")
    assert look(late) == []
    assert clinic.count("google") > 0


def test_the_health_route_names_the_policy_that_is_live(clinic: Clinic) -> None:
    live = clinic.ask("GET", "/v1/health").text
    assert clinic.post().status_code == 204
    wait_for(lambda: clinic.journal(kind="decision", policy=live), "the event's line under this policy")
    assert clinic.ask("GET", "/airlock.js").status_code == 200


def test_of_a_batch_each_message_has_its_own_end(clinic: Clinic) -> None:
    """One is delivered, one is no event and is buried with its reason, one's moment has not come and it stays."""
    url = clinic.queue_url("meta")
    bodies = [
        write_message("a" * 32, hours_ago(1)),
        json.dumps({"v": 1, "event": {"free": "text"}}),
        write_message("b" * 32, hours_ago(-1)),
    ]
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    clinic.sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def told() -> set[str]:
        return {event["event_id"] for event in clinic.told(META)}

    wait_for(lambda: "a" * 32 in told(), "the good one")
    wait_for(lambda: clinic.count("meta", dead=True) == 1, "the buried one")
    (buried,) = receive(clinic, clinic.queue_url("meta", dead=True))
    assert buried["MessageAttributes"]["reason"]["StringValue"] == "unreadable"
    clinic.sqs.delete_message(QueueUrl=clinic.queue_url("meta", dead=True), ReceiptHandle=buried["ReceiptHandle"])
    wait_for(lambda: clinic.count("meta") == 1, "the one that waits")
    assert "b" * 32 not in told()


def write_message(event_id: str, at: int) -> str:
    """A message as the sanitizer writes it, of a lead at a moment in epoch milliseconds."""
    event = CleanEvent(
        destination=META,
        event=EventName("lead"),
        event_id=EventId(event_id),
        at=round_up(at),
        not_before=round_up(at),
        click=ClickId("fbclid:IwAR0ExampleFbclidForCloudTests"),
        click_at=round_up(at),
        basis=Basis.CONSENT,
    )
    return wire.write(event).decode()


def receive(clinic: Clinic, url: str) -> list[dict[str, Any]]:
    """Messages of a queue, which are out of sight for a moment only."""
    asked = {"MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
    messages: list[dict[str, Any]] = clinic.sqs.receive_message(QueueUrl=url, **asked).get("Messages", [])
    return messages


def test_what_a_network_rejected_can_be_sent_back_once_the_fault_is_found(clinic: Clinic) -> None:
    """`airlock redrive`, in the deployed account."""
    wait_for(lambda: clinic.count("linkedin") == 0, "what came before")
    clinic.networks.fail(Fault(LINKEDIN, status=400))
    assert clinic.post().status_code == 204
    wait_for(lambda: clinic.count("linkedin", dead=True) == 1, "a dead letter")
    before = len(clinic.networks.read(LINKEDIN))
    counted = clinic.run("redrive", "linkedin")
    assert "1  rejected" in counted.stdout
    moved = clinic.run("redrive", "linkedin", "--yes")
    assert moved.returncode == 0, moved.stderr
    (again,) = wait_for(lambda: clinic.networks.read(LINKEDIN)[before:], "the second try")
    assert again.status == 201
    wait_for(lambda: clinic.count("linkedin") + clinic.count("linkedin", dead=True) == 0, "empty queues")


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


@pytest.fixture
def system(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """A clinic's system with an IAM user of its own, which may call what `allows` says, and nothing else."""
    iam = clinic.emulator.client("iam")
    name = f"crm-{uuid.uuid4().hex[:8]}"
    real = socket.getaddrinfo
    monkeypatch.setenv("SSL_CERT_FILE", str(clinic.authority.file))
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *more, **named: (
            real("127.0.0.1", clinic.emulator.port, *more, **named)
            if host == HOST
            else real(host, port, *more, **named)
        ),
    )
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    made: list[Client] = []

    def make(*allows: str, secret: str = key["SecretAccessKey"]) -> Client:
        if allows:
            arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*/*/"
            statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [arn + path for path in allows]}
            document = {"Version": "2012-10-17", "Statement": [statement]}
            iam.put_user_policy(UserName=name, PolicyName="airlock", PolicyDocument=json.dumps(document))
        credentials = botocore.credentials.Credentials(key["AccessKeyId"], secret)
        made.append(Client(f"https://{HOST}", REGION, credentials, wait=lambda _: None))
        return made[-1]

    yield make
    for client in made:
        client.close()


def test_a_signed_system_tells_of_conversions_and_is_told_what_became_of_each(
    clinic: Clinic, system: Callable[..., Client]
) -> None:
    at = hours_ago(1)
    event = {
        "event": "lead",
        "id": str(uuid.uuid4()),
        "at": at,
        "source": "phone_call",
        "consent": {"marketing": True, "at": at - 60_000},
        "click": {"fbclid": "IwAR0ExampleFbclidOfTheCrm01", "at": at - 60_000},
        "note": clinic.canary,
    }
    results = list(system("POST/v1/conversions").send([event, {**event, "id": str(uuid.uuid4()), "event": "nothing"}]))
    assert [result["status"] for result in results] == ["accepted", "refused"]
    assert results[1]["reason"] == "unknown_event"
    wait_for(
        lambda: [each for each in clinic.told(META) if each["action_source"] == "phone_call"], "the telephone's lead"
    )


def test_who_did_not_sign_or_may_not_gets_in_nowhere(clinic: Clinic, system: Callable[..., Client]) -> None:
    assert clinic.ask("POST", "/v1/conversions", b'{"events": []}').status_code == 403
    assert clinic.ask("PUT", "/v1/authorizations/auth_1234567890abcdef", b"{}").status_code == 403
    stranger = system()
    with pytest.raises(AirlockError) as refused:
        list(stranger.send([{"event": "lead"}]))
    assert refused.value.status == 403
    forger = system("POST/v1/conversions", secret="not the secret")
    with pytest.raises(AirlockError) as refused:
        list(forger.send([{"event": "lead"}]))
    assert refused.value.status == 403
    with pytest.raises(AirlockError) as refused:
        system("POST/v1/conversions").revoke_authorization("auth_1234567890abcdef")
    assert refused.value.status == 403


def test_contact_data_leaves_under_an_authorization_and_stays_after_it_is_revoked(
    clinic: Clinic, system: Callable[..., Client]
) -> None:
    client = system("PUT/v1/authorizations/*", "DELETE/v1/authorizations/*")
    identifier = f"auth_{uuid.uuid4().hex}"
    signed = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    terms = {
        "recipients": ["meta"],
        "information": ["email"],
        "purposes": ["ad_measurement"],
        "signed_at": signed.isoformat(),
        "expires_at": (signed + datetime.timedelta(days=90)).isoformat(),
        "template_sha256": "ab" * 32,
    }
    client.record_authorization(identifier, terms)

    def told(value: float, amount: int) -> dict[str, Any]:
        """The event of a visitor with this authorization; its band tells it from the others."""
        assert clinic.post(authorization=identifier, value=value).status_code == 204

        def look() -> list[dict[str, Any]]:
            return [each for each in clinic.told(META) if each.get("custom_data", {}).get("value") == amount]

        (event,) = wait_for(look, f"the event of {amount}")
        return event

    assert len(told(1200, 1000)["user_data"]["em"][0]) == 64
    client.revoke_authorization(identifier)
    assert "em" not in told(300, 250)["user_data"]
    with pytest.raises(AirlockError) as refused:
        client.record_authorization(identifier, terms)
    assert refused.value.status == 400


def test_the_operators_examination_of_this_deployment(clinic: Clinic, policy: Policy) -> None:
    """What `airlock doctor` asks of AWS, asked of a real API; what the emulator cannot show is no pass."""
    now = datetime.datetime.now(datetime.UTC)
    name = NAME.removeprefix("airlock-")
    patient = Patient(policy, name, None, clinic.emulator.client, make_names(), refuse_old, now)
    found = {each.about: each.verdict for each in examine(list_checks(patient, before=False))}
    for about in ("execute-api endpoint", "TLS policy", "access log", "kill switch", f"key alias/{NAME}"):
        assert found[about] == "good", about
    for network in ("meta", "google", "tiktok", "linkedin"):
        assert found[f"secret airlock/{network}"] == "good"
    assert {f"secret {hook.secret}" for hook in policy.hooks} <= found.keys()
    # It knows no such agreement, has no certificate by an invented ARN, and does not say how a log group is protected.
    assert found["BAA with AWS"] == "unseen"
    assert found["certificate"] == "bad"
    assert {verdict for about, verdict in found.items() if about.startswith("log group")} == {"bad"}


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
    wire_ = Wire(environment, tls, time.time, time.sleep)
    with contextlib.ExitStack() as stack:

        def connect(name: str) -> AwsClient:
            return stack.enter_context(contextlib.closing(AwsClient(name, wire_, Patience(connect_s=10, read_s=20))))

        assert connect("ssm").get_parameter(Name="/airlock/glow-medspa/gate")["Parameter"]["Value"] == "open"
        secret = connect("secretsmanager").get_secret_value(SecretId="airlock/meta")["SecretString"]
        assert secret == tokens[META]

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
        (taken,) = receive(clinic, url)
        assert taken["Body"] == '{"quoted": "\N{SNOWMAN}"}'
        clinic.sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
        environment["AWS_ACCESS_KEY_ID"] = "ASIANOBODYSKEY"
        with pytest.raises(AwsError, match="UnrecognizedClientException"):
            connect("ssm").get_parameter(Name="/airlock/glow-medspa/gate")


def test_whatever_leaves_goes_to_a_networks_own_host(clinic: Clinic) -> None:
    assert clinic.post().status_code == 204
    asked = wait_for(clinic.networks.read, "any request")
    assert {each.request.url.split("/")[2] for each in asked} <= EGRESS_HOSTS & HOSTS.keys()


def test_the_canary_stands_nowhere(clinic: Clinic, tokens: Mapping[Destination, str]) -> None:
    """Logs of every function, the emulator's own, queues, dead letters, tables and requests: last, after all of it."""
    assert clinic.post().status_code == 204
    wait_for(lambda: clinic.told(META), "Meta's event")
    wait_for(lambda: clinic.journal(kind="disclosure"), "its line")
    lines = list(clinic.log_lines())
    needles = [clinic.canary.lower(), "203.0.113.7", *(token.lower() for token in tokens.values())]
    places: dict[str, str] = {
        "logs": "\n".join(lines),
        "the emulator's own log": clinic.emulator.read_log(),
        "requests": "\n".join(
            f"{each.request.url} {each.request.body!r}"
            for each in clinic.networks.read()
            if "oauth2" not in each.request.url
        ),
    }
    for network in ("meta", "google", "tiktok", "linkedin"):
        for dead in (False, True):
            places[f"queue {network} {dead}"] = json.dumps(
                receive(clinic, clinic.queue_url(network, dead=dead)), default=str
            )
    dynamo = clinic.emulator.client("dynamodb")
    for table in dynamo.list_tables()["TableNames"]:
        places[table] = json.dumps(dynamo.scan(TableName=table)["Items"], default=str)
    found = [
        (place, number)
        for place, text in places.items()
        for number, needle in enumerate(needles)
        if needle in text.lower()
    ]
    assert found == []
