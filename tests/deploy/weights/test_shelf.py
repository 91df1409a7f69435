"""Pulling weights over a real local web server: cuts, lies, mirrors, folders, and what is kept."""

import errno
import hashlib
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.weights.catalogue import parse
from deploy.weights.download import SPARE_BYTES
from deploy.weights.errors import (
    AbsentError,
    BrokenDownloadError,
    CatalogueError,
    LicenceRefusedError,
    NoRoomError,
    WeightsError,
    WrongChecksumError,
)
from deploy.weights.lock import read_lock
from deploy.weights.shelf import Presence, Shelf, Verdict
from deploy.weights.sources import FolderSource, WebSource, web_client
from tests.fixtures.weights_server import COMMIT, WeightsServer

pytestmark = pytest.mark.integration
WEIGHTS = random.Random(4).randbytes(3_000_000)
OTHER = random.Random(5).randbytes(3_000_000)
KNOWN = hashlib.sha256(WEIGHTS).hexdigest()
CATALOGUE = f"""
hub: HUB
licences:
  free: {{name: Free, link: "https://free.example", commercial: true}}
models:
  big:
    serves: llm
    what: x
    repository: org/big
    revision: main
    folder: llm
    licence: free
    files: [big.gguf]
  known:
    serves: vision
    what: x
    origin: HUB/store-of-faces
    revision: "1"
    folder: vision
    licence: free
    files: [{{path: face.task, sha256: {KNOWN}, size: {len(WEIGHTS)}}}]
  whisper:
    serves: stt
    what: x
    repository: org/whisper
    revision: main
    folder: stt/whisper
    licence: free
    files: [config.json, {{path: extra.json, optional: true}}, model.bin]
"""
HUB = {
    "/org/big/resolve/main/big.gguf": WEIGHTS,
    "/store-of-faces/face.task": WEIGHTS,
    "/org/whisper/resolve/main/config.json": b"{}",
    "/org/whisper/resolve/main/model.bin": OTHER,
}
HUB |= {path.replace("main", COMMIT): body for path, body in HUB.items()}


@pytest.fixture
def server():
    with WeightsServer(dict(HUB)).running() as running:
        yield running


class Puller:
    def __init__(self, folder: Path, server: WeightsServer, mirror: str = "", **settings) -> None:
        hub = "http://127.0.0.1:9" if mirror else server.address
        self.shelf = Shelf(folder, parse(CATALOGUE.replace("HUB", hub), "c.yaml"), pause_s=0.001, **settings)
        self.mirror = mirror
        self.reports = []

    def pull(self, name="big", accept=True, source=None):
        if accept:
            self.shelf.accept(name)
        with web_client() as client:
            source = source or WebSource(self.shelf.catalogue, client, self.mirror)
            return self.shelf.pull(name, source, lambda *told: self.reports.append(told))


@pytest.fixture
def puller(tmp_path, server):
    return Puller(tmp_path / "models", server)


def test_a_model_goes_where_its_service_looks_and_is_recorded(puller, tmp_path):
    assert puller.shelf.presence("big") is Presence.ABSENT
    assert puller.pull() is True
    assert (tmp_path / "models/llm/big.gguf").read_bytes() == WEIGHTS
    assert puller.shelf.presence("big") is Presence.HERE
    recorded = read_lock(puller.shelf.folder).models["big"]
    assert recorded.files["big.gguf"].sha256 == KNOWN
    assert puller.shelf.size("big") == len(WEIGHTS)
    assert puller.reports[-1] == ("big/big.gguf", len(WEIGHTS), len(WEIGHTS))


def test_what_is_here_and_right_is_not_fetched_again(puller, server):
    puller.pull()
    server.requests.clear()
    assert puller.pull() is False
    assert server.requests == []


def test_a_cut_line_is_taken_up_where_it_ended(puller, server):
    server.cut_after, server.cuts = 1_200_000, 2
    puller.pull()
    assert [asked for _, asked in server.requests] == [None, "bytes=1200000-", "bytes=2400000-"]
    assert server.sent == len(WEIGHTS)
    assert puller.shelf.verify("big") == {"big.gguf": Verdict.RIGHT}


def test_the_next_command_goes_on_where_the_one_before_gave_up(puller, server):
    server.cut_after, server.cuts = 500_000, 1
    with pytest.raises(BrokenDownloadError):
        give_up_after_the_first_cut(Puller(puller.shelf.folder, server), server)
    server.status = 0
    puller.pull()
    assert server.requests[-1][1] == "bytes=500000-"
    assert (puller.shelf.folder / "llm/big.gguf").read_bytes() == WEIGHTS


def give_up_after_the_first_cut(puller, server):
    class Turns(WebSource):
        def open(self, wanted):
            if wanted.have:
                server.status = 503
            return super().open(wanted)

    with web_client() as client:
        puller.pull(source=Turns(puller.shelf.catalogue, client))


def test_a_file_that_changed_between_two_tries_is_not_stitched_together(puller, server):
    server.cut_after, server.cuts = 500_000, 1
    with pytest.raises(BrokenDownloadError):
        give_up_after_the_first_cut(puller, server)
    server.status = 0
    server.files["/org/big/resolve/main/big.gguf"] = OTHER
    puller.pull()
    assert (puller.shelf.folder / "llm/big.gguf").read_bytes() == OTHER


