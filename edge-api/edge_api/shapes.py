"""JSON shapes of the contract's messages, made from the protos themselves. Knows no route.

Enumerations are lower-case words, times are RFC 3339, a message that is not set is null.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from services.runtime.errors import InvalidArgument

TIMESTAMP = "google.protobuf.Timestamp"
# Not set is an answer here: no decision yet, an answer that is not submitted, a text of no language.
MAY_BE_UNSET = frozenset({"Interview.decision", "Answer.ended_by", "InterviewEvent.status"})
_WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: Annotated[int, Field(ge=-(2**31), lt=2**31)],
    FieldDescriptor.CPPTYPE_INT64: Annotated[int, Field(ge=-(2**63), lt=2**63)],
    FieldDescriptor.CPPTYPE_FLOAT: Annotated[float, Field(allow_inf_nan=False, ge=-3e38, le=3e38)],
    FieldDescriptor.CPPTYPE_DOUBLE: Annotated[float, Field(allow_inf_nan=False)],
    FieldDescriptor.CPPTYPE_BOOL: bool,
    FieldDescriptor.CPPTYPE_STRING: str,
}


class Answered(BaseModel):
    """What the edge answers: every field is there."""


class Asked(BaseModel):
    """What callers send: nothing that the contract does not name."""

    model_config = ConfigDict(extra="forbid")


@cache
def words_of(enum: EnumDescriptor) -> type[StrEnum]:
    """The enumeration's values as lower-case words, without "unspecified"."""
    start = len(_prefix(enum))
    names = [value.name[start:] for value in enum.values if value.number]
    make: Any = StrEnum  # mypy takes only a name that it can read for an enumeration
    made: type[StrEnum] = make(enum.name, [(name, name.lower()) for name in names])
    return made


def _prefix(enum: EnumDescriptor) -> str:
    return enum.values[0].name.removesuffix("UNSPECIFIED")


def is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


@cache
def answered(message: Descriptor) -> type[BaseModel]:
    """The model of a message in an answer; bytes are left out."""
    fields: dict[str, Any] = {
        field.name: (_answered_type(field), ...)
        for field in message.fields
        if field.cpp_type != FieldDescriptor.CPPTYPE_STRING or field.type != FieldDescriptor.TYPE_BYTES
    }
    return create_model(message.name, __base__=Answered, **fields)


def _map_value(field: Any) -> FieldDescriptor:
    value: FieldDescriptor = field.message_type.fields_by_name["value"]
    return value


def _answered_type(field: Any) -> Any:
    if is_map(field):
        return dict[str, _single(_map_value(field), answered)]  # type: ignore[misc]
    kind = _single(field, answered)
    if field.is_repeated:
        return list[kind]  # type: ignore[valid-type]
    unset = f"{field.containing_type.name}.{field.name}" in MAY_BE_UNSET
    return kind | None if field.has_presence or unset else kind


def _single(field: FieldDescriptor, model: Callable[[Descriptor], type[BaseModel]]) -> Any:
    if field.message_type:
        return AwareDatetime if field.message_type.full_name == TIMESTAMP else model(field.message_type)
    return words_of(field.enum_type) if field.enum_type else _WHOLE[field.cpp_type]


@cache
def asked(
    message: Descriptor,
    without: frozenset[str] = frozenset(),
    needs: frozenset[str] = frozenset(),
    name: str = "",
) -> type[BaseModel]:
    """The model of a message in a request; what is in `needs` must be sent, the rest may be left out."""
    fields: dict[str, Any] = {
        field.name: asked_field(field, needed=field.name in needs)
        for field in message.fields
        if field.name not in without
    }
    return create_model(name or f"{message.name}Input", __base__=Asked, **fields)


def asked_field(field: FieldDescriptor, *, needed: bool) -> tuple[Any, Any]:
    """Type and default of one field of a request."""
    if is_map(field):
        return dict[str, _single(_map_value(field), asked)], ... if needed else {}  # type: ignore[misc]
    kind = _single(field, asked)
    if field.is_repeated:
        return list[kind], ... if needed else []  # type: ignore[valid-type]
    if needed:
        return kind, ...
    return (kind | None, None) if field.message_type or field.enum_type else (kind, field.default_value)


def to_json(message: Message) -> dict[str, Any]:
    """The message as its `answered` model has it."""
    return {name: read(message) for name, read in _readers(message.DESCRIPTOR)}


@cache
def _readers(message: Descriptor) -> list[tuple[str, Callable[[Message], Any]]]:
    return [(each.name, _reader(each)) for each in message.fields if each.type != FieldDescriptor.TYPE_BYTES]


def _reader(field: FieldDescriptor) -> Callable[[Any], Any]:
    name = field.name
    if is_map(field):
        value = _value(_map_value(field))
        return lambda message: {key: value(each) for key, each in getattr(message, name).items()}
    value = _value(field)
    if field.is_repeated:
        return lambda message: [value(each) for each in getattr(message, name)]
    if field.has_presence:
        return lambda message: value(getattr(message, name)) if message.HasField(name) else None
    return lambda message: value(getattr(message, name))


def _value(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.message_type:
        return _moment if field.message_type.full_name == TIMESTAMP else to_json
    if field.enum_type:
        words = {
            value.number: value.name.removeprefix(_prefix(field.enum_type)).lower()
            for value in field.enum_type.values
            if value.number
        }
        return words.get
    return _short if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT else lambda value: value


def _moment(value: Any) -> str:
    return str(value.ToJsonString())


def _short(value: float) -> float:
    """A float32 without the digits that only its widening made."""
    return float(f"{value:.7g}")


def fill(message: Any, values: Mapping[str, Any]) -> None:
    """Writes what came as JSON into a message; None and what is absent stay unset. Raises InvalidArgument."""
    for name, value in values.items():
        if value is None:
            continue
        try:
            _fill_field(message, message.DESCRIPTOR.fields_by_name[name], value)
        except ValueError:  # half of a surrogate pair, a year that a timestamp cannot hold
            problem = {name: "cannot be stored"}
            text = f"{name}: not as the contract has it."
            raise InvalidArgument("INVALID_FIELD", text, violations=problem) from None


def _fill_field(message: Any, field: FieldDescriptor, value: Any) -> None:
    if is_map(field):
        getattr(message, field.name).update(value)
    elif field.is_repeated:
        _fill_list(getattr(message, field.name), field, value)
    elif field.message_type:
        _fill_message(getattr(message, field.name), value)
    else:
        setattr(message, field.name, _scalar(field, value))


def _fill_list(target: Any, field: FieldDescriptor, values: list[Any]) -> None:
    if not field.message_type:
        target.extend(_scalar(field, value) for value in values)
    for value in values if field.message_type else ():
        fill(target.add(), value)


def _fill_message(target: Any, value: Any) -> None:
    if isinstance(value, datetime):
        target.FromDatetime(value)
        return
    target.SetInParent()
    fill(target, value)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type:
        return field.enum_type.values_by_name[_prefix(field.enum_type) + str(value).upper()].number
    return value


def message_class(message: Descriptor) -> type[Message]:
    return message_factory.GetMessageClass(message)
