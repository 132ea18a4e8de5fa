"""`airlock secret set` takes a token from stdin only, refuses what cannot be one, and never shows it anywhere."""

import argparse
import io
import json
from typing import Any, ClassVar

import pytest

from airlock.address_book import Destination
from airlock.hook import Scheme
from airlock.policy import Policy
from forwarder.credentials import SecretsManagerCredentials
from forwarder.egress import Egress
from workbench.command import main
from workbench.complaint import Complaint
from workbench.secret import Kept, find_secret, read_text, store
from workbench.secret_form import FormError, read_form, read_hook_form

CANARY = "CanaryOfTheSecret0123456789abcdef"
META = f"EAA{CANARY}"
GOOGLE = {
    "type": "authorized_user",
    "client_id": "1.apps.example",
    "client_secret": CANARY,
    "refresh_token": CANARY,
}
FEDERATED = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws",
    "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {"environment_id": "aws1"},
}


class ClientError(Exception):
    """What botocore raises, with a text that holds what was sent."""

    response: ClassVar = {"Error": {"Code": "AccessDeniedException", "Message": CANARY}}


class FakeSecrets:
    def __init__(self, error: Exception | None = None) -> None:
        self.kept: dict[str, str] = {}
        self._error = error

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> Any:  # noqa: N803 - boto3's names
        if self._error:
            raise self._error
        self.kept[SecretId] = SecretString
        return {"VersionId": "version-1"}


def set_secret(network: str, text: str, client: FakeSecrets, *, as_json: bool = False) -> int:
    kept = Kept(f"airlock/{network}", lambda given: read_form(Destination(network), given))
    return store(argparse.Namespace(owner=network, json=as_json), kept, text, client)


def test_a_token_is_stored_under_the_name_of_the_policy(policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeSecrets()
    assert find_secret(policy, "meta").name == "airlock/meta"
    assert set_secret("meta", f" {META}\n", client) == 0
    assert client.kept == {"airlock/meta": META}
    said = capsys.readouterr()
    assert said.out.startswith("airlock/meta: token stored, version version-1")
    assert CANARY not in said.out + said.err


def test_what_was_stored_is_what_the_forwarder_reads(policy: Policy) -> None:
    client = FakeSecrets()
    set_secret("meta", json.dumps({"token": META}), client)
    credentials = SecretsManagerCredentials(Egress(), lambda name, _: client.kept[name])
    assert credentials.token(policy.rules[Destination.META]) == META


@pytest.mark.parametrize("document", [GOOGLE, FEDERATED])
def test_googles_credentials_are_stored_as_the_file_has_them(document: dict[str, object]) -> None:
    client = FakeSecrets()
    text = json.dumps(document, indent=2)
    set_secret("google", text, client)
    assert client.kept == {"airlock/google": text}


def test_a_programs_answer_is_json_without_the_secret(capsys: pytest.CaptureFixture[str]) -> None:
    set_secret("meta", META, FakeSecrets(), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told == {"owner": "meta", "secret": "airlock/meta", "kind": "token", "version": "version-1"}


def test_a_google_token_of_an_hour_comes_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    set_secret("google", f"ya29.{CANARY}", FakeSecrets())
    assert "ends after an hour" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("network", "text", "rule"),
    [
        ("meta", "", "is empty"),
        ("meta", "  \n", "is empty"),
        ("meta", f"Bearer {META}", "one word"),
        ("meta", f"{META}\n{META}", "one word"),
        ("meta", f"{META}\N{NO-BREAK SPACE}x", "one word"),
        ("meta", "123456789012345", "a number only"),
        ("meta", CANARY, "must begin with EAA"),
        ("tiktok", META, "begins as meta's"),
        ("tiktok", "x" * 70_000, "longer than"),
        ("meta", f'"{META}"', "no JSON object"),
        ("meta", f'{{"token": "{META}"', "no JSON object"),
        ("meta", json.dumps({"token": META, "note": CANARY}), "one key, `token`"),
        ("meta", json.dumps({"token": 12345678}), "one key, `token`"),
        ("meta", json.dumps(GOOGLE), "is a Google credential"),
        ("google", CANARY, "must be the JSON of a credential"),
        ("google", json.dumps(GOOGLE | {"refresh_token": None}), "no whole Google credential"),
        ("google", json.dumps({"type": "service_account", "private_key": CANARY}), "no whole Google credential"),
        ("google", json.dumps(FEDERATED | {"subject_token_type": CANARY}), "no whole Google credential"),
        ("google", json.dumps({"type": CANARY}), "no whole Google credential"),
    ],
)
def test_what_cannot_be_the_secret_is_refused_by_its_rule_and_not_shown(network: str, text: str, rule: str) -> None:
    client = FakeSecrets()
    with pytest.raises(FormError, match=rule):
        read_form(Destination(network), text)
    with pytest.raises(Complaint) as refused:
        set_secret(network, text, client)
    assert client.kept == {}
    assert CANARY not in str(refused.value)
    assert refused.value.code == 1


def test_a_form_shows_nothing_of_itself() -> None:
    assert CANARY not in repr(read_form(Destination.META, META))


def test_what_aws_says_is_passed_on_as_a_code_only() -> None:
    with pytest.raises(Complaint, match="AccessDeniedException: these AWS credentials may not fill it") as refused:
        set_secret("meta", META, FakeSecrets(ClientError(CANARY)))
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None


def test_on_a_terminal_it_is_asked_for_without_echo() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return META

    assert read_text(Terminal("typed and echoed"), "airlock/meta", ask) == META
    assert "not echoed" in asked[0]
    assert read_text(io.StringIO(META), "airlock/meta", ask) == META
    assert len(asked) == 1


def test_a_network_that_is_told_nothing_has_no_secret(policy: Policy) -> None:
    with pytest.raises(Complaint, match=r"no enabled \[destination.ga4\]"):
        find_secret(policy, "ga4")
    with pytest.raises(Complaint, match="it has meta, google") as refused:
        find_secret(policy, CANARY)
    assert CANARY not in str(refused.value), "perhaps it is the secret, in the wrong place"


LONG = "c2VjcmV0LW9mLWFuLWludmVudGVkLXNlbmRlcg=="


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_webhooks_secret_is_what_its_sender_shows_or_two_of_them(scheme: Scheme) -> None:
    for text in (LONG, json.dumps({"secret": LONG}), json.dumps({"secret": LONG, "previous": LONG[::-1] * 2})):
        assert read_hook_form(scheme, f" {text}\n").text == text
    for text in (
        "",
        "short",
        f"{LONG} {LONG}",
        json.dumps({"previous": LONG}),
        json.dumps({"secret": LONG, "x": LONG}),
    ):
        with pytest.raises(FormError) as refused:
            read_hook_form(scheme, text)
        assert LONG not in str(refused.value)


def test_a_webhooks_secret_is_found_by_its_route(policy: Policy) -> None:
    for hook in policy.hooks:
        kept = find_secret(policy, f"hooks/{hook.name}")
        assert kept.name == hook.secret
        assert kept.read(LONG).kind == "signing secret"


def test_the_secret_is_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["secret", "set", "meta", META])
    assert ended.value.code == 2
    capsys.readouterr()
