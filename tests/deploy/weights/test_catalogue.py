"""What a catalogue of models may say."""

import pytest

from deploy.cli.models import SHIPPED
from deploy.weights.catalogue import parse, safe_path
from deploy.weights.errors import CatalogueError

pytestmark = pytest.mark.unit
GOOD = """
hub: https://hub.example
licences: {free: {name: Free, link: "https://free.example", commercial: true}}
models:
  one: {serves: llm, what: One, repository: a/b, revision: main, folder: llm, licence: free, files: [w.gguf]}
"""
SERVICES = {"llm", "stt", "vision", "embed", "tts"}


def shipped():
    return parse(SHIPPED.read_text(), SHIPPED.name)


def test_the_shipped_catalogue_has_a_model_for_every_service_that_needs_one():
    catalogue = shipped()
    assert {model.serves for model in catalogue.models.values()} == SERVICES
    assert {catalogue.model(name).serves for name in catalogue.suggested()} == SERVICES


def test_every_model_goes_where_its_service_looks():
    for model in shipped().models.values():
        assert model.folder.split("/")[0] == model.serves


def test_what_is_suggested_may_be_used_by_a_business_and_two_language_models_may_too():
    catalogue = shipped()
    assert all(catalogue.licence_of(name).commercial for name in catalogue.suggested())
    free = [
        n for n, m in catalogue.models.items() if m.serves == "llm" and catalogue.licence_of(n).commercial
    ]
    assert len(free) == 2


def test_exaone_is_called_research_only():
    for name, model in shipped().models.items():
        if name.startswith("exaone"):
            assert not shipped().licence_of(name).commercial
            assert model.repository.startswith("LGAI-EXAONE/")


def test_only_a_file_that_was_seen_has_a_hash_or_a_size():
    known = [file.path for m in shipped().models.values() for file in m.files if file.sha256 or file.size]
    assert known == ["face_landmarker.task"]


def test_the_address_of_a_file_is_the_hubs_or_the_origins():
    catalogue = shipped()
    qwen, face = catalogue.model("qwen3-4b"), catalogue.model("face_landmarker")
    assert catalogue.address(qwen, "x.gguf", "main").endswith("/Qwen/Qwen3-4B-GGUF/resolve/main/x.gguf")
    assert catalogue.address(face, "face_landmarker.task", "1").endswith("/float16/1/face_landmarker.task")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("[w.gguf]", '["../w.gguf"]', "no plain relative path"),
        ("folder: llm", "folder: /etc", "no plain relative path"),
        ("[w.gguf]", "[]", "at least 1"),
        ("[w.gguf]", "[{path: w.gguf, sha256: abc}]", "sha256"),
        ("licence: free", "licence: other", "no licence is called other"),
        ("repository: a/b", 'repository: a/b, origin: "https://o.example"', "either"),
        ("repository: a/b, ", "", "either"),
        ("https://hub.example", "file:///etc", "no http"),
        ("what: One", "what: One, colour: red", "colour"),
        ("models:", "models: [", "no YAML"),
    ],
)
def test_a_catalogue_that_cannot_be_believed_is_refused_with_the_reason(before, after, reason):
    assert parse(GOOD, "c.yaml").models
    with pytest.raises(CatalogueError, match=reason) as refused:
        parse(GOOD.replace(before, after, 1), "c.yaml")
    assert refused.value.remedy == "mend c.yaml"


@pytest.mark.parametrize(
    "path", ["", ".", "..", "a/../b", "/a", "a//b", "a\\b", ".hidden", "a/.b", "a b", "a\n", "가"]
)
def test_no_path_leaves_its_folder_or_hides(path):
    with pytest.raises(ValueError, match="plain relative path"):
        safe_path(path)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(CatalogueError) as refused:
        parse(GOOD, "c.yaml").model("two")
    assert refused.value.remedy == "choose one of: one"
