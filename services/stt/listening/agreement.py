"""LocalAgreement-2: a word is settled once two hypotheses in a row have it at its place.

Liu et al. 2020, "Low-latency sequence-to-sequence speech recognition and translation by partial hypothesis
selection". Knows no audio and no time.
"""

from services.stt.listening.hypothesis import HeardWord

Words = tuple[HeardWord, ...]


class LocalAgreement:
    """`committed` only ever grows; `unstable` is the rest of the newest hypothesis."""

    def __init__(self) -> None:
        self.committed: Words = ()
        self.unstable: Words = ()

    def hear(self, words: Words) -> None:
        """A hypothesis that contradicts what is committed changes nothing."""
        if not self.allows(words):
            return
        fresh = words[len(self.committed) :]
        agreed = 0
        for before, now in zip(self.unstable, fresh, strict=False):
            if before.text != now.text:
                break
            agreed += 1
        self.committed += fresh[:agreed]
        self.unstable = fresh[agreed:]

    def allows(self, words: Words) -> bool:
        """Whether a hypothesis begins with all that is committed."""
        begins = words[: len(self.committed)]
        return [word.text for word in begins] == [word.text for word in self.committed]

    def kept(self, words: Words) -> Words:
        """A hypothesis with what is committed in the place of its first words."""
        return self.committed + words[len(self.committed) :]
