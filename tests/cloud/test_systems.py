"""A clinic's own systems at the deployed airlock: signed, with a grant for the route, or not let in."""

import datetime
import json
import socket
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import botocore.credentials
import pytest

from airlock.address_book import Destination
from tests.cloud.clinic import HOST, Clinic, hours_ago, wait_for
from tests.cloud.emulator import ACCOUNT, REGION
from workbench.client import AirlockError, Client

META = Destination.META


@pytest.fixture
def system(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """A clinic's system with an IAM user of its own, which may call what `allows` says, and nothing else."""
    iam = clinic.emulator.client("iam")
    name = f"crm-{uuid.uuid4().hex[:8]}"
    real = socket.getaddrinfo
    monkeypatch.setenv("SSL_CERT_FILE", str(clinic.authority.file))
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *more, **named: (
            real("127.0.0.1", clinic.emulator.port, *more, **named)
            if host == HOST
            else real(host, port, *more, **named)
        ),
    )
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    made: list[Client] = []

    def make(*allows: str, secret: str = key["SecretAccessKey"]) -> Client:
        if allows:
            arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*/*/"
            statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [arn + path for path in allows]}
            document = {"Version": "2012-10-17", "Statement": [statement]}
            iam.put_user_policy(UserName=name, PolicyName="airlock", PolicyDocument=json.dumps(document))
        credentials = botocore.credentials.Credentials(key["AccessKeyId"], secret)
        made.append(Client(f"https://{HOST}", REGION, credentials, wait=lambda _: None))
        return made[-1]

    yield make
    for client in made:
        client.close()


def test_a_signed_system_tells_of_conversions_and_is_told_what_became_of_each(
    clinic: Clinic, system: Callable[..., Client]
) -> None:
    at = hours_ago(1)
    event = {
        "event": "lead",
        "id": str(uuid.uuid4()),
        "at": at,
        "source": "phone_call",
        "consent": {"marketing": True, "at": at - 60_000},
        "click": {"fbclid": "IwAR0ExampleFbclidOfTheCrm01", "at": at - 60_000},
        "note": clinic.canary,
    }
    results = list(system("POST/v1/conversions").send([event, {**event, "id": str(uuid.uuid4()), "event": "nothing"}]))
    assert [result["status"] for result in results] == ["accepted", "refused"]
    assert results[1]["reason"] == "unknown_event"
    wait_for(
        lambda: [each for each in clinic.told(META) if each["action_source"] == "phone_call"], "the telephone's lead"
    )


def test_who_did_not_sign_or_may_not_gets_in_nowhere(clinic: Clinic, system: Callable[..., Client]) -> None:
    assert clinic.ask("POST", "/v1/conversions", b'{"events": []}').status_code == 403
    assert clinic.ask("PUT", "/v1/authorizations/auth_1234567890abcdef", b"{}").status_code == 403
    stranger = system()
    with pytest.raises(AirlockError) as refused:
        list(stranger.send([{"event": "lead"}]))
    assert refused.value.status == 403
    forger = system("POST/v1/conversions", secret="not the secret")
    with pytest.raises(AirlockError) as refused:
        list(forger.send([{"event": "lead"}]))
    assert refused.value.status == 403
    with pytest.raises(AirlockError) as refused:
        system("POST/v1/conversions").revoke_authorization("auth_1234567890abcdef")
    assert refused.value.status == 403


def test_contact_data_leaves_under_an_authorization_and_stays_after_it_is_revoked(
    clinic: Clinic, system: Callable[..., Client]
) -> None:
    client = system("PUT/v1/authorizations/*", "DELETE/v1/authorizations/*")
    identifier = f"auth_{uuid.uuid4().hex}"
    signed = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    terms = {
        "recipients": ["meta"],
        "information": ["email"],
        "purposes": ["ad_measurement"],
        "signed_at": signed.isoformat(),
        "expires_at": (signed + datetime.timedelta(days=90)).isoformat(),
        "template_sha256": "ab" * 32,
    }
    client.record_authorization(identifier, terms)

    def told(value: float, amount: int) -> dict[str, Any]:
        """The event of a visitor with this authorization; its band tells it from the others."""
        assert clinic.post(authorization=identifier, value=value).status_code == 204

        def look() -> list[dict[str, Any]]:
            return [each for each in clinic.told(META) if each.get("custom_data", {}).get("value") == amount]

        (event,) = wait_for(look, f"the event of {amount}")
        return event

    assert len(told(1200, 1000)["user_data"]["em"][0]) == 64
    client.revoke_authorization(identifier)
    assert "em" not in told(300, 250)["user_data"]
    with pytest.raises(AirlockError) as refused:
        client.record_authorization(identifier, terms)
    assert refused.value.status == 400
