"""What several suites share: the policy, the clock of the stories, the option that freezes them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from airlock.policy_document import compile_policy

FUNCTIONS = Path(__file__).parent.parent / "functions"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail if any test was skipped: nothing may go unproven")
    parser.addoption("--freeze", action="store_true", help="write the stories' results as they are now; then read them")


@pytest.fixture(scope="session")
def policy_text() -> str:
    return (FUNCTIONS / "clinic.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def policy(policy_text: str) -> Policy:
    return compile_policy(policy_text)


@pytest.fixture
def now() -> int:
    """2026-11-24 15:07:12 UTC in epoch milliseconds."""
    return 1_795_532_832_000


# One Playwright for all suites: it bears no second one in its process.
_ONLY_LOOPBACK = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Any]]:
    """Starts the Chromium of this machine, which resolves names by the given rules and no others."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium on this machine")
    closed = [
        "--no-sandbox",  # it runs as root where tests run in a container
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with api.sync_playwright() as playwright:
        yield lambda rules, *more: playwright.chromium.launch(
            executable_path=executable, args=[*closed, f"--host-resolver-rules={rules}", *more]
        )


@pytest.fixture(scope="session")
def chromium(launch: Callable[..., Any]) -> Iterator[Any]:
    """Chromium, which can reach loopback and nothing else."""
    browser = launch(_ONLY_LOOPBACK)
    yield browser
    browser.close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With --no-skips a run that proved less than it could is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not session.config.getoption("--no-skips") or reporter is None:
        return
    # The browsers beside Chromium are for machines that have them.
    skipped = [report for report in reporter.stats.get("skipped", []) if "other_engines" not in report.keywords]
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reporter.write_line(f"skipped, which --no-skips forbids: {report.nodeid}: {reason}", red=True)
    if skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
