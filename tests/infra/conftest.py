"""The stack as the clinic's operator makes it: synthesised once a run, by the command itself, as on a fresh machine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from airlock.policy_file import read_policy
from infra.settings import read_settings
from infra.template import Resource, Template, resources
from infra.zips import build_zips

ROOT = Path(__file__).parents[2]
POLICY = Path(__file__).parent / "clinic.toml"
NAME = "airlock-glow-medspa"
ARN = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000001"
# What this policy does not have and the second stack has: a webhook.
HOOK = """
[[hook]]
name = "calls"
preset = "callrail"
event = "lead"
why = "count telephone calls per campaign"
reviewed_by = "privacy officer"
reviewed_on = 2026-11-02
"""


Pick = Callable[..., list[Resource]]


@dataclass(frozen=True)
class Synthesis:
    """One run of the app, and the folder that it wrote."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        return (self.folder.parent / "said.txt").read_text("utf-8")

    def read(self, stack: str = NAME) -> Template:
        assert self.process.wait(timeout=180) == 0, self.said
        template: Template = json.loads((self.folder / f"{stack}.template.json").read_text("utf-8"))
        return template


def fresh_environment(home: Path) -> Mapping[str, str]:
    """No AWS account, no Docker, no Node but the packaged one, and nothing of the network but a closed port."""
    tools = home / "bin"
    tools.mkdir(parents=True)
    uv = shutil.which("uv")
    assert uv, "uv is needed"
    (tools / "uv").symlink_to(uv)
    closed = "http://127.0.0.1:9"
    known = os.environ  # noqa: TID251 - of which nothing but these is handed on
    kept = {name: known[name] for name in ("HOME", "LANG", "UV_CACHE_DIR") if name in known}
    return kept | {"PATH": str(tools), "PYTHONPATH": "functions:.", "HTTP_PROXY": closed, "HTTPS_PROXY": closed}


def start_app(folder: Path, *context: str) -> Synthesis:
    words = [word for pair in ("script=readable", *context) for word in ("-c", pair)]
    command = [sys.executable, "-m", "infra.app", *words, "-o", str(folder / "out")]
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=fresh_environment(folder), stdout=said, stderr=subprocess.STDOUT
        )
    return Synthesis(folder / "out", process)


@pytest.fixture(scope="session")
def clinic() -> Policy:
    """The policy of the stacks."""
    return read_policy(POLICY)


@pytest.fixture(scope="session")
def syntheses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Synthesis]]:
    """Both edges, synthesised side by side."""
    # The zips are in the cache before, so that nothing has to be fetched while the network is closed.
    http, rest = tmp_path_factory.mktemp("http"), tmp_path_factory.mktemp("rest")
    with_hook = rest / "clinic.toml"
    with_hook.write_text(POLICY.read_text("utf-8") + HOOK, "utf-8")
    contexts = {
        http: (f"policy={POLICY}",),
        rest: (f"policy={with_hook}", "edge=rest", f"certificate_arn={ARN}", "concurrency_quota=1000"),
    }
    for context in contexts.values():
        build_zips(read_settings(dict(word.split("=", 1) for word in ("script=readable", *context))))
    started = {folder.name[:4]: start_app(folder, *context) for folder, context in contexts.items()}
    yield started
    for synthesis in started.values():
        synthesis.process.kill()
        synthesis.process.wait()


@pytest.fixture(scope="session")
def template(syntheses: Mapping[str, Synthesis]) -> Template:
    """The default stack: HTTP API, certificate of its own."""
    return syntheses["http"].read()


@pytest.fixture(scope="session")
def rest_template(syntheses: Mapping[str, Synthesis]) -> Template:
    """The stack with the REST edge, a webhook, a certificate by ARN and room for reserved concurrency."""
    return syntheses["rest"].read()


@pytest.fixture(scope="session")
def certificate_template(syntheses: Mapping[str, Synthesis], template: Template) -> Template:
    del template
    return json.loads((syntheses["http"].folder / f"{NAME}-certificate.template.json").read_text("utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def pick(template: Template) -> Pick:
    """The default stack's resources of a type; in short, `pick("SQS::Queue")`."""

    def find(kind: str, **equals: Any) -> list[Resource]:
        found = [each for each in resources(template, f"AWS::{kind}") if equals.items() <= each.properties.items()]
        assert found, f"no {kind} in the stack"
        return found

    return find
