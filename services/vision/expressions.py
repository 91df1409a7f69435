"""Which expression a face shows, by a stated table. Computed only for a company that asked for it.

An expression is not a feeling: faces show the same movements for many reasons (Barrett et al. 2019,
"Emotional Expressions Reconsidered", Psychological Science in the Public Interest 20:1).
"""

from collections.abc import Mapping

NEUTRAL = "neutral"

# Action units as EMFACS combines them (Ekman & Friesen 1983), each by the blendshapes that move with it:
# 1 browInnerUp, 2 browOuterUp, 4 browDown, 5 eyeWide, 9 noseSneer, 12 mouthSmile, 15 mouthFrown,
# 20 mouthStretch, 24 mouthPress, 26 jawOpen.
TABLE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "happy": (("mouthSmileLeft", "mouthSmileRight"),),
    "sad": (("browInnerUp",), ("mouthFrownLeft", "mouthFrownRight")),
    "surprised": (
        ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
        ("eyeWideLeft", "eyeWideRight"),
        ("jawOpen",),
    ),
    "angry": (("browDownLeft", "browDownRight"), ("mouthPressLeft", "mouthPressRight")),
    "disgusted": (("noseSneerLeft", "noseSneerRight"),),
    "afraid": (
        ("browInnerUp",),
        ("eyeWideLeft", "eyeWideRight"),
        ("mouthStretchLeft", "mouthStretchRight"),
    ),
}


def dominant(blendshapes: Mapping[str, float]) -> tuple[str, float]:
    """The strongest expression and its strength, 0 to 1; neutral with what the strongest leaves over."""
    found = {name: _strength(units, blendshapes) for name, units in TABLE.items()}
    strongest = max(found, key=found.__getitem__)
    left = 1.0 - found[strongest]
    return (strongest, found[strongest]) if found[strongest] > left else (NEUTRAL, left)


def _strength(units: tuple[tuple[str, ...], ...], blendshapes: Mapping[str, float]) -> float:
    """The weakest of its action units: an expression is there when all of it is."""
    return min(
        min(1.0, max(0.0, sum(blendshapes.get(name, 0.0) for name in unit) / len(unit))) for unit in units
    )
