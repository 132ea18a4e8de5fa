"""The sanitizer's own AWS client: signed as botocore signs, kept connections, errors without values."""

import datetime
import json
import re
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from email.utils import format_datetime
from http.client import HTTPSConnection
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizer.aws import AwsError, Client
from sanitizer.aws_signature import Credentials, NoCredentialsError, Signer, read_credentials
from sanitizer.aws_wire import IDLE_S, MOST_READ, Patience, Wire, open_wire
from tests.loopback import Answered, Asked, Authority, TlsServer

AT = 1_795_532_832
CANARY = "canary-jane.doe@clinic.example"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "invented-secret",
    "AWS_SESSION_TOKEN": "invented/token+==",
    "AWS_REGION": "us-east-1",
}
_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def sign_as_botocore(headers: Mapping[str, str], url: str, body: bytes, by: Credentials, region: str, name: str) -> str:
    """The Authorization of botocore for a request with these headers at their own moment."""
    keys = botocore.credentials.Credentials(by.key, by.secret, by.token or None)
    bare = {key: value for key, value in headers.items() if key not in {"authorization", "x-amz-date", "host"}}
    bare.pop("x-amz-security-token", None)
    request = botocore.awsrequest.AWSRequest("POST", url, headers=bare, data=body)
    moment = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    signer = botocore.auth.SigV4Auth(keys, name, region)
    original = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *_, **__: moment.replace(tzinfo=None)
    try:
        signer.add_auth(request)
    finally:
        botocore.auth.get_current_datetime = original
    return str(request.headers["Authorization"])


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=300),
    key=_TEXT,
    secret=_TEXT,
    token=st.one_of(st.just(""), _TEXT),
    region=st.sampled_from(["us-east-1", "us-west-2", "us-gov-west-1"]),
    service=st.sampled_from(["sqs", "ssm", "kms", "dynamodb"]),
    port=st.sampled_from(["", ":4566"]),
    at=st.integers(min_value=1_700_000_000, max_value=2_000_000_000),
)
def test_a_signature_is_botocores_byte_for_byte(
    body: bytes, key: str, secret: str, token: str, region: str, service: str, port: str, at: int
) -> None:
    by = Credentials(key, secret, token)
    host = f"{service}.{region}.amazonaws.com{port}"
    headers = Signer(service, region).sign(host, "application/x-amz-json-1.0", "Amazon.Do", body, by, at)
    assert headers["authorization"] == sign_as_botocore(headers, f"https://{host}/", body, by, region, service)


def test_a_signing_key_is_kept_for_its_day_and_its_credentials_only() -> None:
    signer = Signer("sqs", "us-east-1")
    first = Credentials("key", "secret", "token")
    second = Credentials("key", "other", "token")

    def sign(by: Credentials, at: int) -> str:
        return signer.sign("h.example", "t", "x", b"{}", by, at)["authorization"]

    fresh = [
        Signer("sqs", "us-east-1").sign("h.example", "t", "x", b"{}", by, at)["authorization"]
        for by, at in ((first, AT), (second, AT), (first, AT + 86_400), (first, AT))
    ]
    assert [sign(first, AT), sign(second, AT), sign(first, AT + 86_400), sign(first, AT)] == fresh


def test_credentials_are_the_environments_and_may_have_no_token() -> None:
    assert read_credentials(ENVIRONMENT) == Credentials("ASIAEXAMPLE", "invented-secret", "invented/token+==")
    lasting = {name: value for name, value in ENVIRONMENT.items() if name != "AWS_SESSION_TOKEN"}
    by = read_credentials(lasting)
    assert by == Credentials("ASIAEXAMPLE", "invented-secret", "")
    assert "x-amz-security-token" not in Signer("sqs", "us-east-1").sign("h.example", "t", "x", b"{}", by, AT)


def test_credentials_show_nothing_of_themselves() -> None:
    assert repr(read_credentials(ENVIRONMENT)) == "<Credentials>"
    with pytest.raises(NoCredentialsError):
        read_credentials({"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE"})


