"""Each Lambda's real zip under AWS's real runtime client: it starts and works, and without a dependency fails whole.

Only what AWS itself brings (awslambdaric, boto3) is on the path besides the zip.
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from airlock import wire
from airlock.clean import CleanEvent
from tests.cloud.aws_stand_in import AwsStandIn
from tests.cloud.lambda_runtime import Function, unpack
from tests.loopback import Authority
from workbench.request import as_http_event
from workbench.stories import Story, read_stories

SANITIZER, FORWARDER = "sanitizer.handler.handler", "forwarder.handler.handler"
NETWORKS = ("meta", "google", "tiktok", "linkedin")


@pytest.fixture(scope="module")
def code(zips: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("code")
    return {name: unpack(archive, folder / name) for name, archive in zips.items()}


@pytest.fixture
def aws(authority: Authority) -> Iterator[AwsStandIn]:
    stand_in = AwsStandIn(authority, {"airlock/meta": "EAAinvented"})
    with stand_in.server:
        yield stand_in


def make_environment(aws: AwsStandIn, authority: Authority, part: str) -> dict[str, str]:
    """What the stack puts into a function's environment, with AWS behind one loopback address."""
    trusted = str(authority.file)
    shared = {
        "AIRLOCK_AUTHORIZATIONS_TABLE": "airlock-test-authorizations",
        "AIRLOCK_GATE_PARAMETER": "/airlock/test/gate",
        "AIRLOCK_VERSION": "test",
        "AWS_CA_BUNDLE": trusted,
        "AWS_ENDPOINT_URL": aws.server.url,
        "SSL_CERT_FILE": trusted,
    }
    if part == "sanitizer":
        urls = {network: aws.queue_url(f"airlock-test-{network}") for network in NETWORKS}
        return shared | {"AIRLOCK_QUEUE_URLS": json.dumps(urls)}
    return shared | {
        "AIRLOCK_DEAD_LETTER_URL": aws.queue_url("airlock-test-meta-dead"),
        "AIRLOCK_DESTINATION": "meta",
        "AIRLOCK_LEDGER_TABLE": "airlock-test-ledger",
        "AIRLOCK_QUEUE_URL": aws.queue_url("airlock-test-meta"),
    }


def tell(story: Story, canary: str, **fields: Any) -> dict[str, Any]:
    """The story's request as API Gateway hands it over, with a canary in free text."""
    request = story.moved_to(now()).request
    body = json.loads(request["body"]) | {"title": canary, "note": {"deep": [canary]}} | fields
    body["url"] += f"&note={canary}"
    return as_http_event("POST", "/v1/events", request["headers"], json.dumps(body))


def now() -> int:
    return time.time_ns() // 1_000_000


def find_story(name: str) -> Story:
    return next(story for story in read_stories() if story.name == name)


def as_sqs_event(message: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": "m-1",
                "receiptHandle": "r-1",
                "body": message,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(now()),
                },
                "eventSource": "aws:sqs",
            }
        ]
    }


def test_the_sanitizers_zip_starts_and_queues_a_real_event(
    code: Mapping[str, Path], runtime: Path, aws: AwsStandIn, authority: Authority, canary: str
) -> None:
    environment = make_environment(aws, authority, "sanitizer")
    with Function(code["sanitizer"], runtime, SANITIZER, environment) as function:
        assert function.see().kind == "ready"
        seen = function.invoke(tell(find_story("lead-with-consent"), canary))
        assert (seen.kind, seen.said["statusCode"]) == ("response", 204)
        again = function.invoke(as_http_event("GET", "/v1/health", {}, None))
        assert again.said["statusCode"] == 200
        function.stop()
    queues = {message["QueueUrl"].rpartition("-")[2] for message in aws.messages}
    assert queues == {"meta", "google"}
    for message in aws.messages:
        assert isinstance(wire.read(message["MessageBody"].encode()), CleanEvent)
        assert canary not in message["MessageBody"]
    lines = [json.loads(line) for line in function.log.splitlines()]
    assert [line["outcome"] for line in lines].count("accepted") == 2
    assert canary.encode() not in function.log
    assert "AmazonSSM.GetParameter" in aws.asked, "the kill switch was asked"


