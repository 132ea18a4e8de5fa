"""Consent is exactly true, dated and fresh, or it is none."""

from typing import Any

import pytest

from airlock.outcome import Reason
from airlock.policy import Policy
from sanitizer.consent import judge_consent
from tests.sanitizer.visits import DAY, MINUTE, NOW, change_policy

GIVEN: dict[str, Any] = {"marketing": True, "at": NOW - DAY}


@pytest.mark.parametrize(
    "consent",
    [
        None,
        {},
        [],
        [True],
        "granted",
        "true",
        True,
        1,
        {"at": NOW},
        {"marketing": "true", "at": NOW},
        {"marketing": "granted", "at": NOW},
        {"marketing": "yes", "at": NOW},
        {"marketing": 1, "at": NOW},
        {"marketing": 1.0, "at": NOW},
        {"marketing": [True], "at": NOW},
        {"marketing": {"granted": True}, "at": NOW},
        {"marketing": None, "at": NOW},
        {"marketing": False, "at": NOW},
        {"Marketing": True, "at": NOW},
        {"MARKETING": True, "at": NOW},
        {"marketing ": True, "at": NOW},
        {"analytics": True, "ad_storage": True, "at": NOW},
        {"consent": {"marketing": True, "at": NOW}},
    ],
)
def test_whatever_is_not_exactly_true_is_no_consent(consent: object, policy: Policy) -> None:
    """No consent is ever read out of a word, a number or a key that looks like it."""
    assert judge_consent(consent, NOW, policy) is Reason.NO_CONSENT


@pytest.mark.parametrize(
    "at",
    [None, "1795532832000", True, False, 1795532832000.0, [], {}, 0, -1, NOW // 1000, NOW * 1000, 10**30, -(10**30)],
)
def test_consent_without_a_plausible_date_is_stale(at: object, policy: Policy) -> None:
    """Seconds where milliseconds belong are a date in 1970."""
    assert judge_consent(GIVEN | {"at": at}, NOW, policy) is Reason.STALE_CONSENT
    assert judge_consent({"marketing": True}, NOW, policy) is Reason.STALE_CONSENT


@pytest.mark.parametrize(
    ("given_at", "verdict"),
    [
        (NOW - 180 * DAY - 1, Reason.STALE_CONSENT),
        (NOW - 180 * DAY, None),
        (NOW, None),
        (NOW + 5 * MINUTE, None),
        (NOW + 5 * MINUTE + 1, Reason.STALE_CONSENT),
    ],
)
def test_consent_holds_from_its_day_to_its_last(given_at: int, verdict: Reason | None, policy: Policy) -> None:
    """180 days to the millisecond, and five minutes for a clock that is wrong."""
    assert judge_consent(GIVEN | {"at": given_at}, NOW, policy) is verdict


def test_every_category_that_the_policy_names_is_needed(policy_text: str) -> None:
    policy = change_policy(policy_text, ('required = ["marketing"]', 'required = ["marketing", "health_data"]'))
    assert judge_consent(GIVEN, NOW, policy) is Reason.NO_CONSENT
    assert judge_consent(GIVEN | {"health_data": False}, NOW, policy) is Reason.NO_CONSENT
    assert judge_consent(GIVEN | {"health_data": True}, NOW, policy) is None
    assert judge_consent(GIVEN | {"health_data": True, "other": False}, NOW, policy) is None


def test_the_policy_says_how_long_consent_lasts(policy_text: str) -> None:
    policy = change_policy(policy_text, ("max_age_days = 180", "max_age_days = 1"))
    assert judge_consent(GIVEN, NOW, policy) is None
    assert judge_consent(GIVEN, NOW + 1, policy) is Reason.STALE_CONSENT
