"""Requests for every operation, made from the OpenAPI document itself."""

from typing import Any

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def value(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """One value that the schema allows."""
    schema = resolved(document, schema)
    if "anyOf" in schema:
        return value(document, schema["anyOf"][0])
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        needed = schema.get("required", ())
        return {name: value(document, schema["properties"][name]) for name in needed}
    if kind == "array":
        return [value(document, schema["items"])]
    if schema.get("format") == "date-time":
        return "2027-01-01T00:00:00Z"
    if schema.get("format") == "uuid":
        return ID
    return {"integer": 1, "number": 1.0, "boolean": True}.get(str(kind), "some-text")


def request_of(document: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """Arguments of `client.request`, without a token."""
    operation = document["paths"][path][method]
    found: dict[str, Any] = {"method": method, "url": path, "headers": {}, "params": {}}
    for each in operation.get("parameters", ()):
        sample = value(document, each["schema"])
        if each["in"] == "path":
            found["url"] = found["url"].replace("{" + each["name"] + "}", str(sample))
        elif each["required"]:
            place = "params" if each["in"] == "query" else "headers"
            found[place][each["name"]] = str(sample)
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        found["json"] = value(document, content["application/json"]["schema"])
    elif content:
        found["content"] = b"some bytes"
    return found
