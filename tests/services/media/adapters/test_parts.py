"""What hears, speaks and looks, asked of real servers over sockets."""

import pytest

from deploy.local.environment import free_ports
from services.media.adapters.parts import GrpcParts
from services.runtime.capability import State
from services.runtime.channel import open_channel
from services.runtime.engines import Missing
from services.stt.config import Settings as SttSettings
from services.stt.server import build as build_stt
from services.tts.config import Settings as TtsSettings
from services.tts.engines.fake import FakeEngine as FakeVoices
from services.tts.server import build as build_tts
from tests.services.rooms import TOKEN, served

pytestmark = pytest.mark.integration


async def test_each_part_is_as_its_server_says_and_one_that_is_away_says_how_to_mend_it() -> None:
    missing = Missing("stt", "STT_MODEL_MISSING", "No Whisper.", remedy="viva models pull whisper-base")
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    async with (
        served(build_stt, missing, SttSettings) as stt,
        served(build_tts, FakeVoices(), TtsSettings) as tts,
        open_channel([nobody], token=TOKEN) as away,
    ):
        found = await GrpcParts({"stt": stt, "tts": tts, "vision": away})()
    assert [(part.name, part.state) for part in found] == [
        ("stt", State.MISSING),
        ("tts", State.READY),
        ("vision", State.BROKEN),
    ]
    assert [part.remedy for part in found] == ["viva models pull whisper-base", "", "viva logs vision"]


async def test_a_part_without_an_address_names_the_setting() -> None:
    found = await GrpcParts({})()
    assert {part.state for part in found} == {State.MISSING}
    assert all("_ADDRESSES" in part.remedy for part in found)
