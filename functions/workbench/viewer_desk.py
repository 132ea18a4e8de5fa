"""The viewer's own requests in, its data out: what is new, an export, the journal's key, a re-run, the kill switch."""

import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from airlock.address_book import Destination
from airlock.gate import CLOSED, GateInMemory, read_mode, write_mode
from workbench.explanation import NAMES, explain
from workbench.loop import Loop
from workbench.networks import Networks
from workbench.permission import find_permissions
from workbench.proof import write_end
from workbench.reasons import REASONS
from workbench.request import as_http_event, signed
from workbench.rerun import AUTHORIZATION_ID, change_event, read_switches, write_authorization
from workbench.witness import Witness

Reply = tuple[int, str, bytes]
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_LINES = "application/jsonl; charset=utf-8"
_MOST_REQUESTS = 2_000
_NOTHING: Reply = (204, _TEXT, b"")


class ViewerDesk(Struct, frozen=True):
    """Everything that the viewer shows and turns. `pem` is the public key of the journal's checkpoints."""

    loop: Loop
    networks: Networks
    witness: Witness
    gate: GateInMemory
    pem: bytes

    def take(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Let one API Gateway event be taken, and be seen."""
        return self.witness.watch(event, self.loop.take).answer

    def show(self, path: str, query: str) -> Reply | None:
        """What a GET gives; None where the path is none of the viewer's data."""
        match path.removeprefix("/_airlock/"):
            case "feed.json":
                return 200, _JSON, self._feed(query)
            case "policy.json":
                return 200, _JSON, msgspec.json.encode(self._describe_policy())
            case "log.jsonl":
                return 200, _LINES, self.witness.read().encode()
            case "export.jsonl":
                self.loop.seal()
                text = self.witness.read()
                return 200, _LINES, text.encode() + write_end(text.split("\n")[:-1], _now())
            case "gate":
                return 200, _TEXT, write_mode(self.gate.mode).encode()
            case "journal-key.pem":
                return 200, "application/x-pem-file", self.pem
            case _:
                return None

    def turn(self, path: str, body: bytes) -> Reply | None:
        """What a POST does; None where the path is none of the viewer's."""
        match path.removeprefix("/_airlock/"):
            case "rerun":
                return self._rerun(body)
            case "gate":
                return self._turn_gate(body)
            case _:
                return None

    def _feed(self, query: str) -> bytes:
        asked = {name: int(values[0]) for name, values in parse_qs(query).items() if values[0].isdecimal()}
        told = self.witness.tell(asked.get("lines", 0), asked.get("sent", 0))
        requests = self.networks.read()
        first = min(asked.get("requests", 0), len(requests))
        told["requests"] = requests[first : first + _MOST_REQUESTS]
        told["next"]["requests"] = first + len(told["requests"])
        told["more"] = told["more"] or told["next"]["requests"] < len(requests)
        told["gate"] = write_mode(self.gate.mode)
        return msgspec.json.encode(told)

    def _describe_policy(self) -> dict[str, Any]:
        policy = self.loop.policy
        return {
            "digest": policy.digest,
            "text": explain(policy),
            "pages": [page.match.removesuffix("/**") or "/" for page in policy.pages],
            "consent": list(policy.consent_required),
            "permissions": find_permissions(policy),
            "networks": {str(to): NAMES[to] for to in policy.rules},
            "reasons": {str(reason): sentence for reason, sentence in REASONS.items()},
        }

    def _rerun(self, body: bytes) -> Reply:
        switches = read_switches(body)
        if isinstance(switches, str):
            return 400, _TEXT, switches.encode()
        sent = self.witness.find_sent(switches.sent)
        if sent is None or sent["path"] != "/v1/events":
            return 404, _TEXT, b"no event of a browser is kept under this number"
        now = _now()
        changed = change_event(sent["body"], switches, self.loop.policy, now, str(uuid.uuid4()))
        if changed is None:
            return 400, _TEXT, b"the event was not JSON: there is nothing to switch"
        if switches.authorization:
            terms = write_authorization(self.loop.policy, now).decode()
            path = f"/v1/authorizations/{AUTHORIZATION_ID}"
            self.loop.take(signed(as_http_event("PUT", path, {"content-type": _JSON}, terms)))
        headers = dict(sent["headers"])
        if switches.gpc is False:
            headers.pop("sec-gpc", None)
        event = as_http_event("POST", "/v1/events", headers, changed)
        self.witness.watch(event, self.loop.take, rerun=switches.sent)
        return _NOTHING

    def _turn_gate(self, body: bytes) -> Reply:
        mode = read_mode(body.decode(errors="replace"))
        if mode.stops_all and body.strip() != CLOSED.encode():
            return 400, _TEXT, f"send open, closed, or closed and networks: {' '.join(Destination)}".encode()
        self.gate.mode = mode
        self.loop.airlock.intake.journal.record_gate(_now(), write_mode(mode))
        return _NOTHING


def _now() -> int:
    return time.time_ns() // 1_000_000
