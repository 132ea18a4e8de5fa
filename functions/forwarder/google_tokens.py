"""The JSON of a Google credential in, an access token out, by google-auth over the forwarder's one way out.

google-auth holds a token until shortly before it ends. Only the kinds of credential that are named here are opened: an
`external_account` could otherwise name a URL, a file or a command to take its token from.
"""

from collections.abc import Mapping
from typing import Any

from google.auth import aws, exceptions, transport
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

from forwarder.adapter import Call
from forwarder.credential import CredentialError, Exchange
from forwarder.egress import Egress, ForbiddenHostError, Unreachable

SCOPE = "https://www.googleapis.com/auth/datamanager"
_AWS = "urn:ietf:params:aws:token-type:aws4_request"
_REGIONAL_STS = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"


class _Response(transport.Response):
    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self._answer = status, headers, data

    @property
    def status(self) -> int:
        return self._answer[0]

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer[1]

    @property
    def data(self) -> bytes:
        return self._answer[2]


class EgressRequest(transport.Request):
    """google-auth's transport: what it asks goes out through the egress, and to the allowed hosts only."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: object = None,
        **kwargs: object,
    ) -> _Response:
        """The answer.

        Raises:
            TransportError: there was none, or the host is not allowed; says neither which nor why.
        """
        del timeout, kwargs  # the egress has its own
        content = body.encode() if isinstance(body, str) else body or b""
        try:
            reply = self._egress.send(Call(url, tuple((headers or {}).items()), content, method))
        except ForbiddenHostError:
            raise exceptions.TransportError("not one of the allowed hosts") from None  # type: ignore[no-untyped-call]  # google-auth
        if isinstance(reply, Unreachable):
            raise exceptions.TransportError("no answer")  # type: ignore[no-untyped-call]  # google-auth
        return _Response(reply.status, reply.headers, reply.body)


def open_exchange(document: Mapping[str, Any], egress: Egress, name: str) -> Exchange:
    """What turns this credential into a token, as often as it is asked. `name` says in errors which one it is.

    Raises:
        CredentialError: it is of no kind that is known here, or not of its kind's form.
    """
    try:
        credential = _open(document)
    except (ValueError, KeyError, TypeError, exceptions.GoogleAuthError) as error:
        raise CredentialError(f"{name}: {type(error).__name__}") from None
    if credential is None:
        raise CredentialError(f"{name}: is no service_account, authorized_user or external_account of AWS")
    request = EgressRequest(egress)

    def exchange(_document: Mapping[str, Any]) -> str:
        if not credential.valid:
            try:
                credential.refresh(request)
            except exceptions.RefreshError as error:
                raise CredentialError(f"{name}: RefreshError", is_passing=bool(error.retryable)) from None
            except exceptions.GoogleAuthError as error:
                raise CredentialError(f"{name}: {type(error).__name__}", is_passing=True) from None
        return str(credential.token)

    return exchange


def _open(document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - google-auth's credentials share no type of use
    match document.get("type"):
        case "service_account":
            # Wherever the file says its tokens come from: they come from Google.
            told = {**document, "token_uri": "https://oauth2.googleapis.com/token"}
            return service_account.Credentials.from_service_account_info(told, scopes=[SCOPE])  # type: ignore[no-untyped-call]  # google-auth
        case "authorized_user":
            # With what the user granted, whatever scopes the file names.
            told = {key: document[key] for key in ("client_id", "client_secret", "refresh_token")}
            return user_credentials.Credentials.from_authorized_user_info(told)  # type: ignore[no-untyped-call]  # google-auth
        case "external_account" if document.get("subject_token_type") == _AWS:
            # The function's own role, from its environment: no metadata service is asked.
            source = {"environment_id": "aws1", "regional_cred_verification_url": _REGIONAL_STS}
            told = {**document, "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source}
            return aws.Credentials.from_info(told, scopes=[SCOPE])  # type: ignore[no-untyped-call]  # google-auth
        case _:
            return None
