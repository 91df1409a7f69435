"""The conversation that asks the next question. Knows no model; passages are found by somebody else.

Append-only: the messages for a turn begin with exactly the messages for the turn before, so that a model's
KV cache stays valid. What is asked next stands before the answer that is still being given, so that little
is left to read once the answer ends.
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
    """Everything the next question is made of; `turns` in order, at least one, the last to be asked.

    `growing`: the answer to the turn before it is still being given.
    """

    scenario: Scenario
    background: PromptBackground
    turns: tuple[PromptTurn, ...]
    growing: bool = False


def render_question_messages(template: PromptTemplate, context: QuestionContext) -> list[Message]:
    """The prompt for the last turn's question, or its beginning.

    While an answer grows the last message is open: its content is a prefix of what it will be in the end.
    It is also open where the last turn has its question already and nothing is asked after it.
    """
    messages = [Message(Role.SYSTEM, _system(template, context))]
    opening, answer = [_opening(template, context)], ""
    for turn in context.turns:
        said = [*opening, _ask(template, context, turn), *([answer] if answer else [])]
        if turn.question is None and context.growing:
            return [*messages, Message(Role.USER, "\n\n".join(said), open=True)]
        messages.append(Message(Role.USER, "\n\n".join(said) + _end(template, turn, bool(answer))))
        if turn.question is None:
            return messages
        messages.append(Message(Role.ASSISTANT, harmless(turn.question)))
        opening, answer = [], template.render("answer", answer=turn.answer[:_ANSWER_CHARS])
    return [*messages, Message(Role.USER, answer, open=True)]


def _end(template: PromptTemplate, turn: PromptTurn, answered: bool) -> str:
    """What is left to read once an answer has ended: it is to stay short."""
    closed = f"\n{template.render('answer_end')}" if answered else ""
    return f"{closed}\n\n{template.render('go', stage=turn.stage)}"


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
