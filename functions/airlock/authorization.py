"""HIPAA authorizations on file (45 CFR 164.508): what one covers, and the port behind which they are kept.

The airlock keeps the terms only, under the SHA-256 of the id; the signed document stays in the clinic's own system.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec
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
    """Where authorizations are kept. A revocation is final: nothing that is recorded afterwards takes its place.

    Every method raises `table.UnavailableError` where the place does not answer.
    """

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """The authorization under a reference, revoked ones too; None if there is none."""

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> bool:
        """Record an authorization; False where one under this reference was revoked, and nothing is recorded."""

    def revoke(self, ref: AuthorizationRef, at: int) -> None:
        """Revoke from `at` on, epoch milliseconds, what is on file or will be; the first revocation's moment stays."""

    def read_all(self) -> Iterator[tuple[AuthorizationRef, Authorization]]:
        """Everything on file, revoked ones too, in no order."""


class NoAuthorizations:
    """Nothing is on file, and nothing can be put there: what is not kept must not be answered as if it were."""

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """None."""
        del ref
        return None

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> bool:
        """Refuse."""
        raise NotImplementedError("no place is configured where authorizations are kept")

    def revoke(self, ref: AuthorizationRef, at: int) -> None:
        """Refuse."""
        raise NotImplementedError("no place is configured where authorizations are kept")

    def read_all(self) -> Iterator[tuple[AuthorizationRef, Authorization]]:
        """Nothing."""
        return iter(())


class AuthorizationsInMemory:
    """Authorizations for as long as the process lives: the workbench's and the tests'."""

    def __init__(self) -> None:
        self._kept: dict[AuthorizationRef, Authorization] = {}

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """The authorization under a reference."""
        return self._kept.get(ref)

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> bool:
        """Record an authorization, unless a revocation stands."""
        before = self._kept.get(ref)
        if before is not None and before.revoked_at is not None:
            return False
        self._kept[ref] = authorization
        return True

    def revoke(self, ref: AuthorizationRef, at: int) -> None:
        """Revoke what is on file or will be."""
        before = self._kept.get(ref, Authorization())
        if before.revoked_at is None:
            self._kept[ref] = msgspec.structs.replace(before, revoked_at=at)

    def read_all(self) -> Iterator[tuple[AuthorizationRef, Authorization]]:
        """Everything on file."""
        return iter(list(self._kept.items()))
