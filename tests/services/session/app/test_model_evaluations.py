"""Evaluations by a model: beside the questions, in the schema's form, and plain code when that fails."""

import asyncio
import json
import time

import pytest
from viva.v1 import llm_pb2

from tests.fixtures.fake_llm import Reply, fake_llm
from tests.services.session.spine import Spine, asked_so_far, question, until, verdict

pytestmark = pytest.mark.integration


def asking(request: llm_pb2.GenerateRequest) -> Reply:
    return Reply(question(asked_so_far(request) + 1))


async def _stored(spine: Spine, least: int = 1) -> list[dict[str, object]] | None:
    rows = await spine.pool.fetch("select * from evaluation order by created_at")
    return rows if len(rows) >= least else None


async def test_an_evaluation_has_a_schema_its_own_sequence_and_the_last_place(spine: Spine) -> None:
    def speak(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(verdict(request)) if request.json_schema else asking(request)

    async with fake_llm(speak) as llm, spine.session([llm.address]) as candidate:
        interview_id = await candidate.interview()
        watcher = candidate.watch(interview_id)
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id, "캐시를 고쳐 응답 시간을 절반으로 줄였습니다.")
        event = await watcher.event("evaluation.stored")
        (row,) = await until(lambda: _stored(spine))
        request = llm.evaluations[0].request
    assert request.cache_key == f"evaluation:{interview_id}"
    assert request.priority == llm_pb2.PRIORITY_BATCH
    assert set(json.loads(request.json_schema)["properties"]) >= {"scores", "strengths", "improvements"}
    assert any("캐시를 고쳐 응답 시간을 절반으로" in each.content for each in request.messages)
    assert event.turn_id == turn.id == str(row["turn_id"])
    assert (row["engine"], row["version"], row["model"]) == ("llm", 1, "told-what-to-say")
    assert row["prompt_hash"]


async def test_malformed_output_is_tried_again(spine: Spine) -> None:

    def malformed_at_first(request: llm_pb2.GenerateRequest) -> Reply:
        if not request.json_schema:
            return asking(request)
        return Reply(["{not json", '{"scores": {}}', verdict(request)][len(llm.evaluations) - 1])

    async with (
        fake_llm(malformed_at_first) as llm,
        spine.session([llm.address]) as candidate,
        spine.hurrying("evaluation"),
    ):
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id)
        (row,) = await until(lambda: _stored(spine))
    assert row["engine"] == "llm"
    assert len(llm.evaluations) == 3
    verdicts = await spine.pool.fetch(
        "select verdict from llm_call where purpose = 'evaluation' order by created_at"
    )
    assert [each["verdict"] for each in verdicts] == ["failed:malformed", "failed:malformed", "accepted"]


async def test_output_that_stays_malformed_gives_way_to_plain_code(spine: Spine) -> None:
    def malformed(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply("점수는 5점입니다.") if request.json_schema else asking(request)

    async with (
        fake_llm(malformed) as llm,
        spine.session([llm.address]) as candidate,
        spine.hurrying("evaluation"),
    ):
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id)
        (row,) = await until(lambda: _stored(spine))
    assert row["engine"] == "lightweight"
    assert len(llm.evaluations) == 3


async def test_without_any_model_plain_code_evaluates_at_once(spine: Spine) -> None:
    async with spine.session() as candidate:
        interview_id = await candidate.interview()
        turn = await candidate.asked(interview_id, 1)
        await candidate.submit(interview_id, turn.id)
        (row,) = await until(lambda: _stored(spine))
        assert row["engine"] == "lightweight"


async def test_f02_evaluations_that_take_for_ever_delay_no_question(spine: Spine) -> None:
    gate = asyncio.Event()

    def grading_waits(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(verdict(request), going=gate) if request.json_schema else asking(request)

    async with (
        fake_llm(grading_waits) as llm,
        spine.session([llm.address], background_places=2) as candidate,
    ):
        ids = [await candidate.interview() for _ in range(2)]
        waits = []
        for number in (1, 2, 3, 4):
            for interview_id in ids:
                turn = await candidate.asked(interview_id, number)
                begun = time.monotonic()
                await candidate.submit(interview_id, turn.id)
                await candidate.asked(interview_id, number + 1)
                waits.append(time.monotonic() - begun)
        assert len(llm.evaluations) == 2, "both places are taken for good"
        assert await _stored(spine) is None
        assert max(waits) < 2.0
        gate.set()
        rows = await until(lambda: _stored(spine, 8))
        assert {row["engine"] for row in rows} == {"llm"}


async def test_the_report_waits_for_the_last_evaluation(spine: Spine) -> None:
    gate = asyncio.Event()

    def grading_waits(request: llm_pb2.GenerateRequest) -> Reply:
        return Reply(verdict(request), going=gate) if request.json_schema else asking(request)

    scenario = await spine.scenario(stages=2)
    async with (
        fake_llm(grading_waits) as llm,
        spine.session([llm.address]) as candidate,
        spine.hurrying("report"),
    ):
        interview_id = await candidate.interview(scenario)
        watcher = candidate.watch(interview_id)
        for number in (1, 2):
            turn = await candidate.asked(interview_id, number)
            await candidate.submit(interview_id, turn.id)
        await watcher.event("interview.completed")
        await until(lambda: len(llm.evaluations) == 2)
        assert not watcher.of_type("report.ready")
        gate.set()
        await watcher.event("report.ready")
        types = [event.type for event in watcher.events]
        assert types.index("report.ready") > max(
            index for index, type_ in enumerate(types) if type_ == "evaluation.stored"
        )
        assert types.count("evaluation.stored") == 2
