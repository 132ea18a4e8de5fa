"""A synthesised CloudFormation template in, the perimeter map (SVG) and the asset inventory (CSV) out."""

import csv
import io
from collections.abc import Iterator, Mapping
from html import escape
from itertools import takewhile
from typing import Any

from msgspec import Struct, structs

from workbench.account_page import name as name_network

_WIDE, _HIGH, _ACROSS, _DOWN, _TOP, _LEFT = 172, 46, 226, 66, 96, 24
_LETTERS = 22  # as many as a box holds
_BESIDE = ("key", "secret", "table", "log", "parameter")
_SVG_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #17212b } .s { font-size: 11px; fill: #51606f }
.b { fill: #fff; stroke: #8a97a3 } .f { fill: #e4eff8; stroke: #1d4f73 } .o { fill: #fdf1e3; stroke: #8a5300 }
.e { stroke: #51606f; fill: none; marker-end: url(#a) } .p { fill: #f7f9fa; stroke: #1b6b3a; stroke-dasharray: 6 4 }
</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0l8 4-8 4z" fill="#51606f"/></marker></defs>"""
_KINDS: Mapping[str, str] = {
    "AWS::ApiGatewayV2::Api": "edge",
    "AWS::ApiGateway::RestApi": "edge",
    "AWS::Lambda::Function": "function",
    "AWS::SQS::Queue": "queue",
    "AWS::DynamoDB::Table": "table",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::KMS::Key": "key",
    "AWS::Logs::LogGroup": "log",
    "AWS::SSM::Parameter": "parameter",
}
# What of a resource's properties says that its content is encrypted with the clinic's own key.
_KEY_PROPERTIES = ("KmsMasterKeyId", "KmsKeyId", "KmsKeyArn", "SSESpecification", "KMSMasterKeyId")


class Node(Struct, frozen=True):
    """One resource that data passes through or rests in."""

    name: str
    kind: str
    title: str
    network: str = ""


class Perimeter(Struct, frozen=True):
    """The resources, and which function may do what with which of them, by its role's policies."""

    nodes: dict[str, Node]
    may: dict[str, dict[str, tuple[str, ...]]]  # function to resource to actions
    sources: dict[str, str]  # queue to the function that it feeds


def read_perimeter(template: Mapping[str, Any]) -> Perimeter:
    """What a template builds."""
    resources: Mapping[str, Any] = template["Resources"]
    nodes = {
        name: Node(name, _KINDS[body["Type"]], _title(name, body), _network(body))
        for name, body in resources.items()
        if body["Type"] in _KINDS
    }
    functions = [name for name, node in nodes.items() if node.kind == "function"]
    sources: dict[str, str] = {}
    for body in resources.values():
        if body["Type"] == "AWS::Lambda::EventSourceMapping":
            queues = [name for name in _refs(body["Properties"]["EventSourceArn"]) if name in nodes]
            target = next(iter(_reach(resources, body["Properties"]["FunctionName"], functions)), None)
            if target is not None:
                sources.update(dict.fromkeys(queues, target))
    nodes = _shorten(nodes)
    return Perimeter(nodes, {name: _permissions(resources, name, nodes) for name in functions}, sources)


def _shorten(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Without the part that all names of functions and queues have in common: the deployment's."""
    titles = [node.title.split("-") for node in nodes.values() if node.kind in {"function", "queue"}]
    shared = takewhile(lambda words: len(set(words)) == 1, zip(*titles, strict=False))
    prefix = "".join(f"{words[0]}-" for words in shared)
    return {name: structs.replace(node, title=node.title.removeprefix(prefix)) for name, node in nodes.items()}


def _title(name: str, body: Mapping[str, Any]) -> str:
    properties = body.get("Properties", {})
    given = next(
        (
            properties[key]
            for key in ("FunctionName", "QueueName", "TableName", "Name", "LogGroupName")
            if key in properties
        ),
        None,
    )
    return given if isinstance(given, str) else name


def _network(body: Mapping[str, Any]) -> str:
    environment = body.get("Properties", {}).get("Environment", {})
    return str(environment.get("Variables", {}).get("AIRLOCK_DESTINATION", "")) if isinstance(environment, dict) else ""


def _refs(value: Any) -> Iterator[str]:  # noqa: ANN401 - a template's values are of any kind
    """Every resource that a value names."""
    if isinstance(value, dict):
        if "Ref" in value:
            yield str(value["Ref"])
        if "Fn::GetAtt" in value:
            named = value["Fn::GetAtt"]
            yield str(named[0] if isinstance(named, list) else named.partition(".")[0])
        for each in value.values():
            yield from _refs(each)
    elif isinstance(value, list):
        for each in value:
            yield from _refs(each)


def _reach(resources: Mapping[str, Any], value: Any, wanted: list[str]) -> Iterator[str]:  # noqa: ANN401 - as above
    """The wanted resources that a value leads to, over aliases and versions."""
    pending, seen = list(_refs(value)), set[str]()
    while pending:
        name = pending.pop()
        if name in wanted:
            yield name
        elif name not in seen and name in resources:
            seen.add(name)
            pending += _refs(resources[name].get("Properties", {}))


def _permissions(resources: Mapping[str, Any], function: str, nodes: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    roles = set(_refs(resources[function]["Properties"]["Role"]))
    documents = [
        body["Properties"]["PolicyDocument"]
        for name, body in resources.items()
        if body["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
        and (
            roles & set(_refs(body["Properties"].get("Roles", [])))
            or any(name in _refs(resources[role]["Properties"].get("ManagedPolicyArns", [])) for role in roles)
        )
    ]
    documents += [
        inline["PolicyDocument"] for role in roles for inline in resources[role]["Properties"].get("Policies", [])
    ]
    may: dict[str, set[str]] = {}
    for statement in (statement for document in documents for statement in document["Statement"]):
        if statement["Effect"] != "Allow":
            continue
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for name in set(_refs(statement["Resource"])) & nodes.keys():
            may.setdefault(name, set()).update(actions)
    return {name: tuple(sorted(actions)) for name, actions in sorted(may.items())}


def draw_map(perimeter: Perimeter, clinic: str) -> str:
    """The map: outside left the browser, outside right the networks, between them what the clinic's account holds."""
    columns = _place(perimeter)
    spots: dict[str, tuple[int, int]] = {}
    for across, column in enumerate(columns):
        for down, node in enumerate(column):
            spots[node.name] = (_LEFT + across * _ACROSS, _TOP + down * _DOWN)
    high = _TOP + max(len(column) for column in columns) * _DOWN + 84
    last = _LEFT + (len(columns) - 1) * _ACROSS
    inside, frame = _LEFT + _ACROSS - 20, (len(columns) - 3) * _ACROSS + _WIDE + 40
    size = f'viewBox="0 0 {last + _WIDE + _LEFT} {high}" width="{last + _WIDE + _LEFT}" height="{high}"'
    label = f"Perimeter and data flow of {escape(clinic)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">',
        _SVG_STYLE,
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<rect class="p" x="{inside}" y="34" width="{frame}" height="{high - 50}" rx="10"/>',
        _text(inside + 12, 54, "The clinic's own AWS account, under its own BAA with AWS"),
        _text(
            inside + 12, 72, "drawn from the synthesised template; an arrow is a role's permission or a trigger", "s"
        ),
        _text(_LEFT, 54, "Outside"),
        _text(last, 54, "Outside, no BAA"),
    ]
    parts += [_arrow(spots[start], spots[end]) for start, end in _flows(perimeter) if {start, end} <= spots.keys()]
    parts += [_box(node, spots[node.name]) for column in columns for node in column]
    kinds = [node.kind for node in perimeter.nodes.values()]
    beside = ", ".join(f"{kinds.count(kind)} {kind}s" for kind in _BESIDE if kind in kinds)
    parts.append(_text(inside + 12, high - 28, f"Beside them {beside}; who may use which stands in assets.csv", "s"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(x: int, y: int, words: str, style: str = "") -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{escape(words)}</text>'


def _place(perimeter: Perimeter) -> list[list[Node]]:
    nodes = sorted(perimeter.nodes.values(), key=lambda node: node.title)
    fed = set(perimeter.sources.values())
    functions = [node for node in nodes if node.kind == "function"]
    networks = sorted({node.network for node in functions if node.network})
    return [
        [Node("browser", "outside", "the visitor's browser"), Node("system", "outside", "the clinic's systems")],
        [node for node in nodes if node.kind == "edge"],
        [node for node in functions if node.name not in fed],
        [node for node in nodes if node.kind == "queue"],
        [node for node in functions if node.name in fed],
        [Node(f"network:{network}", "network", name_network(network)) for network in networks],
    ]


def _flows(perimeter: Perimeter) -> Iterator[tuple[str, str]]:
    edges = [node.name for node in perimeter.nodes.values() if node.kind == "edge"]
    takers = [
        name
        for name, may in perimeter.may.items()
        if name not in perimeter.sources.values() and any("sqs:SendMessage" in actions for actions in may.values())
    ]
    for edge in edges:
        yield from (("browser", edge), ("system", edge))
        yield from ((edge, taker) for taker in takers)
    for function, may in perimeter.may.items():
        yield from (
            (function, name) for name, actions in may.items() if "sqs:SendMessage" in actions and function in takers
        )
        if network := perimeter.nodes[function].network:
            yield function, f"network:{network}"
    yield from perimeter.sources.items()


def _box(node: Node, spot: tuple[int, int]) -> str:
    x, y = spot
    style = {"function": "f", "outside": "o", "network": "o"}.get(node.kind, "b")
    title = node.title if len(node.title) <= _LETTERS else f"{node.title[: _LETTERS - 3]}..."
    place = f'x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}"'
    words = _text(x + 10, y + 20, title) + _text(x + 10, y + 37, node.kind, "s")
    return f'<g><title>{escape(node.title)}</title><rect class="{style}" {place} rx="6"/>{words}</g>'


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x, y = start[0] + _WIDE, start[1] + _HIGH // 2
    to_x, to_y = end[0] - 2, end[1] + _HIGH // 2
    bend = (x + to_x) // 2
    return f'<path class="e" d="M{x} {y}C{bend} {y} {bend} {to_y} {to_x} {to_y}"/>'


def list_assets(template: Mapping[str, Any], perimeter: Perimeter) -> str:
    """Every resource as a row of CSV: what it is, whether the clinic's key encrypts it, which function may do what."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["resource", "type", "name", "own_key", "kept_at_deletion", "functions_and_what_they_may"])
    for name, body in sorted(template["Resources"].items(), key=lambda item: (item[1]["Type"], item[0])):
        properties = body.get("Properties", {})
        own_key = "yes" if any(properties.get(key) for key in _KEY_PROPERTIES) else ""
        users = [
            f"{perimeter.nodes[function].title}: {' '.join(may[name])}"
            for function, may in perimeter.may.items()
            if name in may
        ]
        kept = "yes" if body.get("DeletionPolicy") == "Retain" else ""
        writer.writerow([name, body["Type"], _title(name, body), own_key, kept, "; ".join(users)])
    return out.getvalue()
