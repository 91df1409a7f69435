"""What is heard as the page shows it: one message, over the data channel and over NATS. Stores nothing."""

import time
from collections.abc import Callable, Mapping

from services.media.conversation.ports import Captions, Partial

Message = Mapping[str, object]


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


class Captioner:
    """Numbers go on from the clock, so that they rise too when another process takes a turn over."""

    def __init__(
        self,
        captions: Captions,
        interview_id: str,
        tell: Callable[[Message], None],
        clock: Callable[[], int] = _milliseconds,
    ) -> None:
        self._captions, self._interview_id, self._tell, self._clock = captions, interview_id, tell, clock
        self._index = 0

    def show(self, turn_id: str, committed: str, unstable: str = "") -> None:
        """The utterance that is being spoken; both empty takes the caption away."""
        self._index = max(self._index + 1, self._clock())
        caption: Message = {
            "type": "caption",
            "turn_id": turn_id,
            "index": self._index,
            "committed": committed,
            "unstable": unstable,
        }
        self._tell(caption)
        self._captions.publish(self._interview_id, caption)

    def hear(self, turn_id: str, heard: Partial) -> None:
        self.show(turn_id, heard.committed, heard.unstable)
