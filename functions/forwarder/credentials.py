"""A network's rule in, its token out: from Secrets Manager, kept for five minutes, and never shown."""

import json
from collections.abc import Callable
from typing import Protocol

from airlock.policy import DestinationRule

KEPT_S = 300


class CredentialError(Exception):
    """There is no usable token. Names the secret and never what it holds."""


class Credentials(Protocol):
    """Where tokens come from."""

    def token(self, rule: DestinationRule) -> str:
        """The network's token; CredentialError if there is none."""


class SecretsManagerCredentials:
    """Secrets of Secrets Manager by the policy's names; the value is the token, or `{"token": ...}`."""

    def __init__(self, fetch: Callable[[str], str] | None = None) -> None:
        self._fetch = fetch or _fetch_secret

    def __repr__(self) -> str:
        return "<SecretsManagerCredentials>"

    def token(self, rule: DestinationRule) -> str:
        """The network's token."""
        try:
            secret = self._fetch(rule.secret)
        except Exception as error:  # noqa: BLE001 - whatever AWS says, its text is not passed on
            raise CredentialError(f"secret {rule.secret}: {type(error).__name__}") from None
        try:
            document = json.loads(secret)
        except ValueError:
            document = secret
        token = document.get("token") if isinstance(document, dict) else secret
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise CredentialError(f"secret {rule.secret}: holds no token")
        return token


def _fetch_secret(name: str) -> str:
    from aws_lambda_powertools.utilities import parameters  # noqa: PLC0415 - it brings boto3, which the workbench spares

    value = parameters.get_secret(name, max_age=KEPT_S)
    if not isinstance(value, str):
        raise TypeError("a secret must be text")
    return value
