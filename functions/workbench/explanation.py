"""A policy in, what follows from it in plain English out: what each network is told, and how many bits of a visit."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.clean import CleanEvent, Source, longest_s
from airlock.policy import (
    DestinationRule,
    Event,
    HashedRequires,
    Identity,
    PageTold,
    Policy,
    Stage,
    Surface,
    ValueRule,
)
from airlock.tokens import CLICK_GRAMMARS, EventId, EventName
from forwarder.adapter import Call
from forwarder.destinations import DESTINATIONS
from workbench.hook_explanation import say_hooks

_SLOTS_A_DAY = 96
QUARTER_HOUR_S = 900
# A click may be 90 days older than its event.
CLICK_TIME_SLOTS = 90 * _SLOTS_A_DAY + 1
_DIGESTS = 1 << 256
_WIDTH = 100
_SAMPLED_AT = 1_795_532_400  # any quarter hour
_SAMPLED_ID = "0" * 32
_HOW = {
    Source.WEBSITE: "on the website",
    Source.CRM: "in the CRM",
    Source.PHONE_CALL: "by phone",
    Source.IN_PERSON: "in person",
}
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
    if rule.login_account is not None:
        yield f"the account {rule.login_account}, which signs in for it"
    if policy.stage is Stage.TEST and (address.heeds_stage or rule.test_code is not None):
        yield 'that it is a test event, by `stage = "test"`'
    yield "the quarter hour it happened in"
    if len(hows := _tell_apart(policy, destination, event)) > 1:
        yield f"how it happened ({_join(('/'.join(_HOW[source] for source in how) for how in hows), 'or')})"
    if _tells_event_id(policy, destination, event):
        yield "a one-way event id made for this network alone"
    else:
        yield "a client id derived from the one-way event id that is made for this network alone, new for each event"
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
    """Each part of a visit that can change the request, and by how many bits at most; what may be missing counts so."""
    address = ADDRESS_BOOK[destination]
    told = [other for other in policy.events if destination in other.to and other.name in rule.events]
    yield "event", _bits(len(told))
    # Five minutes early to as old as the network takes it: that many quarter hours can be told.
    yield "time", _bits(max(longest_s(destination, source) for source in Source) // QUARTER_HOUR_S + 2)
    if (sources := len(_tell_apart(policy, destination, event))) > 1:
        yield "source", _bits(sources)
    if event.value is ValueRule.BANDS:
        yield "worth", _bits(len(event.bands) + 1)
    if rule.page is PageTold.LABEL and address.tells_page:
        yield "page label", _bits(len({page.label for page in policy.pages if page.label}) + 1)
    if rule.identity is not Identity.NONE and address.click_ids:
        # One of any of the network's kinds, each of any length and spelling that its grammar has.
        click_ids = sum(count_texts(CLICK_GRAMMARS[kind]) for kind in address.click_ids)
        yield "click id, the network's own", _bits(click_ids + 1)
        if address.tells_click_time:
            yield "click time", _bits(CLICK_TIME_SLOTS)
    if rule.identity is Identity.HASHED:
        for field in rule.identifiers:
            yield f"hashed {field}", _bits(_DIGESTS + 1)
    which = "event" if _tells_event_id(policy, destination, event) else "client"
    yield f"{which} id, random and derived one way", _bits(16 ** _count_told_digits(policy, destination, event))


def _bits(choices: int) -> float:
    """The bits of a choice in tenths, rounded up: no sum of them is below the truth."""
    return (choices**10 - 1).bit_length() / 10


_ATOM = re.compile(
    r"(?:(?P<set>\[[^\]]+\])|\(\?:(?P<group>[^()]+)\)|[A-Za-z0-9_-])"
    r"(?:\{(?P<least>\d+)(?:,(?P<most>\d+))?\})?",
    re.ASCII,
)


def count_texts(grammar: str) -> int:
    """How many texts a grammar of characters, sets, groups and their repetitions has.

    Raises:
        ValueError: the grammar holds something else.
    """
    texts, end = 1, 0
    while end < len(grammar):
        atom = _ATOM.match(grammar, end)
        if atom is None:
            raise ValueError(f"cannot count a grammar from its character {end} on")
        choices = 1
        if atom["set"]:
            choices = len(re.findall(atom["set"], "".join(map(chr, range(128)))))
        elif atom["group"]:
            choices = count_texts(atom["group"])
        least = int(atom["least"] or 1)
        texts *= sum(choices**length for length in range(least, int(atom["most"] or least) + 1))
        end = atom.end()
    return texts


def _tell_apart(policy: Policy, destination: Destination, event: Event) -> list[list[Source]]:
    """The sources, those together that make no difference to the network's request."""
    alike: dict[Call, list[Source]] = {}
    for source in Source:
        alike.setdefault(_render(policy, destination, event, source=source), []).append(source)
    return list(alike.values())


def _tells_event_id(policy: Policy, destination: Destination, event: Event) -> bool:
    return _SAMPLED_ID.encode() in _render(policy, destination, event).body


def _count_told_digits(policy: Policy, destination: Destination, event: Event) -> int:
    """How many of the event id's hex digits make a difference to the network's request."""
    plain = _render(policy, destination, event)
    changed = (f"{_SAMPLED_ID[:at]}1{_SAMPLED_ID[at + 1 :]}" for at in range(len(_SAMPLED_ID)))
    return sum(_render(policy, destination, event, event_id=text) != plain for text in changed)


def _render(
    policy: Policy,
    destination: Destination,
    event: Event,
    source: Source = Source.WEBSITE,
    event_id: str = _SAMPLED_ID,
) -> Call:
    """The network's own request for the least that can be told of an event, without a credential."""
    sample = CleanEvent(
        destination=destination,
        event=EventName(event.name),
        source=source,
        at=_SAMPLED_AT,
        not_before=_SAMPLED_AT,
        event_id=EventId(event_id),
    )
    return DESTINATIONS[destination].render([sample], policy, "")


def _tells_labels(policy: Policy) -> bool:
    return any(rule.page is PageTold.LABEL and ADDRESS_BOOK[to].tells_page for to, rule in policy.rules.items())


def _join(words: Iterable[object], last: str = "and") -> str:
    listed = [str(word) for word in words]
    return f" {last} ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
