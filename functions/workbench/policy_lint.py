"""What could be read of a policy in, what a careful reader would still ask about out: named rules, each a sentence."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from airlock import lexicon, patterns
from airlock.address_book import ADDRESS_BOOK, OwnSetting
from airlock.lexicon import Lexicon
from airlock.policy import Identity, PageTold, Policy, Stage, Surface
from airlock.policy_document import Draft
from airlock.policy_place import Path, find_line, say_place
from forwarder.destinations import DESTINATIONS
from workbench.page_patterns import covers, meet

SOON_DAYS = 30
VERSION_SOON_DAYS = 60


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
    """Every finding about what could be read of a policy, in the order of the file.

    An entry that the policy leaves out, because something in it cannot be read, is asked about all the same.
    """
    found = [
        *_lint_clinic(draft.policy),
        *_lint_pages(draft),
        *_lint_reviews(draft, today),
        *_lint_events(draft),
        *_lint_destinations(draft.policy),
        *_lint_versions(draft.policy, today),
        *_lint_words(draft),
    ]
    found.sort(key=lambda each: find_line(each.path, draft.lines))
    return [Finding(each.rule, say_place(each.path, draft.lines), each.sentence, each.is_error) for each in found]


def _lint_clinic(policy: Policy) -> Iterator[_Found]:
    hosts = {urlsplit(site).hostname for site in policy.sites}
    if policy.collect_host and policy.collect_host in hosts:
        sentence = "is the host of one of the sites: the airlock needs a name of its own beside them"
        yield _Found("collect-host-is-a-site", ("clinic", "collect_host"), sentence, is_error=False)
    if hosts and (host := urlsplit(policy.public_url).hostname) and host not in hosts:
        sentence = "is on none of the sites: is it the clinic's own?"
        yield _Found("public-url-elsewhere", ("clinic", "public_url"), sentence, is_error=False)


def _lint_pages(draft: Draft) -> Iterator[_Found]:
    pages = draft.policy.pages
    if all(table.get("surface") in [Surface.HEALTH, Surface.GENERAL] for _, table in _entries(draft, "page")):
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


def _lint_reviews(draft: Draft, today: datetime.date) -> Iterator[_Found]:
    for at, event in _entries(draft, "event"):
        path: Path = ("event", at)
        missing = [key for key in ("why", "reviewed_by", "reviewed_on") if key not in event]
        if missing:
            yield _Found("event-without-review", path, f"does not say {' and '.join(missing)}")
        expires = event.get("expires")
        if expires is None:
            yield _Found("event-without-end", path, "has no `expires`: nobody will be asked to look at it again")
        if not isinstance(expires, datetime.date) or isinstance(expires, datetime.datetime):
            continue
        days = (expires - today).days + 1  # with its last good day
        if days <= 0:
            sentence = "has expired and is refused until it is reviewed again"
            yield _Found("event-expired", (*path, "expires"), sentence)
        elif days <= SOON_DAYS:
            sentence = f"expires in {days} day{'s' * (days != 1)}"
            yield _Found("event-about-to-expire", (*path, "expires"), sentence, is_error=False)


def _lint_events(draft: Draft) -> Iterator[_Found]:
    for at, event in zip(draft.events, draft.policy.events, strict=True):
        for destination in event.to:
            rule = draft.policy.rules.get(destination)
            if rule is not None and event.name not in rule.events:
                sentence = f"names {destination}, which has no word for this event: it will be withheld there"
                yield _Found("event-without-word", ("event", at, "to"), sentence, is_error=False)


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
    terms = lexicon.load()
    exempt = draft.policy.exempt_terms
    spared = terms.exempting(exempt)
    told = list(_find_told(draft))
    for path, word in told:
        if (kind := spared.find(word, is_chosen=True)) is not None:
            sentence = f"says something about health ({kind}); what is told must not"
            yield _Found("names-a-treatment", path, sentence)
        is_own = path[0] in {"page", "event"}  # a network's own word may well be a number
        if is_own and (shape := patterns.find(word)) is not None:
            sentence = f"looks like an identifier ({shape}): each event that would tell it is withheld"
            yield _Found("looks-like-an-identifier", path, sentence)
    yield from _lint_exemptions(terms, exempt, [word for _, word in told if not spared.hits(word, is_chosen=True)])


def _find_told(draft: Draft) -> Iterator[tuple[Path, str]]:
    """Every word that some network would be told, with its place."""
    words: list[tuple[Path, object]] = [
        *((("page", at, "label"), page.get("label")) for at, page in _entries(draft, "page")),
        *((("event", at, "name"), event.get("name")) for at, event in _entries(draft, "event")),
        *(
            (("destination", destination, "events", name), word)
            for destination, rule in _table(draft.document.get("destination")).items()
            for name, word in _table(_table(rule).get("events")).items()
        ),
        (("clinic", "public_url"), _table(draft.document.get("clinic")).get("public_url")),
    ]
    yield from ((path, word) for path, word in words if isinstance(word, str))


def _lint_exemptions(terms: Lexicon, exempt: Sequence[str], words: Sequence[str]) -> Iterator[_Found]:
    """`words`: those that may be told, all exemptions taken together."""
    each = [terms.exempting([term]) for term in exempt]
    kept: list[int] = []
    for at, term in enumerate(exempt):
        path: Path = ("exempt", at, "term")
        doubles = [
            other
            for other, alone in enumerate(each)
            if not alone.hits(term, is_chosen=True) and (other < at or each[at].hits(exempt[other], is_chosen=True))
        ]
        if not term:
            continue
        if not terms.knows(term):
            yield _Found("exemption-that-exempts-nothing", path, "is no term of the lexicon")
        elif doubles:
            yield _Found("exemption-stands-twice", path, f"exempt {doubles[0] + 1} lets it pass already")
        else:
            kept.append(at)
    for at in reversed(kept.copy()):
        without = terms.exempting(exempt[other] for other in kept if other != at)
        if not any(without.hits(word, is_chosen=True) for word in words):
            kept.remove(at)  # so that of two of which either is enough only one is said to be needless
            yield _Found("exemption-that-exempts-nothing", ("exempt", at, "term"), "no word of this policy needs it")


def _entries(draft: Draft, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The `[[key]]` tables of the file, those too that the policy leaves out, each with its index."""
    entries = draft.document.get(key)
    yield from ((at, _table(entry)) for at, entry in enumerate(entries if isinstance(entries, list) else ()))


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
