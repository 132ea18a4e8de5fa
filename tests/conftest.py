"""What several suites share: the policy, the clock of the stories, the option that freezes them."""

from pathlib import Path

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