def test_a_sanitizer_whose_queues_refuse_asks_the_browser_to_come_again(
    code: Mapping[str, Path], runtime: Path, aws: AwsStandIn, authority: Authority, canary: str
) -> None:
    urls = dict.fromkeys(NETWORKS, f"{aws.server.url.replace('https', 'http')}/123456789012/not-over-tls")
    environment = make_environment(aws, authority, "sanitizer") | {"AIRLOCK_QUEUE_URLS": json.dumps(urls)}
    with Function(code["sanitizer"], runtime, SANITIZER, environment) as function:
        seen = function.invoke(tell(find_story("lead-with-consent"), canary))
        assert (seen.kind, seen.said["statusCode"]) == ("response", 503)
        function.stop()
    assert aws.messages == []
    assert b"queue_unavailable" in function.log
    assert canary.encode() not in function.log


def test_the_forwarders_zip_starts_and_puts_a_message_back_whose_moment_has_not_come(
    code: Mapping[str, Path], runtime: Path, aws: AwsStandIn, authority: Authority, canary: str
) -> None:
    """No network is reached here: the deployment's test goes on from this point."""
    with Function(code["sanitizer"], runtime, SANITIZER, make_environment(aws, authority, "sanitizer")) as sanitizer:
        sanitizer.invoke(tell(find_story("lead-with-consent"), canary, at=now()))
    message = next(each["MessageBody"] for each in aws.messages if each["QueueUrl"].endswith("-meta"))
    with Function(code["forwarder"], runtime, FORWARDER, make_environment(aws, authority, "forwarder")) as function:
        assert function.see().kind == "ready"
        seen = function.invoke(as_sqs_event(message))
        assert (seen.kind, seen.said) == ("response", {"batchItemFailures": [{"itemIdentifier": "m-1"}]})
        seen = function.invoke(as_sqs_event(f'{{"what is this": "{canary}"}}'))
        assert seen.kind == "response"
        function.stop()
    assert b"not_yet" in function.log
    assert canary.encode() not in function.log


@pytest.mark.parametrize(
    ("part", "handler", "missing"),
    [
        ("sanitizer", SANITIZER, "msgspec"),
        ("sanitizer", SANITIZER, "airlock"),
        ("forwarder", FORWARDER, "httpx"),
        ("forwarder", FORWARDER, "aws_lambda_powertools"),
    ],
)
def test_without_a_dependency_a_function_does_not_start_and_says_which_one(
    part: str,
    handler: str,
    missing: str,
    zips: Mapping[str, Path],
    runtime: Path,
    aws: AwsStandIn,
    authority: Authority,
    tmp_path: Path,
) -> None:
    broken = unpack(zips[part], tmp_path / part)
    shutil.rmtree(broken / missing)
    with Function(broken, runtime, handler, make_environment(aws, authority, part)) as function:
        seen = function.see()
        assert seen.kind == "init-error"
        assert seen.said["errorType"] == "Runtime.ImportModuleError"
        assert f"No module named '{missing}" in seen.said["errorMessage"]
        assert function.wait_for_end() == 1
    assert aws.asked == []


@pytest.mark.parametrize(("part", "handler"), [("sanitizer", SANITIZER), ("forwarder", FORWARDER)])
def test_with_a_policy_that_was_tampered_with_a_function_does_not_start(
    part: str,
    handler: str,
    zips: Mapping[str, Path],
    runtime: Path,
    aws: AwsStandIn,
    authority: Authority,
    canary: str,
    tmp_path: Path,
) -> None:
    broken = unpack(zips[part], tmp_path / part)
    policy = broken / "policy.json"
    policy.write_bytes(policy.read_bytes().replace(b"Glow Medspa", canary.encode()).replace(b",", b", ", 1))
    with Function(broken, runtime, handler, make_environment(aws, authority, part)) as function:
        seen = function.see()
        assert seen.kind == "init-error"
        assert seen.said["errorType"] == "PolicyError"
        function.wait_for_end()
    assert canary not in json.dumps(seen.said)
    assert canary.encode() not in function.log
    assert aws.asked == []
