"""Wording that shows how an answer is built: parts, figures, names and actions. Counts; never scores."""

import re
from collections.abc import Mapping

from services.session.domain.text import either

PARTS: Mapping[str, re.Pattern[str]] = {
    "situation": re.compile(
        either(
            r"당시|상황|배경|때였|있었는데|이었는데|였는데|하던\s?중|[가-힣]+에서\s?(?:일|근무|진행"
            r"|운영|인턴)",
            r"처음에는|초기에|작년|올해|지난|\d+년|\d+월|프로젝트에서|회사에서|팀에서|서비스에서|동아리에서",
            r"\b(?:at the time|back then|when (?:i|we|our)|while (?:i|we)|last year|in 20\d\d|during"
            r"|initially)\b",
            r"\b(?:at|in) (?:my|our) (?:last|previous|former|current|first)\b|\bour (?:team|service"
            r"|company) (?:was|had)\b",
        ),
        re.IGNORECASE,
    ),
    "task": re.compile(
        either(
            r"목표|과제|문제|요구|해야\s?했|필요했|역할|맡[았은아]|담당|책임|원인|기한|마감",
            r"\b(?:goal|task|problem|had to|needed to|my role|responsible|was asked|deadline"
            r"|requirement|root cause)\b",
        ),
        re.IGNORECASE,
    ),
    "action": re.compile(
        either(
            r"(?:도입|설계|구현|분석|제안|개선|적용|작성|공유|설득|조율|시도|측정|정리|추적|분리"
            r"|자동화|검토|요청|합의|교체|추가|배포"
            r"|실험|비교|인터뷰|기획|구축|점검|수정|재현|나누|만들|바꾸|고치)[가-힣]*(?:했|하였|했고"
            r"|해서|하고|었|았|였|겠)",
            r"만들었|바꿨|바꾸었|고쳤|나눴|나누었|찾았|찾아|세웠|줄였|들었|물었|옮겼|썼습|풀었",
            r"\b(?:i|we) (?:\w+ly )?(?:built|designed|wrote|proposed|measured|led|split|moved|asked"
            r"|talked|traced|found|fixed"
            r"|added|introduced|automated|reviewed|ran|set up|replaced|changed|created|implemented"
            r"|analy[sz]ed|refactored"
            r"|organi[sz]ed|presented|tested|profiled|rewrote|decided|compared|shared|listened)\b",
        ),
        re.IGNORECASE,
    ),
    "result": re.compile(
        either(
            r"결과|덕분|그\s?후|이후|마침내|결국|줄었|늘었|향상|단축|감소|증가|달성|성공|배웠|깨달"
            r"|해결(?:되|됐|했|하였)|개선됐|개선되",
            r"\b(?:as a result|result(?:ed|s)?|finally|eventually|reduced|increased|improved|dropped"
            r"|grew|cut|saved|achieved)\b",
            r"\b(?:learned|learnt|fell|rose|shipped|since then|in the end)\b|\bwent (?:from|down|up)\b",
        ),
        re.IGNORECASE,
    ),
}
"""The four parts of an answer told as a story: situation, task, action, result."""

_FIGURE = re.compile(
    r"\d+(?:[.,]\d+)*\s?(?:%|퍼센트|배|명|건|초|분|시간|일|주|개월|년|개|회|만|억|원|ms\b|x\b|[a-z]+\b)?",
    re.IGNORECASE,
)
_LATIN_NAME = re.compile(r"\b[A-Za-z][A-Za-z0-9+#.]*[A-Za-z0-9+#]\b")
_ENGLISH_NAME = re.compile(
    r"(?<![.!?] )(?<!^)\b(?!I\b|I'|The\b|And\b|But\b|So\b|We\b|It\b)[A-Z][A-Za-z0-9+#]{1,}\b"
    r"|\b[a-z]+[A-Z]\w*\b|\b[A-Z]{2,}\b"
)


def parts_of(text: str) -> frozenset[str]:
    """Which of the four parts the text has wording for."""
    return frozenset(name for name, pattern in PARTS.items() if pattern.search(text))


def figures_in(text: str) -> frozenset[str]:
    """The different figures the text gives, with their units."""
    return frozenset(match.strip() for match in _FIGURE.findall(text))


def names_in(text: str, language: str) -> frozenset[str]:
    """The different names the text gives: Latin words in Korean, capitalised ones in English."""
    pattern = _LATIN_NAME if language == "ko" else _ENGLISH_NAME
    return frozenset(match.lower() for match in pattern.findall(text))


def actions_in(text: str) -> int:
    """How many stretches tell of something done."""
    return len(PARTS["action"].findall(text))
