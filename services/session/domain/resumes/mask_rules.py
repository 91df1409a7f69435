"""The patterns of blind mode, built once from its word lists. Knows no text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

Lists = Mapping[str, list[str]]


class Kind(StrEnum):
    NAME = "name"
    SCHOOL = "school"
    AGE = "age"
    ID_NUMBER = "id_number"
    GENDER = "gender"
    REGION = "region"
    CONTACT = "contact"
    LINK = "link"
    MARITAL = "marital"
    FAMILY = "family"


@dataclass(frozen=True)
class MaskRules:
    """`placeholders` by language. A pattern hides its group `it`, or the whole match where it has none."""

    placeholders: Mapping[str, Mapping[Kind, str]]
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...]
    not_names: tuple[str, ...]
    common_given_names: frozenset[str]
    double_surnames: tuple[str, ...]


def mask_rules(
    placeholders: Mapping[str, Mapping[str, str]], labels: Lists, surnames: str, lists: Lists
) -> MaskRules:
    """Raises ValueError when a placeholder is missing or a kind does not exist."""
    table = {lang: {Kind(kind): text for kind, text in words.items()} for lang, words in placeholders.items()}
    if any(set(words) != set(Kind) for words in table.values()):
        raise ValueError("every language needs one placeholder for each kind")
    sources = [
        *_labelled(labels),
        *_names(surnames, lists),
        *_schools(lists),
        *_ages(),
        *_genders(lists),
        *_regions(lists),
        *_contacts(),
        *_families(lists),
    ]
    return MaskRules(
        table,
        tuple((kind, re.compile(pattern, re.MULTILINE)) for kind, pattern in sources),
        tuple(lists["not_names"]),
        frozenset(lists["common_given_names"]),
        tuple(lists["double_surnames"]),
    )


Source = tuple[Kind, str]
_CELL = r"(?:^|[|,;/(]\s*|[•*\-■□▪○●]\s*)"
_REST = r"[^\n|]*[^\n|\s]"
# What a label's value looks like, so that "mobile: React Native" or "address: 10.0.0.1" is left alone.
_VALUES: Mapping[Kind, str] = {
    Kind.NAME: (
        r"(?:[가-힣]\s[가-힣]\s[가-힣](?![가-힣])|[가-힣]{1,2}\s?[가-힣]{1,3}|[A-Z][A-Za-z'\-]+"
        r"(?:[ ,]+[A-Z][A-Za-z'.\-]*){0,3})(?:\s*\([^)\n]*\))?"
    ),
    Kind.SCHOOL: rf"(?!(?:전공|기간|학과|학위|졸업|구분|소재지)\b){_REST}",
    Kind.AGE: r"[^\n|]*?\d[^\n|]*[^\n|\s]|\d{1,2}",
    Kind.ID_NUMBER: r"[A-Z]{0,2}\d[\d\-*●xX ]{4,}",
    Kind.GENDER: (
        r"(?:[남여](?:성|자)?|[Mm]ale|[Ff]emale|[MF])(?![A-Za-z가-힣])|[^\n|]*(?:필|복무|전역|면제"
        r"|해당\s?없음|제대|병)[^\n|]*"
    ),
    Kind.REGION: rf"(?!\d+\.\d|https?:|[a-z0x]|:){_REST}",
    Kind.CONTACT: r"[^\n|]*?(?:\d[\d\-.) ]{6,}\d|\S+@\S+)|(?<=[톡k]: )[\w.\-]+",
    Kind.LINK: r"@?[a-z0-9][\w@./\-]*[\w/]|https?://\S+",
    Kind.MARITAL: _REST,
    Kind.FAMILY: _REST,
}


def _labelled(labels: Lists) -> Iterator[Source]:
    for name, words in labels.items():
        kind = Kind(name)
        label = "|".join(_spaced(word) for word in sorted(words, key=len, reverse=True))
        yield (
            kind,
            rf"{_CELL}(?:(?i:{label}))\s?(?:\([^)\n]*\)\s?)?(?::|：|\|)\s*(?P<it>(?!\s)(?:{_VALUES[kind]}))",
        )


def _spaced(word: str) -> str:
    """A label as people set it: `성 명`, `이  름`."""
    return r"\s{0,3}".join(word) if re.fullmatch("[가-힣]{2,4}", word) else re.escape(word)


def _names(surnames: str, lists: Lists) -> Iterator[Source]:
    one = rf"(?:{'|'.join(lists['double_surnames'])}|[{surnames}])"
    frequent = rf"(?:{'|'.join(lists['double_surnames'])}|[{surnames[:60]}])"
    full, likely = rf"{one}[가-힣]{{2}}", rf"{frequent}[가-힣]{{2}}"
    trade = (
        r"(?:개발자|엔지니어|디자이너|기획자|마케터|지원자|매니저|연구원|신입사원|영업사원|간호사"
        r"|회계사|교사|강사|변호사|상담사|약사|수험번호\s?\d+)"
    )
    said = r"(?:입니다|이라고|라고\s?(?:합니다|해요|하고)|이고|이며|예요|이에요)"
    contact = r"(?=[\s\S]{0,400}?(?:@|\d{3,4}-\d{4}))"
    yield Kind.NAME, rf"^(?:이름|성명|성\s명|이\s름)\s+(?P<it>{one}[가-힣]{{1,3}})(?![가-힣])"
    yield (
        Kind.NAME,
        rf"(?:제\s?이름은|저의\s이름은|^이름은|[.!?]\s이름은|성함은)\s*(?P<it>{one}[가-힣]{{1,3}}?)(?={said}|[.,\s]|$)",
    )
    yield (
        Kind.NAME,
        rf"(?:저는|전|나는|저의?\s이름은|안녕하세요|안녕하십니까)[,.!]?\s*(?:저는\s*)?(?P<it>{likely})(?={said})",
    )
    yield Kind.NAME, rf"{trade}\s(?P<it>{likely})(?={said}|[,.\n(]|$)"
    yield Kind.NAME, rf"\A(?P<it>{frequent}[가-힣](?![화법론력적율률])[가-힣])(?=입니다|이라고\s?합니다)"
    yield Kind.NAME, rf"(?<![가-힣])(?P<it>{full})(?=\s?(?:드림|올림|배상)(?![가-힣]))"
    yield (
        Kind.NAME,
        rf"(?<![가-힣])(?P<it>{full})(?=[ _]?(?:의\s)?(?:이력서|자기소개서|경력기술서|입사지원서))",
    )
    yield Kind.NAME, rf"(?:이력서|자기소개서|경력기술서|지원서)\s?[-_|:]\s?(?P<it>{full})(?![가-힣])"
    spaced_full = rf"{one}\s?[가-힣]\s?[가-힣]"
    yield Kind.NAME, rf"\A(?P<it>{spaced_full})(?=\s*(?:$|[|(/]|[A-Z])){contact}"
    title = "|".join(lists["english_titles"])
    person = rf"(?!(?:{title})\b)[A-Z][a-z]+(?:[ \-](?!(?:{title})\b)[A-Z][A-Za-z\-]+){{1,2}}"
    yield Kind.NAME, r"(?i:my name is|name's)\s+(?P<it>[A-Z][a-z]+(?:[ \-][A-Z][A-Za-z\-]+){0,2})"
    yield (
        Kind.NAME,
        (
            rf"(?:\bI am|\bI'm|\bI’m|[Tt]his is)\s+(?P<it>{person})(?=[,.\n!]|\s(?:and|from|speaking"
            rf"|applying)|$)"
        ),
    )
    loud = rf"(?!(?i:{title})\b)[A-Z][A-Za-z\-]+(?:\s[A-Z]\.)?(?:\s(?!(?i:{title})\b)[A-Z][A-Za-z\-]+){{1,2}}"
    yield Kind.NAME, rf"\A(?P<it>{loud})(?=\s*(?:$|[|,(])){contact}"


_AFTER_SCHOOL = (
    r"(?=$|[^가-힣]|(?:은|는|이|가|을|를|의|에|에서|와|과|도|로|으로|출신|졸업|재학|컴퓨터"
    r"|경영|공과|부속)(?![가-힣]{4}))"
)


def _schools(lists: Lists) -> Iterator[Source]:
    kinds = "|".join(sorted(lists["school_kinds"], key=len, reverse=True))
    known = "|".join(sorted(lists["universities"], key=len, reverse=True))
    names = "|".join(re.escape(name) for name in lists["school_names"])
    tail = r"(?:대학교|대학원|고등학교|중학교|초등학교|과학고|외국어고|외고|여고)"
    yield (
        Kind.SCHOOL,
        rf"(?<![가-힣])(?!(?:{kinds})(?:{tail}|대학))[가-힣]{{2,10}}?{tail}(?:\s?(?:대학원|[가-힣]{{2}}캠퍼스))?{_AFTER_SCHOOL}",
    )
    yield Kind.SCHOOL, rf"(?<![가-힣])(?:{known})(?:대학교|대){_AFTER_SCHOOL}"
    yield (
        Kind.SCHOOL,
        rf"(?<![A-Za-z가-힣])(?:{names})(?![A-Za-z])(?:\s(?:University|College))?(?!\s(?:[Ll]icen[cs]e|라이[선센]스))",
    )
    word = r"[A-Z][A-Za-z.&'\-]+"
    of = rf"(?:University|College|Institute|School|Academy) of (?:{word}(?: and)? ?){{1,4}}"
    yield Kind.SCHOOL, rf"\b(?:the )?{of}\b(?:,\s[A-Z][a-z]+)?"
    yield (
        Kind.SCHOOL,
        (
            rf"\b(?:(?!(?:The|At|In|From|My|A|An|Our|This|Every|Each)\b){word} ){{1,4}}(?:University"
            rf"|College|High School|Institute of (?:Science and )?Technology|Polytechnic)\b"
        ),
    )


def _ages() -> Iterator[Source]:
    date = r"(?:19|20)\d{2}\s?[.\-/년]\s?\d{1,2}\s?[.\-/월]\s?\d{1,2}\s?[.일]?"
    native = r"(?:열|스물|서른|마흔|쉰|예순)(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉)?\s?살"
    born = r"(?:19[4-9]\d|200\d|201[0-2])"
    yield (
        Kind.AGE,
        r"(?<![\d.,A-Za-z가-힣])(?:만\s?)?[1-7]\d\s?(?:세|살)(?=$|[^가-힣A-Za-z]|(?:의|에|이|인|로|때|가|라|입니다)(?![가-힣]{3}))",
    )
    yield Kind.AGE, native
    yield Kind.AGE, rf"(?<!\d)(?:{born}|[4-9]\d)\s?년\s?생|{date}\s?(?:출?생(?!산|성|애))"
    yield (
        Kind.AGE,
        rf"{date}(?=\s?(?:[|,/(]\s?)?(?:[남여](?:성|자)?)(?![가-힣]))|{born}\.\d{{1,2}}\.\d{{1,2}}(?=\s?\((?:만\s?)?\d{{2}}세)",
    )
    yield Kind.AGE, r"(?:[2-6]0대|[이삼사오육]십\s?대)\s?(?:초반|중반|후반)"
    yield Kind.AGE, rf"^(?:생년월일|생일|나이|연령)\s+(?P<it>(?:{date}|\d[^\n|]*))"
    yield (
        Kind.AGE,
        (
            r"\b(?i:(?:[1-7]\d|twenty|thirty|forty|fifty)(?:[ -](?:one|two|three|four|five|six|seven"
            r"|eight|nine))?[ -]years?[ -]old)\b"
        ),
    )
    yield Kind.AGE, rf"\b(?i:born (?:in|on)) (?P<it>(?:[A-Z][a-z]+ (?:\d{{1,2}}, )?)?{born})\b"
    yield (
        Kind.ID_NUMBER,
        r"(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\s?-\s?[0-9](?:\d{6}|[*●xX]{6})(?!\d)",
    )


def _genders(lists: Lists) -> Iterator[Source]:
    people, military = "|".join(lists["gender_people"]), "|".join(lists["military"])
    word = r"(?:남성|여성|남자|여자)"
    yield Kind.GENDER, rf"(?<![가-힣]){word}(?=\s?(?:{people})(?:$|[^가-힣]|[으로이가는은을를입]))"
    yield (
        Kind.GENDER,
        rf"(?:저는|제가|나는)\s(?:[^.\n]{{0,12}}\s)?(?P<it>{word})(?=입니다|이고|이며|으로서|로서|라서|이라)",
    )
    yield Kind.GENDER, r"(?:\d[.\-/ )|,(]|[(/|])\s?(?P<it>[남여](?:성|자)?)(?=\s*(?:$|[|,)/]))"
    yield Kind.GENDER, rf"(?<![가-힣A-Za-z])(?:{military})(?=$|[^가-힣A-Za-z]|[가-힣]{{1,4}}(?![가-힣]))"
    yield Kind.GENDER, r"\b(?i:(?:as|I am|I'm) an? (?P<it>(?:woman|man|female|male|mother|father))\b)"
    yield Kind.GENDER, r"^(?:성별|Gender|Sex)\s+(?P<it>[남여](?:성|자)?|[Mm]ale|[Ff]emale)(?![가-힣A-Za-z])"


def _regions(lists: Lists) -> Iterator[Source]:
    names = "|".join(sorted(lists["regions"], key=len, reverse=True))
    region = rf"(?:{names})(?:특별자치시|특별자치도|특별시|광역시|시|도)?"
    part = r"[가-힣]{1,5}(?:시|군|구|읍|면)"
    street = r"[가-힣0-9]{1,12}(?:로|길|동|가|리)(?:\s?\d+(?:-\d+)?(?:번길|번지|길)?(?:\s?\d+(?:-\d+)?)?)?"
    yield (
        Kind.REGION,
        rf"(?<![가-힣]){region}\s{part}(?:\s{part})*(?:\s{street}(?![가-힣]))?(?:,?\s?\d+동\s?\d+호|\s\d+호)?(?![가-힣])",
    )
    lived = (
        r"(?:출신|태생|토박이|사람|에서\s?(?:태어|자라|자랐|컸|나고|나서|성장|살)|에\s?(?:거주|살)"
        r"|거주|이\s?고향|가\s?고향)"
    )
    yield Kind.REGION, rf"(?<![가-힣A-Za-z])(?P<it>{region})(?=\s?{lived})"
    yield Kind.REGION, r"고향(?:은|인|이)\s?(?P<it>[가-힣]{2,8}?)(?=입니다|이고|이며|에서|\s|$)"
    city = r"[A-Z][a-z]+(?:,? [A-Z][a-z]+)?"
    yield (
        Kind.REGION,
        (
            rf"\b(?:[Bb]orn|[Gg]rew up|[Rr]aised|[Ll]ive|[Ll]iving|[Rr]eside|[Rr]esiding) (?:and "
            rf"raised )?in (?P<it>{city})\b"
        ),
    )
    yield Kind.REGION, rf"\b(?:I am|I'm|I come|I’m|originally) from (?P<it>{city})\b"


def _contacts() -> Iterator[Source]:
    yield Kind.CONTACT, r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,4}\.[A-Za-z]{2,24}"
    yield (
        Kind.CONTACT,
        r"(?<![\d.\-])(?:\+?82[\-. )]{0,2}|\(?0)1[016789]\)?[\-. ]{0,2}\d{3,4}[\-. ]?\d{4}(?![\d\-])",
    )
    yield (
        Kind.CONTACT,
        r"(?<![\d.\-])(?:\+82[\-. ]?|\(?0)(?:2|[3-6]\d|70)\)?[\-. ]\d{3,4}[\-. ]\d{4}(?![\d\-])",
    )
    yield (
        Kind.CONTACT,
        (
            r"(?<![\d.\-])\+\d{1,3}[\-. ]\(?\d{1,4}\)?(?:[\-. ]\d{2,4}){2,4}(?![\d\-])|"
            r"(?<![\d.\-])\(\d{3}\)\s?\d{3}-\d{4}(?!\d)"
        ),
    )
    digit = r"[공영일이삼사오육칠팔구]"
    yield (
        Kind.CONTACT,
        rf"(?<![가-힣])[공영]일[공영일][\s,\-]*(?:{digit}[\s,\-]?){{3,4}}[\s,\-]*(?:{digit}[\s,\-]?){{3}}{digit}",
    )
    yield Kind.LINK, r"(?:https?://|www\.)[^\s|<>\"')\]]+"
    hosts = (
        r"(?:github\.com|gitlab\.com|linkedin\.com|velog\.io|medium\.com|instagram\.com"
        r"|facebook\.com|twitter\.com|x\.com|blog\.naver\.com|brunch\.co\.kr|behance\.net"
        r"|dribbble\.com|kaggle\.com|notion\.so)"
    )
    yield (
        Kind.LINK,
        rf"(?<![\w.@/]){hosts}/[^\s|<>\"')\],]+|(?<![\w.@/\-])[\w\-]{{1,63}}\."
        r"(?:tistory\.com|github\.io|notion\.site|netlify\.app|vercel\.app)(?:/[^\s|)\],]*)?",
    )


def _families(lists: Lists) -> Iterator[Source]:
    marital, jobs = _any(lists["marital"]), _any(lists["jobs"])
    relatives = _any(lists["relatives"])
    yield Kind.MARITAL, rf"(?<![가-힣])(?:{marital})(?=$|[^가-힣]|[가-힣]{{1,4}}(?![가-힣]))"
    yield (
        Kind.MARITAL,
        r"(?<![가-힣])결혼(?=(?:을\s)?(?:했|하|한\s|해|생활|\s?\d+년))|(?:한|두|세)\s?아이의?\s?(?:엄마|아빠)|\d남\s?\d녀|(?<![가-힣])(?:장남|장녀|차남|차녀|외동딸|외동아들)",
    )
    yield (
        Kind.MARITAL,
        (
            r"(?i:(?<=\bI am )|(?<=\bI'm ))(?i:married|single|divorced|pregnant)\b|\b(?i:my (?:husband"
            r"|wife|spouse)|maternity leave)\b"
        ),
    )
    work = rf"(?:{jobs}|운영|종사|근무|재직)"
    yield (
        Kind.FAMILY,
        rf"(?<![가-힣])(?:{relatives})(?:께서는?|은|는|이|가|의|도)?\s[^.\n]{{0,20}}?{work}[가-힣]*(?:\s(?:운영|종사|근무|재직|하시|하셨|일하)[가-힣]*)?",
    )
    yield (
        Kind.FAMILY,
        (
            r"\b(?i:my (?:father|mother|dad|mom|parents?)) (?:is|was|are|were|runs?|ran|works?|worked"
            r"|owns?|owned)\b[^.\n,;]{0,40}"
        ),
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
