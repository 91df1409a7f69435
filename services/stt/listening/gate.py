"""When somebody speaks, from the voice probability of each window. Knows no model and no audio."""

from dataclasses import dataclass, field

WINDOW = 512
"""Samples per probability: 32 ms."""
ON = 0.5
OFF = 0.35
WINDOWS_TO_START = 3


def is_voiced(probability: float) -> bool:
    return probability >= OFF


@dataclass
class VoiceGate:
    """Opens after three windows in a row of at least ON; `rest` shuts it."""

    is_open: bool = field(default=False, init=False)
    quiet_windows: int = field(default=0, init=False)
    """Windows below OFF at the end of what was heard, while open."""
    _rising: int = field(default=0, init=False)

    def hear(self, probability: float) -> None:
        if self.is_open:
            self.quiet_windows = 0 if is_voiced(probability) else self.quiet_windows + 1
            return
        self._rising = self._rising + 1 if probability >= ON else 0
        if self._rising == WINDOWS_TO_START:
            self.is_open = True
            self.quiet_windows = 0

    def rest(self) -> None:
        self.is_open = False
        self._rising = self.quiet_windows = 0
