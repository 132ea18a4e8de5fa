"""What the suites of the clinic's systems share: an airlock with everything in reach, and a DynamoDB of one table."""

import base64
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from airlock.address_book import Destination
from airlock.authorization import Authorizations, AuthorizationsInMemory
from airlock.journal import Journal
from airlock.policy import Policy
from sanitizer.handler import build_airlock, respond
from sanitizer.intake import Taken
from sanitizer.outbox import Message
from sanitizer.script import open_script
from workbench.request import as_http_event, signed

FUNCTIONS = Path(__file__).parent.parent / "functions"
NOW = 1_795_532_832_000  # 2026-11-24 15:07:12 UTC
DAY = 86_400_000
JSON = {"content-type": "application/json"}
GCLID = "Cj0KCQiAvExample-gclid_ForAirlockTests-AAAA"
FBCLID = "IwAR0ExampleFbclidForAirlockTests"


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def conversion(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A phone call's lead with consent and Google's click id, told an hour after it happened."""
    at = fields.pop("at", NOW - 3_600_000)
    return {
        "event": "lead",
        "id": uuid(number),
        "at": at,
        "source": "phone_call",
        "consent": {"marketing": True, "at": at - DAY},
        "click": {"gclid": GCLID},
        **fields,
    }


class Outbox:
    """Keeps messages; the queues named in `down` refuse. `asked` counts the tries."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.down: set[Destination] = set()
        self.asked: list[Destination] = []

    def put(self, messages: Sequence[Message]) -> frozenset[Destination]:
        self.asked += [destination for destination, _ in messages]
        self.messages += [message for message in messages if message[0] not in self.down]
        return frozenset(destination for destination, _ in messages if destination in self.down)


class Clinic:
    """One airlock and its surroundings."""

    def __init__(
        self,
        policy: Policy,
        now: Callable[[], int] = lambda: NOW,
        on_file: Authorizations | None = None,
    ) -> None:
        self.policy = policy
        self.outbox = Outbox()
        self.on_file = on_file or AuthorizationsInMemory()
        self.log = io.StringIO()
        journal = Journal(self.log, policy.digest)
        self.airlock = build_airlock(policy, self.outbox, self.on_file, journal, open_script(FUNCTIONS, policy), now)

    def ask(self, method: str, path: str, body: bytes | str, *, is_signed: bool = True, **headers: str) -> Taken:
        fields = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, str) else body.decode("latin-1")
        event = as_http_event(method, path, fields, text)
        if isinstance(body, bytes):
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        return respond(signed(event) if is_signed else event, self.airlock)

    def tell(self, *events: Any, **headers: str) -> list[dict[str, Any]]:
        """The results of one batch."""
        taken = self.ask("POST", "/v1/conversions", json.dumps({"events": events}), **headers)
        assert taken.answer["statusCode"] == 200
        results: list[dict[str, Any]] = json.loads(taken.answer["body"])["results"]
        return results

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


class ConditionError(Exception):
    """What botocore raises where a write's condition does not hold, as far as it is looked at."""

    response: ClassVar = {"Error": {"Code": "ConditionalCheckFailedException"}}


class FakeDynamo:
    """A DynamoDB client of one table that evaluates exactly the expressions that are used here, and refuses others."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None

    def _note(self, operation: str, request: dict[str, Any]) -> None:
        self.requests.append((operation, request))
        if self.error is not None:
            raise self.error

    def get_item(self, **request: Any) -> dict[str, Any]:
        self._note("get_item", request)
        assert request["ConsistentRead"] is True
        item = self.items.get(request["Key"]["id"]["S"])
        return {} if item is None else {"Item": item}

    def put_item(self, **request: Any) -> dict[str, Any]:
        self._note("put_item", request)
        item = request["Item"]
        standing = self.items.get(item["id"]["S"], {})
        match request.get("ConditionExpression"):
            case "attribute_not_exists(revoked_at)":
                refused = "revoked_at" in standing
            case "attribute_not_exists(id) OR expiration < :now":
                now = int(request["ExpressionAttributeValues"][":now"]["N"])
                refused = bool(standing) and int(standing["expiration"]["N"]) >= now
            case None:
                refused = False
            case other:
                raise AssertionError(other)
        if refused:
            raise ConditionError
        self.items[item["id"]["S"]] = item
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._note("update_item", request)
        assert request["UpdateExpression"] == (
            "SET revoked_at = if_not_exists(revoked_at, :at), expiration = if_not_exists(expiration, :end)"
        )
        item = self.items.setdefault(request["Key"]["id"]["S"], dict(request["Key"]))
        item.setdefault("revoked_at", request["ExpressionAttributeValues"][":at"])
        item.setdefault("expiration", request["ExpressionAttributeValues"][":end"])
        return {}

    def scan(self, **request: Any) -> dict[str, Any]:
        """One item a page, so that whoever forgets to turn the page is found out."""
        self._note("scan", request)
        keys = sorted(self.items)
        after = request.get("ExclusiveStartKey")
        left = [key for key in keys if after is None or key > after["id"]["S"]]
        page: dict[str, Any] = {"Items": [self.items[key] for key in left[:1]]}
        if len(left) > 1:
            page["LastEvaluatedKey"] = {"id": {"S": left[0]}}
        return page
