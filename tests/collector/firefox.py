"""Firefox by Marionette, the protocol that every Firefox speaks: commands in, what the page gives back out.

firefox-source-docs.mozilla.org, Marionette, protocol (read 2026-11-25)
"""

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's own name for a reference to an element
# Nothing of the browser's own goes out, and no window asks for anything.
_QUIET = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.activity-stream.feeds.telemetry": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Firefox:
    """One running Firefox with a profile of its own; `preferences` are set over the quiet ones."""

    def __init__(self, executable: str, profile: Path, preferences: dict[str, Any]) -> None:
        profile.mkdir()
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in (_QUIET | preferences).items()
        ]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        command = [
            executable,
            "--headless",
            "--no-remote",
            "--marionette",
            "--remote-allow-system-access",
            "--profile",
            str(profile),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self._await_port(profile / "MarionetteActivePort")
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._count = 0
        self._read()
        self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"timeouts": {"script": 20_000}}})

    def _await_port(self, file: Path) -> int:
        end = time.monotonic() + 60
        while not (file.exists() and file.read_text()):
            assert self._process.poll() is None, "Firefox ended"
            assert time.monotonic() < end, "Firefox did not come up"
            time.sleep(0.1)
        return int(file.read_text())

    def _read(self) -> Any:
        digits = b""
        while (digit := self._socket.recv(1)) != b":":
            digits += digit
        body = b""
        while len(body) < int(digits):
            body += self._socket.recv(int(digits) - len(body))
        return json.loads(body)

    def ask(self, name: str, **parameters: Any) -> Any:
        """One command, and its answer."""
        self._count += 1
        message = json.dumps([0, self._count, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._read()
        assert error is None, error
        return result["value"] if isinstance(result, dict) and result.keys() == {"value"} else result

    def go(self, url: str) -> None:
        """Open a page, and come back when it is loaded."""
        self.ask("WebDriver:Navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        text = f"const done = arguments[0]; Promise.resolve({script}).then(done);"
        return self.ask("WebDriver:ExecuteAsyncScript", script=text, args=[], sandbox=None)

    def click(self, selector: str) -> None:
        """Click an element as a person does."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        self.ask("WebDriver:ElementClick", id=found[_ELEMENT])

    def cookies(self) -> list[dict[str, Any]]:
        """The cookies of the page that is open, those that no script sees as well."""
        kept: list[dict[str, Any]] = self.ask("WebDriver:GetCookies")
        return kept

    def set_offline(self, *, offline: bool) -> None:
        """Pull the plug, or put it back."""
        self.ask("Marionette:SetContext", value="chrome")
        self.ask("WebDriver:ExecuteScript", script=f"Services.io.offline = {json.dumps(offline)}", args=[])
        self.ask("Marionette:SetContext", value="content")

    def forget(self) -> None:
        """A new visitor: an empty page, no cookie."""
        self.go("about:blank")
        self.ask("Marionette:SetContext", value="chrome")
        self.ask("WebDriver:ExecuteScript", script="Services.cookies.removeAll()", args=[])
        self.ask("Marionette:SetContext", value="content")

    def quit(self) -> None:
        """End it."""
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=20)
