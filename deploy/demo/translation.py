"""Messages of the contract as the JSON of REST and the socket, and back. Knows no route.

There enumerations are lower-case words without their prefix, and what is not set is null.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

TIMESTAMP = "google.protobuf.Timestamp"
Word = Callable[[str, str], str]
"""Another spelling of an enumeration's value: the value, the prefix of its type."""


def to_json(message: Message) -> dict[str, Any]:
    """What is set, as a request sends it."""
    told = json_format.MessageToDict(message, preserving_proto_field_name=True)
    spelled: dict[str, Any] = _respelled(
        message.DESCRIPTOR, told, lambda name, prefix: name.removeprefix(prefix).lower()
    )
    return spelled


def from_json(message: Any, told: Any) -> Any:
    """`message`, filled; fields that it does not have are left out. Raises ValueError."""
    if not isinstance(told, dict):
        raise ValueError(f"no {message.DESCRIPTOR.name}: {type(told).__name__}")
    spelled = _respelled(message.DESCRIPTOR, told, lambda word, prefix: prefix + word.upper())
    try:
        return json_format.ParseDict(spelled, message, ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise ValueError(f"no {message.DESCRIPTOR.name}: {error}") from error


def _respelled(message: Any, told: Any, word: Word) -> Any:
    if not isinstance(told, dict) or message.full_name == TIMESTAMP:
        return told
    fields = message.fields_by_name
    return {
        name: _value(fields[name], value, word) if name in fields else value for name, value in told.items()
    }


def _value(field: FieldDescriptor, value: Any, word: Word) -> Any:
    if isinstance(value, list):
        return [_value(field, each, word) for each in value]
    if field.enum_type and isinstance(value, str):
        return word(value, _prefix(field.enum_type))
    if not field.message_type:
        return value
    if not field.message_type.GetOptions().map_entry:
        return _respelled(field.message_type, value, word)
    inner = field.message_type.fields_by_name["value"]
    return {key: _value(inner, each, word) for key, each in value.items()}


def _prefix(enum: EnumDescriptor) -> str:
    return enum.values[0].name.removesuffix("UNSPECIFIED")
