"""HIPAA authorizations on file (45 CFR 164.508): what one covers, and the port behind which they are kept.

The airlock keeps the terms only, under the SHA-256 of the id; the signed document stays in the clinic's own system.
"""

from typing import Protocol

from msgspec import Struct

from airlock.address_book import ContactField, Destination
from airlock.tokens import AuthorizationRef

PURPOSE = "ad_measurement"


class Authorization(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One authorization's terms; times in epoch milliseconds. A revocation is kept even if the record never came."""

    recipients: tuple[Destination, ...] = ()
    information: tuple[ContactField, ...] = ()
    purposes: tuple[str, ...] = ()
    signed_at: int = 0
    expires_at: int = 0
    template_sha256: str = ""
    revoked_at: int | None = None

    def covers(self, destination: Destination, now: int) -> frozenset[ContactField]:
        """The contact fields whose digests this network may be told at `now`, epoch milliseconds."""
        valid = self.revoked_at is None and self.signed_at <= now < self.expires_at and PURPOSE in self.purposes
        return frozenset(self.information) if valid and destination in self.recipients else frozenset()


class Authorizations(Protocol):
    """Where authorizations are kept."""

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """The authorization under a reference, revoked ones too; None if there is none."""

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> None:
        """Record an authorization, or its revocation."""


class NoAuthorizations:
    """Nothing is on file, and nothing can be put there."""

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """None."""
        del ref
        return None

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> None:
        """Refuse: a change that is not kept must not be answered as if it were."""
        raise NotImplementedError("no place is configured where authorizations are kept")


class AuthorizationsInMemory:
    """Authorizations for as long as the process lives: the workbench's and the tests'."""

    def __init__(self) -> None:
        self._kept: dict[AuthorizationRef, Authorization] = {}

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """The authorization under a reference."""
        return self._kept.get(ref)

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> None:
        """Record an authorization, or its revocation."""
        self._kept[ref] = authorization
