"""Each story of events/ through both handlers, compared byte for byte with what was read by eye and frozen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.address_book import ContactField
from airlock.clean import Source
from airlock.policy import Policy
from airlock.tokens import ClickIdKind
from workbench.preview import Line, Preview, Result
from workbench.stories import EVENTS, Story, read_stories

STORIES = read_stories()
CANARY = "canary-7d1f"
# Words that a visit shares with the policy's own vocabulary may stand in a log.
_LEAST_LENGTH = 6


def play(story: Story, policy: Policy) -> tuple[Result, list[tuple[Any, bytes]]]:
    """The story's last request, and the messages that it put on the queues."""
    preview = Preview(policy, lambda: story.now)
    *before, last = (Line(**line) for line in story.lines())
    for line in before:
        assert preview.run(line).status == 204
    queued: list[tuple[Any, bytes]] = []
    put = preview._outbox.put

    def keep(messages: Any) -> Any:
        queued.extend(messages)
        return put(messages)

    preview._outbox.put = keep  # type: ignore[method-assign]  # looks over the shoulder, changes nothing
    return preview.run(last), queued


def retell(result: Result, queued: list[tuple[Any, bytes]]) -> dict[str, dict[str, Any]]:
    """A story's files by name. Bodies stand as JSON; their bytes are those of the same JSON written compactly."""
    outcomes = [
        {
            key: value
            for key, value in (
                ("destination", outcome.destination),
                ("event_id", outcome.event_id),
                ("outcome", outcome.outcome),
                ("reason", outcome.reason),
                ("not_before", outcome.not_before if isinstance(outcome.not_before, int) else None),
            )
            if value is not None
        }
        for outcome in result.outcomes
    ]
    told: dict[str, Any] = {"answer": result.status, "outcomes": outcomes}
    files = {"2-clean.json" if queued or not outcomes else "2-refusal.json": told}
    if queued:
        told["messages"] = {str(destination): json.loads(message) for destination, message in queued}
        for destination, message in queued:
            assert compact(told["messages"][destination]) == message
    for outcome in result.outcomes:
        if outcome.request is not None:
            body = json.loads(outcome.request.body)
            assert compact(body) == outcome.request.body.encode()
            files[f"3-{outcome.destination}.json"] = {
                "method": outcome.request.method,
                "url": outcome.request.url,
                "headers": outcome.request.headers,
                "body": body,
            }
    return files


def compact(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_ends_as_it_was_frozen(story: Story, policy: Policy, pytestconfig: pytest.Config) -> None:
    """Messages and requests are those that were read by eye, to the byte."""
    files = retell(*play(story, policy))
    folder = EVENTS / story.name
    if pytestconfig.getoption("--freeze"):
        for path in folder.glob("[23]-*.json"):
            path.unlink()
        for name, document in files.items():
            (folder / name).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    frozen = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("[23]-*.json")}
    assert files.keys() == frozen.keys()
    for name, document in files.items():
        assert compact(document) == compact(frozen[name]), f"{story.name}/{name} differs; run with --freeze and read it"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_nothing_of_a_visit_is_found_where_it_must_not_be(
    story: Story, policy: Policy, capfd: pytest.CaptureFixture[str]
) -> None:
    """The canary, and every text and number of the request, are searched for in logs, queues and network requests."""
    result, queued = play(story, policy)
    printed = capfd.readouterr()
    logs = "\n".join(result.logs)
    bodies = "\n".join(outcome.request.body + outcome.request.url for outcome in result.outcomes if outcome.request)
    messages = b"\n".join(message for _, message in queued).decode()
    assert CANARY in json.dumps(story.request), "a story without a canary proves nothing"
    leaks = [place for place, text in (("logs", logs), ("requests", bodies), ("queues", messages)) if CANARY in text]
    assert leaks == [], f"{story.name}: the canary got there"
    assert printed.out + printed.err == "", f"{story.name}: something was printed"
    own_words = _own_words(policy)
    logged = [at for at, value in enumerate(_values(story.request)) if value not in own_words and value in logs]
    assert logged == [], f"{story.name}: these values of the request, by position, are in the logs"


def _values(request: dict[str, Any]) -> Iterator[str]:
    """Every text and every large number of a request, as they would look in a log."""
    try:
        pending: list[Any] = [json.loads(request.get("body", ""))]
    except ValueError:
        pending = [request.get("body", "")]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and len(value) >= _LEAST_LENGTH:
            yield value
        elif type(value) is int and value > 10**9:
            yield str(value)


def _own_words(policy: Policy) -> frozenset[str]:
    """The policy's own words and the contract's names of fields, which a journal line may hold."""
    contract = {"consent", "marketing", "authorization", "currency", "events", "source"}
    contract |= {*ClickIdKind, *ContactField, *Source}
    told = {word for rule in policy.destinations for word in rule.events.values()}
    return frozenset({event.name for event in policy.events} | {str(to) for to in policy.rules} | told | contract)


def test_every_kind_of_story_is_told() -> None:
    """The book covers at least what an auditor asks for first."""
    names = {story.name for story in STORIES}
    assert len(names) >= 12
    assert {path.parent for path in EVENTS.glob("*/1-request.json")} == {EVENTS / name for name in names}
    assert {path.name for path in Path(EVENTS).iterdir()} == names
