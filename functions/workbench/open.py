"""`airlock open [NETWORK ...]`: what the kill switch closed is open again."""

import argparse

from workbench.closing import describe_switch, open_switch, reopen, turn


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    describe_switch(parser, "networks to open again (default: everything)")


def run(arguments: argparse.Namespace) -> int:
    """Open."""
    switch = open_switch(arguments)
    return turn(switch, reopen(switch.read(), arguments.networks))
