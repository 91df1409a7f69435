import pytest

from services.media.conversation.audio import AnswerAudio

pytestmark = pytest.mark.unit


def pcm(*samples: int) -> bytes:
    return b"".join(each.to_bytes(2, "little") for each in samples)


def test_audio_is_read_by_offset() -> None:
    audio = AnswerAudio()
    audio.append(pcm(0, 1, 2))
    audio.append(pcm(3, 4))
    assert (audio.start, audio.end) == (0, 5)
    assert audio.read(1, 3) == pcm(1, 2, 3)
    assert audio.read(4, 9) == pcm(4)
    assert audio.read(5, 9) == b""


def test_what_is_settled_is_forgotten_and_offsets_stay() -> None:
    audio = AnswerAudio()
    audio.append(pcm(0, 1, 2, 3))
    audio.drop_before(2)
    audio.drop_before(1)
    assert (audio.start, audio.end, audio.read(2, 9)) == (2, 4, pcm(2, 3))
    audio.drop_before(99)
    assert (audio.start, audio.end) == (4, 4)


def test_of_an_answer_without_end_the_beginning_is_lost_and_counted() -> None:
    audio = AnswerAudio(longest=3)
    audio.append(pcm(0, 1))
    audio.append(pcm(2, 3, 4))
    assert (audio.start, audio.end, audio.lost) == (2, 5, 2)
    assert audio.read(2, 9) == pcm(2, 3, 4)


def test_half_a_sample_is_no_sample() -> None:
    audio = AnswerAudio()
    audio.append(b"\0\0\0")
    assert audio.end == 1
