"""Turns the text of a scenario file into a Scenario, or into the list of everything that is wrong with it.

Does not know where the file lies. docs/adr/0006 describes the format.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import yaml

from services.session.domain.guard import GuardPolicy
from services.session.domain.question_template import QuestionTemplate, template_problems
from services.session.domain.scenario.model import Dimension, Language, Scenario, Stage
from services.session.domain.scenario.nodes import Fields, Notes, compose
from services.session.domain.scenario.problems import Problem, ScenarioError

ANCHORS = (1, 3, 5)
ID = r"[a-z][a-z0-9_]{0,39}"
_MOST_STAGES, _MOST_DIMENSIONS, _MOST_FALLBACKS = 40, 16, 40
_TOP = ("name", "language", "title", "description", "scored", "variations", "dimensions", "stages")
_DIMENSION = ("id", "title", "description", "weight", "anchors")
_LIMITS = {
    "patience_s": (0.5, 20, "seconds"),
    "time_limit_s": (30, 600, "seconds"),
    "question_deadline_s": (1, 8, "seconds"),
}
_STAGE = ("id", "title", "aim", "guidance", "follows", "follow_up_rule", *_LIMITS)
_QUESTION = {Language.KO: "그때 어떤 일을 하셨나요?", Language.EN: "What did you do at that time?"}
_STAGE_REST = ("pause_allowed", "dimensions", "fallbacks")

# What is wrong with one fallback question, each problem as "reason; remedy".
_Check = Callable[[str], tuple[str, ...]]


def parse_scenario(text: str, source: str, policy: GuardPolicy | None = None) -> Scenario:
    """Read one scenario; `source` is the name that problems are reported under.

    Fallback questions have to pass the guard under `policy`; without one, topics are not checked.

    Raises:
        ScenarioError: with every problem of the file, in the order of its lines.
    """
    notes = Notes(source)
    root = compose(text, notes)
    scenario = _scenario(Fields(root, "", notes), text, policy or GuardPolicy()) if root else None
    if scenario is None or notes.problems:
        raise ScenarioError(tuple(sorted(notes.problems, key=_place)))
    return scenario


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _scenario(top: Fields, text: str, policy: GuardPolicy) -> Scenario | None:
    if not isinstance(top.node, yaml.MappingNode):
        return None
    top.only(*_TOP)
    language = _language(top)
    check: _Check = partial(template_problems, language=language, policy=policy)
    scored = top.flag("scored")
    dimensions = top.each("dimensions", 1, _MOST_DIMENSIONS, _dimension) if scored else ()
    stages = top.each("stages", 1, _MOST_STAGES, partial(_stage, check=check))
    if not scored and top.has("dimensions"):
        top.note(top.find("dimensions"), "dimensions", "an unscored scenario has none", "delete them")
    _check_ids(top, "dimensions", [dimension.id for dimension in dimensions])
    _check_ids(top, "stages", [stage.id for stage in stages])
    _check_stages(top, stages, {dimension.id for dimension in dimensions}, scored)
    return Scenario(
        name=top.text("name", 40, ID),
        language=language,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        title=top.text("title", 80),
        description=top.text("description", 600),
        scored=scored,
        dimensions=dimensions,
        stages=stages,
        variations=_variations(top, _QUESTION[language], check),
    )


def _language(top: Fields) -> Language:
    written = top.text("language", 8)
    if written in set(Language):
        return Language(written)
    if written:
        top.note(top.find("language"), "language", f"{written!r} is not spoken here", "write ko or en")
    return Language.KO


def _variations(top: Fields, question: str, check: _Check) -> tuple[str, ...]:
    entries = top.texts("variations", 1, 20, 80)
    for node, path, text in entries:
        if text.count("{question}") != 1:
            top.note(node, path, "needs {question} once", "write it where the question goes")
            continue
        for problem in check(text.replace("{question}", question)):
            top.note(node, path, *_split(problem))
    return tuple(text for _, _, text in entries)


def _split(problem: str) -> tuple[str, str]:
    reason, _, remedy = problem.partition("; ")
    return reason, remedy


def _dimension(fields: Fields) -> Dimension:
    fields.only(*_DIMENSION)
    return Dimension(
        id=fields.text("id", 40, ID),
        title=fields.text("title", 40),
        description=fields.text("description", 400),
        anchors=_anchors(fields),
        weight=fields.number("weight", 0.1, 10, "shares"),
    )


def _anchors(fields: Fields) -> tuple[tuple[int, str], ...]:
    if not fields.has("anchors"):
        fields.note(fields.node, "anchors", "is missing", "say what answers worth 1, 3 and 5 look like")
        return ()
    anchors = fields.inner("anchors")
    anchors.only(*map(str, ANCHORS))
    return tuple((score, anchors.text(str(score), 300)) for score in ANCHORS)


def _stage(fields: Fields, check: _Check) -> Stage:
    fields.only(*_STAGE, *_STAGE_REST)
    limits = {key: fields.number(key, *limit) for key, limit in _LIMITS.items()}
    follows = fields.text("follows", 40, ID) if fields.has("follows") else None
    if not follows and fields.has("follow_up_rule"):
        fields.note(fields.find("follow_up_rule"), "follow_up_rule", "follows no stage", "add follows")
    return Stage(
        id=fields.text("id", 40, ID),
        title=fields.text("title", 40),
        aim=fields.text("aim", 400),
        guidance=fields.text("guidance", 800),
        follows=follows,
        follow_up_rule=fields.text("follow_up_rule", 400) if follows else "",
        patience_s=limits["patience_s"],
        time_limit_s=limits["time_limit_s"],
        question_deadline_s=limits["question_deadline_s"],
        pause_allowed=fields.flag("pause_allowed"),
        dimensions=_names(fields),
        fallbacks=_fallbacks(fields, check),
    )


def _names(fields: Fields) -> tuple[str, ...]:
    if not fields.has("dimensions"):
        return ()
    return tuple(text for _, _, text in fields.texts("dimensions", 0, _MOST_DIMENSIONS, 40))


def _fallbacks(fields: Fields, check: _Check) -> tuple[str, ...]:
    entries = fields.texts("fallbacks", 1, _MOST_FALLBACKS, 300)
    seen: set[str] = set()
    for node, path, text in entries:
        for problem in check(text):
            fields.note(node, path, *_split(problem))
        if text in seen:
            fields.note(node, path, "stands twice", "delete one of them")
        seen.add(text)
    if entries and all(QuestionTemplate.of(text).slots for text in seen):
        where = fields.find("fallbacks")
        fields.note(where, "fallbacks", "every question has slots", "add one that can always be asked")
    return tuple(text for _, _, text in entries)


def _check_ids(top: Fields, key: str, ids: Sequence[str]) -> None:
    for index, name in enumerate(ids):
        if name and name in ids[:index]:
            path = f"{key}[{index}].id"
            top.note(_entry(top, key, index), path, f"{name!r} stands twice", "give each its own id")


def _check_stages(top: Fields, stages: Sequence[Stage], known: set[str], scored: bool) -> None:
    for index, stage in enumerate(stages):
        node, path = _entry(top, "stages", index), f"stages[{index}]"
        earlier = {other.id for other in stages[:index]}
        if stage.follows and stage.follows not in earlier:
            remedy = f"name one of {', '.join(sorted(earlier)) or 'no stage, since it is the first'}"
            top.note(node, f"{path}.follows", f"{stage.follows!r} is no earlier stage", remedy)
        for name in _unknown(stage.dimensions, known):
            remedy = f"name some of {', '.join(sorted(known)) or 'none: the scenario is unscored'}"
            top.note(node, f"{path}.dimensions", f"unknown dimension {name!r}", remedy)
        if scored and not stage.dimensions:
            top.note(node, f"{path}.dimensions", "has none", "name what the answer is judged on")
    used = {name for stage in stages for name in stage.dimensions}
    for name in sorted(known - used - {""}):
        top.note(top.find("dimensions"), "dimensions", f"{name!r} is judged in no stage", "use or delete it")


def _unknown(names: Iterable[str], known: set[str]) -> list[str]:
    return [name for name in names if name not in known]


def _entry(top: Fields, key: str, index: int) -> yaml.Node:
    node = top.find(key)
    return node.value[index] if isinstance(node, yaml.SequenceNode) else node
