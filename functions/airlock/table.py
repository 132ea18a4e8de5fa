"""A DynamoDB request in, its answer out; what goes wrong comes as one of two errors, neither with room for a value."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

KEY = "id"
EXPIRATION = "expiration"
"""The partition key, and the epoch seconds after which an item is dropped, in every table of the airlock's."""


class UnavailableError(Exception):
    """A place where something is kept does not answer. Names the kind of error and never what was asked."""


class ConditionError(Exception):
    """A write's condition does not hold, and nothing was written."""


class DynamoClient(Protocol):
    """The part of boto3's DynamoDB client that is used here."""

    def get_item(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - boto3 ships no types
        """Read one item."""

    def put_item(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        """Write one item."""

    def update_item(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        """Change one item."""

    def scan(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        """Read a page of items."""


class Table:
    """One table; `connect` gives the client, and is first called when something is asked."""

    def __init__(self, connect: Callable[[], DynamoClient], name: str) -> None:
        self._connect = connect
        self._name = name
        self._client: DynamoClient | None = None

    def ask(self, operation: str, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - boto3 ships no types
        """The answer to one of the client's operations.

        Raises:
            ConditionError: the write's condition does not hold.
            UnavailableError: anything else that went wrong.
        """
        try:
            if self._client is None:
                self._client = self._connect()
            answer: Mapping[str, Any] = getattr(self._client, operation)(TableName=self._name, **request)
        except Exception as error:  # noqa: BLE001 - botocore's errors are many, and their texts may hold what was sent
            code = getattr(error, "response", {}).get("Error", {}).get("Code")  # a ClientError's, without its import
            kind = str(code or type(error).__name__)
            refused = kind == "ConditionalCheckFailedException"
            raise (ConditionError if refused else UnavailableError)(f"{operation}: {kind}") from None
        return answer
