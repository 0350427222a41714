"""Checks values against schemas of a published OpenAPI 3.0 document, as far as such documents are used here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,),
}  # fmt: skip


class Document:
    """One published document, JSON or gzip of JSON."""

    def __init__(self, path: Path) -> None:
        raw = path.read_bytes()
        self.root: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)

    def answer(self, method: str, path: str, status: int = 200) -> dict[str, Any]:
        """The schema of a JSON answer; empty where the document gives none."""
        responses = self.root["paths"][path][method.lower()]["responses"]
        content = responses[str(status)].get("content", {})
        found: dict[str, Any] = content.get("application/json", {}).get("schema", {})
        return found

    def request(self, method: str, path: str) -> dict[str, Any]:
        """The schema of a JSON request."""
        body = self.root["paths"][path][method.lower()]["requestBody"]
        found: dict[str, Any] = body["content"]["application/json"]["schema"]
        return found

    def faults(self, value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
        """Every place where a value is not what the schema says, as ``path: what``."""
        if "$ref" in schema:
            name = schema["$ref"]
            target: Any = self.root
            for key in name.removeprefix("#/").split("/"):
                target = target[key]
            yield from self.faults(value, target, where)
            return
        for one in schema.get("allOf", ()):
            yield from self.faults(value, one, where)
        if value is None:
            if "type" in schema and not schema.get("nullable"):
                yield f"{where}: null"
            return
        kind = schema.get("type")
        if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
            yield f"{where}: {type(value).__name__} for {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} not in enum"
        if isinstance(value, dict):
            for name in schema.get("required", ()):
                if name not in value:
                    yield f"{where}.{name}: missing"
            for name, one in schema.get("properties", {}).items():
                if name in value:
                    yield from self.faults(value[name], one, f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for one in value:
                yield from self.faults(one, schema["items"], f"{where}[]")

    def unknown(self, value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
        """Fields of a value that the schema does not name."""
        properties, items = self._named(schema)
        if isinstance(value, dict) and properties:
            for name, one in value.items():
                if name not in properties:
                    yield f"{where}.{name}"
                else:
                    yield from self.unknown(one, properties[name], f"{where}.{name}")
        if isinstance(value, list) and items:
            for one in value:
                yield from self.unknown(one, items, f"{where}[]")

    def _named(self, schema: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        if "$ref" in schema:
            target: Any = self.root
            for key in schema["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            return self._named(target)
        properties, items = dict(schema.get("properties", {})), schema.get("items", {})
        for one in schema.get("allOf", ()):
            more, _ = self._named(one)
            for name, found in more.items():
                properties[name] = {"allOf": [properties[name], found]} if name in properties else found
        return properties, items
