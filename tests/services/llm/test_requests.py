"""What llm.proto allows and what it does not, at its edges."""

import pytest
from viva.v1 import llm_pb2 as pb

from services.llm.engine import Priority, Role
from services.llm.requests import read_cache_key, read_generation, read_messages, read_prefill
from services.runtime.errors import InvalidArgument

pytestmark = pytest.mark.unit

NAN = float("nan")
SCHEMA_OF_64_KIB = '{"a":"' + "x" * (64 * 1024 - 8) + '"}'


def request(**fields: object) -> pb.GenerateRequest:
    values = {"messages": [pb.ChatMessage(role=pb.CHAT_ROLE_USER, content="안녕")], **fields}
    return pb.GenerateRequest(**values)  # type: ignore[arg-type]


def read(sent: pb.GenerateRequest) -> object:
    return read_generation(sent, deadline=None, max_prompt=1000)


def chat(count: int, content: str = "") -> list[pb.ChatMessage]:
    return [pb.ChatMessage(role=pb.CHAT_ROLE_USER, content=content)] * count


ALLOWED = [
    {"messages": chat(256)},
    {"messages": chat(1, "가" * 1000)},
    {"cache_key": "k" * 128},
    {"shared_prefix_messages": 1},
    {"max_tokens": 4096},
    {"priority": pb.PRIORITY_BATCH},
    {"sampling": pb.SamplingOptions(temperature=2.0, top_p=1.0, top_k=1000, min_p=1.0, seed=0)},
    {"stop": ["s" * 64] * 8},
    {"json_schema": SCHEMA_OF_64_KIB},
    {"request_id": "r" * 64},
]
REFUSED = [
    ({"messages": []}, "messages"),
    ({"messages": chat(257)}, "messages"),
    ({"messages": chat(2, "가" * 501)}, "messages"),
    ({"messages": [pb.ChatMessage(content="x")]}, "messages[0].role"),
    ({"messages": [pb.ChatMessage(role=9, content="x")]}, "messages[0].role"),
    ({"cache_key": "k" * 129}, "cache_key"),
    ({"shared_prefix_messages": 2}, "shared_prefix_messages"),
    ({"shared_prefix_messages": -1}, "shared_prefix_messages"),
    ({"max_tokens": 4097}, "max_tokens"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"priority": 4}, "priority"),
    ({"sampling": pb.SamplingOptions(temperature=2.1)}, "sampling.temperature"),
    ({"sampling": pb.SamplingOptions(temperature=NAN)}, "sampling.temperature"),
    ({"sampling": pb.SamplingOptions(top_p=1.1)}, "sampling.top_p"),
    ({"sampling": pb.SamplingOptions(top_k=1001)}, "sampling.top_k"),
    ({"sampling": pb.SamplingOptions(top_k=-1)}, "sampling.top_k"),
    ({"sampling": pb.SamplingOptions(min_p=-0.1)}, "sampling.min_p"),
    ({"sampling": pb.SamplingOptions(repeat_penalty=float("inf"))}, "sampling.repeat_penalty"),
    ({"stop": ["s"] * 9}, "stop"),
    ({"stop": ["s", ""]}, "stop[1]"),
    ({"stop": ["s" * 65]}, "stop[0]"),
    ({"json_schema": SCHEMA_OF_64_KIB + " "}, "json_schema"),
    ({"json_schema": "{"}, "json_schema"),
    ({"json_schema": "[1]"}, "json_schema"),
    ({"json_schema": "[" * 60_000}, "json_schema"),
    ({"request_id": "r" * 65}, "request_id"),
]


@pytest.mark.parametrize("fields", ALLOWED, ids=lambda fields: next(iter(fields)))
def test_the_last_value_inside_a_limit_is_allowed(fields: dict[str, object]) -> None:
    read(request(**fields))


@pytest.mark.parametrize(
    ("fields", "violated"), REFUSED, ids=lambda each: each if isinstance(each, str) else ""
)
def test_the_first_value_outside_a_limit_is_refused_by_its_field(
    fields: dict[str, object], violated: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        read(request(**fields))
    assert list(refusal.value.violations) == [violated]


def test_a_priority_left_out_is_interactive() -> None:
    assert read_generation(request(), None, 1000).priority is Priority.INTERACTIVE


def test_prefill_and_forget_need_a_cache_key() -> None:
    with pytest.raises(InvalidArgument):
        read_prefill(pb.PrefillRequest(messages=chat(1)), 1000)
    with pytest.raises(InvalidArgument):
        read_cache_key("")


def test_roles_are_kept_in_order() -> None:
    roles = [pb.CHAT_ROLE_SYSTEM, pb.CHAT_ROLE_USER, pb.CHAT_ROLE_ASSISTANT]
    found = read_messages([pb.ChatMessage(role=role) for role in roles], 10)
    assert [each.role for each in found] == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
