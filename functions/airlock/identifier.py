"""The kinds of identifier that 45 CFR 164.514(b)(2)(i) names, and what those who look for them have in common."""

from enum import StrEnum
from typing import Final


class Rule(StrEnum):
    """Which shape was found."""

    EMAIL = "email"
    PHONE = "phone"
    SSN = "ssn"
    DATE = "date"
    AGE = "age"
    RECORD_NUMBER = "record_number"
    IP_ADDRESS = "ip_address"
    DEVICE_ADDRESS = "device_address"
    WEB_ADDRESS = "web_address"
    CARD_NUMBER = "card_number"
    ACCOUNT_NUMBER = "account_number"
    HEALTH_PLAN_NUMBER = "health_plan_number"
    LICENSE_NUMBER = "license_number"
    VEHICLE_NUMBER = "vehicle_number"
    ZIP_PLUS_4 = "zip_plus_4"
    LONG_NUMBER = "long_number"
    ENCODED_TEXT = "encoded_text"


BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""The digits of a Bitcoin address."""
MBI_LETTER: Final = "[AC-HJKMNP-RT-Yac-hjkmnp-rt-y]"
"""A letter of a Medicare beneficiary identifier (cms.gov, MBI format)."""
TOP_LEVELS: Final = frozenset({"com", "net", "org", "info", "biz", "edu", "gov", "site"})
"""How the name of a host ends, behind its last full stop."""
SHORT_LABELS: Final = ("mrn", "emr", "ssn", "dob", "npi", "nhc", "acct", "chart", "cell", "tel")
"""What an identifier is called that says what it is; these stand alone."""
LONG_LABELS: Final = (
    *("patient", "passport", "license", "licence", "account", "subscriber", "beneficiary", "medicare", "medicaid"),
    *("phone", "mobile", "encounter", "paciente", "expediente"),
    *("medical record", "medical-record", "medical_record", "medicalrecord", "birth", "born"),
)
"""The same, and these may be part of a longer word."""
