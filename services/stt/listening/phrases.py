"""Words that listening treats apart, Korean and English; data only."""

import re


def listed(text: str) -> tuple[str, ...]:
    """Phrases between commas or on lines of their own."""
    return tuple(part.strip() for part in re.split("[,\n]", text) if part.strip())


FILLERS = listed("""
    음, 어, 그, 저, 아, 에, 흠, 음음, 그게, 저기, 뭐랄까, 그러니까, 뭐지
    um, uh, uhm, umm, er, erm, hmm, mm
""")
"""Counted when they stand alone, and a sign that more will come when they stand last."""

PHANTOMS = listed("""
    시청해주셔서 감사합니다, 시청해 주셔서 감사합니다, 오늘도 시청해주셔서 감사합니다
    구독과 좋아요 부탁드립니다, 구독 좋아요 부탁드립니다, 구독과 좋아요
    다음 영상에서 만나요, 다음 시간에 만나요
    영상편집 및 자막, 자막 제공, 한글자막 by 한효정, mbc 뉴스, mbc 뉴스 이덕영입니다, 감사합니다
    thank you for watching, thanks for watching, please subscribe, thank you, you, bye
    subtitles by the amaraorg community
""")
"""What Whisper says about silence and music: captions of films it was trained on."""

_MARKS = re.compile(r"[^\w\s]|_")


def plain(text: str) -> str:
    """Lower case without punctuation, single spaces: what the lists above hold."""
    return " ".join(_MARKS.sub("", text).lower().split())


def fillers_in(text: str) -> int:
    return sum(word in FILLERS for word in plain(text).split())
