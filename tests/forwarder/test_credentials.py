"""Tokens: from the secret's text or exchanged at Google, kept while they are good, and never shown."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import pytest
import rsa
from botocore.exceptions import ClientError

from airlock.address_book import Destination
from airlock.policy import DestinationRule, Policy
from forwarder.credential import CredentialError
from forwarder.credentials import SecretsManagerCredentials
from forwarder.egress import Egress
from tests.forwarder.desk import Bench, OneToken, make_event
from workbench.stand_ins.faults import Fault
from workbench.stand_ins.service import StandIns
from workbench.stand_ins.transport import InProcess

REFRESH_TOKEN = "1//invented-refresh-token"
SCOPE = "https://www.googleapis.com/auth/datamanager"
USER = {
    "type": "authorized_user",
    "client_id": "invented.apps.example",
    "client_secret": "invented-client-secret",
    "refresh_token": REFRESH_TOKEN,
}


def clock() -> int:
    """google-auth goes by the clock, and so does the stand-in here."""
    return time.time_ns() // 1_000_000_000


class Secrets:
    """Secrets Manager: texts by name, and how often each was read, anew or from what was kept."""

    def __init__(self, text: str | Exception) -> None:
        self.text = text
        self.read: list[bool] = []

    def __call__(self, name: str, anew: bool) -> str:  # noqa: FBT001 - as the credentials call it
        assert name.startswith("airlock/")
        self.read.append(anew)
        if isinstance(self.text, Exception):
            raise self.text
        return self.text


@pytest.fixture
def rule(policy: Policy) -> DestinationRule:
    return policy.rules[Destination.GOOGLE]


@pytest.fixture(scope="module")
def service_account() -> dict[str, str]:
    _, private = rsa.newkeys(1024)
    return {
        "type": "service_account",
        "client_email": "airlock@clinic.example",
        "private_key": private.save_pkcs1().decode(),
        "private_key_id": "k1",
        "token_uri": "https://collector.example/token",  # wherever the file sends it: the token is Google's
        "project_id": "clinic",
    }


def at_google(secret: str | Exception) -> tuple[SecretsManagerCredentials, InProcess, StandIns, Secrets]:
    stand_ins = StandIns(REFRESH_TOKEN)
    transport = InProcess(stand_ins, clock)
    secrets = Secrets(secret)
    return SecretsManagerCredentials(Egress(transport), secrets), transport, stand_ins, secrets


@pytest.mark.parametrize("secret", ["EAAB-token", "EAAB-token\n", '{"token": "EAAB-token"}'])
def test_a_secret_is_the_token_or_holds_it(secret: str, rule: DestinationRule) -> None:
    credentials, transport, *_ = at_google(secret)
    assert credentials.token(rule) == "EAAB-token"
    assert transport.requests == []


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "  ",
        "two\nlines",
        "tokén",
        "{}",
        "[]",
        '{"token": 7}',
        '{"token": ""}',
        '{"type": "service_account"}',
        '{"type": "service_account", "client_email": "a@b.example", "private_key": "canary-7d1f"}',
        '{"type": "authorized_user", "client_id": "canary-7d1f"}',
        '{"type": "external_account", "credential_source": {"file": "/etc/passwd"}, "token": "canary-7d1f"}',
        '{"type": "external_account", "credential_source": {"executable": {"command": "canary-7d1f"}}}',
        '{"type": "gdch_service_account", "token": "canary-7d1f"}',
        '{"type": ["canary-7d1f"]}',
    ],
)
def test_a_secret_that_holds_no_token_is_named_and_not_shown(secret: str, rule: DestinationRule) -> None:
    credentials, transport, *_ = at_google(secret)
    with pytest.raises(CredentialError) as error:
        credentials.token(rule)
    assert str(error.value).startswith("secret airlock/google: ")
    assert "canary" not in str(error.value) + repr(error.value) + repr(credentials)
    assert error.value.__suppress_context__ or error.value.__context__ is None
    assert not error.value.is_passing
    assert transport.requests == []


@pytest.mark.parametrize(
    ("code", "is_passing"),
    [
        ("ThrottlingException", True),
        ("InternalServiceError", True),
        ("DecryptionFailure", True),
        ("ResourceNotFoundException", False),
        ("AccessDeniedException", False),
    ],
)
def test_what_secrets_manager_says_is_a_code_and_no_more(code: str, is_passing: bool, rule: DestinationRule) -> None:  # noqa: FBT001 - a table's column
    """Throttled is tried again; a secret that nobody filled, or may not be read, waits for a person."""
    cause = ClientError({"Error": {"Code": code, "Message": "arn:aws:canary-7d1f"}}, "GetSecretValue")
    error = RuntimeError("canary-7d1f")
    error.__cause__ = cause
    credentials, *_ = at_google(error)
    with pytest.raises(CredentialError) as raised:
        credentials.token(rule)
    assert str(raised.value) == f"secret airlock/google: {code}"
    assert raised.value.is_passing is is_passing


@pytest.mark.parametrize("kind", ["service_account", "authorized_user"])
def test_a_google_credential_is_exchanged_once_and_kept(
    kind: str, service_account: dict[str, str], rule: DestinationRule
) -> None:
    """Until shortly before it ends, the token is the same, and nobody is asked."""
    document = service_account if kind == "service_account" else USER
    credentials, transport, stand_ins, _ = at_google(json.dumps(document))
    token = credentials.token(rule)
    assert token in stand_ins.memories[Destination.GOOGLE].tokens
    assert credentials.token(rule) == token
    (request,) = transport.requests
    assert request.url == "https://oauth2.googleapis.com/token"


def test_a_token_that_was_refused_is_asked_for_anew(rule: DestinationRule) -> None:
    credentials, transport, _, secrets = at_google(json.dumps(USER))
    first = credentials.token(rule)
    credentials.forget(rule)
    assert credentials.token(rule) != first
    assert secrets.read == [False, True]
    assert len(transport.requests) == 2
    credentials.token(rule)
    assert secrets.read == [False, True, False]


def test_a_secret_that_was_replaced_is_used_when_it_is_read(rule: DestinationRule) -> None:
    credentials, _, _, secrets = at_google(json.dumps(USER))
    first = credentials.token(rule)
    secrets.text = json.dumps(USER | {"client_id": "another.apps.example"})
    assert credentials.token(rule) != first


def test_a_refresh_token_that_google_refuses_waits_for_a_person(rule: DestinationRule) -> None:
    credentials, *_ = at_google(json.dumps(USER | {"refresh_token": "1//revoked-canary-7d1f"}))
    with pytest.raises(CredentialError) as error:
        credentials.token(rule)
    assert str(error.value) == "secret airlock/google: RefreshError"
    assert not error.value.is_passing


def test_google_being_down_is_tried_again(rule: DestinationRule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # google-auth's own retries
    credentials, _, stand_ins, _ = at_google(json.dumps(USER))
    stand_ins.faults.set(Fault(Destination.GOOGLE, status=503, count=20))
    with pytest.raises(CredentialError) as error:
        credentials.token(rule)
    assert error.value.is_passing


class FederatedGoogle(httpx.BaseTransport):
    """Google's STS and IAM: a signed GetCallerIdentity in, a service account's token out."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.signed: dict[str, Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.append(request.url.host)
        if request.url.host == "sts.googleapis.com":
            form = {key: values[0] for key, values in parse_qs(request.read().decode()).items()}
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
            assert form["subject_token_type"] == "urn:ietf:params:aws:token-type:aws4_request"
            self.signed = json.loads(unquote(form["subject_token"]))
            told = {
                "access_token": "federated",
                "expires_in": 3600,
                "token_type": "Bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }
            return httpx.Response(200, json=told, request=request)
        assert request.headers["authorization"] == "Bearer federated"
        assert json.loads(request.read())["scope"] == [SCOPE]
        return httpx.Response(
            200, json={"accessToken": "ya29.impersonated", "expireTime": "2099-01-01T00:00:00Z"}, request=request
        )


def test_aws_workload_identity_needs_no_stored_key(rule: DestinationRule, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's own role signs; neither its key nor a metadata service, nor another host, is asked or told."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAINVENTED")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented-secret-key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "invented-session")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    account = "airlock@clinic.iam.gserviceaccount.com"
    secret = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/clinic/providers/aws",
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "token_url": "https://collector.example/v1/token",
        "service_account_impersonation_url": (
            f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        ),
        "credential_source": {
            "environment_id": "aws1",
            "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
            "url": "http://169.254.169.254/latest/meta-data/iam/security-credentials",
            "regional_cred_verification_url": "https://collector.example/{region}",
        },
    }
    google = FederatedGoogle()
    credentials = SecretsManagerCredentials(Egress(google), Secrets(json.dumps(secret)))
    assert credentials.token(rule) == "ya29.impersonated"
    assert google.hosts == ["sts.googleapis.com", "iamcredentials.googleapis.com"]
    assert google.signed["url"].startswith("https://sts.us-east-1.amazonaws.com?Action=GetCallerIdentity")
    assert "invented-secret-key" not in json.dumps(google.signed)


def test_a_secret_cannot_lead_a_token_to_another_host(rule: DestinationRule, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "ASIAINVENTED")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    secret = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/x",
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "service_account_impersonation_url": "https://collector.example/v1/x:generateAccessToken",
        "credential_source": {"environment_id": "aws1"},
    }
    google = FederatedGoogle()
    credentials = SecretsManagerCredentials(Egress(google), Secrets(json.dumps(secret)))
    with pytest.raises(CredentialError):
        credentials.token(rule)
    assert "collector.example" not in google.hosts


def test_events_are_told_with_an_exchanged_token(all_nine: Policy, service_account: dict[str, str]) -> None:
    """From the secret to the delivery, past the strict stand-in of the token endpoint and of the Data Manager."""
    bench = Bench(all_nine, Destination.GOOGLE, credentials=OneToken())
    stand_ins = StandIns("another-token")
    transport = InProcess(stand_ins, clock)
    egress = Egress(transport)
    credentials = SecretsManagerCredentials(egress, Secrets(json.dumps(service_account)))
    courier = type(bench.forwarder.courier)(bench.forwarder.courier.adapter, all_nine, credentials, egress)
    at = clock() // 900 * 900
    ((delivery,),) = courier.deliver([make_event(Destination.GOOGLE, at=at, not_before=at)], at * 1000)
    assert type(delivery.answer).__name__ == "Delivered"
    assert sum(stand_ins.effects(Destination.GOOGLE).values()) == 1
    assert [request.path for request in transport.requests] == ["/token", "/v1/events:ingest"]
