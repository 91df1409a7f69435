"""What single lines of a résumé are made of: dates, figures, fields, bullets. Knows no sections."""

import re

BULLET = re.compile(r"^\s*(?:[-–—•·▪■□◦○●*>→▶]|\(?\d{1,2}[.)](?=\s))\s*")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = (
    rf"(?:(?:{_MONTH}\s)?(?:19|20)\d{{2}}(?:\s?[.\-/년]\s?(?:1[0-2]|0?[1-9])"
    rf"(?:\s?[.\-/월]\s?\d{{1,2}}(?:일)?)?\s?월?\.?)?년?|\d{{2}}\.\d{{2}}(?:\.\d{{2}})?)"
)
_NOW = r"(?:현재|재직\s?중|재직중|진행\s?중|[Pp]resent|[Nn]ow|[Cc]urrent)"
RANGE = re.compile(rf"[(\[]?\s*{_DATE}\s*(?:~|-|–|—|to|〜)\s*(?:{_DATE}|{_NOW})?\s*[)\]]?")
DATE = re.compile(rf"[(\[]?\s*(?<!\d){_DATE}(?!\d)\s*[)\]]?")
DURATION = re.compile(
    r"[(\[]?\s*(?:총\s*)?(?:\d+\s?년\s*)?\d+\s?(?:개월|년|months?|years?|yrs?|mos?)(?:\s?차)?\s*[)\]]?",
    re.IGNORECASE,
)

_UNIT = (
    r"%p?|퍼센트|배|명|건|개사|개국|여\s?(?:명|건|개)|개|억|만|천|원|시간|분|초|일|회|위|점|등|대|종|곳|팀|"
    r"ms|s\b|sec|GB|TB|MB|TPS|QPS|RPS|ppm|x\b|K\b|M\b|percent|times|fold|hours?|minutes?|seconds?|days?|weeks?|"
    r"users?|customers?|clients?|people|engineers?|members?|requests?|services?|stores?|countries|million|billion"
)
FIGURE = re.compile(
    rf"(?:(?<![\w.])[$₩€£]\s?\d[\d,.]*\s?(?:[KMB]|million|billion)?|(?<![A-Za-z\d.])\d[\d,]*(?:\.\d+)?\s?(?:{_UNIT}))"
)
_YEARLIKE = re.compile(r"^(?:19|20)\d{2}\s?(?:년|등|대|일)?$")

CONTACT = re.compile(
    r"@|https?:|www\.|(?:github|linkedin|velog|gitlab)\.(?:com|io)|\d{2,4}-\d{3,4}-\d{4}|\d{6}\s?-\s?\d|생년월일|주민등록"
)
_SENTENCE_END = re.compile(
    r"(?:니다|니까|어요|아요|해요|예요|[했었았였]다|한다|이다|된다)[.!]?$|[가-힣a-z]\.$"
)
_ABBREVIATION = re.compile(r"\b(?:Inc|Corp|Co|Ltd|LLC|etc|Jr|Sr)\.$", re.IGNORECASE)


def figures(text: str) -> list[re.Match[str]]:
    """Numbers with a unit or a currency; years and dates are none."""
    return [match for match in FIGURE.finditer(text) if not _YEARLIKE.match(match[0])]


def unbulleted(line: str) -> str:
    return BULLET.sub("", line).strip()


def is_bullet(line: str) -> bool:
    return bool(BULLET.match(line))


def is_sentence(line: str) -> bool:
    return bool(_SENTENCE_END.search(line)) and not _ABBREVIATION.search(line)


def without_dates(line: str) -> str:
    """The line without periods, dates and durations, and without the brackets they leave empty."""
    for pattern in (RANGE, DATE, DURATION):
        line = pattern.sub(" ", line)
    line = re.sub(r"[(\[]\s*[,/|·~\-]*\s*[)\]]", " ", line)
    return re.sub(r"\s{2,}", " ", line).strip(" ,/|·~-–—:")


def fields(line: str) -> list[str]:
    """The parts of a heading line: `A사 | 백엔드 개발자` -> [A사, 백엔드 개발자]."""
    return [part for raw in re.split(r"\s*[|,，/·•\t]\s*|\s[-–—]\s", line) if (part := raw.strip(" -–—:|~"))]
