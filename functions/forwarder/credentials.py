"""A network's rule in, its token out: from Secrets Manager, kept for five minutes, and never shown.

What a secret may hold:

- the token itself, or `{"token": "..."}`: every network, Google for a trial only, its tokens end after an hour;
- for Google, the JSON of a credential as Google's console or gcloud writes it: `service_account` (a stored key),
  `authorized_user` (a refresh token), or `external_account` for AWS: workload identity federation, with no key stored
  anywhere; it names `urn:ietf:params:aws:token-type:aws4_request` and is signed with the function's own role.
"""

import json
from collections.abc import Callable

from airlock.policy import DestinationRule
from forwarder.credential import CredentialError, Exchange
from forwarder.egress import Egress

KEPT_S = 300
# Until somebody fills the secret or grants its use, no other try will find more.
_LASTING = frozenset({"AccessDeniedException", "ResourceNotFoundException", "TypeError"})


class SecretsManagerCredentials:
    """Secrets of Secrets Manager by the policy's names; `fetch` gives a secret's text, anew where it is told to."""

    def __init__(self, egress: Egress, fetch: Callable[[str, bool], str] | None = None) -> None:
        self._egress = egress
        self._fetch = fetch or _fetch_secret
        self._stale: set[str] = set()
        self._exchanges: dict[str, tuple[str, Exchange]] = {}

    def __repr__(self) -> str:
        return "<SecretsManagerCredentials>"

    def token(self, rule: DestinationRule) -> str:
        """The network's token."""
        secret = self._read(rule.secret)
        try:
            document = json.loads(secret)
        except ValueError:
            document = secret
        if isinstance(document, dict) and "type" in document:
            token: object = self._exchange(rule.secret, secret, document)
        elif isinstance(document, dict):
            token = document.get("token")
        else:
            token = None if isinstance(document, list) else secret
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise CredentialError(f"secret {rule.secret}: holds no token")
        return token

    def forget(self, rule: DestinationRule) -> None:
        """Read the secret anew next time, and exchange it anew."""
        self._stale.add(rule.secret)
        self._exchanges.pop(rule.secret, None)

    def _read(self, name: str) -> str:
        try:
            secret = self._fetch(name, name in self._stale)
        except Exception as error:  # noqa: BLE001 - whatever AWS says, its text is not passed on
            code = _aws_code(error) or type(error).__name__
            raise CredentialError(f"secret {name}: {code}", is_passing=code not in _LASTING) from None
        self._stale.discard(name)
        return secret.strip()

    def _exchange(self, name: str, secret: str, document: dict[str, object]) -> str:
        from forwarder.google_tokens import open_exchange  # noqa: PLC0415 - google-auth is imported where it is needed

        known = self._exchanges.get(name)
        if known is None or known[0] != secret:
            known = self._exchanges[name] = (secret, open_exchange(document, self._egress, f"secret {name}"))
        return known[1](document)


def _fetch_secret(name: str, anew: bool) -> str:  # noqa: FBT001 - as the constructor's `fetch`
    from aws_lambda_powertools.utilities import parameters  # noqa: PLC0415 - it brings boto3, which the workbench spares

    value = parameters.get_secret(name, max_age=KEPT_S, force_fetch=anew)
    if not isinstance(value, str):
        raise TypeError("a secret must be text")
    return value


def _aws_code(error: Exception) -> str:
    """The code of the AWS error behind an error of Powertools'; empty if there is none."""
    response = getattr(error.__cause__ or error.__context__ or error, "response", None)
    return str(response["Error"]["Code"]) if isinstance(response, dict) and "Error" in response else ""
