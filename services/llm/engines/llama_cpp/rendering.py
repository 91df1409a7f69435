"""Conversations as tokens, by the model's own chat template. Knows no scheduling.

Only the template makes control tokens: what people say is cut into tokens as plain text.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.llm.engine import Conversation, Message, Role
from services.llm.engines.llama_cpp.output import THINKING
from services.runtime.errors import InvalidArgument

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# Tokens at the end of a growing text that its next words may still change. Where those that were computed for
# nothing cannot be dropped again, more.
HELD_BACK, HELD_BACK_FOR_GOOD = 1, 8
MOST_KEYS, MOST_TEXTS = 512, 64


class Words(Protocol):
    """What a vocabulary does."""

    @property
    def bos(self) -> int: ...

    @property
    def eos(self) -> int: ...

    @property
    def adds_bos(self) -> bool: ...

    @property
    def remembers_all(self) -> bool: ...

    def tokenise(self, text: str, *, special: bool) -> list[int]: ...

    def piece(self, token: int, *, special: bool = False) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """`shared` tokens begin other conversations too; `closes` ends a thought that the template opened."""

    tokens: list[int]
    shared: int
    closes: str


class Renderer:
    """Raises InvalidArgument for conversations that the template refuses."""

    def __init__(self, words: Words, template: str) -> None:
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _refuse
        self._template = environment.from_string(template or CHATML)
        self._words = words
        self._said: OrderedDict[str, OrderedDict[str, list[int]]] = OrderedDict()
        self._mark = secrets.token_hex(8)
        self._marks = re.compile(f"\ue000{self._mark}:(\\d+)\ue001")

    def remember(self, key: str, text: str, tokens: list[int]) -> None:
        """What the model said under the key stays as its own tokens."""
        if not key or not text:
            return
        said = self._said.setdefault(key, OrderedDict())
        said[text] = tokens
        self._said.move_to_end(key)
        if len(said) > MOST_TEXTS:
            said.popitem(last=False)
        if len(self._said) > MOST_KEYS:
            self._said.popitem(last=False)

    def forget(self, key: str) -> bool:
        return self._said.pop(key, None) is not None

    def prompt(self, conversation: Conversation, *, thinking: bool = False) -> Prompt:
        """The tokens that a generation starts from."""
        text = self._render(conversation.messages, thinking, begin=True)
        closes = next((end for start, end in THINKING if text.rstrip().endswith(start)), "")
        if closes and not thinking:
            text, closes = f"{text.rstrip()}\n\n{closes}\n\n", ""
        tokens, ends = self._tokens(text, conversation)
        return Prompt(tokens, ends.get(conversation.shared_prefix_messages - 1, 0), closes)

    def beginning(self, conversation: Conversation, *, open_last_message: bool) -> Prompt:
        """The tokens that are settled before the conversation is whole."""
        last = len(conversation.messages) - 1
        tokens, ends = self._tokens(self._render(conversation.messages, False, begin=False), conversation)
        if open_last_message:
            content = self._words.tokenise(conversation.messages[-1].content, special=False)
            held_back = HELD_BACK_FOR_GOOD if self._words.remembers_all else HELD_BACK
            tokens = tokens[: ends.get(last, len(tokens)) - min(held_back, len(content))]
        return Prompt(tokens, ends.get(conversation.shared_prefix_messages - 1, 0), "")

    def _render(self, messages: tuple[Message, ...], thinking: bool, *, begin: bool) -> str:
        places = [
            {"role": each.role.value, "content": f"\ue000{self._mark}:{index}\ue001"}
            for index, each in enumerate(messages)
        ]
        values: dict[str, Any] = {
            "add_generation_prompt": begin,
            "enable_thinking": thinking,
            "bos_token": self._special(self._words.bos),
            "eos_token": self._special(self._words.eos),
        }
        try:
            return self._template.render(messages=places, **values)
        except TemplateError:
            return self._render_without_system(messages, places, values)

    def _render_without_system(
        self, messages: tuple[Message, ...], places: list[dict[str, str]], values: dict[str, Any]
    ) -> str:
        """Some templates know no system role: its text then begins the first message."""
        if messages[0].role is Role.SYSTEM and len(messages) > 1:
            places[1]["content"] = f"{places[0]['content']}\n\n{places[1]['content']}"
            places = places[1:]
        try:
            return self._template.render(messages=places, **values)
        except TemplateError:
            raise InvalidArgument.of(
                "messages", "are in an order that this model's template refuses"
            ) from None

    def _tokens(self, text: str, conversation: Conversation) -> tuple[list[int], dict[int, int]]:
        """The tokens, and where the content of each message ends in them."""
        parts = self._marks.split(text)
        tokens = self._words.tokenise(parts[0], special=True) if parts[0] else []
        if self._words.adds_bos and tokens[:1] != [self._words.bos]:
            tokens.insert(0, self._words.bos)
        ends: dict[int, int] = {}
        said: Mapping[str, list[int]] = self._said.get(conversation.cache_key, {})
        for index, after in zip(map(int, parts[1::2]), parts[2::2], strict=True):
            message = conversation.messages[index]
            own = said.get(message.content) if message.role is Role.ASSISTANT else None
            tokens += own or self._words.tokenise(message.content, special=False)
            ends[index] = len(tokens)
            if after:
                tokens += self._words.tokenise(after, special=True)
        return tokens, ends

    def _special(self, token: int) -> str:
        return self._words.piece(token, special=True).decode(errors="ignore") if token >= 0 else ""


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
