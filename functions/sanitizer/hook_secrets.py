"""A hook in, the secrets that may have signed its requests out: from Secrets Manager, kept for five minutes."""

import json
from collections.abc import Callable
from typing import Any, Protocol

from airlock.hook import Hook
from airlock.table import UnavailableError
from sanitizer.signature import decode_secret

KEPT_MS = 300_000
FAILED_MS = 10_000
SHORTEST = 16
_KEYS = ("secret", "previous")


class HookSecrets(Protocol):
    """Where the secrets of hooks come from."""

    def read(self, hook: Hook, now: int) -> tuple[bytes, ...]:
        """The hook's secrets, the one before the last rotation too; UnavailableError where they cannot be had."""


class SecretFetcher:
    """A secret's name to its text, by boto3's client, which `connect` gives when the first is asked for."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._client: Any = None

    def __call__(self, name: str) -> str:
        """The secret's text."""
        if self._client is None:
            self._client = self._connect()
        return str(self._client.get_secret_value(SecretId=name)["SecretString"])


class SecretsManagerSecrets:
    """Secrets of Secrets Manager by the policy's names: the text itself, or `{"secret": ..., "previous": ...}`.

    `fetch` gives a secret's text by its name. A failure is remembered for ten seconds, so that a flood of forged
    requests does not become a flood of look-ups.
    """

    def __init__(self, fetch: Callable[[str], str]) -> None:
        self._fetch = fetch
        self._kept: dict[str, tuple[int, tuple[bytes, ...]]] = {}

    def __repr__(self) -> str:
        return "<SecretsManagerSecrets>"

    def read(self, hook: Hook, now: int) -> tuple[bytes, ...]:
        """The hook's secrets."""
        until, secrets = self._kept.get(hook.name, (0, ()))
        if now >= until:
            secrets = self._look_up(hook)
            self._kept[hook.name] = (now + (KEPT_MS if secrets else FAILED_MS), secrets)
        if not secrets:
            raise UnavailableError("the hook has no usable secret")
        return secrets

    def _look_up(self, hook: Hook) -> tuple[bytes, ...]:
        try:
            text = self._fetch(hook.secret)
        except Exception:  # noqa: BLE001 - whatever AWS says, its text is not passed on
            return ()
        try:
            document = json.loads(text)
        except ValueError:
            document = text
        found = [document.get(key) for key in _KEYS] if isinstance(document, dict) else [text]
        decoded = [decode_secret(secret, hook.scheme) for secret in found if isinstance(secret, str)]
        return tuple(secret for secret in decoded if len(secret) >= SHORTEST)  # an empty one would sign for anybody
