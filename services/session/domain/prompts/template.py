"""Prompts as Markdown: front matter, then blocks that are rendered apart. Knows no file and no model.

Whatever is put into a template is made harmless on its way in; a template cannot forget it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jinja2
import jinja2.meta
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.session.domain.prompts.fence import harmless
from services.session.domain.scenario.model import Language

_STAGE = ("stage", "position", "stages")
# What each prompt is made of: block -> the names it may use.
BLOCKS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "question": {
        "system": ("company", "job_title", "job_description", "values", "scenario"),
        "opening": ("resume", "summary"),
        "ask": (*_STAGE, "passages"),
        "answer": ("answer",),
        "answer_end": (),
        "go": ("stage",),
    },
    "evaluation": {
        "system": ("scenario", "job_title", "values"),
        "task": ("stage", "question", "answer", "dimensions"),
    },
    "digest": {"system": (), "task": ("resume",)},
    "compaction": {"system": (), "task": ("summary", "turns")},
}
_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_BLOCK = re.compile(r"^<!-- block: (?P<name>\w+) -->\n", re.MULTILINE)


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; an `open` one is still growing and only ever the last."""

    role: Role
    content: str
    open: bool = False


class PromptError(ValueError):
    """A prompt file cannot be used; the message names the file, what is wrong and what mends it."""


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One prompt in one language. `version` is the first 12 hex digits of its text's SHA-256."""

    id: str
    language: Language
    version: str
    blocks: Mapping[str, jinja2.Template]

    def render(self, block: str, **values: Any) -> str:
        """One block; every value is made harmless. Raises KeyError for a block it does not have."""
        return self.blocks[block].render(**values).strip()

    @property
    def name(self) -> str:
        """What records of model calls hold: "question.ko@0123456789ab"."""
        return f"{self.id}.{self.language}@{self.version}"


def parse_prompt(text: str, source: str) -> PromptTemplate:
    """Read one prompt file; `source` is the name that problems are reported under. Raises PromptError."""
    prompt_id, language, body = _front(text, source)
    pieces = _BLOCK.split(body)
    if pieces[0].strip():
        raise PromptError(f"{source}: text before the first block; put <!-- block: system --> above it")
    written = dict(zip(pieces[1::2], (piece.strip("\n") for piece in pieces[2::2]), strict=True))
    wanted = BLOCKS[prompt_id]
    if list(written) != list(wanted) or len(pieces) != 2 * len(wanted) + 1:
        raise PromptError(f"{source}: blocks are {', '.join(written)}; write once each: {', '.join(wanted)}")
    blocks = {
        name: _compile(written[name], names, f"{source}, block {name}") for name, names in wanted.items()
    }
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return PromptTemplate(prompt_id, language, version, blocks)


def prompt_hash(messages: Iterable[Message]) -> str:
    """SHA-256 in hex over roles and contents; tells whether two calls saw the same prompt."""
    digest = hashlib.sha256()
    for message in messages:
        for part in (message.role.value, message.content):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _front(text: str, source: str) -> tuple[str, Language, str]:
    match = _FRONT.match(text)
    try:
        front = yaml.safe_load(match["front"]) if match else None
    except yaml.YAMLError as error:
        raise PromptError(f"{source}: the front matter is not YAML: {error}") from error
    if match is None or not isinstance(front, dict) or set(front) != {"id", "language"}:
        raise PromptError(f"{source}: begin with a front matter of id and language between two lines of ---")
    if front["id"] not in BLOCKS or front["language"] not in set(Language):
        raise PromptError(f"{source}: id must be one of {', '.join(BLOCKS)}, language one of ko, en")
    return front["id"], Language(front["language"]), match["body"]


def _compile(text: str, names: tuple[str, ...], where: str) -> jinja2.Template:
    try:
        used = jinja2.meta.find_undeclared_variables(_ENVIRONMENT.parse(text))
        template = _ENVIRONMENT.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise PromptError(f"{where}, line {error.lineno}: {error.message}; mend the Jinja syntax") from error
    if used - set(names):
        unknown = ", ".join(sorted(used - set(names)))
        raise PromptError(f"{where}: unknown names {unknown}; known: {', '.join(names) or 'none'}")
    return template


def _entering(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    finalize=_entering,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # prompts are no HTML; `finalize` makes values harmless
)
