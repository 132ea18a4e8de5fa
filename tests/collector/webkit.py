"""WebKit, Safari's engine, by its WebDriver: commands in, what the page gives back out. It has a screen of its own.

w3.org/TR/webdriver2 (read 2026-11-25)
"""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's own name for a reference to an element


def find_browser() -> Path | None:
    """The small browser that comes with WebKitGTK."""
    return next(iter(sorted(Path("/usr/lib").glob("*-linux-gnu/webkit*gtk-*/MiniBrowser"))), None)


class WebKit:
    """One running WebKit. It keeps nothing: each visitor is a session of their own."""

    def __init__(self, driver: str, display: str, browser: Path, home: Path) -> None:
        reading, writing = os.pipe()
        screen = [display, "-displayfd", str(writing), "-nolisten", "tcp"]
        self._screen = subprocess.Popen(screen, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        home.mkdir(mode=0o700)
        folders = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PATH": "/usr/bin:/bin"}
        self._driver = subprocess.Popen(
            [driver, "--host=127.0.0.1", f"--port={port}"],
            env={"DISPLAY": f":{number}", **folders},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._browser = str(browser)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)
        self._session = ""
        self._await_driver()

    def _await_driver(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                self._client.get("/status")
            except httpx.TransportError:
                assert time.monotonic() < end, "WebKit's driver did not come up"
                time.sleep(0.1)
            else:
                return

    def _ask(self, method: str, path: str, **parameters: Any) -> Any:
        body = parameters if method == "POST" else None
        answer = self._client.request(method, f"/session{self._session}{path}", json=body)
        value = answer.json()["value"]
        assert answer.status_code == 200, value
        return value

    def go(self, url: str) -> None:
        """Open a page, and come back when it is loaded."""
        self._ask("POST", "/url", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        text = f"const done = arguments[0]; Promise.resolve({script}).then(done);"
        return self._ask("POST", "/execute/async", script=text, args=[])

    def click(self, selector: str) -> None:
        """Click an element as a person does."""
        found = self._ask("POST", "/element", using="css selector", value=selector)
        self._ask("POST", f"/element/{found[_ELEMENT]}/click")

    def cookies(self) -> list[dict[str, Any]]:
        """The cookies of the page that is open, those that no script sees as well."""
        kept: list[dict[str, Any]] = self._ask("GET", "/cookie")
        return kept

    def forget(self) -> None:
        """A new visitor."""
        self._end_session()
        options = {"binary": self._browser, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options, "timeouts": {"script": 20_000}}}
        self._session = f"/{self._ask('POST', '', capabilities=wanted)['sessionId']}"

    def _end_session(self) -> None:
        if self._session:
            self._ask("DELETE", "")
        self._session = ""

    def quit(self) -> None:
        """End it."""
        self._end_session()
        self._client.close()
        for process in (self._driver, self._screen):
            process.terminate()
            process.wait(timeout=20)
