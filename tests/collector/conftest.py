"""The script as it is served, two hosts to serve it, and a real browser; each skips with a reason where it has to."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy, read_policy
from collector.build import Adapter, EsbuildError, Shim, assemble, install_esbuild, minify
from tests.collector.hosts import Host

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read_policy(ROOT / "functions" / "clinic.toml")


@pytest.fixture(scope="session")
def esbuild() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("npm is missing, so nothing can be minified")
    try:
        return install_esbuild(ROOT / "build" / "collector")
    except EsbuildError as error:
        pytest.skip(f"esbuild cannot be installed here: {error}")


Script = Callable[..., str]


@pytest.fixture(scope="session")
def script(policy: Policy, esbuild: Path) -> Script:
    """The minified script with the parts that are named."""
    return build_script(policy, esbuild)


def build_script(policy: Policy, esbuild: Path) -> Script:
    made: dict[tuple[str, ...], str] = {}

    def make(*parts: Shim | Adapter) -> str:
        if parts not in made:
            shims = [part for part in parts if isinstance(part, Shim)]
            adapters = [part for part in parts if isinstance(part, Adapter)]
            made[parts] = minify(assemble(policy, shims, adapters), esbuild)
        return made[parts]

    return make


@pytest.fixture
def site() -> Iterator[Host]:
    with Host("127.0.0.1").serve() as host:
        yield host


@pytest.fixture
def collector(script: Script) -> Iterator[Host]:
    with Host("localhost").serve() as host:
        host.put("/airlock.js", script(), "text/javascript")
        yield host


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium, which can reach loopback and nothing else."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium on this machine")
    closed = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", closed])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """One visitor."""
    visitor = chromium.new_context()
    visitor.set_default_timeout(15_000)
    yield visitor
    visitor.close()
