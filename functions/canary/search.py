"""Needles and places in, where any of them was found out: the needle's name and the place, never the text around it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol


class Finding(NamedTuple):
    """Something of the patient where nothing of a patient may be."""

    place: str
    needle: str


class LogsClient(Protocol):
    """The part of boto3's CloudWatch Logs client that is used here."""

    def describe_log_groups(self, **asked: Any) -> Any:  # noqa: ANN401 - boto3 ships no types
        """Names of log groups, a page of them."""

    def filter_log_events(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Lines that fit a pattern, a page of them."""


def search_text(place: str, text: str, needles: Mapping[str, str]) -> list[Finding]:
    """What of the patient stands in a text, however it is written in capitals."""
    lowered = text.lower()
    return [Finding(place, name) for name, needle in needles.items() if needle.lower() in lowered]


def search_logs(
    client: LogsClient, prefix: str, needles: Mapping[str, str], since: int, own: str = ""
) -> tuple[int, list[Finding]]:
    """How many log groups were searched from `since` on, epoch milliseconds, and what was found in them.

    `own` is the searcher's own group: it holds no line of a visit, and its role may not read it.
    """
    groups = [group for group in _find_groups(client, prefix) if group != own]
    found: list[Finding] = []
    # One question for all needles: terms with a question mark are alternatives. No logs:Unmask: a mask hides no marker.
    pattern = " ".join(f'?"{needle}"' for needle in needles.values())
    for group in groups:
        asked: dict[str, Any] = {"logGroupName": group, "startTime": since, "filterPattern": pattern}
        while True:
            page = client.filter_log_events(**asked)
            for event in page["events"]:
                found += search_text(group, event["message"], needles)
            if "nextToken" not in page:
                break
            asked["nextToken"] = page["nextToken"]
    return len(groups), sorted(set(found))


def _find_groups(client: LogsClient, prefix: str) -> Iterable[str]:
    asked: dict[str, Any] = {"logGroupNamePrefix": prefix}
    while True:
        page = client.describe_log_groups(**asked)
        yield from (group["logGroupName"] for group in page["logGroups"])
        if "nextToken" not in page:
            return
        asked["nextToken"] = page["nextToken"]
