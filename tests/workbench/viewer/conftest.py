"""A workbench that runs, the Chromium of this machine that looks at it, and axe-core that checks what it sees."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from collector.esbuild import EsbuildError, find_npm
from workbench.dev import Desk

HERE = Path(__file__).parent


@pytest.fixture
def desk(policy: Policy) -> Iterator[Desk]:
    desk = Desk(policy)
    desk.start()
    yield desk
    desk.stop()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page that fails the test where it reports an error or asks another machine for anything."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if "://127.0.0.1:" in request.url else wrong.append(request.url))
    yield page
    context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """The source of axe-core, as the lock beside this file pins it."""
    cache = request.config.cache
    assert cache is not None
    folder = Path(cache.mkdir("airlock-axe"))
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        try:
            command = [*find_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        except EsbuildError as error:
            pytest.skip(str(error))
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        if done.returncode:
            pytest.skip("npm could not install axe-core")
    return source.read_text(encoding="utf-8")
