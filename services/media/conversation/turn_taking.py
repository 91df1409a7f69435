"""Who has the floor in one turn, decided in audio time from what was heard. Knows no clock and no server."""

import re

from services.media.conversation.ports import SAMPLE_RATE_HZ, Partial, Utterance

BARGE_IN_MS = 300
_MARKS = re.compile(r"[^\w\s]|_")
_BACKCHANNELS = """
    네 네네 넵 예 예예 응 음 음음 어 아 오 흠 그렇군요 그렇죠 그쵸 맞아요 알겠습니다
    yes yeah yep yup mm mmm mhm hmm uh um uhhuh huh ok okay right sure
"""
_LISTENING = frozenset(_BACKCHANNELS.split())


def is_backchannel(text: str) -> bool:
    """Sounds of listening and thinking, and nothing else: they take no floor and are no answer."""
    return all(word in _LISTENING for word in _MARKS.sub("", text).lower().split())


class TurnTaking:
    """`answered`: something was said in this turn before, maybe to another process."""

    def __init__(self, *, answered: bool = False) -> None:
        self._answered = answered
        self._speech_from: int | None = None

    def started(self, at: int) -> None:
        self._speech_from = at

    def interrupted(self) -> None:
        """Another stream begins: it tells anew when somebody speaks."""
        self._speech_from = None

    def resumed(self) -> None:
        """Whoever was away ends the turn by silence only once something is said again."""
        self._answered = False

    def takes_floor(self, heard: Partial) -> bool:
        """Whether whoever is heard so far means to speak, and the interviewer has to stop."""
        if self._speech_from is None or is_backchannel(heard.text):
            return False
        return heard.decoded_to - self._speech_from > BARGE_IN_MS * SAMPLE_RATE_HZ // 1000

    def said(self, utterance: Utterance, *, voice_plays: bool) -> bool:
        """Whether it belongs to the answer: sounds of listening to the interviewer's voice do not."""
        self._speech_from = None
        backchannel = is_backchannel(utterance.text)
        self._answered = self._answered or not backchannel
        return not (backchannel and voice_plays) and bool(utterance.text)

    def may_end(self, *, voice_plays: bool) -> bool:
        """Whether an end of turn ends this one."""
        return self._answered and not voice_plays
