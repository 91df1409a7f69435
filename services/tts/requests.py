"""Reads requests from the wire and refuses what tts.proto does not allow. Knows no engine."""

import unicodedata

from viva.v1 import common_pb2
from viva.v1 import tts_pb2 as pb

from services.runtime.errors import NotFound
from services.runtime.requests import at_most, refuse, within
from services.tts.engine import Language, Utterance, Voice

MAX_TEXT = 1000
MAX_VOICE = 128
MIN_SPEED = 0.5
MAX_SPEED = 2.0

_LANGUAGES: dict[int, Language | None] = {
    common_pb2.LANGUAGE_UNSPECIFIED: None,
    common_pb2.LANGUAGE_KO: Language.KOREAN,
    common_pb2.LANGUAGE_EN: Language.ENGLISH,
}


def read_utterance(request: pb.SynthesizeRequest, voices: tuple[Voice, ...]) -> Utterance:
    """Raises NotFound when no installed voice is what the request asks for."""
    return Utterance(
        text=_text(request.text),
        voice=_voice(at_most("voice", request.voice, MAX_VOICE), read_language(request.language), voices),
        speed=within("speed", request.speed or 1.0, MIN_SPEED, MAX_SPEED),
    )


def read_language(language: int) -> Language | None:
    if language not in _LANGUAGES:
        refuse("language", "must be KO, EN or unspecified")
    return _LANGUAGES[language]


def _text(text: str) -> str:
    within("text", len(text), 1, MAX_TEXT, "characters")
    if any(unicodedata.category(each) == "Cc" and each not in "\n\t\r" for each in text):
        refuse("text", "holds control characters")
    if not text.strip():
        refuse("text", "is blank")
    return text


def _voice(name: str, language: Language | None, voices: tuple[Voice, ...]) -> Voice:
    if not name and language is None:
        refuse("voice", "and language are both empty; give one of them")
    fitting = [each for each in voices if name in ("", each.id) and language in (None, each.language)]
    if not fitting:
        raise NotFound("TTS_VOICE_UNKNOWN", "no such voice is installed; ListVoices names those that are")
    return fitting[0]