def test_without_a_tag_a_file_of_unknown_hash_is_begun_anew(puller, server):
    server.tags, server.cut_after, server.cuts = False, 500_000, 1
    puller.pull()
    assert [asked for _, asked in server.requests] == [None, None]


def test_without_a_tag_a_file_of_known_hash_is_taken_up(puller, server):
    server.tags, server.cut_after, server.cuts = False, 500_000, 1
    puller.pull("known")
    assert [asked for _, asked in server.requests] == [None, "bytes=500000-"]


def test_a_server_that_never_recovers_ends_the_command_with_what_to_do(puller, server):
    server.status = 503
    with pytest.raises(BrokenDownloadError, match="503") as gave_up:
        puller.pull()
    assert len(server.requests) == 5
    assert "goes on where it ended" in gave_up.value.remedy


def test_a_file_that_is_not_there_is_said_at_once(puller, server):
    del server.files["/org/big/resolve/main/big.gguf"]
    with pytest.raises(AbsentError, match="404"):
        puller.pull()
    assert len(server.requests) == 1


def test_wrong_bytes_never_replace_those_that_worked(puller, server):
    puller.pull()
    place = puller.shelf.folder / "llm/big.gguf"
    place.rename(place.with_name("kept"))
    server.files["/org/big/resolve/main/big.gguf"] = OTHER
    with pytest.raises(WrongChecksumError, match=KNOWN) as refused:
        puller.pull()
    assert "--forget" in refused.value.remedy
    assert not place.exists()
    place.with_name("kept").rename(place)
    server.files["/org/big/resolve/main/big.gguf"] = WEIGHTS
    assert puller.pull() is False


def test_a_damaged_file_stays_until_a_right_one_is_whole(puller, server):
    puller.pull("whisper")
    place = puller.shelf.folder / "stt/whisper/model.bin"
    place.write_bytes(b"damaged")
    assert puller.shelf.verify("whisper")["model.bin"] is Verdict.WRONG
    server.files["/org/whisper/resolve/main/model.bin"] = WEIGHTS
    with pytest.raises(WrongChecksumError):
        puller.pull("whisper")
    assert place.read_bytes() == b"damaged"
    server.files["/org/whisper/resolve/main/model.bin"] = OTHER
    assert puller.pull("whisper") is True
    assert place.read_bytes() == OTHER


def test_the_catalogues_hash_is_held_at_the_first_pull(puller, server):
    server.files["/store-of-faces/face.task"] = OTHER
    with pytest.raises(WrongChecksumError):
        puller.pull("known")
    assert puller.shelf.presence("known") is Presence.ABSENT
    server.files["/store-of-faces/face.task"] = WEIGHTS[:-1]
    with pytest.raises(WrongChecksumError, match="bytes there"):
        puller.pull("known")


def test_a_branch_is_pinned_to_its_commit_by_the_first_pull(puller, server):
    server.commit = COMMIT
    puller.pull("whisper")
    assert read_lock(puller.shelf.folder).models["whisper"].revision == COMMIT
    asked = [path for path, _ in server.requests if not path.startswith("/store/")]
    assert asked[0].endswith("/resolve/main/config.json")
    assert asked[-1].endswith(f"/resolve/{COMMIT}/model.bin")


def test_what_a_hub_says_of_its_file_is_held_against_what_came(puller, server):
    server.commit = COMMIT
    server.linked["/org/big/resolve/main/big.gguf"] = hashlib.sha256(OTHER).hexdigest()
    with pytest.raises(WrongChecksumError):
        puller.pull()


def test_the_weights_come_last_and_all_or_none(puller, server):
    del server.files["/org/whisper/resolve/main/model.bin"]
    with pytest.raises(AbsentError):
        puller.pull("whisper")
    assert not (puller.shelf.folder / "stt").exists()
    server.files["/org/whisper/resolve/main/model.bin"] = OTHER
    server.requests.clear()
    puller.pull("whisper")
    assert {file.name for file in (puller.shelf.folder / "stt/whisper").iterdir()} == {
        "config.json",
        "model.bin",
    }
    assert ("/org/whisper/resolve/main/config.json", "bytes=2-") in server.requests


def test_a_mirror_has_the_same_paths_elsewhere(tmp_path, server):
    server.files = {f"/mirror{path}": body for path, body in HUB.items()}
    puller = Puller(tmp_path, server, mirror=f"{server.address}/mirror/")
    assert puller.pull("big")
    assert puller.pull("known")
    assert puller.shelf.verify("known") == {"face.task": Verdict.RIGHT}


@pytest.mark.parametrize("place", ["org/big/big.gguf", "big/big.gguf", "llm/big.gguf", "big.gguf"])
def test_without_a_network_files_are_taken_from_a_folder(puller, server, tmp_path, place):
    carried = tmp_path / "carried" / place
    carried.parent.mkdir(parents=True)
    carried.write_bytes(WEIGHTS)
    puller.pull("big", source=FolderSource(tmp_path / "carried"))
    assert (puller.shelf.folder / "llm/big.gguf").read_bytes() == WEIGHTS
    assert carried.exists()
    assert server.requests == []


