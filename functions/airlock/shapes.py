"""A text in which an identifier may begin in, the shape of identifier that it holds out, or None.

A network's own ids have to pass: random base64url, 32 or 64 hexadecimal digits, UUIDs, Reddit's numbers, longer than
any card's. So a number counts only where no letter or digit touches it, a code only where its check digits are right
or its shape is rare. No repetition is nested without a bound: linear time.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final

from airlock.identifier import BASE58, LONG_LABELS, MBI_LETTER, SHORT_LABELS, TOP_LEVELS, Rule


def find_address(plain: str, lowered: str) -> Rule | None:
    """An address by which somebody is reached, or from which somebody came."""
    for mark, rule, expression in _ADDRESSES:
        if mark in plain and expression.search(plain):
            return rule
    return Rule.EMAIL if _WRITTEN_OUT.search(lowered) else None


def find_number(plain: str, *, is_labelled: bool) -> Rule | None:
    """A number or a code that is somebody's, a date, or an age; `is_labelled` where a word for one is in the text."""
    plain = f" {_HARMLESS.sub(' ', plain)}"
    for rule, expression, is_right in _CHECKED:
        if any(is_right(match[0][1:]) for match in expression.finditer(plain)):
            return rule
    if is_labelled and _LABELLED.search(plain.lower()):
        return Rule.RECORD_NUMBER
    if match := _SHAPE.search(plain):
        return _RULES[match.lastgroup]
    return Rule.PHONE if any(_may_be_dialled(match[0][1:]) for match in _GROUPS.finditer(plain)) else None


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char.isdecimal()]


