"""The `airlock` command: arguments in, a result on stdout, everything else on stderr, and an exit code out.

0 is success, 1 a failed check, 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from airlock.policy import PolicyError
from workbench.complaint import Complaint

# Each command's module has `describe(parser)` and `run(arguments) -> int`; it is imported when it is called.
COMMANDS = {
    "dev": "run the whole product on this machine, with a demo site and stand-ins for the ad networks",
    "preview": "show what requests would send to each network, with nothing sent",
    "import": "tell the airlock of conversions in a CSV sheet, or say in a dry run what would come of each",
    "authorization": "record, revoke, show and list the HIPAA authorizations on file",
    "check": "validate a policy and say in plain English what each network is told",
    "redrive": "show a network's dead letters by reason, and move them back to its queue",
    "policy": "say what a change of the policy would let out, and fail where it widens and nobody answers for it",
    "audit": "say from the journal what was told to whom and why not, and prove that the journal is whole",
    "init": "write a first policy from a handful of answers",
    "secret": "give a network's secret its value, from stdin",
    "doctor": "examine the account, DNS and the deployment: what is right, what is not, what could not be seen",
    "report": "count conversions by network, campaign token and week, and what was not told; small counts hidden",
    "close": "turn the kill switch: take nothing, or tell one network nothing, within half a minute",
    "open": "turn the kill switch back",
    "canary": "send an invented patient through an airlock and search for anything left of her",
    "evidence": "write one folder and zip for an auditor: policy, perimeter, assets, controls, tests, journal",
    "snippet": "print what a site developer pastes: script tag, CSP, WordPress, Tag Manager, and what to remove",
}

MODULES = {"import": "import_sheet"}  # where the command's name cannot be the module's: `import` is Python's own word


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. What the workbench sees of a visit is written to no core dump."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="airlock", description="A first-party conversion gateway for clinics: see, check and try what may leave."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in words if not word.startswith("-")), None)
    module = None
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == chosen:
            module = import_module(f"workbench.{MODULES.get(name, name)}")
            module.describe(subparser)
    parsed = parser.parse_args(words)
    if module is None:  # pragma: no cover - argparse has ended the process for an unknown command
        return 2
    try:
        return int(module.run(parsed))
    except PolicyError as error:
        count = len(error.problems)
        sys.stderr.write(f"airlock: the policy cannot be used: {count} problem{'s' * (count != 1)}\n")
        sys.stderr.writelines(f"  {problem}\n" for problem in error.problems)
        return 1
    except Complaint as complaint:
        sys.stderr.write(f"airlock: {complaint}\n")
        return complaint.code
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("airlock: stopped\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
