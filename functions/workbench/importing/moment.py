"""A date or time as a system or a person wrote it in, epoch milliseconds out, or the rule that it breaks."""

import datetime
import re
import zoneinfo

from msgspec import Struct

EXCEL_EPOCH = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's serial numbers have no zone; the clinic's is put on
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,12})?", re.ASCII)
_EPOCH_MS = re.compile(r"[0-9]{13}", re.ASCII)
_EPOCH_S = re.compile(r"[0-9]{10}", re.ASCII)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{1,2}:.*)?", re.ASCII)
_WRITTEN = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,? )?([0-9]{1,4})[/.-]([0-9]{1,2}|[A-Za-z]{3})[/.-]([0-9]{1,4})(?:,?\s+(.*))?", re.ASCII
)
_IN_WORDS = re.compile(
    r"(?:[A-Za-z]{3,9},? )?([A-Za-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})(?:,?\s+(.*))?"
)
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2})(?:\.[0-9]+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CENTURY = 2000
_NOON = 12


class Unreadable(Struct, frozen=True):
    """The text is no moment that could be told. `rule` is one of a few fixed words."""

    rule: str


class Moments:
    """Reads moments in one clinic's way. A day alone is its first moment; a time without a zone is the clinic's."""

    def __init__(self, zone: zoneinfo.ZoneInfo, *, day_first: bool) -> None:
        self._zone = zone
        self._day_first = day_first

    def read(self, text: str) -> int | Unreadable:
        """Epoch milliseconds."""
        text = " ".join(text.split())
        if _EPOCH_MS.fullmatch(text):
            return int(text)
        if _EPOCH_S.fullmatch(text):
            return int(text) * 1000
        moment = self._parse(text)
        if moment is None:
            return Unreadable("format")
        if moment.tzinfo is not None:
            return round(moment.timestamp() * 1000)
        local = moment.replace(tzinfo=self._zone)
        # An hour that the clocks skipped never was; one that they struck twice is taken as its first.
        if local.astimezone(datetime.UTC).astimezone(self._zone).replace(tzinfo=None) != moment:
            return Unreadable("no_such_time")
        return round(local.timestamp() * 1000)

    def _parse(self, text: str) -> datetime.datetime | None:
        try:
            if _NUMBER.fullmatch(text):
                return self._from_serial(float(text))
            if _ISO.fullmatch(text):
                return datetime.datetime.fromisoformat(_complete(text))
            if parts := _WRITTEN.fullmatch(text):
                return self._from_parts(parts[1], parts[2], parts[3], parts[4])
            if parts := _IN_WORDS.fullmatch(text):
                return _at(int(parts[3]), _month(parts[1]), int(parts[2]), parts[4])
        except (ValueError, OverflowError):
            return None
        return None

    @staticmethod
    def _from_serial(serial: float) -> datetime.datetime | None:
        """Excel's days since the end of 1899, to the second; only those of this century are taken for dates."""
        if not 36_526 <= serial < 73_051:  # noqa: PLR2004 - 2000-01-01 to 2100-01-01
            return None
        return EXCEL_EPOCH + datetime.timedelta(seconds=round(serial * 86_400))

    def _from_parts(self, one: str, two: str, three: str, time: str | None) -> datetime.datetime:
        if two.isalpha():
            return _at(_year(three), _month(two), int(one), time)
        if len(one) == 4:  # noqa: PLR2004 - a year first
            return _at(int(one), int(two), int(three), time)
        day, month = (int(one), int(two)) if self._day_first else (int(two), int(one))
        return _at(_year(three), month, day, time)


def _complete(text: str) -> str:
    """ISO 8601 as the parser takes it: two digits of hour, a zone without a space before it."""
    day, rest = text[:10], text[11:]
    time = re.sub(r"\s*(UTC|Z|[+-][0-9]{2}:?[0-9]{2})$", lambda zone: zone[1].replace("UTC", "+00:00"), rest)
    return day if not time else f"{day}T{time.zfill(len(time) + 1) if time[1:2] == ':' else time}"


def _year(text: str) -> int:
    year = int(text)
    return year + _CENTURY if len(text) == 2 else year  # noqa: PLR2004 - 26 is 2026


def _month(text: str) -> int:
    return _MONTHS.index(text[:3].lower()) + 1


def _at(year: int, month: int, day: int, time: str | None) -> datetime.datetime:
    hour = minute = second = 0
    if time:
        parts = _TIME.fullmatch(time)
        if parts is None or (parts[2] is None and parts[4] is None):
            raise ValueError
        hour, minute, second = int(parts[1]), int(parts[2] or 0), int(parts[3] or 0)
        if parts[4]:
            if not 1 <= hour <= _NOON:
                raise ValueError
            hour = hour % _NOON + (_NOON if parts[4] in "Pp" else 0)
    return datetime.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the clinic's zone is put on by `read`
