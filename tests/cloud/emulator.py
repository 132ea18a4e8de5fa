"""ministack, an AWS emulator, installed for itself and started on loopback with IAM and TLS: an AWS account for tests.

It lives in an environment of its own under build/, since it pins a botocore of its own. It runs a function's zip under
its own interpreter, which is why that is Python 3.13 like the functions' runtime.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tests.loopback import Authority

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build"
PACKAGES = ("ministack==1.5.33", "cryptography==50.0.2", "boto3==1.43.106")
PYTHON = "3.13"
ACCOUNT, REGION = "000000000000", "us-east-1"
_LOOPBACK_ONLY = Path(__file__).parent / "loopback_only"
_STARTS_WITHIN_S = 30.0


class NotInstalledError(Exception):
    """The emulator cannot be had here. Says why."""


def install() -> Path:
    """Its interpreter; made once, and kept in the build folder."""
    home = CACHE / f"emulator-{'-'.join(package.partition('==')[2] for package in PACKAGES)}"
    python = home / "bin" / "python"
    if (home / "installed").exists():
        return python
    uv = shutil.which("uv")
    if uv is None:
        raise NotInstalledError("uv is missing")
    CACHE.mkdir(exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=CACHE))
    try:
        _run(uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(beside))
        _run(uv, "pip", "install", "--quiet", "--python", str(beside / "bin" / "python"), *PACKAGES)
        (beside / "installed").touch()
        if not (home / "installed").exists():  # nobody else was faster
            shutil.rmtree(home, ignore_errors=True)
            beside.rename(home)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalledError(f"{command[1]} {command[2]}: {done.stderr.strip().splitlines()[-1:]}")


class Emulator:
    """One account on loopback, `host` its airlock's name. Its functions find the `networks` at `networks_port`."""

    def __init__(
        self, folder: Path, authority: Authority, host: str, networks: Sequence[str], networks_port: int
    ) -> None:
        self._host = host
        self._folder = folder
        self._authority = authority
        self._networks = networks
        self._networks_port = networks_port
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        python = install()
        certificate, key = self._authority.certify("emulator", ("127.0.0.1", "localhost", self._host))
        trusted = str(self._authority.file)
        environment = {
            "AUTH": "true",
            "AWS_CA_BUNDLE": trusted,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "HOME": str(self._folder),
            "IOT_MTLS_ENABLED": "0",
            "LANG": "C.UTF-8",
            "LOOPBACK_NETWORKS_HOSTS": " ".join(self._networks),
            "LOOPBACK_NETWORKS_PORT": str(self._networks_port),
            "MINISTACK_SSL_CERT": str(certificate),
            "MINISTACK_SSL_KEY": str(key),
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(_LOOPBACK_ONLY),
            "SSL_CERT_FILE": trusted,
            "TMPDIR": str(self._folder),
            "USE_SSL": "1",
        }
        # As root it listens on 127.0.0.1:443 too, where nobody else does.
        with (self._folder / "emulator.log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(python), "-m", "ministack"],
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_up()
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        assert process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with its workers; what it leaves lies in the run's own folder
        process.wait(10)

    def _wait_until_up(self) -> None:
        assert self._process is not None
        ends = time.monotonic() + _STARTS_WITHIN_S
        client = self.client("sts")
        while True:
            try:
                client.get_caller_identity()
            except BotoCoreError:
                if self._process.poll() is not None or time.monotonic() > ends:
                    raise RuntimeError(self.read_log()[-4000:]) from None
                time.sleep(0.1)
            else:
                return

    def read_log(self) -> str:
        """What the emulator itself wrote."""
        return (self._folder / "emulator.log").read_text("utf-8", "replace")

    def client(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        """A boto3 client, of the account's root unless credentials of STS are given."""
        keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test"}
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            verify=str(self._authority.file),
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60),
        )
