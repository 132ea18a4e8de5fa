"""A policy in, the judge of a dry run out: the very sanitizer, on this machine, with queues that lead nowhere."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from airlock.authorization import Authorizations
from airlock.clean import CleanEvent
from airlock.policy import Policy
from sanitizer.handler import respond
from sanitizer.outbox import Message
from workbench.bench import set_up_airlock
from workbench.importing.importer import Judge
from workbench.importing.tally import Tally
from workbench.request import as_http_event, signed


class _Nowhere:
    """An outbox that takes everything and a log that keeps nothing: a dry run leaves no trace."""

    def put(self, messages: Sequence[Message]) -> frozenset[Any]:
        """Take them."""
        del messages
        return frozenset()

    def write(self, text: str) -> int:
        """Take it."""
        return len(text)


def build_dry_judge(policy: Policy, on_file: Authorizations, tally: Tally, now: Callable[[], int]) -> Judge:
    """The judge; it counts by network too. `now` gives epoch milliseconds."""
    nowhere: Any = _Nowhere()
    airlock = set_up_airlock(policy, nowhere, on_file, nowhere, now)

    def judge(events: Sequence[dict[str, Any]]) -> list[str | None]:
        body = json.dumps({"events": events})
        request = as_http_event("POST", "/v1/conversions", {"content-type": "application/json"}, body)
        taken = respond(signed(request), airlock)
        for item in taken.items:
            for decision in item.decisions:
                told = isinstance(decision.result, CleanEvent)
                tally.networks[str(decision.destination), "" if told else str(decision.result)] += 1
        return [result["reason"] for result in json.loads(taken.answer["body"])["results"]]

    return judge
