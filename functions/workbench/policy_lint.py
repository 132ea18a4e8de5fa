"""What could be read of a policy in, what a careful reader would still ask about out: named rules, each a sentence."""

import datetime
from collections.abc import Iterator

from msgspec import Struct

from airlock import lexicon
from airlock.address_book import ADDRESS_BOOK, OwnSetting
from airlock.policy import Identity, PageTold, Policy, Stage, Surface
from airlock.policy_document import Draft
from airlock.policy_place import Path, find_line, say_place
from forwarder.destinations import DESTINATIONS
from workbench.page_patterns import covers, meet

SOON_DAYS = 30
VERSION_SOON_DAYS = 60
_DAY_MS = 86_400_000


class Finding(Struct, frozen=True):
    """One finding. `place` is line and path in the file; an error fails the check, a warning does not."""

    rule: str
    place: str
    sentence: str
    is_error: bool = True


class _Found(Struct, frozen=True):
    """A finding whose place is a path still."""

    rule: str
    path: Path
    sentence: str
    is_error: bool = True


def lint(draft: Draft, today: datetime.date) -> list[Finding]:
    """Every finding about what could be read of a policy, in the order of the file."""
    now = int(datetime.datetime.combine(today, datetime.time(), datetime.UTC).timestamp() * 1000)
    found = [
        *_lint_pages(draft),
        *_lint_events(draft, now),
        *_lint_destinations(draft.policy),
        *_lint_versions(draft.policy, today),
        *_lint_words(draft),
    ]
    found.sort(key=lambda each: find_line(each.path, draft.lines))
    return [Finding(each.rule, say_place(each.path, draft.lines), each.sentence, each.is_error) for each in found]


def _lint_pages(draft: Draft) -> Iterator[_Found]:
    pages = draft.policy.pages
    if not any(page.surface is Surface.PRIVATE for page in pages):
        sentence = "no page is private; is there no portal, no intake form?"
        yield _Found("no-private-page", ("page",), sentence, is_error=False)
    for at, page in enumerate(pages):
        for earlier, other in enumerate(pages[:at]):
            first = draft.pages[earlier] + 1
            if covers(other.match, page.match):
                sentence = f"can never match, because page {first} matches all of it and stands before it"
            elif page.surface is Surface.PRIVATE is not other.surface and meet(other.match, page.match):
                if covers(page.match, other.match):
                    continue  # an exception in front of its rule, as is usual
                sentence = f"is private, but page {first} stands before it and takes some of its pages"
            else:
                continue
            yield _Found("overlapping-page-rules", ("page", draft.pages[at], "match"), sentence)
            break


def _lint_events(draft: Draft, now: int) -> Iterator[_Found]:
    for at, event in zip(draft.events, draft.policy.events, strict=True):
        path: Path = ("event", at)
        missing = [key for key in ("why", "reviewed_by", "reviewed_on") if not getattr(event, key)]
        if missing:
            yield _Found("event-without-review", path, f"does not say {' and '.join(missing)}")
        if event.expires_ms is None:
            yield _Found("event-without-end", path, "has no `expires`: nobody will be asked to look at it again")
        elif event.expires_ms <= now:
            sentence = "has expired and is refused until it is reviewed again"
            yield _Found("event-expired", (*path, "expires"), sentence)
        elif event.expires_ms - now <= SOON_DAYS * _DAY_MS:
            days = (event.expires_ms - now) // _DAY_MS
            yield _Found("event-about-to-expire", (*path, "expires"), f"expires in {days} days", is_error=False)
        for destination in event.to:
            rule = draft.policy.rules.get(destination)
            if rule is not None and event.name not in rule.events:
                sentence = f"names {destination}, which has no word for this event: it will be withheld there"
                yield _Found("event-without-word", (*path, "to"), sentence, is_error=False)


def _lint_destinations(policy: Policy) -> Iterator[_Found]:
    for destination, rule in policy.rules.items():
        address = ADDRESS_BOOK[destination]
        path: Path = ("destination", destination)
        if rule.identity is Identity.HASHED and not rule.identifiers:
            sentence = "is `hashed` but names no identifiers"
            yield _Found("hashed-without-identifiers", path, sentence, is_error=False)
        if address.needs_identity and rule.identity is Identity.NONE:
            sentence = "is told nothing: it needs a click id or a hashed identifier to recognise a visitor"
            yield _Found("network-without-identity", path, sentence, is_error=False)
        if address.needs_one_of and not (
            rule.identity is Identity.HASHED and address.needs_one_of & set(rule.identifiers)
        ):
            fields = " or ".join(sorted(address.needs_one_of))
            yield _Found("network-needs-contact", path, f"cannot work with this policy: it needs a hashed {fields}")
        if rule.page is PageTold.LABEL and not address.tells_page:
            sentence = "is told no page, so no label either"
            yield _Found("label-not-told", (*path, "page"), sentence, is_error=False)
        if rule.identity is not Identity.HASHED and rule.identifiers:
            sentence = "names identifiers, but `identity` is not `hashed`: none of them is told"
            yield _Found("identifiers-not-told", (*path, "identifiers"), sentence, is_error=False)
        if policy.stage is Stage.TEST and not address.heeds_stage and rule.test_code is None:
            has_mode = OwnSetting.TEST_CODE in address.own_settings
            why = "without its `test_code`" if has_mode else "because it has no test mode"
            yield _Found("real-in-test-stage", path, f"is told real events in the test stage, {why}", is_error=False)
        if rule.test_code and policy.stage is not Stage.TEST:
            sentence = 'needs `stage = "test"`: real visits are no test'
            yield _Found("test-mode-live", (*path, "test_code"), sentence)


def _lint_versions(policy: Policy, today: datetime.date) -> Iterator[_Found]:
    for destination in policy.rules:
        adapter = DESTINATIONS[destination]
        if adapter.version_ends is None or (adapter.version_ends - today).days > VERSION_SOON_DAYS:
            continue
        has_ended = adapter.version_ends <= today
        sentence = (
            f"the pinned API version {'ended' if has_ended else 'ends'} on {adapter.version_ends}; update Airlock"
        )
        yield _Found("api-version-ends", ("destination", destination), sentence, is_error=has_ended)


def _lint_words(draft: Draft) -> Iterator[_Found]:
    policy = draft.policy
    terms = lexicon.load()
    spared = terms.exempting(policy.exempt_terms)
    pages = zip(draft.pages, policy.pages, strict=True)
    events = zip(draft.events, policy.events, strict=True)
    told: list[tuple[Path, str]] = [
        *((("page", at, "label"), str(page.label)) for at, page in pages if page.label),
        *((("event", at, "name"), event.name) for at, event in events),
        *(
            (("destination", rule.destination, "events", name), word)
            for rule in policy.destinations
            for name, word in rule.events.items()
        ),
        (("clinic", "public_url"), policy.public_url),
    ]
    for path, word in told:
        if (kind := spared.find(word, is_chosen=True)) is not None:
            sentence = f"says something about health ({kind}); what is told must not"
            yield _Found("names-a-treatment", path, sentence)
    for at, term in enumerate(policy.exempt_terms):
        path = ("exempt", at, "term")
        if not terms.knows(term):
            yield _Found("exemption-that-exempts-nothing", path, "is no term of the lexicon")
        elif not any(
            terms.hits(word, is_chosen=True) and not terms.exempting([term]).hits(word, is_chosen=True)
            for _, word in told
        ):
            yield _Found("exemption-that-exempts-nothing", path, "no word of this policy needs it")
