"""A policy in, what follows from it in plain English out: what each network is told, and how many bits of a visit."""

import math
from collections.abc import Iterator

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.policy import (
    DestinationRule,
    Event,
    HashedRequires,
    Identity,
    PageTold,
    Policy,
    Surface,
    ValueRule,
)
from airlock.tokens import CLICK_LENGTHS

# An event may be 7 days old and 5 minutes early: that many quarter hours can be told.
TIME_SLOTS = 7 * 96 + 2
_BITS_PER_CHARACTER = 6
_BITS_PER_DIGEST = 256
NAMES = {
    Destination.META: "Meta",
    Destination.GOOGLE: "Google Ads",
    Destination.GA4: "Google Analytics 4",
    Destination.TIKTOK: "TikTok",
    Destination.LINKEDIN: "LinkedIn",
    Destination.MICROSOFT: "Microsoft Advertising",
    Destination.REDDIT: "Reddit",
    Destination.PINTEREST: "Pinterest",
    Destination.SNAPCHAT: "Snapchat",
}


def explain(policy: Policy) -> str:
    """The whole policy, for the person who signs it."""
    lines = [
        f"What {policy.name} allows to leave (policy {policy.digest[:16]})",
        "",
        f"A visit leads to nothing unless its consent says exactly yes to {_join(policy.consent_required)},",
        f"given at most {policy.consent_max_age_ms // 86_400_000} days before.",
        "A visitor whose browser sends Global Privacy Control is never told of.",
        f"Nothing is taken from: {_join(_private(policy)) or 'no page (no page is marked private)'}.",
        f"The only web address any network is told is {policy.public_url}"
        + (" or a page label of this policy under it." if _tells_labels(policy) else "."),
        "",
    ]
    for destination, rule in policy.rules.items():
        lines += _explain_network(policy, destination, rule)
    silent = [rule.destination for rule in policy.destinations if not rule.enabled]
    if silent:
        lines.append(f"Switched off, told nothing: {_join(NAMES[destination] for destination in silent)}.")
    unheard = [event.name for event in policy.events if not any(to in policy.rules for to in event.to)]
    if unheard:
        lines.append(f"Counted in the clinic's own reports only, told to nobody: {_join(unheard)}.")
    return "\n".join(lines) + "\n"


def _explain_network(policy: Policy, destination: Destination, rule: DestinationRule) -> Iterator[str]:
    yield f"{NAMES[destination]} (account {rule.account})"
    for event in policy.events:
        if destination not in event.to:
            continue
        if event.name not in rule.events:
            yield f"  {event.name}: is told nothing, because the policy gives it no word for this event."
            continue
        yield f"  {event.name}: is told {_join(_told(policy, destination, rule, event))}."
        counted = list(count_bits(policy, destination, rule, event))
        yield f"    {_total(counted)} of the visit: {', '.join(f'{name} {bits:g}' for name, bits in counted)}."
    yield ""


def _told(policy: Policy, destination: Destination, rule: DestinationRule, event: Event) -> Iterator[str]:
    yield f"“{rule.events[event.name]}”"
    yield "the quarter hour it happened in"
    yield "a one-way event id made for this network alone"
    if event.value is ValueRule.FIXED:
        yield f"the fixed worth of {event.amount} {policy.currency}"
    elif event.value is ValueRule.BANDS:
        yield f"a worth of {_join(map(str, event.bands), 'or')} {policy.currency}"
    address = ADDRESS_BOOK[destination]
    if rule.page is PageTold.LABEL and address.tells_page:
        labels = sorted({str(page.label) for page in policy.pages if page.label})
        yield f"the page's label, if it has one ({_join(labels, 'or')})"
    if rule.identity is not Identity.NONE and address.click_ids:
        yield f"its own click id ({_join(address.click_ids, 'or')}), if the visitor came with one"
    if rule.identity is Identity.HASHED and rule.identifiers:
        basis = (
            "only under a HIPAA authorization on file that names it"
            if rule.hashed_requires is HashedRequires.AUTHORIZATION
            else "with the visitor's consent, by the clinic's own decision recorded in this policy"
        )
        yield f"hashed identifiers made of {_join(rule.identifiers)}, {basis}"


def count_bits(
    policy: Policy, destination: Destination, rule: DestinationRule, event: Event
) -> Iterator[tuple[str, float]]:
    """Each part of a visit that can change the request, and by how many bits at most."""
    yield "time", _bits(TIME_SLOTS)
    if event.value is ValueRule.BANDS:
        yield "worth", _bits(len(event.bands) + 1)
    address = ADDRESS_BOOK[destination]
    if rule.page is PageTold.LABEL and address.tells_page:
        yield "page label", _bits(len({page.label for page in policy.pages if page.label}) + 1)
    if rule.identity is not Identity.NONE:
        for kind in address.click_ids[:1]:
            yield "click id (the network's own)", CLICK_LENGTHS[kind] * _BITS_PER_CHARACTER
    if rule.identity is Identity.HASHED:
        for field in rule.identifiers:
            yield f"hashed {field}", _BITS_PER_DIGEST
    yield "event id (random, derived one way)", 122


def _bits(choices: int) -> float:
    return round(math.log2(choices), 1)


def _total(counted: list[tuple[str, float]]) -> str:
    own = sum(bits for name, bits in counted if name in {"time", "worth", "page label"})
    return f"{own:.1f} bits"


def _private(policy: Policy) -> list[str]:
    return [page.match for page in policy.pages if page.surface is Surface.PRIVATE]


def _tells_labels(policy: Policy) -> bool:
    return any(rule.page is PageTold.LABEL and ADDRESS_BOOK[to].tells_page for to, rule in policy.rules.items())


def _join(words: object, last: str = "and") -> str:
    listed = [str(word) for word in words]  # type: ignore[attr-defined]  # any iterable of words
    return f" {last} ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
