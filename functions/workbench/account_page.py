"""An account, a balance or a proof in, what a person reads of it in a terminal out."""

import datetime
import json
from collections import Counter
from collections.abc import Iterator, Mapping

from airlock.address_book import Destination
from workbench.account import Account, Told
from workbench.balance import Balance
from workbench.explanation import NAMES
from workbench.proof import Proof
from workbench.reasons import REASONS

_MOST_LISTED = 2_000
_SHOWN_DIGITS = 12


def print_account(account: Account, *, listed: bool) -> str:
    """The whole account; with `listed` each disclosure as well."""
    return "\n".join(_describe(account, listed=listed)) + "\n"


def _describe(account: Account, *, listed: bool) -> Iterator[str]:
    if account.first is None or account.last is None:
        yield "The journal has no line of this kind in this period."
        return
    policies = ", ".join(f"{digest[:_SHOWN_DIGITS]} ({count} lines)" for digest, count in account.policies.items())
    yield f"{account.lines} lines from {tell(account.first)} to {tell(account.last)}, policy {policies}"
    yield ""
    yield from _describe_told(account)
    if listed:
        yield from _list(account.told)
    yield from _describe_not_told(account)
    yield from _describe_consent(account)
    if account.faults:
        yield f"{account.faults} faults of the code: nothing left because of them; see the lines of kind `fault`."
    for at, change in account.turned:
        yield f"{tell(at)}: an environment saw the kill switch at `{change}`."


def _describe_told(account: Account) -> Iterator[str]:
    if not account.told:
        yield "Disclosures: none. Nothing left for any network."
        yield ""
        return
    yield f"Disclosures: {len(account.told)} (each one is bytes that left, whatever the network answered)"
    groups: dict[tuple[str, str, str, str], list[Told]] = {}
    for told in account.told:
        groups.setdefault((told.destination, told.event, told.basis, told.policy), []).append(told)
    for (destination, event, basis, policy), group in sorted(groups.items()):
        identifiers = Counter(_identify(told) for told in group)
        amounts = Counter(told.amount for told in group if told.amount is not None)
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in Counter(told.outcome for told in group).items())
        yield f"  {name(destination)}, {event}: {outcomes}"
        yield f"    basis {basis}, policy {policy[:_SHOWN_DIGITS]}"
        yield "    recognised by " + ", ".join(f"{what} ({count})" for what, count in identifiers.items())
        if amounts:
            yield "    worth " + ", ".join(f"{amount:g} ({count})" for amount, count in sorted(amounts.items()))
    yield ""


def _identify(told: Told) -> str:
    parts = [told.click_id or "", f"hashed {' and '.join(told.digests)}" if told.digests else ""]
    return " with ".join(part for part in parts if part) or "nothing"


def _list(told: tuple[Told, ...]) -> Iterator[str]:
    shown: set[str] = set()
    for each in told[:_MOST_LISTED]:
        answer = f"{each.outcome}{f' ({each.reason})' if each.reason else ''}, HTTP {each.status or '-'}"
        yield f"  {tell(each.at)}  {each.destination}  {each.event}  {each.event_id}  {answer}"
        authorization = f", authorization {each.authorization}" if each.authorization else ""
        yield f"    basis {each.basis}{authorization}; recognised by {_identify(each)}; {each.bytes} bytes"
        yield f"    SHA-256 of the body {each.sha256}"
        if each.sha256 in shown:
            yield "    told in the same request as above"
        elif each.payload is not None:
            shown.add(each.sha256)
            yield f"    {json.dumps(each.payload, separators=(',', ':'), ensure_ascii=False)}"
    if len(told) > _MOST_LISTED:
        yield f"  ... and {len(told) - _MOST_LISTED} more: use --json"
    if told:
        yield ""


def _describe_not_told(account: Account) -> Iterator[str]:
    if not account.not_told:
        return
    yield "Not told, by reason"
    for row in account.not_told:
        where = name(row.destination) if row.destination else "every network"
        why = REASONS.get(row.reason, "")
        yield f"  {row.count:>6}  {where}: {row.outcome}{f', {row.reason}' if row.reason else ''}. {why}".rstrip()
    yield ""


def _describe_consent(account: Account) -> Iterator[str]:
    if not account.told:
        return
    if account.undecided:
        yield (
            f"{len(account.undecided)} of {len(account.told)} disclosures have no accepted decision in these lines: "
            "widen --since by seven days, and treat as an incident what still has none:"
        )
        yield from (f"  {tell(told.at)}  {told.destination}  {told.event_id}" for told in account.undecided[:50])
    else:
        yield (
            f"Consent: each of the {len(account.told)} disclosures follows a decision that let it pass every gate, "
            "consent first."
        )
    yield ""


def print_balances(balances: Mapping[Destination, Balance]) -> str:
    """The conservation balance of each network."""
    lines = ["Conservation: accepted = delivered + withheld + expired + rejected + held + in flight"]
    for destination, each in balances.items():
        said = "closes" if each.closes else f"does NOT close; {each.unaccounted} without having been accepted"
        lines.append(
            f"  {name(destination)}: {each.accepted} = {each.delivered} + {each.withheld} + {each.expired} "
            f"+ {each.rejected} + {each.held} + {each.in_flight}: {said}"
        )
    if not balances:
        lines.append("  no event was accepted")
    return "\n".join(lines) + "\n"


def print_proof(proof: Proof) -> str:
    """What a verification found."""
    lines = [fault.sentence for fault in proof.faults]
    verdict = (
        f"Whole: {proof.lines} lines in {proof.chains} chains, none changed, removed or moved; "
        f"{proof.signatures} of {proof.checkpoints} signatures hold."
        if proof.holds
        else f"NOT whole: {len(proof.faults)} faults in {proof.lines} lines of {proof.chains} chains."
    )
    return "\n".join([*lines, verdict, *proof.notes]) + "\n"


def name(destination: str) -> str:
    """A network's name."""
    return NAMES[Destination(destination)] if destination in Destination else destination


def tell(at: int) -> str:
    """Epoch milliseconds as a person reads them."""
    return f"{datetime.datetime.fromtimestamp(at / 1000, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"
