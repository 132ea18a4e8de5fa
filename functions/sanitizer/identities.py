"""Click ids and contact data in, what one network may recognise the visitor by out, or why it gets nothing."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from airlock.address_book import ADDRESS_BOOK, Address, ContactField, Destination
from airlock.authorization import Authorization
from airlock.clean import Basis, Digests
from airlock.normalisation import Normalisation
from airlock.outcome import Reason
from airlock.policy import DestinationRule, HashedRequires, Identity
from airlock.tokens import AuthorizationRef, Digest, hash_identifier
from sanitizer.clicks import Click

_FIELDS = frozenset(map(str.__str__, ContactField))  # plain text: a dict finds it faster than an enum's member
_NO_FIELDS: frozenset[str] = frozenset()


class Contact:
    """One event's contact data, normalised and hashed on demand, once per rule. Shows nothing of itself."""

    def __init__(self, user: Mapping[str, Any], country: str) -> None:
        self._user = user
        self._country = country
        self._digests: dict[tuple[ContactField, str], Digest | None] = {}
        self.given = _NO_FIELDS
        if user:
            self.given = frozenset([key for key, value in user.items() if value is not None and key in _FIELDS])

    def __repr__(self) -> str:
        return "<Contact>"

    def hash(self, address: Address, fields: Sequence[ContactField]) -> dict[ContactField, Digest]:
        """Digests of the given fields as this network wants them normalised; a value that is no good is left out."""
        found: dict[ContactField, Digest] = {}
        for field in fields:
            if field not in self.given or (rule := address.contact.get(field)) is None:
                continue
            key = (field, rule)
            if key not in self._digests:
                self._digests[key] = self._hash(field, rule)
            if token := self._digests[key]:
                found[field] = token
        return found

    def _hash(self, field: ContactField, rule: Normalisation) -> Digest | None:
        value = self._user[field]
        normalised = _load_normalise()(rule, value, self._country) if type(value) is str else None
        return None if normalised is None else hash_identifier(normalised)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The fields that are no text, or no good wherever they were tried, and the keys that are no contact field."""
        user = self._user
        if not user:
            return ()
        bad = {field for field in self.given if type(user[field]) is not str}
        if None in self._digests.values():
            bad |= {field for field, _ in self._digests}
            bad -= {field for (field, _), token in self._digests.items() if token}
        dropped = [f"user.{field}" for field in sorted(bad)]
        return (*dropped, *["user.unknown"] * len(user.keys() - _FIELDS))


@cache
def _load_normalise() -> Callable[[Normalisation, str, str], str | None]:
    """Loaded with the first hash that is due: few policies ask for one, and every cold start would pay."""
    from sanitizer.normalisation import normalise  # noqa: PLC0415

    return normalise


class Told(Struct, frozen=True):
    """What a network may recognise the visitor by."""

    click: Click | None = None
    digests: Digests | None = None
    basis: Basis = Basis.NONE
    authorization: AuthorizationRef | None = None

    def __repr__(self) -> str:
        return "<Told>"


class OnFile(Struct, frozen=True):
    """The authorization that an event names, if there is one on file."""

    ref: AuthorizationRef
    terms: Authorization


class Means(Struct, frozen=True):
    """By what one network may recognise a visitor under one rule of the policy."""

    destination: Destination
    address: Address
    rule: DestinationRule
    clicks: tuple[str, ...]  # kinds, in order of preference
    hashes: bool
    by_click_alone: bool


def find_means(destination: Destination, rule: DestinationRule) -> Means:
    """Worked out once for each network."""
    address = ADDRESS_BOOK[destination]
    clicks = () if rule.identity is Identity.NONE else tuple(map(str.__str__, address.click_ids))
    return Means(
        destination,
        address,
        rule,
        clicks,
        hashes=rule.identity is Identity.HASHED,
        by_click_alone=not address.needs_one_of,
    )


def identify(
    means: Means,
    found: Mapping[str, Click],
    contact: Contact,
    on_file: OnFile | None,
    now: int,
) -> Told | Reason:
    """What this network may be given, or the reason to withhold; `now` is the time of receipt, epoch milliseconds."""
    click = None
    for kind in means.clicks:
        if kind in found:
            click = found[kind]
            break
    may_hash = means.hashes and contact.given
    if click is not None and not may_hash and means.by_click_alone:
        return Told(click, basis=Basis.CONSENT)
    address, rule = means.address, means.rule
    if rule.identity is Identity.NONE:
        return Reason.NO_IDENTITY if address.needs_identity else Told()
    digests: dict[ContactField, Digest] = {}
    by_authorization = rule.hashed_requires is HashedRequires.AUTHORIZATION
    if may_hash:
        covered = on_file.terms.covers(means.destination, now) if on_file else frozenset()
        allowed = [field for field in rule.identifiers if not by_authorization or field in covered]
        digests = contact.hash(address, allowed)
    if not _is_recognised(address, click, digests):
        wanted = means.hashes and by_authorization
        if wanted and _is_recognised(address, click, contact.hash(address, rule.identifiers)):
            return Reason.NO_AUTHORIZATION
        if address.needs_identity:
            return Reason.NO_IDENTITY
    if not digests:
        return Told(click=click, basis=Basis.CONSENT if click else Basis.NONE)
    return Told(
        click=click,
        digests=Digests(**digests),
        basis=Basis.AUTHORIZATION if by_authorization else Basis.CONSENT,
        authorization=on_file.ref if by_authorization and on_file else None,
    )


def _is_recognised(address: Address, click: Click | None, digests: Mapping[ContactField, Digest]) -> bool:
    if address.needs_one_of and not address.needs_one_of & digests.keys():
        return False
    return click is not None or any(fields <= digests.keys() for fields in address.recognised_by)
