"""A policy and its built script in, what a site developer pastes out: tag, CSP sources, templates."""

import base64
import hashlib
import json
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from airlock.policy import Policy
from collector.build import Built
from sanitizer.script import Script
from workbench.pixel_tags import PIXELS

_SNIPPETS = Path(__file__).parent / "snippets"
_PAGE_VIEWS = ("page_view", "PageView")
_FIELDS = {
    "value": "Value",
    "currency": "Currency",
    "email": "E-mail",
    "phone": "Phone",
    "first_name": "First name",
    "last_name": "Last name",
    "authorization": "Id of the HIPAA authorization",
}


class Tags(Struct, frozen=True, dict=True):
    """Everything that is pasted into a site. `stub` is the script that keeps early calls, as it stands in the page."""

    policy: Policy
    built: Built
    stub: str
    pinned: bool

    @cached_property
    def version(self) -> str:
        """The hash of the script that its address carries."""
        return Script(self.built.script).version

    @property
    def origin(self) -> str:
        """Where the airlock is."""
        return f"https://{self.policy.collect_host}"

    @property
    def url(self) -> str:
        """The script's address: with its version it may be kept for good, without it is the current one."""
        return f"{self.origin}/airlock.js" + (f"?v={self.version}" if self.pinned else "")

    @property
    def tag(self) -> str:
        """The two script elements, for the top of <head>."""
        view = next((name for name in _PAGE_VIEWS if name in self.policy.events_by_name), None)
        attributes = [f'src="{self.url}"']
        if self.pinned:
            attributes += [f'integrity="{self.built.integrity}"', 'crossorigin="anonymous"']
        if view is not None:
            attributes.append(f'data-airlock-page="{view}"')
        return f"<script>{self.stub}</script>\n<script {' '.join(attributes)} defer></script>"

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """What a Content-Security-Policy has to allow, by directive; the hash is the stub's, which stands inline."""
        digest = base64.b64encode(hashlib.sha256(self.stub.encode("utf-8")).digest()).decode("ascii")
        return {"script-src": (self.origin, f"'sha256-{digest}'"), "connect-src": (self.origin,)}

    @property
    def needless_sources(self) -> tuple[str, ...]:
        """The hosts that a Content-Security-Policy need allow no longer."""
        return tuple(dict.fromkeys(host for pixel in PIXELS for host in pixel.hosts))

    @property
    def wordpress(self) -> str:
        """A must-use plugin."""
        return (_SNIPPETS / "wordpress.php").read_text("utf-8").replace("%TAG%", self.tag)

    @property
    def tag_manager(self) -> str:
        """A custom tag template to import. Tag Manager knows no integrity, so it loads whatever is current."""
        categories = self.policy.consent_required
        words = {
            "%URL%": f"{self.origin}/airlock.js",
            "%CATEGORIES%": json.dumps(categories),
            "%FIELDS%": json.dumps(list(_FIELDS)),
            "%PARAMETERS%": json.dumps(_parameters([event.name for event in self.policy.events], categories), indent=2),
            "%PERMISSIONS%": json.dumps(_permissions(self.origin), indent=2),
        }
        text = (_SNIPPETS / "tag_manager.tpl").read_text("utf-8")
        for place, word in words.items():
            text = text.replace(place, word)
        return text


def _parameters(events: list[str], categories: tuple[str, ...]) -> list[dict[str, object]]:
    """The fields of the tag's form (developers.google.com/tag-platform, custom template fields, read 2026-11-25)."""

    def only_for(kind: str) -> dict[str, object]:
        return {"enablingConditions": [{"paramName": "kind", "paramValue": kind, "type": "EQUALS"}]}

    def text(name: str, label: str, kind: str) -> dict[str, object]:
        return {"type": "TEXT", "name": name, "displayName": label, "simpleValueType": True, **only_for(kind)}

    kinds = [
        {"value": "event", "displayValue": "An event"},
        {"value": "consent", "displayValue": "The visitor's consent"},
    ]
    names = [{"value": name, "displayValue": name} for name in events]
    return [
        {"type": "RADIO", "name": "kind", "displayName": "What to tell", "radioItems": kinds, "simpleValueType": True},
        {
            "type": "SELECT",
            "name": "event",
            "displayName": "Event of the policy",
            "selectItems": names,
            "simpleValueType": True,
            **only_for("event"),
        },
        *(text(name, label, "event") for name, label in _FIELDS.items()),
        *(text(f"consent_{name}", f"Consent to {name}: true or granted", "consent") for name in categories),
    ]


def _permissions(origin: str) -> list[dict[str, object]]:
    """Leave to load this one script and to call its two functions, and no other."""

    def string(text: str) -> dict[str, object]:
        return {"type": 1, "string": text}

    def called(name: str) -> dict[str, object]:
        rights = [{"type": 8, "boolean": right} for right in (False, False, True)]
        keys = [string(key) for key in ("key", "read", "write", "execute")]
        return {"type": 3, "mapKey": keys, "mapValue": [string(name), *rights]}

    def permission(name: str, parameter: str, items: list[dict[str, object]]) -> dict[str, object]:
        return {
            "instance": {
                "key": {"publicId": name, "versionId": "1"},
                "param": [{"key": parameter, "value": {"type": 2, "listItem": items}}],
            },
            "clientAnnotations": {"isEditedByUser": True},
            "isRequired": True,
        }

    return [
        permission("inject_script", "urls", [string(f"{origin}/airlock.js")]),
        permission("access_globals", "keys", [called("airlock"), called("airlock.consent")]),
    ]
