"""The desk that the sanitizer's suites use."""

from typing import TYPE_CHECKING

import pytest

from airlock.policy import Policy

if TYPE_CHECKING:
    from tests.sanitizer.desk import Desk


@pytest.fixture
def desk(policy: Policy) -> "Desk":
    from tests.sanitizer.desk import Desk  # noqa: PLC0415 - most suites here need no forwarder

    return Desk(policy)
