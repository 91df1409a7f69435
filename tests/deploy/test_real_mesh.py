"""The shipped Procfile with the real services: the promise of `viva up` itself."""

import pytest

from deploy.cli.capabilities import findings_of
from deploy.cli.console import BROKEN
from deploy.local.environment import LocalMesh
from deploy.local.mesh import started_mesh

pytestmark = pytest.mark.integration


def test_every_real_service_serves_and_says_what_it_runs_on(mesh_variables: dict[str, str]) -> None:
    del mesh_variables["VIVA_PROCFILE"]
    mesh = LocalMesh.from_environment(mesh_variables)
    with started_mesh(mesh) as supervisor:
        findings = {finding.name: finding for finding in findings_of(mesh, supervisor)}
    assert set(findings) == {"postgres", "nats", *mesh.ports.listen}
    assert [name for name, finding in findings.items() if finding.level == BROKEN] == []
    assert all(finding.remedy for finding in findings.values() if finding.word in ("missing", "degraded"))
    with started_mesh(mesh) as supervisor:
        assert supervisor.is_up()
