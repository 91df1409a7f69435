"""How much of a prompt is left to read when an answer ends, in tokens of a real vocabulary of bytes."""

import dataclasses
from itertools import takewhile

import pytest

from services.session.adapters.prompt_files import load_prompts
from services.session.adapters.scenario_files import load_directory
from services.session.domain.prompts import (
    Message,
    PromptBackground,
    PromptTurn,
    QuestionContext,
    render_question_messages,
)
from services.session.domain.scenario import Language
from tests.fixtures.gguf.library import Library
from tests.fixtures.gguf.vocabulary import BOS, EOT, ROLES

pytestmark = pytest.mark.model
HELD_BACK = 8  # tokens at the end of a growing answer that the next letter may change
PASSAGE = "Kafka 기반 비동기 정산 시스템을 구축하여 처리 시간을 단축했습니다. "
ANSWER = "저는 결제 팀에서 정산을 맡았고, Kafka로 옮기면서 지연을 절반으로 줄였습니다. "


def rendered(messages: list[Message]) -> str:
    """By the chat template of the test models; an open message has no end."""
    said = "".join(f"{ROLES[each.role]}{each.content}{'' if each.open else EOT}" for each in messages)
    return f"{BOS}{said}{'' if messages[-1].open else ROLES['assistant']}"


@pytest.mark.parametrize("name", ["standard", "career_transition"])
@pytest.mark.parametrize("language", list(Language))
def test_at_most_128_tokens_are_left_of_every_stage_s_prompt(
    pytestconfig: pytest.Config, name: str, language: Language
) -> None:
    tokenizer = Library(pytestconfig.cache.mkdir("gguf")).vocabulary.tokenizer()
    scenario = load_directory().find(name, language)
    template = load_prompts().get("question", language)
    turns = [
        PromptTurn(stage, (PASSAGE * 8,) * 3, "무엇을 맡으셨나요?", ANSWER * 6) for stage in scenario.stages
    ]
    for count in range(2, len(turns) + 1):
        asked = (*turns[: count - 1], dataclasses.replace(turns[count - 1], question=None))
        context = QuestionContext(scenario, PromptBackground(resume_digest=PASSAGE), asked)
        growing = dataclasses.replace(context, growing=True)
        read, wanted = (
            tokenizer.encode(rendered(render_question_messages(template, each)), add_special_tokens=False).ids
            for each in (growing, context)
        )
        pairs = zip(read[:-HELD_BACK], wanted, strict=False)
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        assert len(wanted) - common <= 128, asked[-1].stage.id
        assert common > 500
