"""The conversation that asks the next question. Knows no model; passages are found by somebody else.

Append-only: the messages for a turn begin with exactly the messages for the turn before, so that a model's
KV cache stays valid. What is new in a turn stands at the tail and stays there.
"""

from dataclasses import dataclass

from services.session.domain.prompts.fence import harmless
from services.session.domain.prompts.template import Message, PromptTemplate, Role
from services.session.domain.scenario.model import Scenario, Stage

_ANSWER_CHARS = 4000
_PASSAGE_CHARS = 600
_PASSAGES = 6
_PROFILE_CHARS = 3000
_RESUME_LINES = 40


@dataclass(frozen=True, slots=True)
class PromptBackground:
    """What is known beside the conversation; masked already in blind mode. Must not change between turns."""

    company_profile: str = ""
    job_title: str = ""
    job_description: str = ""
    values: tuple[str, ...] = ()
    resume_digest: str = ""
    # A digest of the turns that were compacted away; they are no longer among the turns.
    summary: str = ""


@dataclass(frozen=True, slots=True)
class PromptTurn:
    """A turn as it stood in its prompt. `question` is None for the one to be asked."""

    stage: Stage
    # Résumé passages that were retrieved when its question was asked, best first.
    passages: tuple[str, ...] = ()
    question: str | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """Everything the next question is made of; `turns` in order, at least one."""

    scenario: Scenario
    background: PromptBackground
    turns: tuple[PromptTurn, ...]


def render_question_messages(template: PromptTemplate, context: QuestionContext) -> list[Message]:
    """The prompt for the last turn's question, or its growing answer.

    Where the last turn has no question yet, the messages ask for it. Where it has one, the last message is
    open and holds the answer so far; its content is a prefix of what that message will be in the end.
    """
    messages = [Message(Role.SYSTEM, _system(template, context))]
    said = _opening(template, context)
    for turn in context.turns:
        messages.append(Message(Role.USER, f"{said}\n\n{_ask(template, context, turn)}"))
        if turn.question is None:
            return messages
        messages.append(Message(Role.ASSISTANT, harmless(turn.question)))
        answer = template.render("answer", answer=turn.answer[:_ANSWER_CHARS])
        said = f"{answer}\n{template.render('answer_end')}"
    return [*messages, Message(Role.USER, answer, open=True)]


def _system(template: PromptTemplate, context: QuestionContext) -> str:
    """The same for every interview of one job, so that its KV cache is computed once."""
    background = context.background
    return template.render(
        "system",
        company=background.company_profile[:_PROFILE_CHARS],
        job_title=background.job_title,
        job_description=background.job_description[:_PROFILE_CHARS],
        values=background.values,
        scenario=context.scenario,
    )


def _opening(template: PromptTemplate, context: QuestionContext) -> str:
    lines = [line for line in context.background.resume_digest.splitlines() if line.strip()]
    return template.render("opening", resume=lines[:_RESUME_LINES], summary=context.background.summary)


def _ask(template: PromptTemplate, context: QuestionContext, turn: PromptTurn) -> str:
    position = context.scenario.position(turn.stage.id)
    passages = [passage[:_PASSAGE_CHARS] for passage in turn.passages[:_PASSAGES]]
    return template.render(
        "ask",
        stage=turn.stage,
        position=None if position is None else position + 1,
        stages=len(context.scenario.stages),
        passages=passages,
    )
