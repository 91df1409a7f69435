"""The conversations that the LLM bench holds: equal tokens for every server. Knows no server's API."""

import asyncio
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from deploy.demo.composer import compose
from deploy.demo.resumes import compose_resume
from services.session.adapters.documents.wordlists import masking_rules, resume_words
from services.session.adapters.prompt_files import load_prompts
from services.session.adapters.scenario_files import load_directory
from services.session.domain.prompts import (
    PromptBackground,
    PromptTurn,
    QuestionContext,
    render_question_messages,
)
from services.session.domain.resumes.resume import understand
from services.session.domain.scenario import Language
from tests.bench._llm_servers import ChatServer, OurServer, Reply, Said
from tests.fixtures.gguf.vocabulary import Vocabulary

SPEAKING_LOOKS = 3  # prefills while an answer grows


class Words:
    """Text of so many tokens by the model's own vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._tokenizer = vocabulary.tokenizer()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)

    def text(self, tokens: int, seed: str) -> str:
        """At most `tokens`, and at most two fewer."""
        said = " ".join(_sentences(seed, tokens))
        ids = self._tokenizer.encode(said).ids[:tokens]
        return self._tokenizer.decode(ids).rstrip("\ufffd")


def _sentences(seed: str, tokens: int) -> Iterator[str]:
    rng = random.Random(seed)
    for _ in range(1 + tokens // 20):
        topics = rng.sample(["Kafka", "Redis", "정산", "예약 화면", "품질 점검", "배포"], 3)
        yield compose(
            "", rng.choice(["skill", "experience", "collaboration"]), "ko", topics, rng.randrange(10**6)
        )


@dataclass
class Measured:
    """One turn of all interviews."""

    first_s: list[float]
    wall_s: float

    @property
    def mean_first_s(self) -> float:
        return statistics.mean(self.first_s)


class Interview(Protocol):
    """A conversation by turns: the prompt of the next question, and of the answer that grows before it."""

    key: str

    def asking(self) -> list[Said]: ...

    def growing(self, share: float) -> list[Said]: ...

    def heard(self, question: str) -> None: ...


@dataclass
class PlainInterview:
    """A job's system message, a first prompt, then answers of so many tokens with a short closing line."""

    key: str
    words: Words
    system: str
    first: str
    answer_tokens: int
    said: list[Said] = field(default_factory=list)

    def asking(self) -> list[Said]:
        return [*self._history(), Said("user", f"{self._answer()}\n위 답변에 이어 질문 하나를 쓰세요.")]

    def growing(self, share: float) -> list[Said]:
        answer = self._answer()
        return [*self._history(), Said("user", answer[: int(len(answer) * share)])]

    def heard(self, question: str) -> None:
        self.said += [self.asking()[-1], Said("assistant", question)]

    def _history(self) -> list[Said]:
        return [Said("system", self.system), *self.said]

    def _answer(self) -> str:
        if not self.said:
            return self.first
        return self.words.text(self.answer_tokens, f"{self.key}/{len(self.said)}")


class SessionInterview:
    """What the session itself sends: its prompts, a scenario, a résumé's passages, long answers."""

    def __init__(self, key: str, words: Words, answer_tokens: int, seed: int) -> None:
        self.key = key
        self._words = words
        self._answer_tokens = answer_tokens
        self._scenario = load_directory().find("standard", Language.KO)
        self._template = load_prompts().get("question", Language.KO)
        self._resume = understand(compose_resume("ko", seed), resume_words(), masking_rules(), "ko")
        self._rng = random.Random(seed)
        self._turns: list[PromptTurn] = []
        self._next = self._opened()

    def asking(self) -> list[Said]:
        return self._rendered([*self._turns, self._next])

    def growing(self, share: float) -> list[Said]:
        last = self._turns[-1]
        said = last.answer[: int(len(last.answer) * share)]
        spoken = PromptTurn(last.stage, last.passages, last.question, said)
        return self._rendered([*self._turns[:-1], spoken, self._next], growing=True)

    def heard(self, question: str) -> None:
        answer = self._words.text(self._answer_tokens, f"{self.key}/{len(self._turns)}")
        self._turns.append(PromptTurn(self._next.stage, self._next.passages, question, answer))
        if len(self._turns) < len(self._scenario.stages):
            self._next = self._opened()

    def _opened(self) -> PromptTurn:
        passages = [chunk.text for chunk in self._resume.chunks]
        return PromptTurn(self._scenario.stages[len(self._turns)], tuple(self._rng.sample(passages, 3)))

    def _rendered(self, turns: Sequence[PromptTurn], *, growing: bool = False) -> list[Said]:
        background = PromptBackground(resume_digest=self._resume.digest)
        context = QuestionContext(self._scenario, background, tuple(turns), growing)
        return [Said(m.role.value, m.content) for m in render_question_messages(self._template, context)]


async def hold(
    server: ChatServer, interviews: Sequence[Interview], turns: int, new_tokens: int, prefilled: bool = False
) -> list[Measured]:
    """Everybody's next turn begins at once, and when all are done the one after it."""
    measured = []
    for turn in range(turns):
        if prefilled and turn and isinstance(server, OurServer):
            await _speak(server, interviews)
        replies = await asyncio.gather(*(_turn(server, each, new_tokens) for each in interviews))
        wall = max(reply.done for reply in replies) - min(reply.sent for reply in replies)
        measured.append(Measured([reply.first_s for reply in replies], wall))
    return measured


async def _turn(server: ChatServer, interview: Interview, new_tokens: int) -> Reply:
    reply = await server.ask(interview.asking(), interview.key, new_tokens)
    interview.heard(reply.text)
    return reply


async def _speak(server: OurServer, interviews: Sequence[Interview]) -> None:
    """Answers grow; what is left of each when it ends is what no look has seen."""
    for look in range(1, SPEAKING_LOOKS + 1):
        share = look / SPEAKING_LOOKS
        await asyncio.gather(*(server.prefill(each.growing(share), each.key) for each in interviews))