class Aws:
    """AWS as a script: answers in order, the last one for ever; every request is kept, its signature checked."""

    def __init__(self, authority: Authority) -> None:
        self.asked: list[Asked] = []
        self.script: list[Answered | Callable[[Asked], Answered]] = [Answered(200, b'{"MessageId": "1"}')]
        self.lock = threading.Lock()
        self.server = TlsServer(authority, self._respond)

    def _respond(self, asked: Asked) -> Answered:
        with self.lock:
            self.asked.append(asked)
            said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return said if isinstance(said, Answered) else said(asked)

    @property
    def queue_url(self) -> str:
        return f"{self.server.url}/123456789012/airlock-meta"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> SSLContext:
    return create_default_context(cafile=str(authority.file))


@pytest.fixture
def aws(authority: Authority) -> Iterator[Aws]:
    scripted = Aws(authority)
    with scripted.server:
        yield scripted


class Desk:
    """A client with a clock and an environment that a test turns."""

    def __init__(self, tls: SSLContext, name: str = "sqs", tries: int = 2, read_s: float = 5.0) -> None:
        self.now = float(AT)
        self.environment = dict(ENVIRONMENT)
        self.waits: list[float] = []
        wire = Wire(self.environment, tls, lambda: self.now, self.waits.append)
        self.client = Client(name, wire, Patience(connect_s=5.0, read_s=read_s, tries=tries))

    def close(self) -> None:
        self.client.close()


@pytest.fixture
def desk(tls: SSLContext) -> Iterator[Desk]:
    with closing(Desk(tls)) as made:
        yield made


