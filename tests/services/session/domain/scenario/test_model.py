"""Finding one's place in a scenario, also after its file was edited."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.adapters.scenario_files import load_directory
from services.session.domain.scenario import Catalogue, Language, UnknownScenario, resolve_stage

pytestmark = pytest.mark.unit

CATALOGUE = load_directory()
STANDARD = CATALOGUE.find("standard", Language.KO)


def test_a_stage_knows_its_place_and_what_comes_next() -> None:
    assert STANDARD.position("motivation") == 2
    after = STANDARD.after("motivation")
    assert after is not None
    assert after.id == "skill"
    assert STANDARD.after("closing") is None
    assert STANDARD.position("unheard_of") is None
    assert STANDARD.after("unheard_of") is None


@pytest.mark.parametrize("look_up", [STANDARD.stage, STANDARD.dimension])
def test_an_unknown_id_is_a_key_error(look_up: object) -> None:
    assert callable(look_up)
    with pytest.raises(KeyError):
        look_up("unheard_of")


def test_a_known_stage_is_found_wherever_it_stands_now() -> None:
    assert resolve_stage(STANDARD, "growth", 0) == (STANDARD.stage("growth"), None)


def test_f03_a_stage_that_the_file_no_longer_has_goes_on_with_the_next_one() -> None:
    edited = dataclasses.replace(STANDARD, stages=STANDARD.stages[:3] + STANDARD.stages[4:])
    stage, warning = resolve_stage(edited, "skill", 3)
    assert stage.id == "skill_follow_up"
    assert warning is not None
    assert "'skill'" in warning
    assert STANDARD.version in warning


@given(st.text(max_size=30), st.integers(-5, 50), st.integers(1, 15))
def test_f03_no_stored_stage_can_stop_an_interview(stage_id: str, position: int, kept: int) -> None:
    edited = dataclasses.replace(STANDARD, stages=STANDARD.stages[:kept])
    stage, warning = resolve_stage(edited, stage_id, position)
    assert stage in edited.stages
    assert stage.fallbacks
    assert (warning is None) == (edited.position(stage_id) is not None)


def test_a_catalogue_finds_a_version_and_falls_back_to_the_newest() -> None:
    older = dataclasses.replace(STANDARD, version="000000000000")
    newer = dataclasses.replace(STANDARD, version="111111111111")
    catalogue = Catalogue((older,)).including([newer])
    assert catalogue.find("standard", Language.KO, "000000000000") is older
    assert catalogue.find("standard", Language.KO) is newer
    assert catalogue.find("standard", Language.KO, "gone") is newer
    assert catalogue.newest() == (newer,)


def test_a_version_saved_again_is_the_newest() -> None:
    older = dataclasses.replace(STANDARD, version="000000000000")
    catalogue = Catalogue((older, STANDARD)).including([older])
    assert catalogue.find("standard", Language.KO) is older
    assert len(catalogue.scenarios) == 2


def test_a_name_that_is_not_there_lists_what_is() -> None:
    with pytest.raises(UnknownScenario, match=r"no scenario poker\.en; there are: .*standard\.ko"):
        CATALOGUE.find("poker", Language.EN)
