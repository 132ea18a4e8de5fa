"""A policy in, every single thing that it lets out, in sentences out: what two policies are compared by.

A key that the newer policy has and the older has not widens. What a policy *demands* (a consent, an end) is written as
what is let out without it, so that a demand that is dropped widens too.
"""

from collections.abc import Iterator

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.policy import DestinationRule, Event, HashedRequires, Identity, PageTold, PayloadLog, Policy, ValueRule
from workbench.explanation import NAMES

Key = tuple[str, ...]
_LONGEST_DAYS = 3650
_LOGS = {PayloadLog.DIGEST: 0, PayloadLog.MASKED: 1, PayloadLog.FULL: 2}


def list_allowances(policy: Policy) -> dict[Key, str]:
    """What a policy lets out, each under a key that is the same in every policy that lets out the same."""
    return dict([*_list_intake(policy), *_list_told(policy)])


def _list_told(policy: Policy) -> Iterator[tuple[Key, str]]:
    for to, rule in policy.rules.items():
        events = [event for event in policy.events if to in event.to and event.name in rule.events]
        if not events:
            continue
        who = NAMES[to]
        yield ("account", to, rule.account), f"{who} is told under the account {rule.account}"
        yield ("url", to, policy.public_url), f"{who} is told the address {policy.public_url}"
        if rule.test_code is None:
            yield ("live", to), f"{who} is told real events, not test events"
        if policy.state is None:
            yield ("unlimited", to), f"{who} is told without a state, so without the flag for limited data use"
        for event in events:
            yield from _list_event(policy, to, rule, event)
        yield from _list_identity(to, rule)
        if rule.page is PageTold.LABEL and ADDRESS_BOOK[to].tells_page:
            for page in policy.pages:
                if page.label:
                    words = f"{who} is told the label {page.label} of pages that match {page.match}"
                    yield ("label", to, page.label, page.match), words


def _list_event(policy: Policy, to: Destination, rule: DestinationRule, event: Event) -> Iterator[tuple[Key, str]]:
    who, word = NAMES[to], rule.events[event.name]
    yield ("event", to, event.name), f"{who} is told of the event {event.name}"
    yield ("word", to, event.name, word), f"{who} is told the word “{word}” for {event.name}"
    amounts = (event.amount,) if event.value is ValueRule.FIXED else event.bands
    for amount in amounts:
        how = "the fixed worth" if event.value is ValueRule.FIXED else "the band from"
        words = f"{who} is told {how} {amount} {policy.currency} for {event.name}"
        yield ("worth", to, event.name, event.value, f"{amount} {policy.currency}"), words


def _list_identity(to: Destination, rule: DestinationRule) -> Iterator[tuple[Key, str]]:
    who, address = NAMES[to], ADDRESS_BOOK[to]
    if rule.identity is not Identity.NONE:
        for kind in address.click_ids:
            yield ("click", to, kind), f"{who} is told its own click id {kind}"
    if rule.identity is Identity.HASHED:
        for field in rule.identifiers:
            yield ("digest", to, field), f"{who} is told a SHA-256 of the {_say(field)} under a HIPAA authorization"
            if rule.hashed_requires is HashedRequires.CONSENT:
                words = f"{who} is told a SHA-256 of the {_say(field)} by consent alone, without a HIPAA authorization"
                yield ("digest", to, field, "consent"), words


def _list_intake(policy: Policy) -> Iterator[tuple[Key, str]]:
    """What reaches the networks' part at all: whose pages, which calls, with how little consent."""
    for site in policy.sites:
        yield ("site", site), f"pages of {site} may post events"
    for event in policy.events:
        for name in (event.name, *event.aliases):
            yield ("alias", event.name, name), f"what a page calls “{name}” counts as {event.name}"
        for prop, words in event.props.items():
            for word in words:
                yield ("prop", event.name, prop, word), f"the journal keeps {prop} = “{word}” of {event.name}"
        end = event.expires_ms
        if end is None:
            yield ("endless", event.name), f"{event.name} may be told without an end to its review"
        else:
            yield ("until", event.name), f"{event.name} may be told until its review ends"
    for term in policy.exempt_terms:
        yield ("exempt", term), f"the second fence lets the health word “{term}” pass"
    for shim in policy.shims:
        yield ("shim", shim), f"the browser script takes the site's {shim} calls"
    for hook in policy.hooks:
        yield ("hook", str(hook.name)), f"the webhook {hook.name} may tell of conversions"
    if _LOGS[policy.payload_log]:
        yield ("log", "masked"), "the journal shows payloads, identifiers masked"
    if policy.payload_log is PayloadLog.FULL:
        yield ("log", "full"), "the journal shows payloads in full, identifiers included"


def list_longer(old: Policy, new: Policy) -> Iterator[str]:
    """What the newer policy lets out for longer, or with less: ages, ends and consents, which have an order."""
    for category in sorted(set(old.consent_required) - set(new.consent_required)):
        yield f"events may be told without consent to {category}"
    days = [policy.consent_max_age_ms // 86_400_000 for policy in (old, new)]
    if days[1] > days[0]:
        yield f"a consent counts for {days[1]} days, not {days[0]}"
    before = {event.name: event.expires_ms for event in old.events}
    for event in new.events:
        end = before.get(event.name)
        if end is not None and event.expires_ms is not None and event.expires_ms > end:
            yield f"{event.name} may be told {(event.expires_ms - end) // 86_400_000} days longer"


def _say(field: str) -> str:
    return field.replace("_", " ")
