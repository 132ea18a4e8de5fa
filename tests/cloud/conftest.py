"""What the suites of the cloud share: the zips as they are deployed, AWS's own runtime, an authority for TLS."""

import platform
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.bundling import Architecture
from infra.settings import read_settings
from infra.zips import build_zips
from tests.cloud.lambda_runtime import lay_runtime
from tests.loopback import Authority


@pytest.fixture(scope="session")
def zips() -> Mapping[str, Path]:
    """Both zips for this machine's processor; but for the wheels the same bytes as those that are deployed."""
    here = {"x86_64": Architecture.X86_64, "aarch64": Architecture.ARM64}.get(platform.machine())
    if here is None:
        pytest.skip(f"no wheels are locked for {platform.machine()}")
    return build_zips(read_settings({"script": "readable"}), here)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AWS's part of a function's path."""
    if platform.system() != "Linux":
        pytest.skip("awslambdaric runs on Linux")
    return lay_runtime(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def canary() -> str:
    """A name that stands in no code, no story and no other run: what it is found in has leaked it."""
    return f"Canary{secrets.token_hex(8)}"
