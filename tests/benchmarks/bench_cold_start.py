"""From a process's start to its first answered event, its messages queued: the sanitizer's zip and a usual handler.

The usual handler does the same with boto3, Powertools' Logger and Metrics and its event_handler; the others send one
message and do nothing else, each with another signer. All run under awslambdaric, over loopback TLS and with bytecode,
in turns; medians, and ratios to the usual handler of the same run. Nothing is asserted but the zips' sizes.

Run it with `uv run python -m tests.benchmarks.bench_cold_start [ROUNDS]`; `uv run --with awscrt` adds AWS's own signer.
"""

import compileall
import importlib.metadata
import importlib.util
import json
import platform
import py_compile
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.bundling import Architecture
from infra.settings import read_settings
from infra.zips import build_zips
from tests.cloud.aws_stand_in import AwsStandIn
from tests.cloud.lambda_runtime import Function, lay_runtime, unpack
from tests.loopback import Authority
from workbench.request import as_http_event
from workbench.stories import read_stories

ROUNDS = 11
MOST_KB = {"sanitizer": 3 * 1024, "forwarder": 4 * 1024}
USUAL = """
import json, os
import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="usual")
metrics = Metrics(namespace="usual", service="usual")
app = APIGatewayHttpResolver()
sqs, ssm = boto3.client("sqs"), boto3.client("ssm")
urls = json.loads(os.environ["AIRLOCK_QUEUE_URLS"])

@app.post("/v1/events")
def take():
    body = app.current_event.json_body
    if ssm.get_parameter(Name=os.environ["AIRLOCK_GATE_PARAMETER"])["Parameter"]["Value"] != "open":
        return Response(status_code=204)
    for network in ("meta", "google"):
        sqs.send_message(QueueUrl=urls[network], MessageBody=json.dumps({"event": body["event"], "id": body["id"]}))
        logger.info("accepted", extra={"event": body["event"], "network": network})
    metrics.add_metric(name="Accepted", unit=MetricUnit.Count, value=1)
    return Response(status_code=204)

@metrics.log_metrics
def handler(event, context):
    return app.resolve(event, context)
"""
OWN = """
import os, sys, time
sys.path.insert(0, os.environ["SANITIZER"])
from sanitizer.aws import Client
from sanitizer.aws_wire import Patience, open_wire

sqs = Client("sqs", open_wire(os.environ, time.time, time.sleep), Patience())

def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["URL"], MessageBody="{}")
"""
BOTOCORE_SIGNER = """
import json, os, ssl
from urllib.parse import urlsplit
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
signer = SigV4Auth(Credentials(*(os.environ[name] for name in names)), "sqs", os.environ["AWS_REGION"])
pool = urllib3.PoolManager(ssl_context=ssl.create_default_context())
parts = urlsplit(os.environ["URL"])

def handler(event, context):
    body = json.dumps({"QueueUrl": os.environ["URL"], "MessageBody": "{}"})
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}
    request = AWSRequest("POST", f"https://{parts.netloc}/", headers=headers, data=body)
    signer.add_auth(request)
    assert pool.request("POST", request.url, body=body, headers=dict(request.headers)).status == 200
"""
BOTO3 = """
import os
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["URL"], MessageBody="{}")
"""
AWSCRT_SIGNER = """
import datetime, http.client, json, os, ssl
from urllib.parse import urlsplit
from awscrt.auth import AwsCredentialsProvider, AwsSigningAlgorithm, AwsSigningConfig, aws_sign_request
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.io import *
from io import BytesIO

names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
provider = AwsCredentialsProvider.new_static(*(os.environ[name] for name in names))
parts = urlsplit(os.environ["URL"])
connection = http.client.HTTPSConnection(parts.netloc, context=ssl.create_default_context())

def handler(event, context):
    body = json.dumps({"QueueUrl": os.environ["URL"], "MessageBody": "{}"}).encode()
    headers = [("host", parts.netloc), ("content-type", "application/x-amz-json-1.0"),
               ("x-amz-target", "AmazonSQS.SendMessage")]
    request = HttpRequest("POST", "/", HttpHeaders(headers), BytesIO(body))
    config = AwsSigningConfig(algorithm=AwsSigningAlgorithm.V4, service="sqs", region=os.environ["AWS_REGION"],
                              credentials_provider=provider, date=datetime.datetime.now(datetime.timezone.utc))
    signed = aws_sign_request(request, config).result(5)
    connection.request("POST", "/", body, dict(signed.headers))
    assert connection.getresponse().status == 200
"""


def lay_compiled_runtime(folder: Path, *more: str) -> Path:
    """AWS's part of the path with bytecode, as AWS has it; copies, since the installed packages may have none."""
    links = lay_runtime(folder / "links", *more)
    kept = folder / "runtime"
    shutil.copytree(links, kept, symlinks=False, ignore=shutil.ignore_patterns("__pycache__", "examples", "data.old"))
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(kept, quiet=2, invalidation_mode=mode)
    return kept


