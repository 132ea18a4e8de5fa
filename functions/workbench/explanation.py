"""A policy in, what follows from it in plain English out: what each network is told, and how many bits of a visit."""

import math
import textwrap
from collections.abc import Iterable, Iterator

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.clean import Source, longest_s
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
from workbench.hook_explanation import say_hooks

_SLOTS_A_DAY = 96
QUARTER_HOUR_S = 900
# A click may be 90 days older than its event.
CLICK_TIME_SLOTS = 90 * _SLOTS_A_DAY + 1
_BITS_PER_CHARACTER = 6
_BITS_PER_DIGEST = 256
_WIDTH = 100
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
    """The whole policy, for the person who signs it; lines of at most 100 characters."""
    private = _join(page.match for page in policy.pages if page.surface is Surface.PRIVATE)
    labels = " or a page label of this policy under it" if _tells_labels(policy) else ""
    lines = [
        f"What {policy.name} allows to leave (policy {policy.digest[:16]})",
        "",
        *_item(
            f"Nothing is told of a visit unless its consent says exactly yes to {_join(policy.consent_required)}, "
            f"given at most {policy.consent_max_age_ms // 86_400_000} days before."
        ),
        *_item("Nothing is told of a visitor whose browser sends Global Privacy Control."),
        *_item(f"Nothing is taken from {private or 'no page: no page is marked private'}."),
        *_item(f"The only web address any network is told is {policy.public_url}{labels}."),
        *_item("No network is told a page's path, title or referrer, an IP address, a browser, a name or a text."),
        "",
    ]
    for destination, rule in policy.rules.items():
        lines += [*_explain_network(policy, destination, rule), ""]
    silent = [NAMES[rule.destination] for rule in policy.destinations if not rule.enabled]
    if silent:
        lines.append(f"Switched off, told nothing: {_join(silent)}.")
    unheard = [event.name for event in policy.events if not any(to in policy.rules for to in event.to)]
    if unheard:
        lines.append(f"Counted in the clinic's own reports only, told to nobody: {_join(unheard)}.")
    if policy.hooks:
        lines += ["", "Webhooks, each under a secret of its own:"]
        lines += [line for sentence in say_hooks(policy) for line in _item(sentence)]
    return "\n".join(lines) + "\n"


def _item(sentence: str, mark: str = "- ", indent: int = 0) -> list[str]:
    before = " " * indent
    return textwrap.wrap(
        sentence,
        _WIDTH,
        initial_indent=before + mark,
        subsequent_indent=before + " " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _explain_network(policy: Policy, destination: Destination, rule: DestinationRule) -> Iterator[str]:
    yield f"{NAMES[destination]} (account {rule.account}, no BAA)"
    for event in policy.events:
        if destination not in event.to:
            continue
        if event.name not in rule.events:
            yield from _item(f"{event.name}: nothing, because the policy gives it no word for this event.", indent=2)
            continue
        if ADDRESS_BOOK[destination].needs_identity and rule.identity is Identity.NONE:
            sentence = "nothing, because the policy allows nothing to recognise the visitor by."
            yield from _item(f"{event.name}: {sentence}", indent=2)
            continue
        yield from _item(f"{event.name}: is told {_join(tell(policy, destination, rule, event))}.", indent=2)
        counted = dict(count_bits(policy, destination, rule, event))
        parts = ", ".join(f"{name} {bits:g}" for name, bits in counted.items())
        yield from _item(f"A visit can change it by {sum(counted.values()):.1f} bits at most: {parts}.", "  ", indent=2)


def tell(policy: Policy, destination: Destination, rule: DestinationRule, event: Event) -> Iterator[str]:
    """The parts of the sentence that says what one network is told of one event."""
    address = ADDRESS_BOOK[destination]
    yield f"“{rule.events[event.name]}”"
    yield "the quarter hour it happened in"
    yield "a one-way event id made for this network alone"
    if event.value is ValueRule.FIXED:
        yield f"the fixed worth of {event.amount} {policy.currency}"
    elif event.value is ValueRule.BANDS:
        yield f"a worth of {_join(map(str, event.bands), 'or')} {policy.currency}"
    if rule.page is PageTold.LABEL and address.tells_page:
        labels = sorted({str(page.label) for page in policy.pages if page.label})
        yield f"the page's label, if it has one ({_join(labels, 'or')})"
    if rule.identity is not Identity.NONE and address.click_ids:
        when = " and the quarter hour of the click" if address.tells_click_time else ""
        yield f"its own click id ({_join(address.click_ids, 'or')}){when}, if the visitor came with one"
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
    address = ADDRESS_BOOK[destination]
    told = [other for other in policy.events if destination in other.to and other.name in rule.events]
    yield "event", _bits(len(told))
    # Five minutes early to as old as the network takes it: that many quarter hours can be told.
    yield "time", _bits(max(longest_s(destination, source) for source in Source) // QUARTER_HOUR_S + 2)
    yield "source", _bits(len(Source))
    if event.value is ValueRule.BANDS:
        yield "worth", _bits(len(event.bands) + 1)
    if rule.page is PageTold.LABEL and address.tells_page:
        yield "page label", _bits(len({page.label for page in policy.pages if page.label}) + 1)
    if rule.identity is not Identity.NONE and address.click_ids:
        longest = max(CLICK_LENGTHS[kind] for kind in address.click_ids)
        yield "click id, the network's own", longest * _BITS_PER_CHARACTER
        if address.tells_click_time:
            yield "click time", _bits(CLICK_TIME_SLOTS)
    if rule.identity is Identity.HASHED:
        for field in rule.identifiers:
            yield f"hashed {field}", _BITS_PER_DIGEST
    yield "event id, random and derived one way", 122


def _bits(choices: int) -> float:
    return round(math.log2(choices), 1)


def _tells_labels(policy: Policy) -> bool:
    return any(rule.page is PageTold.LABEL and ADDRESS_BOOK[to].tells_page for to, rule in policy.rules.items())


def _join(words: Iterable[object], last: str = "and") -> str:
    listed = [str(word) for word in words]
    return f" {last} ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
