"""How many tokens of prompts fit into a step that somebody waits for. Has no clock: it is told the time."""

GROWTH, SHRINK = 1.25, 0.5  # at most, from one step to the next: a step may be slow for another's sake


class Pace:
    """Aims at steps of `goal_s` by what steps took, with `least` to `most` tokens of prompts in each."""

    def __init__(self, goal_s: float, least: int, most: int) -> None:
        self._goal_s, self._most = goal_s, most
        self._least = min(least, most)
        self._fitting = float(self._least)

    @property
    def tokens(self) -> int:
        return int(self._fitting)

    def took(self, tokens: int, seconds: float) -> None:
        """A step with so many tokens of prompts. A quick one with fewer than fit says nothing."""
        if not tokens or seconds <= 0 or (tokens < self.tokens and seconds <= self._goal_s):
            return
        fitting = tokens * self._goal_s / seconds
        fitting = min(max(fitting, self._fitting * SHRINK), self._fitting * GROWTH)
        self._fitting = min(max(fitting, self._least), self._most)
