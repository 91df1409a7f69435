"""Processes are killed while résumés are taken in: a résumé is there as a whole, or not at all."""

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import grpc
import pytest
from viva.v1 import resume_pb2, resume_pb2_grpc

from tests.chaos.checks import Database
from tests.chaos.client import Orders, resume_text
from tests.chaos.rig import Edge, Rig
from tests.waiting import until

pytestmark = pytest.mark.chaos

ROUNDS = 6
PIECE = 512
PAUSE_S = 0.05  # between two pieces: an upload takes about half a second


def metadata_of(orders: Orders) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {orders.token}"),)


def slowly(key: str) -> Iterator[resume_pb2.UploadResumeRequest]:
    meta = resume_pb2.ResumeMeta(request_id=f"{key}-resume", file_name=f"{key}.txt")
    yield resume_pb2.UploadResumeRequest(meta=meta)
    content = resume_text(key).encode()
    for start in range(0, len(content), PIECE):
        time.sleep(PAUSE_S)
        yield resume_pb2.UploadResumeRequest(data=content[start : start + PIECE])


def upload_slowly(orders: Orders, key: str) -> grpc.StatusCode:
    with grpc.insecure_channel(orders.address) as channel:
        stub = resume_pb2_grpc.ResumeServiceStub(channel)
        try:
            stub.UploadResume(slowly(key), timeout=20, metadata=metadata_of(orders))
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_a_session_killed_in_mid_upload_leaves_no_half_of_a_resume(rig: Rig, round_: int) -> None:
    rig.wait_serving()
    orders, key = rig.people.candidate(), f"half-{round_}-{uuid4().hex[:6]}"
    lasts_s = PAUSE_S * (len(resume_text(key).encode()) / PIECE)
    # The first of them while pieces are coming, the last while the file is read and stored.
    at = random.Random(round_).uniform(0.1, 0.9) if round_ % 2 else 1 + round_ * 0.1
    ended: list[grpc.StatusCode] = []
    uploading = threading.Thread(target=lambda: ended.append(upload_slowly(orders, key)))
    uploading.start()
    await asyncio.sleep(lasts_s * at)
    rig.kill("session")
    uploading.join(30)
    print(f"killed at {at:.2f} of the upload, which ended {ended}")
    database = await Database.connect(rig.dsn)
    try:
        await database.check_no_halves()
        rig.wait_serving()
        edge = Edge(replace(orders, resumes=(key,)))
        edge.start()
        assert edge.wait_for("done", 0, 60)
        edge.end()
        assert not edge.all_of("fault")
        await database.check_resume(key)
        await database.check_no_halves()
    finally:
        await database.close()


async def test_a_resume_is_indexed_though_embed_dies_at_it(rig: Rig) -> None:
    rig.wait_serving()
    orders, key = rig.people.candidate(), f"index-{uuid4().hex[:6]}"
    embed = rig.pid("embed")
    os.kill(embed, signal.SIGSTOP)  # it takes the call and does not answer
    edge = Edge(replace(orders, resumes=(key,)))
    edge.start()
    assert edge.wait_for("uploaded", 0, 30)
    request = resume_pb2.GetResumeRequest(resume_id=edge.all_of("uploaded")[0]["id"])
    with grpc.insecure_channel(orders.address) as channel:
        stub = resume_pb2_grpc.ResumeServiceStub(channel)

        def being_indexed() -> bool:
            resume = stub.GetResume(request, timeout=5, metadata=metadata_of(orders)).resume
            return bool(resume.status == resume_pb2.RESUME_STATUS_CHUNKED)

        until(being_indexed, 20, "the résumé is being indexed")
    assert not edge.all_of("indexed")
    os.kill(embed, signal.SIGKILL)
    rig.killed["embed"] += 1
    assert edge.wait_for("done", 0, 60)
    edge.end()
    assert not edge.all_of("fault")
    database = await Database.connect(rig.dsn)
    try:
        await database.check_resume(key)
    finally:
        await database.close()
