"""The secrets that a webhook's sender signs with: looked up rarely, kept for minutes, and never shown."""

import base64
import json
from typing import Any

import msgspec
import pytest

from airlock.hook import Hook, Scheme
from airlock.policy import Policy
from airlock.table import UnavailableError
from sanitizer.hook_secrets import SecretFetcher, SecretsManagerSecrets
from tests.clinic_systems import NOW

SECRET = "an-invented-hook-secret"


class Keeper:
    """Secrets Manager, which may be down; counts what it is asked."""

    def __init__(self, text: str = SECRET) -> None:
        self.text = text
        self.is_down = False
        self.asked: list[str] = []

    def fetch(self, name: str) -> str:
        self.asked.append(name)
        if self.is_down:
            raise RuntimeError(f"AccessDenied: {self.text}")
        return self.text


@pytest.fixture
def hook(policy: Policy) -> Hook:
    return next(hook for hook in policy.hooks if hook.name == "calls")


def test_a_secret_is_kept_for_five_minutes_and_then_asked_for_anew(hook: Hook) -> None:
    """A rotation takes effect within that time, without a restart."""
    keeper = Keeper()
    secrets = SecretsManagerSecrets(keeper.fetch)
    assert secrets.read(hook, NOW) == (SECRET.encode(),)
    keeper.text = "the-secret-after-rotation"
    assert secrets.read(hook, NOW + 299_999) == (SECRET.encode(),)
    assert keeper.asked == [hook.secret]
    assert secrets.read(hook, NOW + 300_000) == (b"the-secret-after-rotation",)


def test_a_failure_is_remembered_for_ten_seconds_and_no_longer(hook: Hook) -> None:
    """A flood of forged requests is no flood of look-ups, and calls are taken again soon after the failure is over."""
    keeper = Keeper()
    keeper.is_down = True
    secrets = SecretsManagerSecrets(keeper.fetch)
    for later in (0, 1, 9_999):
        with pytest.raises(UnavailableError):
            secrets.read(hook, NOW + later)
    assert len(keeper.asked) == 1
    keeper.is_down = False
    assert secrets.read(hook, NOW + 10_000) == (SECRET.encode(),)


def test_each_hook_has_a_secret_of_its_own(policy: Policy) -> None:
    keeper = Keeper()
    secrets = SecretsManagerSecrets(keeper.fetch)
    for hook in policy.hooks:
        secrets.read(hook, NOW)
    assert keeper.asked == [hook.secret for hook in policy.hooks]


@pytest.mark.parametrize(("length", "is_taken"), [(0, False), (15, False), (16, True)])
def test_a_secret_has_at_least_sixteen_bytes(hook: Hook, length: int, *, is_taken: bool) -> None:
    """A shorter one could be guessed, and an empty one would sign for anybody."""
    secrets = SecretsManagerSecrets(Keeper("s" * length).fetch)
    if is_taken:
        assert secrets.read(hook, NOW) == (b"s" * length,)
    else:
        with pytest.raises(UnavailableError, match=r"^the hook has no usable secret$"):
            secrets.read(hook, NOW)


@pytest.mark.parametrize(
    ("document", "secrets"),
    [
        ({"secret": SECRET, "previous": "the-secret-before"}, (SECRET, "the-secret-before")),
        ({"secret": SECRET}, (SECRET,)),
        ({"secret": "", "previous": "the-secret-before"}, ("the-secret-before",)),
        ({"secret": SECRET, "previous": None, "username": "somebody-at-the-clinic"}, (SECRET,)),
    ],
)
def test_a_rotation_keeps_the_secret_before_it(hook: Hook, document: Any, secrets: tuple[str, ...]) -> None:
    found = SecretsManagerSecrets(Keeper(json.dumps(document)).fetch).read(hook, NOW)
    assert found == tuple(secret.encode() for secret in secrets)


def test_a_secret_that_happens_to_be_json_but_no_object_is_taken_as_it_is_written(hook: Hook) -> None:
    digits = "12345678901234567890"
    assert SecretsManagerSecrets(Keeper(digits).fetch).read(hook, NOW) == (digits.encode(),)


def test_a_standard_webhooks_secret_is_the_bytes_behind_its_prefix(hook: Hook) -> None:
    standard = msgspec.structs.replace(hook, scheme=Scheme.STANDARD)
    written = f"whsec_{base64.b64encode(SECRET.encode()).decode()}"
    assert SecretsManagerSecrets(Keeper(written).fetch).read(standard, NOW) == (SECRET.encode(),)
    assert SecretsManagerSecrets(Keeper(written).fetch).read(hook, NOW) == (written.encode(),)
    with pytest.raises(UnavailableError):
        SecretsManagerSecrets(Keeper("whsec_no base64 at all!").fetch).read(standard, NOW)


def test_no_secret_is_shown_by_what_keeps_it_or_by_what_goes_wrong(hook: Hook) -> None:
    keeper = Keeper()
    secrets = SecretsManagerSecrets(keeper.fetch)
    secrets.read(hook, NOW)
    assert repr(secrets) == "<SecretsManagerSecrets>"
    keeper.is_down = True
    with pytest.raises(UnavailableError) as failed:
        secrets.read(hook, NOW + 300_000)
    assert SECRET not in f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__context__!r}"


def test_one_client_is_opened_when_the_first_secret_is_asked_for() -> None:
    opened: list[object] = []

    class Client:
        def __init__(self) -> None:
            opened.append(self)

        def get_secret_value(self, **request: str) -> dict[str, str]:
            return {"SecretString": f"the secret of {request['SecretId']}", "ARN": "arn:example"}

    fetch = SecretFetcher(Client)
    assert opened == []
    assert [fetch("airlock/hooks/one"), fetch("airlock/hooks/two")] == [
        "the secret of airlock/hooks/one",
        "the secret of airlock/hooks/two",
    ]
    assert len(opened) == 1