def write_handler(folder: Path, text: str) -> Path:
    """A folder with one module, compiled."""
    folder.mkdir()
    (folder / "function.py").write_text(text, encoding="utf-8")
    compileall.compile_dir(folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return folder


def start_once(
    code: Path, runtime: Path, handler: str, environment: Mapping[str, str], event: Mapping[str, Any]
) -> tuple[float, float, float]:
    """Milliseconds from the start to ready, to the first answer, and of processor time up to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Function(code, runtime, handler, environment) as function:
        ready = function.see()
        answered = function.invoke(event)
        function.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ready.kind != "ready" or answered.kind != "response":
        raise SystemExit(f"{handler}: {ready} {answered}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (ready.at - function.started_at) * 1e3, (answered.at - function.started_at) * 1e3, used * 1e3


def main() -> None:
    """Print the table and the zips' sizes."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    settings = read_settings({"script": "readable"})
    here = Architecture.X86_64 if platform.machine() == "x86_64" else Architecture.ARM64
    zips = build_zips(settings, here)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = Authority(folder)
        stand_in = AwsStandIn(authority)
        with stand_in.server:
            measure(folder, zips, authority, stand_in, rounds)
    sys.stdout.write("\n")
    too_large = False
    for name, archive in build_zips(settings, Architecture.ARM64).items():
        kilobytes = archive.stat().st_size / 1024
        most = MOST_KB.get(name, MOST_KB["forwarder"])
        sys.stdout.write(f"{name}: {kilobytes:,.0f} KiB compressed, of at most {most:,}\n")
        too_large |= kilobytes > most
    if too_large:
        raise SystemExit("a zip is too large")


def measure(folder: Path, zips: Mapping[str, Path], authority: Authority, stand_in: AwsStandIn, rounds: int) -> None:
    """Start each in turn, and print its medians."""
    has_awscrt = importlib.util.find_spec("awscrt") is not None
    runtime = lay_compiled_runtime(folder, "aws-lambda-powertools", *(["awscrt"] if has_awscrt else []))
    code = unpack(zips["sanitizer"], folder / "sanitizer")
    url = stand_in.queue_url("airlock-test-meta")
    environment = {
        "AIRLOCK_GATE_PARAMETER": "/airlock/test/gate",
        "AIRLOCK_QUEUE_URLS": json.dumps(dict.fromkeys(("meta", "google", "tiktok", "linkedin"), url)),
        "AWS_CA_BUNDLE": str(authority.file),
        "AWS_ENDPOINT_URL": stand_in.server.url,
        "POWERTOOLS_TRACE_DISABLED": "true",
        "SANITIZER": str(code),
        "SSL_CERT_FILE": str(authority.file),
        "URL": url,
    }
    story = next(each for each in read_stories() if each.name == "lead-with-consent")
    request = story.moved_to(time.time_ns() // 1_000_000).request
    event = as_http_event("POST", "/v1/events", request["headers"], request["body"])
    event["requestContext"] |= {"stage": "$default", "requestId": "1"}
    subjects = {
        "usual: boto3, Powertools, event_handler": (write_handler(folder / "usual", USUAL), "function.handler"),
        "the sanitizer's zip": (code, "sanitizer.handler.handler"),
        "one send: boto3": (write_handler(folder / "boto3", BOTO3), "function.handler"),
        "one send: botocore.auth and urllib3": (
            write_handler(folder / "botocore", BOTOCORE_SIGNER),
            "function.handler",
        ),
        "one send: sanitizer.aws": (write_handler(folder / "own", OWN), "function.handler"),
    }
    if has_awscrt:
        version = importlib.metadata.version("awscrt")
        subjects[f"one send: awscrt {version}, http.client"] = (
            write_handler(folder / "crt", AWSCRT_SIGNER),
            "function.handler",
        )
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in subjects}
    for turn in range(rounds + 1):
        for name, (where, handler) in subjects.items():
            figures = start_once(where, runtime, handler, environment, event)
            if turn:  # the first warms the page cache
                taken[name].append(figures)
    write = sys.stdout.write
    write(f"{'median of ' + str(rounds):42}{'ready ms':>10}{'answer ms':>11}{'ratio':>7}{'cpu ms':>9}{'ratio':>7}\n")
    usual = [
        statistics.median(column) for column in zip(*taken["usual: boto3, Powertools, event_handler"], strict=True)
    ]
    for name, rows in taken.items():
        ready, answered, used = (statistics.median(column) for column in zip(*rows, strict=True))
        ratios = answered / usual[1], used / usual[2]
        write(f"{name:42}{ready:10.0f}{answered:11.0f}{ratios[0]:7.2f}{used:9.0f}{ratios[1]:7.2f}\n")


if __name__ == "__main__":
    main()
