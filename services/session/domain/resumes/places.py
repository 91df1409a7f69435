"""Finds employers and roles in an experience section. Knows nothing of how the work went."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.session.domain.resumes.lexicon import PhraseWords
from services.session.domain.resumes.lines import DATE, RANGE, fields, is_bullet, is_sentence, without_dates

_SCHOOL = re.compile(r"(?:대학교|대학원|고등학교|학교)$|\b(?:University|College|School)\b")
_MAX_NAME_CHARS = 30
# Words that stand between an employer and the role ("네이버 시니어 백엔드 개발자").
_MODIFIER = re.compile(
    r"^(?:백엔드|프론트엔드|프런트엔드|풀스택|서버|클라이언트|소프트웨어|시스템|데이터|시니어|주니어|선임|책임|수석|전임|모바일|안드로이드|"
    r"웹|앱|게임|보안|인프라|클라우드|플랫폼|서비스|제품|프로덕트|UX|UI|UI/UX|iOS|QA|AI|ML|IT|마케팅|퍼포먼스|콘텐츠|브랜드|해외|국내|기술|영업|"
    r"인사|재무|회계|품질|생산|구매|물류|연구|하계|동계|체험형|신입|경력|머신러닝|데브옵스|DevOps|Backend|Frontend)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A job held; either part may be empty."""

    employer: str
    role: str


def find_places(text: str, words: PhraseWords) -> Iterator[Place]:
    """Jobs in the order of the text: lines with a period, and what stands directly above or below one."""
    lines = [re.sub(r"^\d{1,2}[.)]\s+", "", line) for line in text.split("\n")]
    dated = [at for at, line in enumerate(lines) if _dated(line)]
    # A section that opens with a bare period names the employer under each period, else above it.
    below_first = bool(dated) and not any(_heads(line) for line in lines[max(0, dated[0] - 1) : dated[0]])
    steps = (1, -1) if below_first else (-1, 1)
    for at in dated:
        here = read_place(without_dates(lines[at]), words)
        near = [
            read_place(lines[at + step], words)
            for step in steps
            if 0 <= at + step < len(lines) and _heads(lines[at + step])
        ]
        employer = here.employer or next((place.employer for place in near if place.employer), "")
        role = here.role or next((place.role for place in near if place.role), "")
        if employer or role:
            yield Place(employer, role)


def read_place(line: str, words: PhraseWords) -> Place:
    """Sorts the parts of a heading line into employer and role."""
    parts = [part for raw in fields(_opened(line)) for part in re.split(r"\s(?:at|@)\s", raw)]
    roles = [part for part in parts if is_role(part, words) and not _is_only_company(part, words)]
    bare = [_without_department(part, words) for part in parts if part not in roles]
    names = [part for part in bare if _may_name(part, words)]
    companies = [part for part in names if _is_company(part, words)] or names
    if not companies and roles:
        return _split_joint(roles, words)
    return Place(_clean(companies[0], words) if companies else "", roles[0] if roles else "")


def is_role(text: str, words: PhraseWords) -> bool:
    return text.casefold().endswith(words.roles) and len(text.split()) <= 5 and not is_sentence(text)


def _dated(line: str) -> bool:
    if is_sentence(line):
        return False
    # A bullet with a period is a deed, unless it stands like a heading ("• 2020.01 ~ 2021.03 네이버").
    return (bool(RANGE.search(line)) and not (is_bullet(line) and len(line) > 60)) or bool(DATE.match(line))


def _heads(line: str) -> bool:
    return (
        bool(line)
        and not is_bullet(line)
        and not is_sentence(line)
        and not RANGE.search(line)
        and len(line) <= 60
    )


def _opened(line: str) -> str:
    """Brackets around a role or a department become a separator; those of (주) stay."""
    return re.sub(r"\((?!주\)|유\)|재\)|사\))([^)]*)\)", r" | \1", line)


def _split_joint(roles: list[str], words: PhraseWords) -> Place:
    """`네이버 백엔드 개발자` -> employer 네이버, role 백엔드 개발자."""
    tokens = roles[0].split()
    at = len(tokens) - 1
    while at > 0 and (_MODIFIER.match(tokens[at - 1]) or is_role(tokens[at - 1], words)):
        at -= 1
    if at == 0:
        return Place("", roles[0])
    employer = _without_department(" ".join(tokens[:at]), words)
    is_name = len(employer) > 1 and _may_name(employer, words) and not re.fullmatch("[a-z ]+", employer)
    english = re.fullmatch(r"[\x00-\x7f]+", roles[0]) and not _is_company(employer, words)
    return (
        Place(_clean(employer, words), " ".join(tokens[at:]))
        if is_name and not english
        else Place("", roles[0])
    )


def _may_name(part: str, words: PhraseWords) -> bool:
    low = part.casefold()
    return (
        1 < len(part) <= _MAX_NAME_CHARS
        and low not in words.not_names
        and low not in words.detail_labels
        and not low.endswith(words.departments)
        and not _SCHOOL.search(part)
        and not is_sentence(part)
        and bool(re.search(r"[^\W\d_]", part))
        and len(part.split()) <= 5
    )


def _is_company(part: str, words: PhraseWords) -> bool:
    low = part.casefold()
    return low.startswith(words.company_prefixes) or any(
        low.endswith(suffix if re.match("[가-힣(㈜]", suffix) else f" {suffix}")
        for suffix in words.company_suffixes
    )


def _is_only_company(part: str, words: PhraseWords) -> bool:
    """`(주)대한물산 회계팀 대리` names a role as well; `한국전자연구원` does not."""
    return _is_company(part, words) and not (part.startswith(words.company_prefixes) and " " in part)


def _without_department(name: str, words: PhraseWords) -> str:
    """`네이버 플랫폼개발팀` -> `네이버`."""
    tokens = name.split()
    while len(tokens) > 1 and tokens[-1].casefold().endswith(words.departments):
        tokens.pop()
    return " ".join(tokens)


def _clean(name: str, words: PhraseWords) -> str:
    """The name as one says it: without (주), 주식회사."""
    for mark in words.company_prefixes:
        name = name.removeprefix(mark).removesuffix(mark).strip()
    return name.strip(" -–—:·|,")
