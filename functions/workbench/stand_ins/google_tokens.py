"""Google's OAuth 2.0 token endpoint: POST oauth2.googleapis.com/token, a grant in a form in, an access token out.

developers.google.com/identity/protocols/oauth2: service accounts, web server apps; RFC 6749 and 7523 (read 2026-11-23).
A JWT's claims are checked, its signature is not: the stand-in knows no key. A refresh token must be the credential.
"""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from workbench.stand_ins.network import Memory
from workbench.stand_ins.request import Answer, Request, answer_json

HOST = "oauth2.googleapis.com"
PATH = "/token"
SCOPE = "https://www.googleapis.com/auth/datamanager"
LIFE_S = 3599

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FIELDS = {
    _JWT: frozenset({"grant_type", "assertion"}),
    "refresh_token": frozenset({"grant_type", "client_id", "client_secret", "refresh_token"}),
}
_LONGEST_S = 3600
_SKEW_S = 300


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """The endpoint's answer."""
    if request.method != "POST":
        return Answer(404, b"", {"content-type": "text/html"})
    if request.media_type != "application/x-www-form-urlencoded":
        return _refuse("invalid_request", "Missing required parameter: grant_type")
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    grant = form.get("grant_type", "")
    wanted = _FIELDS.get(grant)
    if wanted is None:
        return _refuse("unsupported_grant_type", "Invalid grant_type")
    wrong = sorted(wanted ^ form.keys())
    if wrong:
        return _refuse("invalid_request", f"Missing or unknown parameter: {wrong[0]}")
    if grant == "refresh_token" and form["refresh_token"] != credential:
        return _refuse("invalid_grant", "Token has been expired or revoked.")
    problem = _examine(form["assertion"], now) if grant == _JWT else ""
    if problem:
        return _refuse("invalid_grant", f"Invalid JWT: {problem}")
    token = f"ya29.stand-in-{memory.next_number():08d}"
    memory.tokens[token] = now + LIFE_S
    return answer_json(200, {"access_token": token, "expires_in": LIFE_S, "scope": SCOPE, "token_type": "Bearer"})


def _examine(assertion: str, now: int) -> str:
    """What is wrong with a JWT; empty if nothing."""
    parts = assertion.split(".")
    header, claims = (_read_part(part) for part in parts[:2]) if len(parts) == 3 else ({}, {})  # noqa: PLR2004 - a JWT's
    if header.get("alg") != "RS256" or not _is_base64url(parts[-1]):
        return "No valid verifier for issuer"
    issued, ends = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(ends) is not int:
        return "iat and exp must be numbers"
    if not (ends - _LONGEST_S <= issued <= now + _SKEW_S and now <= ends):
        return "Token must be a short-lived token (60 minutes) and in a reasonable timeframe"
    if claims.get("aud") != f"https://{HOST}{PATH}":
        return "Failed audience check"
    if SCOPE not in str(claims.get("scope", "")).split():
        return "Invalid OAuth scope or ID token audience provided"
    return "" if "@" in str(claims.get("iss", "")) else "Not a valid issuer"


def _read_part(part: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _is_base64url(part: str) -> bool:
    try:
        return bool(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return False


def _refuse(error: str, description: str) -> Answer:
    return answer_json(400, {"error": error, "error_description": description})
