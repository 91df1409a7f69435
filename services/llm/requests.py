"""Reads requests from the wire and refuses what llm.proto does not allow. Knows no engine."""

import json
from collections.abc import Iterable

from viva.v1 import llm_pb2 as pb

from services.llm.engine import Conversation, Generation, Message, Priority, Role, Sampling
from services.runtime.requests import at_most, refuse, within

MAX_MESSAGES = 256
MAX_KEY = 128
MAX_NEW_TOKENS = 4096
DEFAULT_NEW_TOKENS = 256
MAX_REQUEST_ID = 64
MAX_STOPS = 8
MAX_STOP = 64
MAX_SCHEMA_BYTES = 64 * 1024

_ROLES = {
    pb.CHAT_ROLE_SYSTEM: Role.SYSTEM,
    pb.CHAT_ROLE_USER: Role.USER,
    pb.CHAT_ROLE_ASSISTANT: Role.ASSISTANT,
}
_PRIORITIES = {
    pb.PRIORITY_UNSPECIFIED: Priority.INTERACTIVE,
    pb.PRIORITY_INTERACTIVE: Priority.INTERACTIVE,
    pb.PRIORITY_PREFETCH: Priority.PREFETCH,
    pb.PRIORITY_BATCH: Priority.BATCH,
}


def read_generation(request: pb.GenerateRequest, deadline: float | None, max_prompt: int) -> Generation:
    """Raises InvalidArgument. `max_prompt` is in characters, `deadline` in `time.monotonic()` seconds."""
    if request.priority not in _PRIORITIES:
        refuse("priority", "is none of llm.proto's")
    return Generation(
        conversation=read_conversation(request, max_prompt),
        max_tokens=within("max_tokens", request.max_tokens or DEFAULT_NEW_TOKENS, 1, MAX_NEW_TOKENS),
        priority=_PRIORITIES[request.priority],
        sampling=_sampling(request.sampling),
        stop=_stops(request.stop),
        json_schema=_schema(request.json_schema),
        thinking=request.enable_thinking,
        deadline=deadline,
    )


def read_prefill(request: pb.PrefillRequest, max_prompt: int) -> Conversation:
    read_cache_key(request.cache_key)
    return read_conversation(request, max_prompt)


def read_cache_key(key: str) -> str:
    if not key:
        refuse("cache_key", "is empty; give the key of the conversation")
    return at_most("cache_key", key, MAX_KEY)


def read_conversation(request: pb.GenerateRequest | pb.PrefillRequest, max_prompt: int) -> Conversation:
    messages = read_messages(request.messages, max_prompt)
    return Conversation(
        messages=messages,
        cache_key=at_most("cache_key", request.cache_key, MAX_KEY),
        shared_prefix_messages=within(
            "shared_prefix_messages", request.shared_prefix_messages, 0, len(messages)
        ),
        request_id=at_most("request_id", request.request_id, MAX_REQUEST_ID),
    )


def read_messages(messages: Iterable[pb.ChatMessage], max_prompt: int) -> tuple[Message, ...]:
    found = list(messages)
    within("messages", len(found), 1, MAX_MESSAGES, "messages")
    at_most("messages", "".join(each.content for each in found), max_prompt)
    return tuple(_message(index, each) for index, each in enumerate(found))


def _message(index: int, message: pb.ChatMessage) -> Message:
    if message.role not in _ROLES:
        refuse(f"messages[{index}].role", "must be SYSTEM, USER or ASSISTANT")
    return Message(_ROLES[message.role], message.content)


def _sampling(options: pb.SamplingOptions) -> Sampling:
    """Zero means unset, as proto3 cannot tell them apart."""
    return Sampling(
        temperature=_share("temperature", options.temperature, 2.0),
        top_p=_share("top_p", options.top_p, 1.0),
        top_k=within("sampling.top_k", options.top_k, 1, 1000) if options.top_k else None,
        min_p=_share("min_p", options.min_p, 1.0),
        repeat_penalty=_share("repeat_penalty", options.repeat_penalty, 2.0),
        seed=options.seed if options.HasField("seed") else None,
        greedy=options.greedy,
    )


def _share(name: str, value: float, high: float) -> float | None:
    return within(f"sampling.{name}", value, 0.0, high) if value else None


def _stops(stops: Iterable[str]) -> tuple[str, ...]:
    found = tuple(stops)
    within("stop", len(found), 0, MAX_STOPS, "strings")
    for index, stop in enumerate(found):
        within(f"stop[{index}]", len(stop), 1, MAX_STOP, "characters")
    return found


def _schema(text: str) -> str:
    if not text:
        return ""
    within("json_schema", len(text.encode()), 1, MAX_SCHEMA_BYTES, "bytes")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        refuse("json_schema", "is not JSON, or is nested too deeply")
    if not isinstance(value, dict):
        refuse("json_schema", "must be a JSON object")
    return text
