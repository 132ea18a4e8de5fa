"""`airlock redrive`: a network's dead letters in, how many there are for each reason out, and with --yes back they go.

What goes back keeps its outbound id, so that whatever was told already counts once. No message's content is shown.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from airlock.address_book import Destination
from airlock.outcome import Reason
from workbench.complaint import Complaint

BURIED_FOR = (Reason.REJECTED, Reason.IN_DOUBT, Reason.GIVEN_UP, Reason.UNREADABLE)
"""Why the forwarder puts a message there."""
NONE = "none"
"""Stands for the reason of a message that SQS itself gave up."""
_BATCH = 10
# Looked at, a message is out of sight for so long; it is put back sooner.
_IN_HAND_S = 120
_NO_SUCH_TASK = frozenset({"InvalidAction", "AWS.SimpleQueueService.UnsupportedOperation", "UnsupportedOperation"})


class Queues(Struct, frozen=True):
    """A network's dead-letter queue and the queue that its messages go back to, by URL."""

    dead: str
    living: str


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("network", choices=[str(name) for name in Destination], help="whose dead letters")
    parser.add_argument("--reason", choices=[*map(str, BURIED_FOR), NONE], help="only those buried for it")
    parser.add_argument(
        "--queue", metavar="NAME", help="the network's queue (default: the one airlock-*-NETWORK there is)"
    )
    parser.add_argument("--yes", action="store_true", help="move them; without it they are only counted")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Count, and with --yes move."""
    import boto3  # noqa: PLC0415 - the other commands spare its import

    return redrive(arguments, boto3.client("sqs"))


def redrive(arguments: argparse.Namespace, client: Any) -> int:  # noqa: ANN401 - boto3 ships no types
    """The command with its client handed in."""
    queues = find_queues(client, Destination(arguments.network), arguments.queue)
    reasons = count_reasons(client, queues.dead)
    chosen = reasons.total() if arguments.reason is None else reasons[arguments.reason]
    moved = 0
    if arguments.yes and chosen:
        moved = move_all(client, queues, chosen) if arguments.reason is None else move(client, queues, arguments.reason)
    if arguments.json:
        told = {"network": arguments.network, "dead": dict(reasons), "chosen": chosen, "moved": moved}
        sys.stdout.write(json.dumps(told) + "\n")
        return 0
    sys.stdout.writelines(_print(arguments.network, reasons, chosen, moved, is_moving=arguments.yes))
    return 0


def _print(network: str, reasons: Mapping[str, int], chosen: int, moved: int, *, is_moving: bool) -> Iterator[str]:
    total = sum(reasons.values())
    yield f"{network}: {total} dead letter{'s' * (total != 1)}\n"
    yield from (f"  {count:6}  {reason}\n" for reason, count in sorted(reasons.items()))
    if is_moving:
        yield f"{moved} on their way back to the network's queue\n"
    elif chosen:
        yield f"{chosen} would go back to the network's queue; --yes moves them\n"


def find_queues(client: Any, network: Destination, name: str | None) -> Queues:  # noqa: ANN401 - as above
    """The network's two queues.

    Raises:
        Complaint: there are none, or several clinics' in this account.
    """
    found = {
        url.rpartition("/")[2]: url
        for url in client.list_queues(QueueNamePrefix=name or "airlock-").get("QueueUrls", [])
    }
    living = [known for known in found if (known == name if name else known.endswith(f"-{network}"))]
    if len(living) > 1:
        raise Complaint(f"there are several: {', '.join(sorted(living))}; choose with --queue", 2)
    if not living or f"{living[0]}-dead" not in found:
        raise Complaint(f"there is no queue {name or f'airlock-*-{network}'} with its dead-letter queue here")
    return Queues(found[f"{living[0]}-dead"], found[living[0]])


def count_reasons(client: Any, dead: str) -> Counter[str]:  # noqa: ANN401 - as above
    """How many dead letters there are for each reason. Every message is looked at, and put back."""
    seen = list(_receive_all(client, dead))
    for message in seen:
        _put_back(client, dead, message)
    return Counter(_reason(message) for message in seen)


def move_all(client: Any, queues: Queues, count: int) -> int:  # noqa: ANN401 - as above
    """Let SQS move them all; how many that are.

    The destination is named: the forwarder put them there itself, so that SQS knows no source to send them back to.
    """
    try:
        client.start_message_move_task(SourceArn=_arn(client, queues.dead), DestinationArn=_arn(client, queues.living))
    except Exception as error:
        if _code(error) not in _NO_SUCH_TASK:
            raise
        return move(client, queues, None)
    return count


def move(client: Any, queues: Queues, reason: str | None) -> int:  # noqa: ANN401 - as above
    """Move those of one reason, or of any, one after the other; how many that were.

    Each is on one of the two queues at every moment. What stands on both when this is interrupted counts once all the
    same.
    """
    moved = 0
    others = []
    for message in _receive_all(client, queues.dead):
        if reason is not None and _reason(message) != reason:
            others.append(message)
            continue
        client.send_message(QueueUrl=queues.living, MessageBody=message["Body"])
        client.delete_message(QueueUrl=queues.dead, ReceiptHandle=message["ReceiptHandle"])
        moved += 1
    for message in others:
        _put_back(client, queues.dead, message)
    return moved


def _receive_all(client: Any, url: str) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - as above
    seen: set[str] = set()
    while True:
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_BATCH,
            MessageAttributeNames=["reason"],
            VisibilityTimeout=_IN_HAND_S,
            WaitTimeSeconds=1,
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not fresh:
            return
        seen.update(message["MessageId"] for message in fresh)
        yield from fresh


def _put_back(client: Any, url: str, message: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def _reason(message: Mapping[str, Any]) -> str:
    word = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", NONE)
    return word if word in BURIED_FOR else NONE


def _arn(client: Any, url: str) -> str:  # noqa: ANN401 - as above
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def _code(error: Exception) -> str:
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
