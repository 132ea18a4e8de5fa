"""A policy's webhooks in, what is read of each out, in plain English: for the person who signs the policy."""

from collections.abc import Iterator

from airlock.hook import Hook, Scheme
from airlock.policy import Policy

_SIGNED = {
    Scheme.TIMESTAMPED: "HMAC-SHA256 over time and body",
    Scheme.STANDARD: "HMAC-SHA256 as Standard Webhooks has it",
    Scheme.CALLRAIL: "CallRail's own HMAC-SHA1 over the body",
}
_LISTED = 12


def say_hooks(policy: Policy) -> Iterator[str]:
    """One sentence for each webhook."""
    for hook in policy.hooks:
        yield f"/v1/hooks/{hook.name}: {_say_hook(hook)}"


def _say_hook(hook: Hook) -> str:
    read = sorted(hook.fields)
    listed = ", ".join(read) if len(read) <= _LISTED else "the fields of the contract"
    event = f"each record is a {hook.event}" if hook.event else "each record names its event"
    sentence = (
        f"{event} ({hook.source}); signed with {_SIGNED[hook.scheme]}, good for {hook.window_s // 60} minutes, once; "
        f"read is {listed}, and nothing else."
    )
    if hook.consent is not None:
        sentence += f" Consent counts where {hook.consent.field} says one of the agreed words."
    elif "consent" not in hook.fields:
        sentence += " It brings no consent, so nothing of it is told."
    return sentence
