"""The policy that the forwarder's suites use."""

import pytest

from airlock.policy import Policy
from tests.forwarder.desk import build_policy


@pytest.fixture(scope="session")
def all_nine(policy_text: str) -> Policy:
    """The sample policy with all nine networks on."""
    return build_policy(policy_text)