def _passes_luhn(text: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [sum(divmod(2 * digit, 10)) if at % 2 else digit for at, digit in enumerate(reversed(_digits(text)))]
    return sum(doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: a country's own length, and the check digits. No country's is 32 hexadecimal digits, as ids are."""
    code = "".join(char for char in text if char.isalnum())
    if _IBAN_LENGTHS.get(code[:2]) != len(code):
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def _passes_base58check(text: str) -> bool:
    """The last four bytes of a Bitcoin address are the start of a double SHA-256 over the others."""
    number = 0
    for char in text:
        number = number * 58 + BASE58.index(char)
    raw = number.to_bytes(26)[1:]
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def _may_be_dialled(text: str) -> bool:
    is_range_of_years = re.fullmatch("(?:19|20)[0-9]{2}[^0-9](?:19|20)[0-9]{2}", text) is not None
    return len(_digits(text)) >= _SHORTEST_PHONE and not is_range_of_years


def _alone(expression: str) -> re.Pattern[str]:
    """Where neither a letter nor a digit touches it, with the character before it: a text needs one in front of it.

    By such a character a place is found in a third of the time that it takes to look behind every place.
    """
    return re.compile(f"[^A-Za-z0-9](?:{expression})(?![A-Za-z0-9])")


def _any_of(shapes: Mapping[Rule, str]) -> str:
    return "|".join(f"(?P<{rule}>{expression})" for rule, expression in shapes.items())


_RULES: Final[Mapping[str | None, Rule]] = {str(rule): rule for rule in Rule}
_SHORTEST_PHONE: Final = 7
# SWIFT's IBAN registry (swift.com, release 98).
_IBANS: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29"
    " ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20"
    " LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29"
    " PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
    " YE30"
)
_IBAN_LENGTHS: Final[Mapping[str, int]] = {entry[:2]: int(entry[2:]) for entry in _IBANS.split()}
# What would look like an identifier and is none: a UUID, Meta's cookie, epoch milliseconds of 2017 to 2033.
_HARMLESS: Final = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
    r"|^fb\.[0-2]\.[0-9]{1,13}\.(?:[0-9]{1,20}(?:\.[A-Za-z0-9_-]{2,8})?$)?"
    r"|(?<![0-9A-Za-z])1[5-9][0-9]{11,12}(?![0-9A-Za-z])"
)
_MONTH: Final = (
    "(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|ene(?:ro)?|febrero|mar(?:zo)|abr(?:il)?|mayo|junio|julio|ago(?:sto)?|septiembre"
    "|octubre|noviembre|dic(?:iembre)?)"
)
_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_DAY_IN_WORDS: Final = f"{_DAY}(?:st|nd|rd|th)?"
_YEAR: Final = "(?:19|20)[0-9]{2}"
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
# Each with the mark without which it cannot be.
_ADDRESSES: Final = (
    ("@", Rule.EMAIL, re.compile(r"@(?:(?<=\S@)[A-Za-z0-9\[]|[A-Za-z0-9-]{1,63}\.[A-Za-z])")),
    (
        ".",
        Rule.WEB_ADDRESS,
        re.compile(rf"\.(?<=[A-Za-z0-9]\.)(?i:{'|'.join(sorted(TOP_LEVELS))})(?![A-Za-z0-9])"),
    ),
    (
        ":",
        Rule.IP_ADDRESS,
        re.compile(
            r"(?<![A-Za-z0-9:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![A-Za-z0-9:])"
            r"|(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?::(?![A-Za-z0-9]*[G-Zg-z]))"
        ),
    ),
)
# How an e-mail address is written where an @ may not stand.
_PROVIDERS: Final = (
    *("gmail", "hotmail", "yahoo", "outlook", "icloud", "aol", "proton", "protonmail", "gmx", "msn", "live", "ymail"),
    *("comcast", "att", "verizon"),
)
_WRITTEN_OUT: Final = re.compile(f"(?:{'|'.join(_PROVIDERS)})[._-](?:com|net)")
_CHECKED: Final[tuple[tuple[Rule, re.Pattern[str], Callable[[str], bool]], ...]] = (
    (
        Rule.CARD_NUMBER,
        _alone("[2-6][0-9]{3}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,4}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"),
        _passes_luhn,
    ),
    (
        Rule.ACCOUNT_NUMBER,
        _alone("[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?"),
        _is_iban,
    ),
    (Rule.ACCOUNT_NUMBER, _alone(f"[13][{BASE58}]{{25,34}}"), _passes_base58check),
)
_LABELLED: Final = re.compile(
    f"(?:(?<![a-z0-9])(?:{'|'.join(SHORT_LABELS)})|{'|'.join(LONG_LABELS)})"
    "(?:[-_ .:#=]{0,3}(?:id|no|num|number|is|on|day|date)){0,2}[-_ .:#=]{0,3}[a-z0-9]{0,3}[0-9]{3}"
)
_SHAPE: Final = _alone(
    _any_of(
        {
            Rule.DATE: rf"{_YEAR}(?P<iso>[-/._])(?:0?[1-9]|1[0-2])(?P=iso){_DAY}(?:T[0-9:.]+Z?)?"
            rf"|[0-9]{{2}}(?P<short>[-/._])(?:0[1-9]|1[0-2])(?P=short)(?:0[1-9]|[12][0-9]|3[01])"
            rf"|{_DAY}(?P<part>[-/._]){_DAY}(?P=part)(?:{_YEAR}|[0-9]{{2}})"
            rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
            rf"|{_DAY_IN_WORDS}[-_. /]{{1,2}}{_MONTH}(?:[-_., /]{{1,2}}{_YEAR})?"
            rf"|{_MONTH}[-_. /]{{1,2}}{_DAY_IN_WORDS}(?:[-_., /]{{1,2}}{_YEAR})?",
            Rule.AGE: r"[0-9]{1,3}[-_ ]?(?i:(?:years?|yrs?)[-_ /]?(?:olds?|o)|y[-_ /]?olds?)"
            r"|(?:[1-9]|1[01])[0-9][-_ ]?(?:y[-_ /]?o|Y[-_ /]?O)"  # of one digit it would be found in opaque ids
            r"|[aA][gG][eE][-_ .:=]{0,2}(?:[1-9]|1[01])[0-9]",
            Rule.IP_ADDRESS: rf"{_OCTET}(?P<dot>[._-]){_OCTET}(?:(?P=dot){_OCTET}){{2}}(?!\.[0-9])",
            Rule.DEVICE_ADDRESS: r"[0-9A-Fa-f]{2}(?P<colon>[:-])(?:[0-9A-Fa-f]{2}(?P=colon)){4}[0-9A-Fa-f]{2}"
            r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}",
            Rule.SSN: r"[0-9]{3}[-. _][0-9]{2}[-. _]?[0-9]{4}|[0-9]{5}[. _][0-9]{4}",
            Rule.ZIP_PLUS_4: r"[0-9]{5}-[0-9]{4}",
            Rule.HEALTH_PLAN_NUMBER: rf"[1-9](?:{MBI_LETTER}[A-Za-z0-9][0-9]-?){{2}}{MBI_LETTER}{{2}}[0-9]{{2}}",
            Rule.LICENSE_NUMBER: r"[A-Za-z]{1,2}[0-9]{7,14}|[A-Za-z][0-9]{7}[A-Za-z]|[A-Z]{5}[0-9]{4}[A-Z]",
            Rule.VEHICLE_NUMBER: r"[A-Z]{2}[0-9]{1,2}[A-Z]{1,3}[0-9]{4}",
            # BIP-173 and BIP-350: 20 or 32 bytes. No digest in hexadecimal digits has these lengths.
            Rule.ACCOUNT_NUMBER: r"bc1(?:[02-9ac-hj-np-z]{39}|[02-9ac-hj-np-z]{59})",
            Rule.PHONE: r"1?[2-9][0-9]{2}[2-9][0-9]{6}",
            Rule.LONG_NUMBER: r"[0-9]{9,16}|0[0-9]{5,15}|[0-9]{20,}",  # Reddit's ids have 17 to 19
        }
    )
)
_GROUPS: Final = _alone(r"[0-9]{1,5}(?:[-. _()/]{1,3}[0-9]{2,7}){1,6}")
