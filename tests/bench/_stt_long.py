"""What long speech without an endpoint costs: one stream in audio time, a recogniser that errs in nothing.

The trained model understands one sentence at a time, so here the text is known beforehand, and only the cost
is a model's: every task is encoded and decoded at its length by one with random weights. Knows no server.
"""

import time
from pathlib import Path

from services.stt.engine import SAMPLE_RATE_HZ, Language, Speech, StreamOptions
from services.stt.engines.ctranslate2.decoder import Context
from services.stt.engines.ctranslate2.voice import VoiceModel
from services.stt.engines.ctranslate2.whisper import ModelOptions, Whisper
from services.stt.listening.hypothesis import HeardWord, Hypothesis, Task
from services.stt.listening.listener import Listener, Tuning
from tests.bench._stt_server import real_tokens
from tests.bench._stt_speech import Script

PIECE_BYTES = 640
# The last word is not heard yet when this little of the audio follows it.
HEARD_AFTER_S = 0.1


class Omniscient:
    def __init__(self, script: Script, costly: Path) -> None:
        ends = [pair for each in script.said for pair in zip(each.ends_s, each.words, strict=True)]
        self._words = [(round(end * SAMPLE_RATE_HZ), word) for end, word in ends]
        self._whisper = Whisper(ModelOptions(costly, "cpu", threads=1))
        self.cpu_s = 0.0

    def decode(self, task: Task) -> Hypothesis:
        until = task.end - round(HEARD_AFTER_S * SAMPLE_RATE_HZ)
        said = tuple(HeardWord(word) for end, word in self._words if task.start < end <= until)
        answer = Hypothesis(said, -0.1)
        begun = time.process_time()
        features = self._whisper.features(task.samples)
        encoded = self._whisper.encode(features, Context().frames(features.shape[1], task.urgency))
        before = range(1, real_tokens(task.prompt) + 1)
        prompt = self._whisper.prompt(Language.KOREAN, (), before)
        self._whisper.generate_exactly(encoded, prompt, real_tokens(answer.text) + 1)
        self.cpu_s += time.process_time() - begun
        return answer


def cpu_s_per_audio_s(script: Script, costly: Path, tuning: Tuning) -> float:
    recogniser = Omniscient(script, costly)
    options = StreamOptions(Speech(Language.KOREAN), patience_ms=800)
    listener = Listener(options, VoiceModel().follow(), tuning)
    for at in range(0, len(script.pcm), PIECE_BYTES):
        listener.hear(script.pcm[at : at + PIECE_BYTES])
        while listener.urgency is not None:
            listener.answer(recogniser.decode(listener.next_task()))
    return recogniser.cpu_s / script.seconds
