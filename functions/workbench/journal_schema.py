"""The journal's vocabulary in words: what each kind of line and each field means, for whoever reads an export."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from airlock.chain import CHECKPOINT_LINES, CHECKPOINT_MS
from airlock.journal_line import SCHEMA

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "decision": "what the sanitizer decided about one event for one network, or about a request as a whole",
        "disclosure": "what became of one event at its network; where `sha256` stands, bytes left for that network",
        "fault": "an exception that should not have been; nothing left",
        "authorization": "a HIPAA authorization was recorded or revoked",
        "gate": "an execution environment saw the kill switch turned",
        "processing": "what a network told later of a request that it had accepted; it names no event",
        "api_version": "a network's API version that is pinned in the code ends within 60 days, or has ended",
        "checkpoint": "a signature over every line of its chain before it",
        "end": "the last line of an export: how many lines it has, and where each chain in it begins and ends",
    }
)

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "schema": f"version of this table; {SCHEMA} now",
        "kind": "one of the kinds above",
        "at": "when the line was written, epoch milliseconds",
        "policy": "SHA-256 of the compiled policy that decided",
        "version": "version of the code that wrote the line",
        "outcome": "accepted, delivered, withheld, refused, held, expired or rejected",
        "reason": "why, one word of a closed vocabulary",
        "destination": "the network; none where a request was refused as a whole",
        "event": "the event's name in the policy, never what the site called it",
        "event_id": "32 hex digits, derived one way for this network from the browser's id",
        "click_id": "which click id was told; never the id itself",
        "digests": "of which contact fields a SHA-256 was told; never the digest itself",
        "basis": "what the identifiers rest on: consent or authorization; none is left out",
        "authorization": "the first 16 hex digits of the SHA-256 of the authorization's id",
        "not_before": "the moment before which it is not told, epoch seconds on a quarter hour",
        "rule": "the rule that was broken, where one was",
        "bytes": "size of the queue message (decision) or of the request's body (disclosure)",
        "surface": "private, health or general: the kind of page, by the policy",
        "label": "the page's label in the policy",
        "source": "website, crm, phone_call or in_person",
        "props": "the closed-list properties that the policy keeps for reports; they are told to no network",
        "dropped": "fields whose values were dropped, with how many",
        "field": "the field at fault, where a request was malformed",
        "attempt": "which try of the forwarder this was; 1 is left out",
        "host": "the network's host",
        "status": "the HTTP status that the network answered",
        "code": "the network's own code of the answer",
        "trace": "the network's own id of the request",
        "told_at": "the time that was told, epoch seconds on a quarter hour",
        "amount": "the worth that was told, in the policy's currency",
        "payload": "the body as told; with `payload_log = masked` each identifier reads as its name in angle brackets",
        "payload_at": "the place, in this chain, of the line that shows the payload: one request told several events",
        "sha256": "SHA-256 of the exact bytes of the body that left",
        "type": "an exception's type; never its text",
        "line": "where it was raised",
        "change": "recorded or revoked; or the kill switch's new setting; or the version that ends, and when",
        "events": "how many events a request told that the network has processed",
        "failed": "of those, how many did not count, by the network's own reason",
        "key": "the key that signed a checkpoint",
        "signature": "ECDSA on P-256 over SHA-256, DER in base64, of the statement of `airlock.chain.write_statement`",
        "chain": "the execution environment that wrote the line",
        "seq": "the line's place in its chain, from 0",
        "prev": "SHA-256 of the exact bytes of the line before it in its chain; 64 zeros in the first",
        "lines": "how many lines an export holds before its end line",
        "chains": "of each chain of an export: its first and last place, and the hash of its last line",
    }
)


def write_schema() -> Iterator[str]:
    """The table as Markdown, line by line."""
    yield f"# The journal, schema {SCHEMA}"
    yield ""
    yield "One JSON object a line, UTF-8, no control characters, no value of a visit. Absent fields hold nothing."
    yield f"A checkpoint follows {CHECKPOINT_LINES} lines, or the first line after {CHECKPOINT_MS // 1000} seconds."
    yield ""
    yield "| kind | meaning |"
    yield "|---|---|"
    yield from (f"| `{kind}` | {meaning} |" for kind, meaning in KINDS.items())
    yield ""
    yield "| field | meaning |"
    yield "|---|---|"
    yield from (f"| `{field}` | {meaning} |" for field, meaning in FIELDS.items())
