"""Two policies in, synthetic visits out that touch every page, event, consent and identifier of either."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from airlock.authorization import PURPOSE
from airlock.policy import Policy
from workbench.preview_lines import Line

_DAY_MS = 86_400_000
AUTHORIZATION = "auth_CorpusAuthorization1"
# Of an invented visitor; each is well-formed, so that whatever a policy allows is told.
_CLICKS = {
    "fbclid": "IwAR2CorpusFbclid0001abcDEF",
    "gclid": "Cj0KCQiACorpusGclid000000001",
    "ttclid": "E.C.P.CorpusTtclid0001",
    "li_fat_id": "6f1d4f0e-1c5b-4e5e-9c5b-3f0f3f1d4c11",
    "msclkid": "0123456789abcdef0123456789abcdef",
    "rdt_cid": "CorpusRdtCid0001",
    "epik": "CorpusEpik00000000001",
    "ScCid": "6f1d4f0e-1c5b-4e5e-9c5b-3f0f3f1d4c12",
}
_USER = {
    "email": "casey.corpus@patients.example",
    "phone": "+1 415 555 0123",
    "first_name": "Casey",
    "last_name": "Corpus",
    "city": "Oakland",
    "state": "CA",
    "zip": "94601",
    "country": "US",
    "date_of_birth": "1980-02-29",
    "external_id": "corpus-1",
}


def build_corpus(policies: Sequence[Policy], now: int) -> Iterator[tuple[str, Line]]:
    """Visits with a name each, that say what is special in them; the first line puts an authorization on file."""
    networks = sorted({str(to) for policy in policies for to in policy.rules})
    terms = {
        "recipients": networks,
        "purposes": [PURPOSE],
        "information": sorted(_USER),
        "signed_at": now - _DAY_MS,
        "expires_at": now + 300 * _DAY_MS,
        "template_sha256": "0" * 64,
    }
    put = Line(method="PUT", path=f"/v1/authorizations/{AUTHORIZATION}", headers={}, body=json.dumps(terms))
    yield "authorization", put
    sites = sorted({site for policy in policies for site in policy.sites})
    pages = sorted({_sample(page.match) for policy in policies for page in policy.pages} | {"/no-rule-for-this-page"})
    names = sorted({name for policy in policies for event in policy.events for name in (event.name, *event.aliases)})
    consents = dict(_consents(policies, now))
    identities = {
        "contact, authorization and click ids": (True, True, True),
        "contact and click ids": (True, False, True),
    }
    identities |= {
        "click ids": (False, False, True),
        "contact alone": (True, False, False),
        "nothing": (False, False, False),
    }
    values = sorted({0.0, 1.0, *(bound for policy in policies for event in policy.events for bound in event.bands)})

    def line(
        number: int, site: str, page: str, name: str, consent: str, identity: str, value: float, **more: object
    ) -> Line:
        contact, authorized, clicks = identities[identity]
        event: dict[str, Any] = {
            "event": name,
            "id": f"00000000-0000-4000-8000-{number:012x}",
            "url": f"{site}{page}",
            "at": now - 3_600_000,
            "consent": consents[consent],
            "value": value,
            "currency": policies[-1].currency,
            **more,
        }
        event |= {"user": _USER} if contact else {}
        event |= {"authorization": AUTHORIZATION} if authorized else {}
        event |= {"click": {**_CLICKS, "at": now - 4_000_000}} if clicks else {}
        return Line(headers={"origin": site, "content-type": "application/json"}, body=json.dumps(event))

    number = itertools.count(1)
    given, full = next(iter(consents)), next(iter(identities))
    for page, name, identity in itertools.product(pages, names, identities):
        yield f"{name} on {page} with {identity}", line(next(number), sites[0], page, name, given, identity, 1.0)
    for consent, name in itertools.product(consents, names):
        yield f"{name} with {consent}", line(next(number), sites[0], pages[0], name, consent, full, 1.0)
    for value, name in itertools.product(values, names):
        yield f"{name} worth {value:g}", line(next(number), sites[0], pages[0], name, given, full, value)
    for site, name in itertools.product(sites, names):
        yield f"{name} on {site}", line(next(number), site, pages[0], name, given, full, 1.0)
        yield f"{name} on {site} with GPC", line(next(number), site, pages[0], name, given, full, 1.0, gpc=True)


def _consents(policies: Sequence[Policy], now: int) -> Iterator[tuple[str, dict[str, Any]]]:
    categories = sorted({category for policy in policies for category in policy.consent_required})
    everything = dict.fromkeys(categories, True)
    yield "every consent", {**everything, "at": now - _DAY_MS}
    for category in categories:
        yield f"no consent to {category}", {**everything, category: False, "at": now - _DAY_MS}
    for days in sorted({policy.consent_max_age_ms // _DAY_MS for policy in policies}):
        yield f"a consent of {days - 1} days", {**everything, "at": now - (days - 1) * _DAY_MS}
        yield f"a consent of {days + 1} days", {**everything, "at": now - (days + 1) * _DAY_MS}
    yield "no consent at all", {}


def _sample(match: str) -> str:
    """A path that a pattern of the policy matches."""
    return match.replace("/**", "/some-page").replace("*", "any") or "/"
