"""The port of a model that hears from the voice whether a turn is over. Optional; knows no model."""

from typing import Protocol

from services.stt.listening.audio import Samples


class TurnModel(Protocol):
    def completeness(self, samples: Samples) -> float:
        """Probability that the speaker has finished, from the end of the audio; called by any thread."""
        ...
