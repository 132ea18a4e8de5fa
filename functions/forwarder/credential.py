"""What whoever sends needs of a network's token: where one comes from, and the error that there is none."""

from collections.abc import Callable
from typing import Protocol

from airlock.policy import DestinationRule


class CredentialError(Exception):
    """There is no usable token. Names the secret and never what it holds. `is_passing`: another try may find one."""

    def __init__(self, sentence: str, *, is_passing: bool = False) -> None:
        super().__init__(sentence)
        self.is_passing = is_passing


class Credentials(Protocol):
    """Where tokens come from."""

    def token(self, rule: DestinationRule) -> str:
        """The network's token; CredentialError if there is none."""

    def forget(self, rule: DestinationRule) -> None:
        """The network did not accept the token: ask for it anew next time."""


Exchange = Callable[[dict[str, object]], str]
"""A credential's JSON to a token that is valid now; raises CredentialError."""
