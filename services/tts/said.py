"""What was said, to be said again without being made again. Knows no synthesiser."""

from collections import OrderedDict


class Said:
    """The sounds used last, by what made them, within a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._sounds: OrderedDict[tuple[str, float, str], tuple[bytes, int]] = OrderedDict()

    def get(self, key: tuple[str, float, str]) -> tuple[bytes, int] | None:
        if key in self._sounds:
            self._sounds.move_to_end(key)
        return self._sounds.get(key)

    def keep(self, key: tuple[str, float, str], sound: tuple[bytes, int]) -> None:
        if key in self._sounds:  # two callers made it at once
            return
        self._sounds[key] = sound
        self._left -= len(sound[0])
        while self._left < 0:
            _, (pcm, _) = self._sounds.popitem(last=False)
            self._left += len(pcm)
