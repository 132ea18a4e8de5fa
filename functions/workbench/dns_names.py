"""A name and a record type in, the records' texts out, by dnspython over this machine's resolvers."""

from typing import Protocol

import dns.exception
import dns.resolver

from workbench.examination import UnseenError

_PATIENCE_S = 5.0


class Names(Protocol):
    """Where DNS names are looked up."""

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        """The records of a name, none where there are none; UnseenError where nobody answers."""


class DnsNames:
    """The real ones."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._given = resolver

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        """The records of a name, each without its last dot."""
        try:
            resolver = self._given = self._given or dns.resolver.Resolver()
            answer = resolver.resolve(f"{name}.", kind, raise_on_no_answer=False, lifetime=_PATIENCE_S)
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.exception.DNSException as error:
            raise UnseenError(f"DNS did not answer for {name}: {type(error).__name__}") from None
        return tuple(record.to_text().rstrip(".") for record in answer.rrset or ())
