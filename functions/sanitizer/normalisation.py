"""A contact field's plain value and a rule in, the value as the network hashes it out; None where it is no good.

A digest is an identifier: making one hides the value from a reader, not the person. A value that looks hashed already
is no good: Airlock cannot know what it is made of.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

from airlock.normalisation import Normalisation
from sanitizer.places import COUNTRY_CODES, STATE_CODES

# MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512 in hexadecimal, MD5 and SHA-256 in Base64.
_HASHED = re.compile(
    r"(?:0x|(?:md5|sha-?[0-9]{1,3})[:=_-])?"
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}"
    r"|[a-z0-9+/_-]{22}==|[a-z0-9+/_-]{27}=|[a-z0-9+/_-]{43}=|[a-z0-9+/_-]{86}==)",
    re.ASCII | re.IGNORECASE,
)
# The longer ones are written without padding too; both cases and a digit tell them from a word.
_UNPADDED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?:[A-Za-z0-9+/_-]{43}|[A-Za-z0-9+/_-]{86})")
_SHORTEST_HASH = 24  # MD5 in Base64
_DRESS = re.compile(r"[^0-9a-z]+")
_BARE_HASH = re.compile(
    r"(?:0x|hex|hash(?:ed)?|md5|sha(?:1|224|256|384|512))*(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}"
    r"|[0-9a-f]{128})"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_EMAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>(?:[\w-]+\.)+[\w-]{{2,}})")
_MAX_EMAIL, _MAX_LOCAL = 254, 64  # RFC 5321
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_SPACES = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[\s!-/:-@\[-`{-~]+")  # white space and ASCII's punctuation
_HYPHENS = re.compile("[-\u2010-\u2015\u2212]")
_ZIP_PLUS_4 = re.compile("[0-9]{9}")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_PHONE_DIGITS = range(7, 16)  # E.164: at most 15, country code and all
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/. ]?)([0-9]{1,2})\2([0-9]{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4})", re.ASCII)
_YEARS = range(1900, 2100)
_ISO_2 = 2
_CODES = frozenset(STATE_CODES.values())


def normalise(rule: Normalisation, value: str, country: str) -> str | None:
    """The value written by the rule; `country` is the clinic's, two capital letters."""
    trimmed = value.strip()
    if not trimmed or _looks_hashed(trimmed):
        return None
    return _RULES[rule](trimmed, country) or None


def _looks_hashed(value: str) -> bool:
    """Whether it is a hash in one of the ways in which hashes are written, whatever stands around or between."""
    if len(value) < _SHORTEST_HASH:
        return False
    if _HASHED.fullmatch(value) or _UNPADDED.fullmatch(value):
        return True
    lowered = value.lower()
    return _BARE_HASH.fullmatch(_DRESS.sub("", lowered)) is not None and _UUID.fullmatch(lowered) is None


def _email(value: str, undotted: Callable[[str], bool]) -> str | None:
    found = _EMAIL.fullmatch(value.lower()) if len(value) <= _MAX_EMAIL else None
    if found is None or len(found["local"]) > _MAX_LOCAL:
        return None
    local, domain = found["local"], found["domain"]
    if undotted(domain):
        local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else None


def _phone(value: str, country: str) -> str | None:
    """E.164. A number without a country code is completed from the clinic's country, or dropped if it cannot be one.

    Possible (by its length), not assigned: the library's lists of area codes are older than the newest numbers. What is
    written with a plus sign has its country code: if the library knows better how to write it, that is taken, else its
    digits are, which is what the networks do.
    """
    bare = _NOT_DIGITS.sub("", value).lstrip("0")
    if not bare:
        return None
    from sanitizer.phone_book import complete, recognise  # noqa: PLC0415 - the library's tables cost a cold start

    if not value.startswith(("+", "\N{FULLWIDTH PLUS SIGN}")):
        if number := complete(value, country) or complete(bare, country):
            return number
        # One digit more than a number of the country's has is a slip, not the number of somebody abroad.
        return None if complete(bare[:-1], country) else recognise(f"+{bare}")
    return recognise(value) or recognise(f"+{bare}") or (f"+{bare}" if len(bare) in _PHONE_DIGITS else None)


def _phone_digits(value: str, country: str) -> str | None:
    number = _phone(value, country)
    return number and number.removeprefix("+")


def _letters(value: str) -> str:
    """The letters, marks and digits of any script."""
    return "".join(sign for sign in unicodedata.normalize("NFC", value) if unicodedata.category(sign)[0] in "LMN")


def _fold(value: str) -> str:
    """Letters alone, without accents: how a place's name is looked up."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", value) if unicodedata.category(sign)[0] == "L")


def _state(value: str, otherwise: Callable[[str], str]) -> str:
    lowered = value.lower()
    folded = _fold(lowered)
    return folded if folded in _CODES else STATE_CODES.get(folded) or otherwise(lowered)


def _zip(value: str, country: str) -> str:
    """Without spaces and what follows a dash; of the United States' nine digits the first five."""
    code = _HYPHENS.split(_SPACES.sub("", value.lower()), maxsplit=1)[0]
    return code[:5] if country == "US" and _ZIP_PLUS_4.fullmatch(code) else code


def _country(value: str) -> str | None:
    name = _fold(value.lower())
    if len(name) == _ISO_2 and name.isascii():
        return {"uk": "gb"}.get(name, name)
    return COUNTRY_CODES.get(name)


def _date(value: str, country: str) -> str | None:
    """YYYYMMDD. Which of two small numbers is the month is known in the United States; elsewhere it is not guessed."""
    if found := _YEAR_FIRST.fullmatch(value):
        year, month, day = found[1], found[3], found[4]
    elif found := _YEAR_LAST.fullmatch(value):
        year, month, day = found[4], found[1], found[3]
        if country != "US":
            if int(month) <= 12 and int(day) <= 12 and int(month) != int(day):  # noqa: PLR2004 - months
                return None
            if int(month) > 12:  # noqa: PLR2004 - months
                month, day = day, month
    else:
        return None
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return f"{date:%Y%m%d}" if date.year in _YEARS else None


_RULES: Mapping[Normalisation, Callable[[str, str], str | None]] = MappingProxyType(
    {
        Normalisation.EMAIL: lambda value, _: _email(value, lambda _: False),
        Normalisation.EMAIL_GMAIL: lambda value, _: _email(value, _GMAIL.__contains__),
        Normalisation.EMAIL_UNDOTTED: lambda value, _: _email(value, lambda _: True),
        Normalisation.PHONE_DIGITS: _phone_digits,
        Normalisation.PHONE_E164: _phone,
        Normalisation.NAME: lambda value, _: value.lower(),
        Normalisation.NAME_UNSPACED: lambda value, _: _SPACES.sub("", value.lower()),
        Normalisation.NAME_UNPUNCTUATED: lambda value, _: _PUNCTUATION.sub("", value.lower()),
        Normalisation.CITY: lambda value, _: _letters(value.lower()),
        Normalisation.STATE: lambda value, _: _state(value, lambda name: re.sub("[0-9]", "", _letters(name))),
        Normalisation.STATE_UNSPACED: lambda value, _: _state(value, lambda name: _SPACES.sub("", name)),
        Normalisation.ZIP: _zip,
        Normalisation.ZIP_DIGITS: lambda value, _: _NOT_DIGITS.sub("", value),
        Normalisation.COUNTRY: lambda value, _: _country(value),
        Normalisation.DATE_OF_BIRTH: _date,
        Normalisation.EXTERNAL_ID: lambda value, _: value.lower(),
    }
)