def error(status: int, code: str, **headers: str) -> Answered:
    """AWS's JSON for an error, with a message that repeats what was sent."""
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": CANARY}).encode()
    return Answered(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def send(desk: Desk, aws: Aws, body: str = "hello") -> dict[str, Any]:
    return desk.client.send_message(QueueUrl=aws.queue_url, MessageBody=body)  # type: ignore[no-any-return]  # as boto3


def test_a_message_arrives_as_boto3_would_send_it(desk: Desk, aws: Aws) -> None:
    assert send(desk, aws, 'two\n"lines" \N{SNOWMAN}') == {"MessageId": "1"}
    (asked,) = aws.asked
    assert (asked.method, asked.path) == ("POST", "/")
    assert asked.headers["x-amz-date"] == "20261124T150712Z", "this clock's time, unless AWS said otherwise"
    assert asked.headers["x-amz-target"] == "AmazonSQS.SendMessage"
    assert asked.headers["content-type"] == "application/x-amz-json-1.0"
    assert json.loads(asked.body) == {"QueueUrl": aws.queue_url, "MessageBody": 'two\n"lines" \N{SNOWMAN}'}
    by = Credentials("ASIAEXAMPLE", "invented-secret", "invented/token+==")
    assert asked.headers["x-amz-security-token"] == by.token
    signed = {name: asked.headers[name] for name in ("content-type", "x-amz-date", "x-amz-target")}
    expected = sign_as_botocore(signed, f"https://{asked.headers['host']}/", asked.body, by, "us-east-1", "sqs")
    assert asked.headers["authorization"] == expected


def test_a_request_has_each_header_once_and_none_that_was_not_asked_for(
    desk: Desk, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second Host would break the signature, and an Accept-Encoding would bring answers that nobody unpacks."""
    sent: list[bytes] = []
    send_on = HTTPSConnection.send

    def overhear(connection: HTTPSConnection, data: bytes) -> None:
        sent.append(data)
        send_on(connection, data)

    monkeypatch.setattr(HTTPSConnection, "send", overhear)
    send(desk, aws)
    first, *lines = b"".join(sent).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert first == "POST / HTTP/1.1"
    assert sorted(line.partition(":")[0].lower() for line in lines) == [
        "authorization",
        "content-length",
        "content-type",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
    ]


def test_a_connection_is_kept_and_shared_by_nobody(desk: Desk, aws: Aws) -> None:
    for _ in range(5):
        send(desk, aws)
    assert aws.server.connections == 1
    threads = [threading.Thread(target=send, args=(desk, aws)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(aws.asked) == 13
    assert 1 <= aws.server.connections <= 9


def test_a_connection_that_was_idle_for_long_is_not_trusted(desk: Desk, aws: Aws) -> None:
    send(desk, aws)
    desk.now += IDLE_S
    send(desk, aws)
    assert aws.server.connections == 2


def test_a_connection_that_the_other_side_closed_is_replaced(desk: Desk, aws: Aws) -> None:
    aws.script = [Answered(200, b"{}", {"connection": "close"}), Answered(200, b"{}")]
    send(desk, aws)
    send(desk, aws)
    assert aws.server.connections == 2


def test_a_connection_that_was_closed_while_it_was_idle_is_not_written_to(tls: SSLContext, aws: Aws) -> None:
    """One try must do: whatever was sent into a closed connection might have arrived."""
    aws.script = [Answered(200, b"{}", hangs_up=True), Answered(200, b"{}")]
    with closing(Desk(tls, tries=1)) as desk:
        send(desk, aws)
        (connection, _), *_rest = desk.client._connections._idle[aws.server.url.removeprefix("https://")]
        assert select.select([connection.sock], [], [], 5)[0], "the server has hung up"
        send(desk, aws)
    assert aws.server.connections == 2
    assert len(aws.asked) == 2


def test_an_answer_without_a_body_is_an_answer(desk: Desk, aws: Aws) -> None:
    """PutItem and DeleteMessage have nothing to say."""
    aws.script = [Answered(200, b"")]
    assert send(desk, aws) == {}


def test_no_more_than_four_mebibytes_are_read_of_an_answer(desk: Desk, aws: Aws) -> None:
    """What is longer is none of AWS's answers to what is asked here; the rest of it is not waited for."""
    aws.script = [Answered(200, b'{"MessageId": "%b"}' % (b"1" * MOST_READ)), Answered(200, b"{}")]
    with pytest.raises(AwsError, match="UnreadableAnswer"):
        send(desk, aws)
    assert send(desk, aws) == {}
    assert aws.server.connections == 2


@pytest.mark.parametrize(
    "passing",
    [
        error(503, "ServiceUnavailable"),
        error(500, "InternalFailure"),
        error(400, "ThrottlingException"),
        error(400, "RequestThrottled"),
        error(400, "KMS.ThrottlingException"),
        Answered(502, b"<html>"),
        Answered(None),
    ],
)
def test_what_may_pass_is_tried_again_and_then_given_up(passing: Answered, desk: Desk, aws: Aws) -> None:
    aws.script = [passing, Answered(200, b'{"MessageId": "2"}')]
    assert send(desk, aws)["MessageId"] == "2"
    aws.script = [passing]
    aws.asked.clear()
    with pytest.raises(AwsError):
        send(desk, aws)
    assert len(aws.asked) == 2
    assert desk.waits == [0.1, 0.1]


def test_each_wait_is_twice_as_long_as_the_one_before(tls: SSLContext, aws: Aws) -> None:
    aws.script = [error(503, "ServiceUnavailable")]
    with closing(Desk(tls, tries=4)) as desk:
        with pytest.raises(AwsError, match="Unavailable"):
            send(desk, aws)
        assert desk.waits == [0.1, 0.2, 0.4]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error(403, "AccessDeniedException"), "AccessDeniedException"),
        (error(400, "QueueDoesNotExist"), "QueueDoesNotExist"),
        (error(400, "KmsAccessDenied"), "KmsAccessDenied"),
        (Answered(403, b"{}", {"x-amzn-errortype": "AccessDeniedException:http://internal/"}), "AccessDeniedException"),
        (Answered(400, CANARY.encode()), "Http400"),
        (Answered(400, json.dumps({"__type": CANARY}).encode()), "Http400"),
        (Answered(400, json.dumps({"message": CANARY, "__type": "x.y#Bad"}).encode()), "Bad"),
        (Answered(301, b"", {"location": "https://elsewhere.example/"}), "Http301"),
        (Answered(200, b"{" + CANARY.encode()), "UnreadableAnswer"),
        (Answered(200, b"[]"), "UnreadableAnswer"),
        (Answered(200, b"\xff"), "UnreadableAnswer"),
    ],
)
def test_an_error_is_a_code_and_is_tried_once(answer: Answered, code: str, desk: Desk, aws: Aws) -> None:
    aws.script = [answer]
    with pytest.raises(AwsError) as refused:
        send(desk, aws, CANARY)
    assert len(aws.asked) == 1
    assert refused.value.response == {"Error": {"Code": code}}
    assert str(refused.value) == f"sqs SendMessage: {code}"
    assert CANARY not in repr(refused.value)
    assert refused.value.__cause__ is None


