"""What a warm SQS send costs the sanitizer, in processor time and in all, beside boto3's in the same run.

Each client has a process of its own and sends over loopback TLS to one server with a fixed answer, in turns; medians.
Nothing is asserted. Run it with `uv run python -m tests.benchmarks.bench_send [SENDS]`.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cloud.aws_stand_in import AwsStandIn
from tests.cloud.lambda_runtime import ROLE
from tests.loopback import Authority

SENDS, TURNS = 300, 5
BODY = json.dumps({"v": 1, "event": {"filler": "x" * 400}})
LOOP = """
import os, sys, time
sends, url, body = int(sys.argv[1]), os.environ["URL"], os.environ["BODY"]
for _ in range(20):
    client.send_message(QueueUrl=url, MessageBody=body)
used, began = time.process_time(), time.perf_counter()
for _ in range(sends):
    client.send_message(QueueUrl=url, MessageBody=body)
print((time.process_time() - used) / sends * 1e6, (time.perf_counter() - began) / sends * 1e6)
"""
CLIENTS = {
    "boto3": "import boto3\nclient = boto3.client('sqs')\n",
    "sanitizer.aws": (
        "import os, time\nfrom sanitizer.aws import Client\nfrom sanitizer.aws_wire import Patience, open_wire\n"
        "client = Client('sqs', open_wire(os.environ, time.time, time.sleep), Patience(5.0, 5.0))\n"
    ),
}


def main() -> None:
    """Print the table."""
    sends = int(sys.argv[1]) if len(sys.argv) > 1 else SENDS
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in CLIENTS}
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        stand_in = AwsStandIn(authority)
        with stand_in.server:
            environment = {
                **ROLE,
                "AWS_CA_BUNDLE": str(authority.file),
                "AWS_ENDPOINT_URL": stand_in.server.url,
                "BODY": BODY,
                "PYTHONPATH": str(Path(__file__).parents[2] / "functions"),
                "SSL_CERT_FILE": str(authority.file),
                "URL": stand_in.queue_url("airlock-bench"),
            }
            for _ in range(TURNS):
                for name, text in CLIENTS.items():
                    command = [sys.executable, "-c", text + LOOP, str(sends)]
                    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                    used, lasted = map(float, done.stdout.split())
                    taken[name].append((used, lasted))
    sys.stdout.write(f"{'one warm send':16}{'cpu us':>9}{'ratio':>7}{'wall us':>10}{'ratio':>7}\n")
    first = [statistics.median(column) for column in zip(*taken["boto3"], strict=True)]
    for name, rows in taken.items():
        used, lasted = (statistics.median(column) for column in zip(*rows, strict=True))
        sys.stdout.write(f"{name:16}{used:9.0f}{used / first[0]:7.2f}{lasted:10.0f}{lasted / first[1]:7.2f}\n")


if __name__ == "__main__":
    main()
