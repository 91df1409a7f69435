"""How long a silence may last before the turn is over, from how the text ends. A table, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from services.stt.listening.phrases import FILLERS, listed, plain


@dataclass(frozen=True, slots=True)
class Rule:
    """`factor` times the stage's patience is waited when the text ends as `fits` says."""

    name: str
    factor: float
    fits: Callable[[str], bool]


def ends_with_word(phrases: str) -> Callable[[str], bool]:
    """Whole words at the end of the text."""
    wanted = tuple(f" {phrase}" for phrase in listed(phrases))
    return lambda text: f" {plain(text)}".endswith(wanted)


def ends_with_letters(endings: str) -> Callable[[str], bool]:
    wanted = listed(endings)
    return lambda text: plain(text).endswith(wanted)


def any_of(*tests: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: any(fits(text) for fits in tests)


_HOLD = ends_with_word("""
    잠시만요, 잠깐만요, 잠시만, 잠깐만, 잠시만 기다려 주세요, 생각 좀 해 보겠습니다, 생각해 보겠습니다
    one moment, just a moment, one second, hold on, let me think, let me see
""")
_CONNECTIVE_ENDING = ends_with_letters("""
    는데, 은데, 인데, 던데, 텐데, 하고, 되고, 이고, 있고, 없고, 았고, 었고, 였고, 했고, 됐고, 으며, 하며, 이며
    면서, 니까, 어서, 아서, 해서, 여서, 라서, 지만, 려고, 거나, 든지, 도록, 다가, 으면, 하면, 되면, 라면, 다면
    느라, 자마자, 더니, 으로써, 뿐만 아니라
""")
_CONNECTIVE_WORD = ends_with_word("""
    그리고, 그래서, 그런데, 근데, 하지만, 그러나, 또, 또한, 왜냐하면, 예를 들어, 예를 들면, 때문에
    위해, 위해서, 통해, 통해서, 대한, 하는, 있는
    and, but, or, so, because, then, which, that, the, a, an, to, of, with, for, in, on, at, from
    if, when, while, my, our, is, was, were, are, for example, such as
""")
_QUESTION = ends_with_letters("습니까, 입니까, 합니까, 됩니까, 나요, 까요")
_TRAILING = any_of(
    ends_with_letters("는데요, 은데요, 인데요, 거든요, 고요, 구요, 서요, 니까요"),
    lambda text: text.rstrip().endswith(("..", "…")),
)
_FINAL = any_of(
    ends_with_letters("""
        니다, 세요, 어요, 아요, 해요, 예요, 에요, 네요, 군요, 지요, 죠
        았다, 었다, 했다, 였다, 한다, 이다, 겠다, 있다, 없다, 된다
    """),
    lambda text: text.rstrip().endswith((".", "?", "!", "。")),
)

RULES = (
    Rule("hold", 3.0, _HOLD),
    Rule("filler", 2.0, lambda text: plain(text).rpartition(" ")[2] in FILLERS),
    Rule("question", 0.75, _QUESTION),
    Rule("connective", 1.6, any_of(_CONNECTIVE_ENDING, _CONNECTIVE_WORD)),
    Rule("trailing", 1.2, _TRAILING),
    Rule("sentence_final", 0.75, _FINAL),
)
"""The first that fits decides. "하는데요" may go on, "했습니다" hardly, "했는데" surely does."""
PATIENCE = Rule("patience", 1.0, lambda text: True)
COMPLETE = Rule("audio_complete", 0.6, lambda text: True)
INCOMPLETE = Rule("audio_incomplete", 1.8, lambda text: True)
"""Of a model that hears from the voice whether a turn is over; it overrules all but `hold`."""
SURE_COMPLETE = 0.5


def rule_for(text: str, turn_complete: float | None = None) -> Rule:
    """`turn_complete` is the probability of such a model, None without one."""
    by_text = next((rule for rule in RULES if rule.fits(text)), PATIENCE)
    if turn_complete is None or by_text.name == "hold":
        return by_text
    return COMPLETE if turn_complete >= SURE_COMPLETE else INCOMPLETE


def ends_a_sentence(text: str, turn_complete: float | None = None) -> bool:
    """Whether less than the patience is enough: nothing more belongs to what was said."""
    return rule_for(text, turn_complete).factor < 1
