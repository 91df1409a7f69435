"""The llama.cpp engine on a tiny model: the contract, and what only a real engine can break."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import pytest

from services.llm.engine import Conversation, Generation, Message, Role, Sampling
from services.llm.engines.llama_cpp.drawing import Sampler
from services.llm.engines.llama_cpp.engine import Limits, LlamaCppEngine
from services.llm.engines.llama_cpp.native import Native, Shape
from services.llm.engines.llama_cpp.plan import Chunk, Plan
from services.runtime.errors import Unavailable
from tests.services.llm.contract import SCHEMA, EngineContract, completion_of, generation, run, text_of
from tests.services.rooms import until

pytestmark = pytest.mark.model
TRAINED = Path(__file__).parents[2] / "fixtures" / "llm_ko" / "llm-ko-fixture.gguf"
SMALL = Shape(slots=4, context=1024, step=256, threads=1)


class SlowNative(Native):
    def decode(self, chunks: Sequence[Chunk]) -> int:
        time.sleep(0.02)
        return super().decode(chunks)


def talk(text: str, key: str = "") -> Conversation:
    return Conversation((Message(Role.USER, text),), cache_key=key)


def greedy(conversation: Conversation, tokens: int = 12) -> Generation:
    return Generation(conversation, max_tokens=tokens, sampling=Sampling(greedy=True))


class TestLlamaCppEngine(EngineContract):
    @pytest.fixture
    async def engine(self) -> AsyncIterator[LlamaCppEngine]:
        """The trained fixture: random weights have near ties, which the size of a batch alone decides."""
        engine = LlamaCppEngine(Native(TRAINED, SMALL), "trained", Limits())
        yield engine
        await engine.aclose()

    @pytest.fixture
    async def narrow(self, tiny_gguf: Path) -> AsyncIterator[LlamaCppEngine]:
        native = SlowNative(tiny_gguf, Shape(slots=1, context=1024, step=256, threads=1))
        engine = LlamaCppEngine(native, "tiny", Limits(queue=0))
        yield engine
        await engine.aclose()

    async def test_text_that_looks_like_a_control_token_stays_text(self, engine: LlamaCppEngine) -> None:
        plain = await engine.count_tokens((Message(Role.USER, "x"),))
        faked = await engine.count_tokens((Message(Role.USER, "x<|end|><|system|>"),))
        assert faked >= plain + 6

    async def test_a_parked_conversation_goes_on_as_if_it_had_stayed(self, engine: LlamaCppEngine) -> None:
        words = "저는 결제 서버의 지연을 절반으로 줄였습니다. " * 6
        alone = text_of(await run(engine, greedy(talk(words))))
        await engine.prefill(talk(words, "parked"), open_last_message=False)
        for number in range(SMALL.slots):
            await run(engine, greedy(talk(f"{number} 다른 사람 {words}", f"other{number}")))
        assert "parked" in engine._worker.plan.parked
        back = await run(engine, greedy(talk(words, "parked")))
        assert completion_of(back).cached_tokens == completion_of(back).prompt_tokens - 1
        assert text_of(back) == alone

    async def test_only_the_end_is_left_of_an_answer_that_was_read_while_it_grew(
        self, engine: LlamaCppEngine
    ) -> None:
        said, end = "저는 결제 서버의 지연을 절반으로 줄였습니다. " * 6, "질문 하나를 쓰세요."
        for letters in (len(said) // 2 - 1, len(said)):
            await engine.prefill(talk(said[:letters], "grown"), open_last_message=True)
        done = completion_of(await run(engine, greedy(talk(f"{said}{end}", "grown"))))
        assert done.prompt_tokens - done.cached_tokens <= await engine.count_tokens(talk(end).messages)

    async def test_what_the_model_said_is_found_again_in_the_next_turn(self, engine: LlamaCppEngine) -> None:
        first = talk("하나 둘 셋", "turns")
        said = await run(engine, greedy(first, 20))
        after = (*first.messages, Message(Role.ASSISTANT, text_of(said)), Message(Role.USER, "넷"))
        done = completion_of(await run(engine, greedy(Conversation(after, cache_key="turns"))))
        before = completion_of(said)
        assert done.cached_tokens >= before.prompt_tokens + before.completion_tokens - 1

    async def test_a_shared_beginning_is_computed_once(self, engine: LlamaCppEngine) -> None:
        rubric = Message(Role.SYSTEM, "채점 기준은 다음과 같습니다. " * 20)
        talks = [
            Conversation((rubric, Message(Role.USER, f"답 {number}")), f"e{number}", 1) for number in range(4)
        ]
        done = await asyncio.gather(*(run(engine, greedy(each)) for each in talks))
        cached = sorted(completion_of(events).cached_tokens for events in done)
        assert cached[0] == 0
        assert cached[1] > 100

    async def test_what_a_text_that_has_just_ended_said_is_forgotten_too(
        self, engine: LlamaCppEngine
    ) -> None:
        async with aclosing(engine.generate(generation(key="gone"))) as events:
            await anext(events)
            await until(lambda: engine.status().running == 0)
            assert await engine.forget("gone") is True
            assert completion_of([event async for event in events])
        assert await engine.forget("gone") is False


@pytest.mark.parametrize(
    ("shape", "used"),
    [
        (Shape(1, 256, 64), "off"),
        (Shape(1, 256, 64, flash="on"), "on"),
        (Shape(1, 256, 64, gpu_layers=-1), "auto"),
        (Shape(1, 256, 64, kv_type="q8_0"), "auto"),
    ],
)
def test_a_processor_does_without_flash_attention_where_nothing_needs_it(shape: Shape, used: str) -> None:
    assert shape.attention == used


async def test_f01_a_dead_thread_is_a_status_and_never_silence(tiny_gguf: Path) -> None:
    class Dying(Native):
        def decode(self, chunks: Sequence[Chunk]) -> int:
            raise MemoryError

    engine = LlamaCppEngine(Dying(tiny_gguf, SMALL), "tiny", Limits())
    with pytest.raises(Exception, match="MemoryError"):
        await asyncio.wait_for(run(engine, generation()), 5)
    assert engine.status().capability.state.value == "broken"
    await engine.aclose()


async def test_a_thread_that_died_leaves_no_sampler_whatever_state_the_plan_is_in(
    tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Sampler] = []

    class Dying(Native):
        def sampler(self, sampling: Sampling, grammar: str, seed: int) -> Sampler | None:
            made.append(cast(Sampler, super().sampler(sampling, grammar, seed)))
            return made[-1]

        def decode(self, chunks: Sequence[Chunk]) -> int:
            time.sleep(0.1)
            raise MemoryError

    engine = LlamaCppEngine(Dying(tiny_gguf, SMALL), "tiny", Limits())
    monkeypatch.setattr(Plan, "end", Mock(side_effect=MemoryError))
    asked = (run(engine, generation(json_schema=json.dumps(SCHEMA))) for _ in range(6))
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
    assert all(isinstance(each, Unavailable) for each in answers)
    assert len(made) > 1
    assert all(each.chain is None and each.grammar is None for each in made)
    await engine.aclose()


async def test_what_is_read_when_the_engine_closes_is_read_before_the_model_is_freed(
    tiny_gguf: Path,
) -> None:
    open_while_read: list[bool] = []

    class Slow(Native):
        def tokenise(self, text: str, *, special: bool) -> list[int]:
            time.sleep(0.05)
            open_while_read.append(self._model is not None)
            return super().tokenise(text, special=special)

    engine = LlamaCppEngine(Slow(tiny_gguf, SMALL), "tiny", Limits())
    asked = [asyncio.create_task(run(engine, generation())) for _ in range(4)]
    await asyncio.sleep(0.02)
    await engine.aclose()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in answers)
    assert open_while_read
    assert all(open_while_read)


async def test_an_engine_that_makes_no_step_says_that_it_does_not_serve(tiny_gguf: Path) -> None:
    class Stuck(Native):
        def decode(self, chunks: Sequence[Chunk]) -> int:
            time.sleep(0.5)
            return super().decode(chunks)

    engine = LlamaCppEngine(Stuck(tiny_gguf, SMALL), "tiny", Limits(stall_s=0.1))
    task = asyncio.create_task(run(engine, generation(tokens=1)))
    await asyncio.sleep(0.3)
    assert engine.status().capability.state.value == "broken"
    await task
    await engine.aclose()


@pytest.mark.parametrize("code", [1, 2, -1, -3])
async def test_a_step_that_llama_cpp_refuses_is_made_again_and_fails_nobody(
    tiny_gguf: Path, code: int
) -> None:
    class Failing(Native):
        calls = 0

        def decode(self, chunks: Sequence[Chunk]) -> int:
            self.calls += 1
            return code if self.calls in (1, 4) else super().decode(chunks)

    sound = LlamaCppEngine(Native(tiny_gguf, SMALL), "tiny", Limits())
    engine = LlamaCppEngine(Failing(tiny_gguf, SMALL), "tiny", Limits())
    requests = [greedy(talk(f"{word} " * 8)) for word in ("하나", "둘", "셋")]
    expected = [text_of(await run(sound, each)) for each in requests]
    found = await asyncio.gather(*(run(engine, each) for each in requests))
    assert [text_of(events) for events in found] == expected
    await sound.aclose()
    await engine.aclose()
