"""What AWS takes for what the stack uses: US dollars, us-east-1, list prices without a contract (read 2026-11-23).

Free tiers are those that do not end after a year. Sources: the services' pricing pages; where a page could not be read,
published figures that agree with each other.
"""

from collections.abc import Mapping
from types import MappingProxyType

MILLION = 1_000_000
HTTP_API_REQUESTS = ((300 * MILLION, 1.00), (float("inf"), 0.90))  # a million, up to so many a month
REST_API_REQUESTS = ((333 * MILLION, 3.50), (667 * MILLION, 2.80), (float("inf"), 2.38))
LAMBDA_REQUESTS = 0.20  # a million, after a million
LAMBDA_GB_S = 0.0000133334  # arm64, after 400,000
SQS_REQUESTS = 0.40  # a million, after a million; of 64 KiB each
KMS_KEY = 1.00  # a month
KMS_REQUESTS = 0.03  # ten thousand, after 20,000
KMS_SIGNATURES = 0.15  # ten thousand, of a key pair
SECRET = 0.40
SECRET_REQUESTS = 0.05  # ten thousand
LOG_INGEST_GB = 0.50
LOG_SCAN_GB = 0.12  # data protection
LOG_STORE_GB = 0.03  # a month, compressed
METRIC = 0.30
ALARM = 0.10  # after ten
DASHBOARD = 3.00  # after three
TRANSFER_GB = 0.09  # out of AWS, after 100
DYNAMO_WRITES = 0.625  # a million
DYNAMO_READS = 0.125
WAF_ACL = 5.00
WAF_RULE = 1.00
WAF_REQUESTS = 0.60  # a million
FREE: Mapping[str, float] = MappingProxyType(
    {
        "lambda requests": MILLION,
        "lambda gb-s": 400_000,
        "sqs requests": MILLION,
        "kms requests": 20_000,
        "alarms": 10,
        "dashboards": 3,
        "transfer gb": 100,
    }
)


def over(amount: float, free: str) -> float:
    """What is left of an amount after its free tier."""
    return max(0.0, amount - FREE[free])


def stepped(amount: float, steps: tuple[tuple[float, float], ...]) -> float:
    """What an amount costs where the price of a million falls with it."""
    cost = 0.0
    for size, price in steps:
        taken = min(amount, size)
        cost += taken / MILLION * price
        amount -= taken
    return cost
