"""`airlock init`: a handful of answers in, by flags or asked for, a first policy that `airlock check` accepts out."""

import argparse
import datetime
import json
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.policy import PolicyError
from airlock.policy_document import Draft, draft_policy
from workbench.complaint import Complaint
from workbench.first_policy import LEADS, Answers, Network, write_policy
from workbench.policy_lint import lint

FILE = "clinic.toml"
PRIVATE = ("/portal/**", "/patient/**")
Ask = Callable[[str], str]
"""A question to the person's answer."""


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("file", nargs="?", default=FILE, metavar="FILE", help=f"where to write it (default: {FILE})")
    parser.add_argument("--name", metavar="TEXT", help="the clinic's name")
    parser.add_argument(
        "--site", action="append", default=[], metavar="ORIGIN", help="https://www.clinic.example; again for each more"
    )
    parser.add_argument("--collect-host", metavar="HOST", help="the airlock's name (default: collect. and the domain)")
    parser.add_argument("--state", metavar="XX", help="the US state's two letters, for limited-data-use flags")
    parser.add_argument(
        "--private",
        action="append",
        default=[],
        metavar="PATH",
        help=f"pages of which nothing is taken; again for each more (default: {' and '.join(PRIVATE)})",
    )
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="NAME=ACCOUNT[:LEAD]",
        help=f"whom to tell of a lead, by which name of the network's; again for each more: {', '.join(Destination)}",
    )
    parser.add_argument("--reviewed-by", metavar="TEXT", help="who reviewed what this policy lets out")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Ask for what no flag says, where somebody can answer."""
    today = datetime.datetime.now(datetime.UTC).date()
    return write(arguments, today, _ask_here if sys.stdin.isatty() else None)


def write(arguments: argparse.Namespace, today: datetime.date, ask: Ask | None) -> int:
    """The command with its day and its person handed in; nobody is there to be asked where `ask` is None."""
    file = Path(arguments.file)
    if file.exists():
        raise Complaint(f"{file} is there already, and is not overwritten", 2)
    answers = read_answers(arguments, ask)
    text = write_policy(answers, today)
    draft = _check(text, today)
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except OSError as error:
        raise Complaint(f"cannot write {file}: {error.strerror}", 2) from None
    secrets = {destination: rule.secret for destination, rule in draft.policy.rules.items()}
    if arguments.json:
        sys.stdout.write(json.dumps({"file": str(file), "policy": draft.policy.digest, "secrets": secrets}) + "\n")
        return 0
    sys.stdout.write(f"{file} is written. Read it, then:\n  uv run airlock check --policy {file}\n")
    sys.stdout.write(f"  uv run airlock doctor --before --policy {file}\n")
    return 0


def read_answers(arguments: argparse.Namespace, ask: Ask | None) -> Answers:
    """The flags' answers, the rest asked for; Complaint where a needed one is missing and nobody can be asked."""
    needed = {"--name": arguments.name, "--site": arguments.site, "--network": arguments.network}
    needed["--reviewed-by"] = arguments.reviewed_by
    missing = [flag for flag, answer in needed.items() if not answer]
    if missing and ask is None:
        raise Complaint(f"nobody is at the terminal to be asked: give {', '.join(missing)}", 2)
    name = arguments.name or _ask(ask, "The clinic's name")
    sites = tuple(site.rstrip("/") for site in arguments.site or _ask(ask, "Its site's origins, https://...").split())
    proposed = f"collect.{_find_domain(sites)}"
    host = arguments.collect_host or (_ask(ask, f"The airlock's host name [{proposed}]", "") if missing else "")
    state = arguments.state if arguments.state is not None or not missing else _ask(ask, "US state, two letters []", "")
    networks = arguments.network or _ask_networks(ask)
    return Answers(
        name=name,
        sites=sites,
        collect_host=host or proposed,
        state=(state or "").upper(),
        private=tuple(arguments.private) or PRIVATE,
        networks=tuple(map(read_network, networks)),
        reviewed_by=arguments.reviewed_by or _ask(ask, "Who reviews what it lets out (a role or a name)"),
    )


def read_network(words: str) -> Network:
    """A network of `NAME=ACCOUNT` or `NAME=ACCOUNT:LEAD`; Complaint where it is neither."""
    name, _, rest = words.partition("=")
    if name not in Destination or not rest:
        raise Complaint(f"a network must be NAME=ACCOUNT or NAME=ACCOUNT:LEAD, NAME one of {', '.join(Destination)}", 2)
    destination = Destination(name)
    account, _, lead = rest.partition(":")
    lead = lead or LEADS.get(destination, "")
    if not lead:
        raise Complaint(f"{name} needs {ADDRESS_BOOK[destination].event_word_is}: {name}=ACCOUNT:LEAD", 2)
    return Network(destination, account, lead)


def _ask_networks(ask: Ask | None) -> list[str]:
    networks = []
    for destination in Destination:
        address = ADDRESS_BOOK[destination]
        account = _ask(ask, f"{destination}: {address.account_is} [not told]", "")
        if not account:
            continue
        lead = "" if destination in LEADS else _ask(ask, f"{destination}: {address.event_word_is}")
        networks.append(f"{destination}={account}:{lead}")
    if not networks:
        raise Complaint("a policy that tells nobody anything needs no airlock: name one network at least", 2)
    return networks


def _ask(ask: Ask | None, question: str, default: str | None = None) -> str:
    if ask is None:
        return default or ""
    while not (answer := ask(question).strip()) and default is None:
        pass
    return answer or default or ""


def _ask_here(question: str) -> str:
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise Complaint("the input ended before every question was answered", 2)
    return line


def _find_domain(sites: tuple[str, ...]) -> str:
    return (urlsplit(sites[0]).hostname or "").removeprefix("www.") if sites else ""


def _check(text: str, today: datetime.date) -> Draft:
    """What was written, read again; Complaint with every problem where `airlock check` would refuse it."""
    try:
        draft = draft_policy(text)
        problems = [*draft.problems, *(f"{found.sentence}" for found in lint(draft, today) if found.is_error)]
    except PolicyError as error:
        problems = list(error.problems)
    if problems:
        sys.stderr.writelines(f"  {problem}\n" for problem in problems)
        raise Complaint("these answers make no policy that can be used; nothing was written")
    return draft
