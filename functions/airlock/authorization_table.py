"""Authorizations as a DynamoDB table keeps them: one item each, and a write that can never undo a revocation.

The item: `id` (the key: the reference), `terms` (JSON, as they were recorded), `revoked_at` (epoch milliseconds, once
revoked), `expiration` (epoch seconds, six years after it can last have been in effect: 45 CFR 164.530(j)).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from airlock.authorization import Authorization, Authorizations, NoAuthorizations
from airlock.table import EXPIRATION, KEY, ConditionError, DynamoClient, Table
from airlock.tokens import AuthorizationRef

_YEAR_S = 366 * 86_400
_KEPT_S = 6 * _YEAR_S

Item = Mapping[str, Mapping[str, str]]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Authorization).decode
_NOT_REVOKED = "attribute_not_exists(revoked_at)"


class AuthorizationTable:
    """Authorizations in a DynamoDB table; `connect` gives the client, and is first called when something is read.

    Every read is a consistent one: a revocation that was answered is seen by whoever asks next.
    """

    def __init__(self, connect: Callable[[], DynamoClient], table: str) -> None:
        self._table = Table(connect, table)

    def find(self, ref: AuthorizationRef) -> Authorization | None:
        """The authorization under a reference."""
        item = self._table.ask("get_item", Key=_key(ref), ConsistentRead=True).get("Item")
        return None if item is None else _read(item)

    def keep(self, ref: AuthorizationRef, authorization: Authorization) -> bool:
        """Record an authorization, on the condition that no revocation stands at the moment of the write."""
        item = _key(ref) | {
            "terms": {"S": _encode(authorization).decode()},
            EXPIRATION: {"N": str(authorization.expires_at // 1000 + _KEPT_S)},
        }
        try:
            self._table.ask("put_item", Item=item, ConditionExpression=_NOT_REVOKED)
        except ConditionError:
            return False
        return True

    def revoke(self, ref: AuthorizationRef, at: int) -> None:
        """Revoke what is on file or will be; terms that are written at the same moment stay as they are."""
        self._table.ask(
            "update_item",
            Key=_key(ref),
            UpdateExpression=(
                f"SET revoked_at = if_not_exists(revoked_at, :at), {EXPIRATION} = if_not_exists({EXPIRATION}, :end)"
            ),
            ExpressionAttributeValues={":at": {"N": str(at)}, ":end": {"N": str(at // 1000 + _YEAR_S + _KEPT_S)}},
        )

    def read_all(self) -> Iterator[tuple[AuthorizationRef, Authorization]]:
        """Everything on file, page by page."""
        more: dict[str, Any] = {}
        while True:
            page = self._table.ask("scan", ConsistentRead=True, **more)
            for item in page.get("Items", ()):
                if AuthorizationRef.grammar.fullmatch(item[KEY]["S"]):  # what else stands here is no authorization
                    yield AuthorizationRef(item[KEY]["S"]), _read(item)
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _key(ref: AuthorizationRef) -> dict[str, Mapping[str, str]]:
    return {KEY: {"S": str.__str__(ref)}}


def _read(item: Item) -> Authorization:
    terms = _decode(item["terms"]["S"]) if "terms" in item else Authorization()
    revoked_at = int(item["revoked_at"]["N"]) if "revoked_at" in item else None
    return msgspec.structs.replace(terms, revoked_at=revoked_at)


def open_authorizations(environment: Mapping[str, str], open_client: Callable[[str], Any]) -> Authorizations:
    """The table that AIRLOCK_AUTHORIZATIONS_TABLE names, or a place where nothing is on file and nothing can be put."""
    table = environment.get("AIRLOCK_AUTHORIZATIONS_TABLE")
    return AuthorizationTable(lambda: open_client("dynamodb"), table) if table else NoAuthorizations()
