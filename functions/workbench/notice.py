"""A policy in, what a clinic tells of it out: a privacy policy's paragraph, and which recipients have no BAA."""

from collections.abc import Iterator

from airlock.policy import HashedRequires, Identity, PageTold, Policy
from workbench.explanation import NAMES

_PURPOSE = (
    "If you agree, {clinic} tells {networks} that a request or a booking was made through this website, "
    "so that we can see which of our advertisements work."
)
_TOLD = (
    "We tell the kind of event, the quarter hour in which it happened, at most a rough worth, and the identifier that "
    "the same network gave to your click on its advertisement, if you came by one."
)
_HASHED = (
    "To {networks} we may, only {basis}, also give a hashed form of contact data such as your e-mail address; "
    "a hashed identifier can still identify you to a company that knows the same data."
)
_PROMISES = (
    "We do not tell them which treatment you looked at, the address of the page, what you wrote, or your IP address.",
    "If your browser sends the Global Privacy Control signal, or you do not agree, nothing is told.",
    "You can take back your consent at any time in the privacy settings of this website.",
    "You can take back an authorization by writing to us.",
)


def write_notice(policy: Policy) -> str:
    """A paragraph for the clinic's privacy policy, to be read by its counsel before it is published."""
    told = {NAMES[to]: rule for to, rule in policy.rules.items() if rule.events}
    hashed = {name: rule for name, rule in told.items() if rule.identity is Identity.HASHED and rule.identifiers}
    labelled = [name for name, rule in told.items() if rule.page is PageTold.LABEL]
    sentences = [_PURPOSE.format(clinic=policy.name, networks=_join(list(told))), _TOLD]
    if labelled:
        labels = sorted({str(page.label) for page in policy.pages if page.label})
        sentences.append(f"{_join(labelled)} may also be told a general label of the page: {_join(labels)}.")
    if hashed:
        by_consent = any(rule.hashed_requires is HashedRequires.CONSENT for rule in hashed.values())
        basis = "where you have signed an authorization" + (" or, for some, agreed" if by_consent else "")
        sentences.append(_HASHED.format(networks=_join(list(hashed)), basis=basis))
    return " ".join([*sentences, *_PROMISES]) + "\n"


def write_networks(policy: Policy) -> Iterator[str]:
    """Which recipient has no business associate agreement, as Markdown."""
    yield "# Recipients without a business associate agreement"
    yield ""
    yield "None of the ad networks signs one for these services. Each is told only what policy.txt says."
    yield ""
    yield "| network | account | BAA | switched on | recognises a visitor by | what that rests on |"
    yield "|---|---|---|---|---|---|"
    for rule in policy.destinations:
        by = {"none": "nothing", "click_id": "its own click id"}.get(
            rule.identity, f"its own click id, and SHA-256 of {', '.join(rule.identifiers)}"
        )
        basis = "consent" if rule.identity is not Identity.HASHED else f"consent; digests: {rule.hashed_requires}"
        on = "yes" if rule.enabled else "no"
        yield f"| {NAMES[rule.destination]} | {rule.account} | none | {on} | {by} | {basis} |"


def _join(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
