"""`airlock dev`: the whole product on this machine, until Ctrl-C."""

import argparse
import errno
import secrets
import sys
import threading
import time
from pathlib import Path

from airlock.authorization import Authorizations
from airlock.gate import GateInMemory
from airlock.policy import Policy
from airlock.table import UnavailableError
from workbench import stories
from workbench.authorization_file import AuthorizationFile
from workbench.bench import open_policy
from workbench.complaint import Complaint
from workbench.loop import Loop
from workbench.loopback_server import LoopbackServer
from workbench.networks import Networks
from workbench.request import SIGNED_PATHS, as_http_event, signed
from workbench.seals import LocalSigner
from workbench.server import Handler, Shown, build_handler
from workbench.viewer_desk import ViewerDesk
from workbench.witness import Witness

PORT = 8787
_HIGHEST_PORT = 65_535
_QUARTER_HOUR_S = 900


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--port", type=_port, default=PORT, help=f"where to listen on 127.0.0.1 (default: {PORT})")
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--no-replay", action="store_true", help="do not replay the stories of events/ at start")
    parser.add_argument(
        "--authorizations", metavar="FILE", help="keep authorizations in this SQLite file (default: in memory)"
    )
    parser.add_argument("--hold", action="store_true", help="keep every event until its rounded time, as in the cloud")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"must be a port, a whole number from 0 to {_HIGHEST_PORT}")
    return int(text)


def _open_authorizations(file: str | None) -> Authorizations | None:
    if file is None:
        return None
    try:
        return AuthorizationFile(Path(file))
    except UnavailableError:
        raise Complaint("the file of authorizations cannot be used: it is damaged, or is another file") from None


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    policy = open_policy(arguments.policy)
    desk = Desk(policy, arguments.port, hold=arguments.hold, on_file=_open_authorizations(arguments.authorizations))
    try:
        desk.start()
        _greet(desk, policy)
        if not arguments.no_replay:
            sys.stdout.write(f"Replayed {desk.replay()} stories of events/.\n")
        sys.stdout.write("Ctrl-C stops it.\n")
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stderr.write("\nairlock: stopped\n")
    finally:
        desk.stop()
    return 0


def _greet(desk: "Desk", policy: Policy) -> None:
    origin = desk.origin
    sys.stdout.write(
        f"Airlock is running, for {policy.name}. Nothing here reaches a real network.\n"
        f"  clinic site   {origin}/\n"
        f"  viewer        {origin}/_airlock/\n"
        f"  deliveries    {origin}/_airlock/deliveries.json\n"
        f"  log           {origin}/_airlock/log.jsonl\n"
        f"  export        {origin}/_airlock/export.jsonl, to be verified with {origin}/_airlock/journal-key.pem\n"
        f"  post events   {origin}/v1/events\n"
    )
    sys.stdout.flush()


class Desk:
    """Site, sanitizer, queues, forwarders and stand-ins on one port of 127.0.0.1; port 0 takes a free one."""

    def __init__(
        self, policy: Policy, port: int = 0, *, hold: bool = False, on_file: Authorizations | None = None
    ) -> None:
        self._witness = Witness(secrets.token_hex(4), lambda: time.time_ns() // 1_000_000)
        # What is not held is told ahead of its rounded time, which the stand-ins must not take for the future.
        ahead = 0 if hold else _QUARTER_HOUR_S
        self.networks = Networks(lambda: int(time.time()) + ahead)
        try:
            self._server = LoopbackServer(port, Handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Complaint(f"port {port} is taken; choose another with --port") from None
            raise Complaint(f"cannot listen on port {port}: {error.strerror}") from None
        port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{port}"
        own_sites = frozenset({self.origin, f"http://localhost:{port}"})
        signer, gate = LocalSigner(), GateInMemory()
        self.loop = Loop(
            policy,
            self.networks.transport,
            self._witness,
            own_sites,
            hold=hold,
            signer=signer,
            gate=gate,
            on_file=on_file,
        )
        self.viewer = ViewerDesk(self.loop, self.networks, self._witness, gate, signer.pem)
        self._server.RequestHandlerClass = build_handler(Shown(self.loop, self.networks, self.viewer))

    def start(self) -> None:
        """Start everything; gives back when requests are answered."""
        self.networks.start()
        self.loop.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="site", daemon=True).start()

    def stop(self) -> None:
        """Stop everything, what is in hand first."""
        self._server.shutdown()
        self._server.server_close()
        self.loop.stop()
        self.networks.stop()

    def replay(self) -> int:
        """Let every story happen now; how many there are."""
        now = time.time_ns() // 1_000_000
        told = stories.read_stories()
        for story in told:
            for line in story.moved_to(now).lines():
                headers = line.get("headers", {"origin": self.origin, "content-type": "application/json"})
                event = as_http_event(line.get("method", "POST"), line.get("path", "/v1/events"), headers, line["body"])
                self.viewer.take(signed(event) if event["rawPath"].startswith(SIGNED_PATHS) else event)
        return len(told)
