"""Processes that recognise speech are killed while an answer is being given."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from viva.v1 import stt_pb2 as pb
from viva.v1 import stt_pb2_grpc

from deploy.local.environment import ROOT, free_ports
from services.runtime.channel import open_channel
from tests.fixtures.whisper_ko.spoken import SpokenAnswers
from tests.services.media.spoken import Room, room
from tests.services.rooms import ROOMS, TOKEN
from tests.services.session.spine import Spine, until
from tests.services.stt.sound import silence
from tests.services.test_rooms import environment, serving

pytestmark = pytest.mark.chaos

STT = next(each for each in ROOMS if each.name == "stt")


@dataclass
class Replica:
    address: str
    process: subprocess.Popen[bytes]

    async def streams(self) -> int:
        async with open_channel([self.address], token=TOKEN) as channel:
            stub = stt_pb2_grpc.SttServiceStub(channel)
            return (await stub.GetInfo(pb.SttServiceGetInfoRequest(), timeout=5)).open_streams

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def started(models: Path) -> Replica:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    told = environment(STT, models, VIVA_STT_LISTEN=address, VIVA_STT_MAX_STREAMS="4")
    command = [sys.executable, "-m", "services.stt"]
    return Replica(address, subprocess.Popen(command, env=told, cwd=ROOT, stderr=subprocess.DEVNULL))


@pytest.fixture
async def replicas(korean_whisper: Path, tmp_path: Path) -> AsyncIterator[list[Replica]]:
    (tmp_path / "stt").mkdir()
    (tmp_path / "stt" / "whisper-ko").symlink_to(korean_whisper)
    replicas = [started(tmp_path) for _ in range(2)]
    try:
        await asyncio.gather(*(serving(each.address, each.process) for each in replicas))
        yield replicas
    finally:
        for each in replicas:
            each.kill()


@pytest.fixture
async def spoken(spine: Spine, replicas: list[Replica]) -> AsyncIterator[Room]:
    async with room(spine, stt_addresses=tuple(each.address for each in replicas)) as spoken:
        yield spoken


async def the_busy_one(replicas: list[Replica]) -> Replica:
    async def look() -> list[Replica]:
        return [each for each in replicas if await each.streams()]

    return (await until(look))[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("part", [0.3, 0.7])
async def test_f25_another_replica_takes_over_and_the_answer_is_the_unbroken_one(
    spoken: Room, replicas: list[Replica], spoken_answers: SpokenAnswers, part: float
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    await until(lambda: browser.conversation.is_listening)
    answer = spoken_answers.of("experience", "jiwoo")
    pcm = answer.pcm(pause_s=1.0)
    cut = int(len(pcm) * part) // 640 * 640
    await browser.says(pcm[:cut], piece_s=0.005)
    (await the_busy_one(replicas)).kill()
    await browser.says(pcm[cut:] + silence(5), piece_s=0.005)
    turn = await spoken.answered(interview_id, 1)
    assert turn.answer.text == answer.text
    assert [each["state"] for each in browser.told("listening")] == ["ok", "recovering", "ok"]
    assert browser.told("lost") == []


async def test_without_any_replica_the_page_is_told_and_what_was_said_is_lost_and_nothing_else(
    spoken: Room, replicas: list[Replica], spoken_answers: SpokenAnswers
) -> None:
    interview_id = await spoken.interview("audio")
    browser = await spoken.joined(interview_id)
    turn = await spoken.candidate.asked(interview_id, 1)
    await until(lambda: browser.conversation.is_listening)
    first, second = (spoken_answers.of("experience", index=index) for index in (0, 1))
    await browser.says(first.pcm() + silence(1))
    await until(lambda: len(browser.told("segment")) == 2)
    for each in replicas:
        each.kill()
    await browser.says(second.pcm())
    await until(lambda: browser.told("listening")[-1]["state"] == "recovering")
    browser.conversation.told({"type": "answer_done", "turn_id": turn.id})
    closed = await spoken.answered(interview_id, 1)
    assert closed.answer.text == first.text
    await until(lambda: [each["turn_id"] for each in browser.told("lost")] == [turn.id], 30)
