"""A visitor's consent and opt-out signal in, the reason to withhold out; whatever is in doubt withholds."""

from airlock.outcome import Reason
from airlock.policy import Policy

CLOCK_SKEW_MS = 300_000


def judge_consent(consent: object, event_at: int, policy: Policy) -> Reason | None:
    """None where every required category is exactly true and dated well; times are epoch milliseconds."""
    if type(consent) is not dict:
        return Reason.NO_CONSENT
    for category in policy.consent_required:
        if consent.get(category) is not True:
            return Reason.NO_CONSENT
    given_at = consent.get("at")
    if type(given_at) is not int or not -CLOCK_SKEW_MS <= event_at - given_at <= policy.consent_max_age_ms:
        return Reason.STALE_CONSENT
    return None
