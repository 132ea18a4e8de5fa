"""A phone number as somebody wrote it in, E.164 out, or None where there can be no such number.

The one module that loads the `phonenumbers` library; it is imported when the first number is due.
"""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult


def complete(written: str, country: str) -> str | None:
    """The number as it is dialled in the country, if its length can be one; `country` is two capital letters."""
    number = _parse(written, country)
    if number is None:
        return None
    if number.country_code != phonenumbers.country_code_for_region(country):  # dialled abroad, such as 011 44 20...
        return recognise(_write(number))
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    # Where no number begins with a zero the library keeps one all the same; it shows when nobody can have it.
    return None if number.italian_leading_zero and not phonenumbers.is_valid_number(number) else _write(number)


def recognise(written: str) -> str | None:
    """The number read by its own country code, if the library knows it as one that is given out."""
    number = _parse(written, None)
    return _write(number) if number is not None and phonenumbers.is_valid_number(number) else None


def _parse(written: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(written, country)
    except NumberParseException:
        return None


def _write(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