def test_a_clock_that_is_wrong_is_put_right_by_awss_own(desk: Desk, aws: Aws) -> None:
    theirs = datetime.datetime.fromtimestamp(AT + 600, datetime.UTC)

    def judge(asked: Asked) -> Answered:
        if asked.headers["x-amz-date"] == theirs.strftime("%Y%m%dT%H%M%SZ"):
            return Answered(200, b'{"MessageId": "3"}')
        return error(400, "InvalidSignatureException", date=format_datetime(theirs, usegmt=True))

    aws.script = [judge]
    assert send(desk, aws)["MessageId"] == "3"
    assert len(aws.asked) == 2
    send(desk, aws)
    assert len(aws.asked) == 3, "the next request is right at once"


@pytest.mark.parametrize("apart", [0, 1, -100, 240])
def test_a_clock_that_is_right_enough_is_left_alone(apart: int, desk: Desk, aws: Aws) -> None:
    """Whatever else was wrong with the signature, another time would not mend it."""
    theirs = datetime.datetime.fromtimestamp(AT + apart, datetime.UTC)
    refusal = error(400, "InvalidSignatureException", date=format_datetime(theirs, usegmt=True))
    aws.script = [refusal, Answered(200, b"{}")]
    send(desk, aws)
    assert {asked.headers["x-amz-date"] for asked in aws.asked} == {"20261124T150712Z"}


def test_without_a_date_from_aws_the_clock_is_left_alone(desk: Desk, aws: Aws) -> None:
    aws.script = [error(400, "InvalidSignatureException", date="yesterday"), Answered(200, b"{}")]
    send(desk, aws)
    assert {asked.headers["x-amz-date"] for asked in aws.asked} == {"20261124T150712Z"}


def test_a_signature_that_stays_wrong_is_given_up_after_the_second(desk: Desk, aws: Aws) -> None:
    now = datetime.datetime.fromtimestamp(AT, datetime.UTC)
    aws.script = [error(400, "InvalidSignatureException", date=format_datetime(now, usegmt=True))]
    with pytest.raises(AwsError, match="InvalidSignatureException"):
        send(desk, aws)
    assert len(aws.asked) == 2


def test_credentials_that_were_replaced_are_read_anew(desk: Desk, aws: Aws) -> None:
    def judge(asked: Asked) -> Answered:
        if "ASIANEW" in asked.headers["authorization"]:
            return Answered(200, b'{"MessageId": "4"}')
        desk.environment["AWS_ACCESS_KEY_ID"] = "ASIANEW"
        return error(403, "ExpiredTokenException")

    aws.script = [judge]
    assert send(desk, aws)["MessageId"] == "4"
    aws.script = [error(403, "ExpiredTokenException")]
    aws.asked.clear()
    with pytest.raises(AwsError, match="ExpiredTokenException"):
        send(desk, aws)
    assert len(aws.asked) == 2


def test_a_renewal_takes_no_try_away_and_gives_none(desk: Desk, aws: Aws) -> None:
    busy = error(503, "ServiceUnavailable")
    aws.script = [error(403, "ExpiredTokenException"), busy, Answered(200, b'{"MessageId": "5"}')]
    assert send(desk, aws)["MessageId"] == "5"
    aws.script = [error(403, "ExpiredTokenException"), busy]
    aws.asked.clear()
    with pytest.raises(AwsError, match="Unavailable"):
        send(desk, aws)
    assert len(aws.asked) == 3