def test_a_folder_without_the_file_is_told_where_to_put_it(puller, tmp_path):
    with pytest.raises(AbsentError) as refused:
        puller.pull("whisper", source=FolderSource(tmp_path))
    assert "whisper/config.json" in refused.value.remedy


def test_a_wrong_file_in_a_folder_is_refused_like_any_other(puller, tmp_path):
    (tmp_path / "face.task").write_bytes(OTHER)
    with pytest.raises(WrongChecksumError):
        puller.pull("known", source=FolderSource(tmp_path))


def test_nothing_is_pulled_before_its_licence_is_accepted(puller, server):
    with pytest.raises(LicenceRefusedError) as refused:
        puller.pull(accept=False)
    assert refused.value.remedy == "viva models pull big --accept-licence"
    assert server.requests == []
    puller.shelf.now = lambda: datetime(2026, 1, 2, tzinfo=UTC)
    puller.pull()
    assert read_lock(puller.shelf.folder).accepted == {"free": "2026-01-02T00:00:00+00:00"}


def test_a_disk_that_is_too_small_is_seen_before_a_byte_is_written(tmp_path, server):
    puller = Puller(tmp_path, server, free=lambda _: len(WEIGHTS) + SPARE_BYTES - 1)
    with pytest.raises(NoRoomError) as refused:
        puller.pull()
    assert "VIVA_MODELS" in refused.value.remedy
    assert puller.reports == []


def test_a_disk_that_fills_up_keeps_what_came_for_the_next_try(puller, server, monkeypatch):
    def full(*told):
        monkeypatch.undo()
        raise OSError(errno.ENOSPC, "No space left on device")

    puller.reports = type("Full", (), {"append": staticmethod(full)})()
    with pytest.raises(NoRoomError, match="filled up"):
        puller.pull()
    puller.reports = []
    puller.pull()
    assert server.requests[-1][1] not in (None, "bytes=0-")
    assert puller.shelf.verify("big") == {"big.gguf": Verdict.RIGHT}


def test_what_was_put_there_by_hand_is_called_unrecorded(puller):
    place = puller.shelf.folder / "llm/big.gguf"
    place.parent.mkdir(parents=True)
    place.write_bytes(WEIGHTS)
    assert puller.shelf.verify("big") == {"big.gguf": Verdict.UNRECORDED}


def test_verify_tells_of_damage_and_of_what_is_gone(puller):
    puller.pull("whisper")
    assert set(puller.shelf.verify("whisper").values()) == {Verdict.RIGHT}
    flipped = bytearray(OTHER)
    flipped[1000] ^= 1
    (puller.shelf.folder / "stt/whisper/model.bin").write_bytes(flipped)
    (puller.shelf.folder / "stt/whisper/config.json").unlink()
    assert puller.shelf.verify("whisper") == {"config.json": Verdict.GONE, "model.bin": Verdict.WRONG}
    assert puller.shelf.presence("whisper") is Presence.PARTLY


def test_removing_frees_the_room_and_keeps_the_record_and_the_neighbours(puller, server):
    puller.pull()
    puller.pull("whisper")
    (puller.shelf.folder / "llm/mine.gguf").write_bytes(b"mine")
    assert puller.shelf.remove("big") == len(WEIGHTS)
    assert (puller.shelf.folder / "llm/mine.gguf").exists()
    assert puller.shelf.remove("whisper") == len(OTHER) + 2
    assert not (puller.shelf.folder / "stt").exists()
    server.files["/org/big/resolve/main/big.gguf"] = OTHER
    with pytest.raises(WrongChecksumError):
        puller.pull()


def test_what_is_forgotten_may_be_pulled_anew(puller, server):
    puller.pull()
    puller.shelf.remove("big", forget=True)
    server.files["/org/big/resolve/main/big.gguf"] = OTHER
    puller.pull()
    assert (puller.shelf.folder / "llm/big.gguf").read_bytes() == OTHER


def test_a_lock_file_that_cannot_be_read_stops_everything(puller):
    puller.pull()
    lock = puller.shelf.folder / "models.lock.json"
    told = json.loads(lock.read_text())
    told["models"]["big"]["files"]["big.gguf"]["sha256"] = "nonsense"
    lock.write_text(json.dumps(told))
    with pytest.raises(CatalogueError, match="cannot be read"):
        puller.pull()


def test_two_commands_do_not_write_into_one_folder(puller, server):
    class Meddler(WebSource):
        def open(self, wanted):
            with pytest.raises(WeightsError, match="Another"):
                puller.shelf.remove("big")
            return super().open(wanted)

    with web_client() as client:
        assert puller.pull(source=Meddler(puller.shelf.catalogue, client))


def test_a_folder_of_somebody_else_is_refused_with_the_setting(server):
    with pytest.raises(WeightsError) as refused:
        Puller(Path("/proc/viva"), server).pull()
    assert "VIVA_MODELS" in refused.value.remedy
