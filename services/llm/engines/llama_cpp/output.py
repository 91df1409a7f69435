"""From bytes of tokens to text to be shown: whole characters, no stop string, thinking apart."""

import codecs
from collections.abc import Iterable, Sequence

from services.llm.engine import Delta

THINKING = (("<think>", "</think>"), ("<thought>", "</thought>"), ("[THINK]", "[/THINK]"))


class Output:
    """The text of one generation. `thinking` = the mark that ends a thought which the prompt has opened."""

    def __init__(self, stops: Sequence[str] = (), thinking: str = "") -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._stops, self._closes = tuple(stops), thinking
        self._held = ""
        self._begun = False
        self.text = ""
        self.stopped = False

    def feed(self, data: bytes, *, last: bool = False) -> list[Delta]:
        """What can be shown now; nothing after a stop string was reached."""
        if self.stopped:
            return []
        self._held += self._decoder.decode(data, last)
        shown: list[Delta] = []
        while self._step(shown, last):
            pass
        return [delta for delta in shown if delta.text]

    def _step(self, shown: list[Delta], last: bool) -> bool:
        """One piece of what is held; whether to go on."""
        if self._closes:
            return self._think(shown, last)
        if not self._begun:
            return self._begin(last)
        place, stop = _first(self._held, self._stops)
        if stop:
            self._show(shown, place)
            self.stopped, self._held = True, ""
        else:
            self._show(shown, len(self._held) - (0 if last else _tail(self._held, self._stops)))
        return False

    def _begin(self, last: bool) -> bool:
        text = self._held.lstrip()
        for opens, closes in THINKING:
            if text.startswith(opens):
                self._held, self._closes = text[len(opens) :], closes
                return True
            if not last and opens.startswith(text):
                return False
        self._begun = True
        return True

    def _think(self, shown: list[Delta], last: bool) -> bool:
        place = self._held.find(self._closes)
        size = place if place >= 0 else len(self._held) - (0 if last else _tail(self._held, (self._closes,)))
        shown.append(Delta(self._held[:size], thinking=True))
        self._held = self._held[size:]
        if place < 0:
            return False
        self._held = self._held[len(self._closes) :].lstrip()
        self._closes, self._begun = "", True
        return True

    def _show(self, shown: list[Delta], size: int) -> None:
        shown.append(Delta(self._held[:size]))
        self.text += self._held[:size]
        self._held = self._held[size:]


def _first(text: str, stops: Iterable[str]) -> tuple[int, str]:
    found = [(place, stop) for stop in stops if (place := text.find(stop)) >= 0]
    return min(found, default=(0, ""))


def _tail(text: str, stops: Iterable[str]) -> int:
    """Length of the longest end of the text that may grow into a stop string."""
    longest = 0
    for stop in stops:
        sizes = range(min(len(stop) - 1, len(text)), longest, -1)
        longest = next((size for size in sizes if text.endswith(stop[:size])), longest)
    return longest
