"""A deployed clinic as its surroundings see it: a browser posts, a system signs, an operator looks."""

import json
import os
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx

from airlock.address_book import Destination
from tests.cloud.emulator import ROOT, Emulator
from tests.cloud.networks import Networks
from tests.loopback import Authority
from workbench.stories import read_stories

NAME = "airlock-glow-medspa"
HOST = "collect.glow-medspa.example"
Seen = TypeVar("Seen")
_PATIENCE_S = 40.0


def wait_for(look: Callable[[], Seen], what: str) -> Seen:
    """What `look` sees as soon as it sees anything."""
    ends = time.monotonic() + _PATIENCE_S
    while not (seen := look()):
        if time.monotonic() > ends:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.1)
    return seen


def hours_ago(hours: float) -> int:
    """Epoch milliseconds; the deployed functions have the real clock."""
    return time.time_ns() // 1_000_000 - round(hours * 3_600_000)


class Clinic:
    """The deployment, its account and the networks around it."""

    def __init__(
        self, emulator: Emulator, networks: Networks, authority: Authority, canary: str, resources: Mapping[str, str]
    ) -> None:
        self.emulator = emulator
        self.networks = networks
        self.authority = authority
        self.canary = canary
        self.resources = resources
        self.sqs = emulator.client("sqs")
        context = ssl.create_default_context(cafile=str(authority.file))
        self.http = httpx.Client(verify=context, trust_env=False, timeout=60)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A request to the clinic's own host name."""
        told = {"host": HOST, **(headers or {})}
        url = f"https://127.0.0.1:{self.emulator.port}{path}"
        return self.http.request(method, url, content=body, headers=told, extensions={"sni_hostname": HOST})

    def post(self, story: str = "lead-with-consent", **fields: Any) -> httpx.Response:
        """A browser's event: a story of the book that happens now, under an id of its own, with a canary all over."""
        told = next(each for each in read_stories() if each.name == story).moved_to(time.time_ns() // 1_000_000).request
        body = json.loads(told["body"])
        body |= {"id": str(uuid.uuid4()), "title": self.canary, "referrer": f"https://x.example/?q={self.canary}"}
        body["url"] += f"{'&' if '?' in body['url'] else '?'}patient={self.canary}"
        body |= {"user": {"email": f"{self.canary}@mail.example"}, **fields}
        headers = told["headers"] | {"user-agent": self.canary, "x-forwarded-for": "203.0.113.7"}
        return self.ask("POST", "/v1/events", json.dumps(body).encode(), headers)

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """The `airlock` command in this account."""
        environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_CA_BUNDLE": str(self.authority.file),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "functions"),
        }
        command = [sys.executable, "-m", "workbench.command", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=given, capture_output=True, text=True, check=False, timeout=60
        )

    def queue_url(self, network: str, *, dead: bool = False) -> str:
        """A queue of the deployment."""
        url: str = self.sqs.get_queue_url(QueueName=f"{NAME}-{network}{'-dead' if dead else ''}")["QueueUrl"]
        return url

    def count(self, network: str, *, dead: bool = False) -> int:
        """How many messages are on a queue, those in hand too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.queue_url(network, dead=dead)
        counts = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(counts[name]) for name in names)

    def look_into(self, network: str, *, dead: bool = False) -> list[dict[str, Any]]:
        """Messages of a queue, which stay there."""
        asked = {"MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        url = self.queue_url(network, dead=dead)
        messages: list[dict[str, Any]] = self.sqs.receive_message(QueueUrl=url, **asked).get("Messages", [])
        return messages

    def take_off(self, network: str, message: Mapping[str, Any]) -> None:
        """Delete a dead letter."""
        self.sqs.delete_message(QueueUrl=self.queue_url(network, dead=True), ReceiptHandle=message["ReceiptHandle"])

    def log_lines(self) -> Iterator[str]:
        """Every line of every log group in the account."""
        logs = self.emulator.client("logs")
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                for part in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                    yield from (event["message"] for event in part["events"])

    def journal(self, **wanted: Any) -> list[dict[str, Any]]:
        """The journal's lines that have these fields."""
        found = []
        for line in self.log_lines():
            for part in line.splitlines():
                try:
                    document = json.loads(part)
                except ValueError:
                    continue
                if isinstance(document, dict) and wanted.items() <= document.items():
                    found.append(document)
        return found

    def told(self, destination: Destination) -> list[dict[str, Any]]:
        """What a network took: the events of its requests."""
        taken = [each.request for each in self.networks.read(destination) if each.status == 200]
        return [event for request in taken for event in json.loads(request.body).get("data", [])]


def write_policy(folder: Path, text: str, replacements: Sequence[tuple[str, str]] = ()) -> Path:
    """A policy's file."""
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file = folder / "clinic.toml"
    file.write_text(text, encoding="utf-8")
    return file
