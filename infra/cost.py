"""A synthesised template and a number of events in, what a month of it costs out, line by line.

`uv run python -m infra.cost [FOLDER]` prints the table of the stack in the folder that the app wrote, cdk.out by
default. Parts (functions and their memory, queues, keys, secrets, alarms, metrics, rules) are read from the template;
what one event does is written down below.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import prices
from infra.prices import MILLION, over, stepped
from infra.template import Template, resources

VOLUMES = (10_000, 100_000, 1_000_000, 100_000_000)
MONTH_S = 30 * 86_400
MONTHS_KEPT = 72
KIB, GB = 1024, 1024**3


@dataclass(frozen=True)
class Traffic:
    """What one event does. Bytes are measured with the stories of `events/`; the rest is assumed, and says so."""

    named: float = 3.5  # networks that an event names: the sample policy's
    told: float = 2.0  # networks that it then goes to: assumed, a visitor comes from one or two ads
    sanitizer_ms: float = 12  # billed, warm: assumed three times what a core of the test machine needs
    forwarder_ms: float = 450  # billed, a batch: assumed, nearly all of it the network's answer
    decision_bytes: float = 500  # a line of the sanitizer, one for each network that an event names
    held_bytes: float = 620  # a line of the forwarder: waits for its quarter hour
    told_bytes: float = 1010  # a line of the forwarder, payload included
    access_bytes: float = 260
    overhead_bytes: float = 26  # CloudWatch's own, a line
    out_bytes: float = 1400  # to a network, with its share of TLS and headers
    answer_bytes: float = 350  # to the browser
    compressed: float = 0.15  # of a log's bytes when stored: assumed
    digest_share: float = 0.1  # events under a HIPAA authorization: assumed


def price(template: Template, events: int, traffic: Traffic = Traffic()) -> Mapping[str, float]:
    """Dollars a month by what they are for; journals at their full size, that is after six years."""
    functions = {each.get("FunctionName"): each for each in resources(template, "AWS::Lambda::Function")}
    forwarders = [each for each in functions.values() if each.get("Environment.Variables.AIRLOCK_QUEUE_URL")]
    rest = any(resources(template, "AWS::ApiGateway::RestApi"))
    networks = len(forwarders)
    copies = events * min(traffic.told, networks)
    polls, batches = _count_polls(template, copies, networks)
    gb = _count_bytes(traffic, events, copies, events * min(traffic.named, networks)) / GB
    memory = max(each.get("MemorySize") for each in functions.values()) / KIB
    # Each message is received twice: it waits for its quarter hour once.
    runs = events + 2 * batches
    seconds = (events * traffic.sanitizer_ms + batches * (traffic.forwarder_ms + traffic.sanitizer_ms)) / 1000
    sqs = polls + 2 * copies + max(batches, copies / 10)  # receives; a send and a wait each; deletions by ten
    keys = sum(1 for _ in resources(template, "AWS::KMS::Key"))
    secrets = sum(1 for _ in resources(template, "AWS::SecretsManager::Secret"))
    lines = {
        "API Gateway": stepped(events, prices.REST_API_REQUESTS if rest else prices.HTTP_API_REQUESTS),
        "WAF": _price_firewall(template, events),
        "Lambda": over(runs, "lambda requests") / MILLION * prices.LAMBDA_REQUESTS
        + over(seconds * memory, "lambda gb-s") * prices.LAMBDA_GB_S,
        "SQS": over(sqs, "sqs requests") / MILLION * prices.SQS_REQUESTS,
        "Logs, written and scanned": gb * (prices.LOG_INGEST_GB + prices.LOG_SCAN_GB),
        "Logs, six years of them": gb * traffic.compressed * MONTHS_KEPT * prices.LOG_STORE_GB,
        "Metrics, alarms, dashboard": _price_watch(template),
        "Keys and secrets": keys * prices.KMS_KEY + secrets * prices.SECRET + _price_reads(functions, secrets),
        "DynamoDB": copies * traffic.digest_share / MILLION * 2 * prices.DYNAMO_READS,
        "Transfer out": over((copies * traffic.out_bytes + events * traffic.answer_bytes) / GB, "transfer gb")
        * prices.TRANSFER_GB,
    }
    return {name: dollars for name, dollars in lines.items() if dollars}


def _count_bytes(traffic: Traffic, events: int, copies: float, decisions: float) -> float:
    overhead = traffic.overhead_bytes
    return (
        events * (traffic.access_bytes + overhead)
        + decisions * (traffic.decision_bytes + overhead)
        + copies * (traffic.held_bytes + traffic.told_bytes + 2 * overhead)
    )


def _count_polls(template: Template, copies: float, forwarders: int) -> tuple[float, float]:
    """Receives a month, empty ones included, and the batches that functions are started with."""
    sources = list(resources(template, "AWS::Lambda::EventSourceMapping"))
    empty = sum(min(5, each.get("ScalingConfig.MaximumConcurrency") or 5) * MONTH_S / 20 for each in sources)
    if not forwarders:
        return 0.0, 0.0
    # Events of a quarter hour are let go together, so that batches are as full as a quarter hour makes them.
    together = copies / forwarders / (MONTH_S / 900)
    size = max(1.0, min(float(sources[0].get("BatchSize")), together))
    batches = copies / size
    return max(empty, 2 * batches), batches


def _price_firewall(template: Template, events: int) -> float:
    acls = list(resources(template, "AWS::WAFv2::WebACL"))
    rules = sum(len(acl.get("Rules")) for acl in acls)
    return len(acls) * prices.WAF_ACL + rules * prices.WAF_RULE + len(acls) * events / MILLION * prices.WAF_REQUESTS


def _price_watch(template: Template) -> float:
    counted = {
        each.get("MetricTransformations")[0]["MetricName"] for each in resources(template, "AWS::Logs::MetricFilter")
    }
    alarms = sum(1 for _ in resources(template, "AWS::CloudWatch::Alarm"))
    dashboards = sum(1 for _ in resources(template, "AWS::CloudWatch::Dashboard"))
    return (
        len(counted) * prices.METRIC
        + over(alarms, "alarms") * prices.ALARM
        + over(dashboards, "dashboards") * prices.DASHBOARD
    )


def _price_reads(functions: Mapping[str, object], secrets: int) -> float:
    """Secrets are read every five minutes, and every signature of a checkpoint is paid for."""
    reads = secrets * MONTH_S / 300
    signatures = len(functions) * MONTH_S / 300
    return reads / 10_000 * prices.SECRET_REQUESTS + signatures / 10_000 * prices.KMS_SIGNATURES


def write_table(template: Template) -> str:
    """The costs as a Markdown table, a column for each volume."""
    columns = [price(template, events) for events in VOLUMES]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [["US dollars a month at", *(f"{events:,} events" for events in VOLUMES)], ["---", *["---:"] * len(VOLUMES)]]
    rows += [[name, *(f"{column.get(name, 0.0):,.2f}" for column in columns)] for name in names]
    rows += [["**together**", *(f"**{sum(column.values()):,.2f}**" for column in columns)]]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> int:
    """Print the table of the one stack in the folder that has functions."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "cdk.out")
    templates = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.template.json"))]
    stacks = [template for template in templates if any(resources(template, "AWS::Lambda::Function"))]
    if not stacks:
        sys.stderr.write(f"{folder} holds no stack with a function: run `python -m infra.app` first\n")
        return 1
    sys.stdout.write(write_table(stacks[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
