"""How many tokens of prompts fit into a step that somebody waits for. Has no clock: it is told the time.

A step is taken to cost what it costs to give so many texts a token each, and then the same for every token of
a prompt.
"""

DEARER, CHEAPER = 2.0, 0.8  # at most, from one step to the next: a step may be slow for another's sake


class Pace:
    """Aims at steps of `goal_s` by what steps took, with `least` to `most` tokens of prompts in each."""

    def __init__(self, goal_s: float, least: int, most: int) -> None:
        self._goal_s, self._least, self._most = goal_s, min(least, most), most
        self._writing_s: dict[int, float] = {}
        self._token_s = 0.0

    def tokens(self, writing: int) -> int:
        """Of prompts, beside so many texts."""
        if not self._token_s:
            return self._least
        fitting = (self._goal_s - self._pass_s(writing)) / self._token_s
        return int(min(max(fitting, self._least), self._most))

    def took(self, writing: int, tokens: int, seconds: float) -> None:
        """A step for so many texts and tokens of prompts. A quick one with fewer than fit says nothing."""
        if seconds <= 0:
            return
        if not tokens:
            before = self._writing_s.get(writing, seconds)
            self._writing_s[writing] = _towards(seconds, before)
        elif tokens >= self.tokens(writing) or seconds > self._goal_s:
            each = max(seconds - self._pass_s(writing), 0.0) / tokens
            self._token_s = _towards(each, self._token_s) if self._token_s else seconds / tokens

    def _pass_s(self, writing: int) -> float:
        """By the count nearest to it of those that are known; it grows at most as their number does."""
        if not writing or not self._writing_s:
            return 0.0
        known = min(self._writing_s, key=lambda count: abs(count - writing))
        return self._writing_s[known] * max(1.0, writing / max(known, 1))


def _towards(now: float, before: float) -> float:
    return min(max(now, before * CHEAPER), before * DEARER)
