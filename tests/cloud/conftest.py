"""What the suites of the cloud share: the zips, AWS's own runtime, an authority for TLS, and the one deployment."""

import json
import os
import platform
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from airlock.address_book import Destination
from infra.bundling import Architecture
from infra.settings import read_settings
from infra.zips import build_zips
from tests.cloud.clinic import HOST, NAME, Clinic
from tests.cloud.deployment import adapt, deploy, upload
from tests.cloud.emulator import ACCOUNT, REGION, ROOT, Emulator, NotInstalledError, install
from tests.cloud.lambda_runtime import lay_runtime
from tests.cloud.networks import HOSTS, Networks
from tests.loopback import Authority

REQUIRED = "AIRLOCK_CLOUD_TESTS"
"""Set to `required`, a cloud test that cannot be run here fails instead of being skipped."""
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-4000-8000-000000000001"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is of the cloud, and the tests of one deployment stay together."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("cloud")
            item.add_marker(pytest.mark.xdist_group("cloud"))


def leave_out(reason: str) -> None:
    """Skip, or fail where the cloud's tests are required."""
    if os.environ.get(REQUIRED) == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def zips() -> Mapping[str, Path]:
    """The zips for this machine's processor; but for the wheels the same bytes as those that are deployed."""
    here = {"x86_64": Architecture.X86_64, "aarch64": Architecture.ARM64}.get(platform.machine())
    if here is None:
        leave_out(f"no wheels are locked for {platform.machine()}")
    if sys.version_info[:2] != (3, 13):
        leave_out("the zips are for Python 3.13, as the functions' runtime is")
    return build_zips(read_settings({"script": "readable"}), here or Architecture.ARM64)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AWS's part of a function's path."""
    if platform.system() != "Linux":
        leave_out("awslambdaric runs on Linux")
    return lay_runtime(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def canary() -> str:
    """A name that stands in no code, no story and no other run: what it is found in has leaked it."""
    return f"Canary{secrets.token_hex(8)}"


@pytest.fixture(scope="session")
def tokens() -> Mapping[Destination, str]:
    """An invented token of each network's form, unlike that of any other run."""
    return {
        Destination.META: f"EAA{secrets.token_hex(20)}",
        Destination.TIKTOK: secrets.token_hex(20),
        Destination.LINKEDIN: f"AQ{secrets.token_hex(40)}",
        Destination.GOOGLE: f"1//{secrets.token_hex(30)}",
    }


@pytest.fixture(scope="session")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The default stack's template, as `python -m infra.app` writes it."""
    folder = tmp_path_factory.mktemp("synthesis")
    words = ["-c", "script=readable", "-c", f"certificate_arn={CERTIFICATE}", "-o", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    template: Mapping[str, Any] = json.loads((folder / f"{NAME}.template.json").read_text("utf-8"))
    return template


@pytest.fixture(scope="session")
def template(synthesis: Mapping[str, Any]) -> dict[str, Any]:
    """The template as the emulator takes it."""
    return adapt(synthesis)


@pytest.fixture(scope="session")
def clinic(
    template: dict[str, Any],
    zips: Mapping[str, Path],
    authority: Authority,
    canary: str,
    tokens: Mapping[Destination, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Clinic]:
    """The default stack deployed into an account of this run's, its secrets filled as an operator fills them."""
    try:
        install()
    except NotInstalledError as error:
        leave_out(f"the AWS emulator cannot be installed: {error}")
    networks = Networks(authority, tokens)
    folder = tmp_path_factory.mktemp("account")
    with networks.server, Emulator(folder, authority, HOST, list(HOSTS), networks.server.port) as emulator:
        upload(emulator, zips, template)
        deployed = Clinic(emulator, networks, authority, canary, deploy(emulator, NAME, template))
        for destination, token in tokens.items():
            given = token if destination is not Destination.GOOGLE else write_google_credential(token)
            done = deployed.run("secret", "set", destination, given=given)
            assert done.returncode == 0, done.stderr
            assert token not in done.stdout + done.stderr
        yield deployed
        deployed.http.close()


def write_google_credential(refresh_token: str) -> str:
    """What gcloud writes for a user."""
    document = {"client_id": "1.apps.example", "client_secret": "invented", "refresh_token": refresh_token}
    return json.dumps({"type": "authorized_user", **document})
