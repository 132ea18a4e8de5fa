"""The kill switch's setting, of a deployment or of an `airlock dev`: read, changed by a person, and written."""

import argparse
import sys
from typing import Any, Protocol

import httpx

from airlock.address_book import Destination
from airlock.gate import ALL_CLOSED, ALL_OPEN, CACHE_MS, Mode, read_mode, write_mode
from workbench.complaint import Complaint

_PATIENCE_S = 5


class Switch(Protocol):
    """Where the setting is kept."""

    def read(self) -> Mode:
        """The mode that is set."""

    def write(self, mode: Mode) -> None:
        """Set it."""


class ParameterSwitch:
    """A deployment's, in Systems Manager. CloudTrail keeps who turned it and when."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - boto3 ships no types
        self._client = client
        self._name = name

    def read(self) -> Mode:
        """The mode that is set; open where it never was turned."""
        try:
            return read_mode(self._client.get_parameter(Name=self._name)["Parameter"]["Value"])
        except self._client.exceptions.ParameterNotFound:
            return ALL_OPEN

    def write(self, mode: Mode) -> None:
        """Set it."""
        self._client.put_parameter(Name=self._name, Value=write_mode(mode), Type="String", Overwrite=True)


class DevSwitch:
    """That of an `airlock dev` on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    def read(self) -> Mode:
        """The mode that is set."""
        return read_mode(self._ask("GET").text)

    def write(self, mode: Mode) -> None:
        """Set it."""
        self._ask("POST", write_mode(mode))

    def _ask(self, method: str, text: str = "") -> httpx.Response:
        try:
            url = f"http://127.0.0.1:{self._port}/_airlock/gate"
            answer = httpx.request(method, url, content=text, timeout=_PATIENCE_S, trust_env=False)
        except httpx.HTTPError:
            raise Complaint(f"no airlock answers on port {self._port}: is `airlock dev` running there?") from None
        if answer.is_error:
            raise Complaint(f"the airlock on port {self._port} answered {answer.status_code}")
        return answer


def describe_switch(parser: argparse.ArgumentParser, networks: str) -> None:
    """The arguments of `close` and `open`."""
    parser.add_argument("networks", nargs="*", metavar="NETWORK", type=_read_network, help=networks)
    parser.add_argument("--name", metavar="NAME", help="the deployment (its switch is /airlock/NAME/gate)")
    parser.add_argument("--dev", type=int, metavar="PORT", help="the `airlock dev` on this port, instead")


def _read_network(text: str) -> Destination:
    if text not in Destination:
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(Destination)}")
    return Destination(text)


def open_switch(arguments: argparse.Namespace) -> Switch:
    """The switch that the arguments name."""
    if arguments.dev is not None:
        return DevSwitch(arguments.dev)
    if not arguments.name:
        raise Complaint("name the deployment with --name, or an `airlock dev` with --dev PORT", 2)
    import boto3  # noqa: PLC0415 - half a second that a local switch does not need

    return ParameterSwitch(boto3.client("ssm"), f"/airlock/{arguments.name}/gate")


def close(mode: Mode, networks: list[Destination]) -> Mode:
    """A mode with these networks closed as well, all where none is named."""
    return Mode([*mode, *networks]) if networks and not mode.stops_all else ALL_CLOSED


def reopen(mode: Mode, networks: list[Destination]) -> Mode:
    """A mode with these networks open again, all where none is named.

    Raises:
        Complaint: everything is closed, so that one network cannot be opened alone.
    """
    if not networks:
        return ALL_OPEN
    if mode.stops_all:
        raise Complaint("everything is closed: open everything, or close the others by name first")
    return Mode(mode - set(networks))


def turn(switch: Switch, mode: Mode) -> int:
    """Write a mode and say so."""
    switch.write(mode)
    sys.stdout.write(
        f"{write_mode(mode)}: in effect within {CACHE_MS // 1000} seconds; each environment journals that it saw it.\n"
    )
    return 0
