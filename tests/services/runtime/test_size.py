"""The shared folder stays small: what grows it must push something else out."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

RUNTIME = Path(__file__).resolve().parents[3] / "services" / "runtime"
MOST_LINES = 830  # of code: without blank lines, comments and docstrings; see docs/adr/0002
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def lines_of_code(source: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {n for each in tokens if each.type not in LAYOUT for n in range(each.start[0], each.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_the_runtime_has_not_outgrown_its_limit() -> None:
    sizes = {path.name: lines_of_code(path.read_text()) for path in RUNTIME.glob("*.py")}
    assert sum(sizes.values()) <= MOST_LINES, sizes


def test_only_code_is_counted() -> None:
    assert lines_of_code('"""Doc.\n\nmore"""\n\n# reason\nx = (\n    1\n)\n') == 3
