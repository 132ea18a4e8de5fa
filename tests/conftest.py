"""What several suites share: the policy, the clock of the stories, the option that freezes them."""

from pathlib import Path

import pytest

from airlock.policy import Policy
from airlock.policy_document import compile_policy

FUNCTIONS = Path(__file__).parent.parent / "functions"


def pytest_addoption(parser: pytest.Parser) -> None:
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
