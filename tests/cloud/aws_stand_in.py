"""AWS as far as a started zip asks for it: queues that keep what is sent, secrets, empty tables, an open gate."""

import hashlib
import json
import threading
from typing import Any

from tests.loopback import Answered, Asked, Authority, TlsServer


class AwsStandIn:
    """Answers the JSON protocols of SQS, Systems Manager, Secrets Manager and DynamoDB; refuses what is not signed."""

    def __init__(self, authority: Authority, secrets: dict[str, str] | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self._secrets = secrets or {}
        self._items: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self.server = TlsServer(authority, self._respond)

    def queue_url(self, name: str) -> str:
        """The URL of a queue."""
        return f"{self.server.url}/123456789012/{name}"

    def _respond(self, asked: Asked) -> Answered:
        target = asked.headers.get("x-amz-target", "")
        if not asked.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/"):
            return Answered(403, b'{"__type": "AccessDeniedException"}')
        with self._lock:
            self.asked.append(target)
            status, answer = self._answer(target, json.loads(asked.body))
        version = asked.headers["content-type"]
        return Answered(status, json.dumps(answer).encode(), {"content-type": version})

    def _answer(self, target: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        match target:
            case "AmazonSQS.SendMessage":
                self.messages.append(request)
                body = request["MessageBody"].encode()
                return 200, {"MessageId": str(len(self.messages)), "MD5OfMessageBody": _md5(body)}
            case "AmazonSQS.ChangeMessageVisibility":
                return 200, {}
            case "AmazonSSM.GetParameter":
                return 200, {"Parameter": {"Name": request["Name"], "Type": "String", "Value": "open"}}
            case "secretsmanager.GetSecretValue" if request["SecretId"] in self._secrets:
                return 200, {"Name": request["SecretId"], "SecretString": self._secrets[request["SecretId"]]}
            case "DynamoDB_20120810.GetItem":
                return 200, {}
            case "DynamoDB_20120810.PutItem" | "DynamoDB_20120810.UpdateItem" | "DynamoDB_20120810.DeleteItem":
                return 200, {}
            case _:
                return 400, {"__type": "ResourceNotFoundException"}


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
