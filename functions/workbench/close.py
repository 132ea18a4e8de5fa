"""`airlock close [NETWORK ...]`: the kill switch. What is closed takes nothing, answers 204 and drops."""

import argparse

from airlock.gate import ALL_CLOSED
from workbench.closing import close, describe_switch, open_switch, turn


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    describe_switch(parser, "networks to close (default: everything; browsers are then answered 204, and dropped)")


def run(arguments: argparse.Namespace) -> int:
    """Close. Closing everything needs no look at what is closed already, and works where that cannot be read."""
    switch = open_switch(arguments)
    before = switch.read() if arguments.networks else ALL_CLOSED
    return turn(switch, close(before, arguments.networks))
