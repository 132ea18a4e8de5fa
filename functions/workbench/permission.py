"""A policy in, for each network and event the policy's own words that let each part of a request out."""

from collections.abc import Iterator

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.policy import DestinationRule, Event, HashedRequires, Identity, PageTold, Policy, ValueRule

Words = list[tuple[str, str]]
"""The part of a request, and the words of the policy that allow it."""


def find_permissions(policy: Policy) -> dict[str, dict[str, Words]]:
    """Network to event to what allows each part."""
    return {
        str(destination): {
            event.name: list(_permit(policy, destination, rule, event))
            for event in policy.events
            if destination in event.to and event.name in rule.events
        }
        for destination, rule in policy.rules.items()
    }


def _permit(policy: Policy, to: Destination, rule: DestinationRule, event: Event) -> Iterator[tuple[str, str]]:
    address = ADDRESS_BOOK[to]
    where = f"[destination.{to}]"
    yield "that it is told at all", f'[[event]] name = "{event.name}", to = [... "{to}" ...]'
    if event.why:
        reviewed = f", reviewed by {event.reviewed_by} on {event.reviewed_on}" if event.reviewed_by else ""
        yield "what for", f'why = "{event.why}"{reviewed}'
    yield "the event's word", f'{where} events = {{ {event.name} = "{rule.events[event.name]}" }}'
    yield "the account", f'{where} account = "{rule.account}"'
    yield "the time", "no switch: rounded up to the quarter hour, and not sent before it"
    yield "the event id", "no switch: one way from the browser's id, another at every network"
    match event.value:
        case ValueRule.FIXED:
            yield "the worth", f'value = "fixed", amount = {event.amount}'
        case ValueRule.BANDS:
            yield "the worth", f'value = "bands", bands = [{", ".join(map(str, event.bands))}]'
        case ValueRule.NONE:
            pass
    if address.tells_page:
        told = rule.page is PageTold.LABEL
        words = f'{where} page = "label", and the label of the [[page]] that matches' if told else ""
        yield "the page", words or f'[clinic] public_url = "{policy.public_url}"'
    if rule.identity is not Identity.NONE and address.click_ids:
        yield "the click id", f'{where} identity = "{rule.identity}": the network\'s own click id goes back to it alone'
    if rule.identity is Identity.HASHED and rule.identifiers:
        fields = ", ".join(f'"{field}"' for field in rule.identifiers)
        basis = (
            "and a HIPAA authorization on file that names it"
            if rule.hashed_requires is HashedRequires.AUTHORIZATION
            else "by consent, the clinic's own recorded decision"
        )
        requires = f'hashed_requires = "{rule.hashed_requires}"'
        yield "hashed identifiers", f"{where} identifiers = [{fields}], {requires}: {basis}"
