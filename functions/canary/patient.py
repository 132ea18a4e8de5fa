"""A marker in, an invented patient's visits out, with health and identity in every field; and what to search for."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_HOUR_MS = 3_600_000
_MOST_BYTES = 9_000  # more than the browser's route takes


class Visit(NamedTuple):
    """One request, and the status that a sound airlock answers it with."""

    name: str
    headers: Mapping[str, str]
    body: bytes
    status: int


class Patient:
    """One invented patient. `marker` is 12 or more lower-case letters and digits that stand nowhere else."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.first_name = f"Zinnia{marker}"
        self.last_name = f"Testpatient{marker}"
        self.email = f"zinnia.{marker}@patients.example"
        # 555-0100 to 555-0199 are kept for invented people; the extension makes it one's own.
        digits = str(int(hashlib.sha256(marker.encode()).hexdigest(), 16))[:10]
        self.phone = f"+1 415 555 0142 x{digits}"
        self._digits = digits

    def needles(self) -> dict[str, str]:
        """What must be found nowhere, by the name under which a finding may be told."""
        return {
            "marker": self.marker,
            "phone": self._digits,
            "hash_of_email": _hash(self.email),
            "hash_of_first_name": _hash(self.first_name.lower()),
            "hash_of_last_name": _hash(self.last_name.lower()),
        }

    def visits(self, site: str, now: int, *, told: bool = False) -> Iterator[Visit]:
        """Requests from a page of `site`. With `told` also one that consents, and that networks may be told of."""
        headers = {"origin": site, "content-type": "text/plain;charset=UTF-8"}
        no_consent = self._event(site, now)
        yield Visit("without consent", headers, _write(no_consent), 204)
        yield Visit("with an opt-out", {**headers, "sec-gpc": "1"}, _write({**no_consent, **_consent(now)}), 204)
        yield Visit("under an unknown name", headers, _write({**no_consent, "event": f"Booked {self.last_name}"}), 204)
        yield Visit("from elsewhere", {**headers, "origin": f"https://{self.marker}.example"}, _write(no_consent), 403)
        yield Visit("cut off", headers, _write(no_consent)[:-30], 400)
        yield Visit("under a wrong type", {**headers, "content-type": f"text/{self.marker}"}, _write(no_consent), 415)
        yield Visit("too large", headers, _write({**no_consent, "notes": self.last_name * _MOST_BYTES})[:60_000], 413)
        yield Visit("with a wrong form", headers, _write({**no_consent, "id": self.last_name}), 400)
        if told:
            yield Visit("with consent", headers, _write({**no_consent, **_consent(now), **self._clicks(now)}), 204)

    def _event(self, site: str, now: int) -> dict[str, object]:
        words = f"{self.first_name} {self.last_name} semaglutide weight loss"
        slug = f"semaglutide-{self.marker}"
        return {
            "event": "lead",
            "id": "00000000-0000-4000-8000-" + _hash(f"{self.marker} {now}")[:12],
            "url": f"{site}/services/{slug}?email={self.email}&q={slug}#{slug}",
            "at": now - _HOUR_MS,
            "user": {
                "email": self.email,
                "phone": self.phone,
                "first_name": self.first_name,
                "last_name": self.last_name,
                "city": f"Testville{self.marker}",
                "external_id": f"mrn-{self.marker}",
                "date_of_birth": "1980-02-29",
                "zip": "94601",
            },
            "value": 1234.56,
            "currency": "USD",
            "props": {"treatment": words, "variant": words, slug: words},
            "title": words,
            "referrer": f"https://search.example/?q={slug}",
            "click": {"fbclid": f"not a click id {self.marker}"},
            "diagnosis": words,
        }

    def _clicks(self, now: int) -> dict[str, object]:
        """Click ids of the invented kind, which a network may be told and no log may show."""
        return {"click": {"fbclid": f"IwAR2{self.marker}0001", "gclid": f"Cj0KCQ{self.marker}00000001", "at": now}}


def _consent(now: int) -> dict[str, object]:
    return {"consent": {"marketing": True, "at": now - _HOUR_MS}}


def _write(event: Mapping[str, object]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
