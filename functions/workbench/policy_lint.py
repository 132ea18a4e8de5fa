"""A policy that can be used in, what a careful reader would still ask about out: named rules, each a sentence."""

import datetime
import re
from collections.abc import Iterator

from msgspec import Struct

from airlock import lexicon
from airlock.address_book import ADDRESS_BOOK
from airlock.policy import Identity, PageTold, Policy, Stage, Surface

SOON_DAYS = 30
_DAY_MS = 86_400_000


class Finding(Struct, frozen=True):
    """One finding. `place` is the path in the file; an error fails the check, a warning does not."""

    rule: str
    place: str
    sentence: str
    is_error: bool = True


def lint(policy: Policy, today: datetime.date) -> list[Finding]:
    """Every finding, in the order of the file."""
    now = int(datetime.datetime.combine(today, datetime.time(), datetime.UTC).timestamp() * 1000)
    return [
        *_lint_pages(policy),
        *_lint_events(policy, now),
        *_lint_destinations(policy),
        *_lint_words(policy),
    ]


def _lint_pages(policy: Policy) -> Iterator[Finding]:
    if not any(page.surface is Surface.PRIVATE for page in policy.pages):
        yield Finding(
            "no-private-page", "page", "no page is private; is there no portal, no intake form?", is_error=False
        )
    for index, page in enumerate(policy.pages):
        for earlier, other in enumerate(policy.pages[:index]):
            if _covers(other.match, page.match):
                sentence = f"can never match, because page {earlier + 1} matches all of it and stands before it"
                yield Finding("overlapping-page-rules", f"page.{index + 1}.match", sentence)
                break


def _covers(wide: str, narrow: str) -> bool:
    """Whether every path of `narrow` is one of `wide`: patterns are compared as if they were paths."""
    if wide == narrow:
        return True
    if wide.endswith("/**"):
        stem = re.escape(wide[:-3]).replace(r"\*", "[^/]*")
        return re.fullmatch(f"{stem}(?:/.*)?", narrow) is not None
    return False


def _lint_events(policy: Policy, now: int) -> Iterator[Finding]:
    for index, event in enumerate(policy.events):
        place = f"event.{index + 1} ({event.name})"
        missing = [key for key in ("why", "reviewed_by", "reviewed_on") if not getattr(event, key)]
        if missing:
            yield Finding("event-without-review", place, f"does not say {', '.join(missing)}")
        if event.expires_ms is None:
            yield Finding("event-without-end", place, "has no `expires`: nobody will be asked to look at it again")
        elif event.expires_ms <= now:
            yield Finding("event-expired", place, "has expired and is refused until it is reviewed again")
        elif event.expires_ms - now <= SOON_DAYS * _DAY_MS:
            days = (event.expires_ms - now) // _DAY_MS
            yield Finding("event-about-to-expire", place, f"expires in {days} days", is_error=False)
        for destination in event.to:
            rule = policy.rules.get(destination)
            if rule is not None and event.name not in rule.events:
                sentence = f"is sent to {destination}, which has no word for it: it will be withheld there"
                yield Finding("event-without-word", place, sentence, is_error=False)


def _lint_destinations(policy: Policy) -> Iterator[Finding]:
    for destination, rule in policy.rules.items():
        address, place = ADDRESS_BOOK[destination], f"destination.{destination}"
        if rule.identity is Identity.HASHED and not rule.identifiers:
            yield Finding("hashed-without-identifiers", place, "is `hashed` but names no identifiers", is_error=False)
        if address.needs_identity and rule.identity is Identity.NONE:
            sentence = "will be withheld everything: it needs a click id or a hashed identifier to recognise a visitor"
            yield Finding("network-without-identity", place, sentence, is_error=False)
        if address.needs_one_of and not (
            rule.identity is Identity.HASHED and address.needs_one_of & set(rule.identifiers)
        ):
            fields = " or ".join(sorted(address.needs_one_of))
            yield Finding("network-needs-contact", place, f"cannot work with this policy: it needs a hashed {fields}")
        if rule.page is PageTold.LABEL and not address.tells_page:
            yield Finding("label-not-told", f"{place}.page", "is told no page, so no label either", is_error=False)
        if rule.test_code and policy.stage is not Stage.TEST:
            yield Finding("test-mode-live", f"{place}.test_code", 'needs `stage = "test"`: real visits are no test')


def _lint_words(policy: Policy) -> Iterator[Finding]:
    terms = lexicon.load()
    spared = terms.exempting(policy.exempt_terms)
    told = [(f"page.{index + 1}.label", str(page.label)) for index, page in enumerate(policy.pages) if page.label]
    told += [(f"event.{index + 1}.name", event.name) for index, event in enumerate(policy.events)]
    told += [
        (f"destination.{rule.destination}.events.{name}", word)
        for rule in policy.destinations
        for name, word in rule.events.items()
    ]
    told.append(("clinic.public_url", policy.public_url))
    for place, word in told:
        if (kind := spared.find(word)) is not None:
            yield Finding("names-a-treatment", place, f"says something about health ({kind}); what is told must not")
    for index, term in enumerate(policy.exempt_terms):
        if not terms.knows(term):
            yield Finding("exemption-that-exempts-nothing", f"exempt.{index + 1}", "is no term of the lexicon")
        elif not any(terms.find(word) and not terms.exempting([term]).find(word) for _, word in told):
            yield Finding("exemption-that-exempts-nothing", f"exempt.{index + 1}", "no word of this policy needs it")