def test_a_handshake_that_nobody_answers_ends_in_time(tls: SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        wire = Wire(ENVIRONMENT, tls, lambda: float(AT), lambda _: None)
        client = Client("sqs", wire, Patience(connect_s=0.05, read_s=60, tries=1))
        with pytest.raises(AwsError, match="ConnectionError"):
            client.send_message(QueueUrl=f"https://127.0.0.1:{deaf.getsockname()[1]}/q", MessageBody="x")


def test_a_slow_answer_ends_in_time(tls: SSLContext, aws: Aws) -> None:
    free = threading.Event()

    def dawdle(_: Asked) -> Answered:
        free.wait(10)
        return Answered(200, b"{}")

    aws.script = [dawdle]
    with pytest.raises(AwsError, match="ConnectionError"):
        send(Desk(tls, tries=1, read_s=0.05), aws)
    free.set()


def test_a_certificate_that_nobody_vouches_for_is_no_queue(aws: Aws, tmp_path: Path) -> None:
    stranger = create_default_context(cafile=str(Authority(tmp_path).file))
    with pytest.raises(AwsError, match="ConnectionError"):
        send(Desk(stranger, tries=1), aws)
    assert aws.asked == []


def test_nothing_is_sent_without_tls(desk: Desk) -> None:
    with pytest.raises(AwsError, match=r"^sqs SendMessage: EndpointNotHttps$"):
        desk.client.send_message(QueueUrl="http://127.0.0.1:1/123456789012/airlock-meta", MessageBody="x")


@pytest.mark.parametrize(
    ("name", "operation", "target", "version"),
    [
        ("ssm", "get_parameter", "AmazonSSM.GetParameter", "1.1"),
        ("kms", "sign", "TrentService.Sign", "1.1"),
        ("dynamodb", "put_item", "DynamoDB_20120810.PutItem", "1.0"),
        ("secretsmanager", "get_secret_value", "secretsmanager.GetSecretValue", "1.1"),
    ],
)
def test_each_service_is_asked_in_its_own_words(
    name: str, operation: str, target: str, version: str, tls: SSLContext, aws: Aws
) -> None:
    desk = Desk(tls, name)
    desk.environment["AWS_ENDPOINT_URL"] = aws.server.url
    aws.script = [Answered(200, b'{"Signature": "AQID", "Text": "AQID"}')]
    with closing(desk):
        answer = getattr(desk.client, operation)(Message=b"\x01\x02\x03")
    assert json.loads(aws.asked[0].body) == {"Message": "AQID"}
    assert aws.asked[0].headers["x-amz-target"] == target
    assert aws.asked[0].headers["content-type"] == f"application/x-amz-json-{version}"
    assert answer == {"Signature": b"\x01\x02\x03" if name == "kms" else "AQID", "Text": "AQID"}


def test_without_an_endpoint_of_its_own_a_service_is_where_aws_has_it(tls: SSLContext) -> None:
    desk = Desk(tls, "ssm")
    assert desk.client._find_host("GetParameter", {}) == "ssm.us-east-1.amazonaws.com"
    queue = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"}
    assert desk.client._find_host("SendMessage", queue) == "sqs.us-east-1.amazonaws.com"


def test_a_private_name_is_no_operation(desk: Desk, aws: Aws) -> None:
    """Python asks objects for such names by itself; AWS must not hear of it."""
    with pytest.raises(AttributeError, match=r"^_repr_html_$"):
        desk.client._repr_html_()
    assert aws.asked == []


def test_the_wire_verifies_certificates_and_takes_tls_1_2_or_better() -> None:
    waits: list[float] = []
    wire = open_wire(ENVIRONMENT, lambda: 17.0, waits.append)
    wire.wait(0.5)
    assert (wire.environment, wire.now(), waits) == (ENVIRONMENT, 17.0, [0.5])
    assert wire.tls.check_hostname
    assert re.fullmatch("TLSv1_[23]", wire.tls.minimum_version.name)
