"""That the image and the compose file are what they claim to be, as far as no engine is needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import Any

import compose_spec
import psycopg2
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.servers import PrivateBroker, PrivateDatabase, reachable
from shared.contracts.base import SERVICES
from shared.messaging.topology import Topology
from shared.settings import Settings, load_settings

DOCKERFILE = Path("deploy/Dockerfile")
COMPOSE = Path("deploy/compose.yaml")
HADOLINT = Path(sys.executable).parent / "hadolint"


@pytest.fixture
def compose() -> Any:
    return yaml.safe_load(COMPOSE.read_text())


def read(compose: Any) -> compose_spec.PyCompose:
    """The file as Compose reads it; ValueError for what is not in the Compose Specification."""
    return compose_spec.PyCompose.from_json(json.dumps(compose))


def test_the_compose_file_keeps_to_the_specification(compose: Any) -> None:
    assert set(read(compose).services or ()) == set(compose["services"])


def test_a_misspelt_key_of_the_compose_file_is_found(compose: Any) -> None:
    compose["services"]["gateway"]["read_onlyy"] = True
    with pytest.raises(ValueError, match="read_onlyy"):
        read(compose)


def test_the_compose_file_runs_every_service_and_tells_it_only_what_it_reads(compose: Any) -> None:
    known = {f"QIANTANG_{field.name.upper()}" for field in fields(Settings)}
    for service in SERVICES:
        one = compose["services"][service]
        assert one["command"] == ["python", "-m", "deploy.cli", "run", "--service", service]
        assert set(one["environment"]) <= known


def test_no_container_of_ours_has_rights_or_writes_to_its_image(compose: Any) -> None:
    ours = [*SERVICES, "declare", "load"]
    for one in (compose["services"][name] for name in ours):
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]


def test_the_linter_of_the_image_finds_a_fault(tmp_path: Path) -> None:
    spoilt = tmp_path / "Dockerfile"
    spoilt.write_text(re.sub(r"(FROM python):\S+", r"\1", DOCKERFILE.read_text()))
    for file, status in ((DOCKERFILE, 0), (spoilt, 1)):
        answer = subprocess.run([HADOLINT, file], capture_output=True, text=True, check=False)
        assert answer.returncode == status, answer.stdout


def test_the_image_runs_as_the_user_that_kubernetes_asks_for() -> None:
    patch = yaml.safe_load(Path("k8s/components/workload/deployment.yaml").read_text())
    context = patch["spec"]["template"]["spec"]["securityContext"]
    user = f"{context['runAsUser']}:{context['runAsGroup']}"
    assert re.findall(r"^USER (.*)$", DOCKERFILE.read_text(), re.MULTILINE) == [user]


def test_the_copied_sources_and_their_compiled_code_are_all_that_a_process_needs(
    tmp_path: Path,
) -> None:
    copied = re.findall(r"^COPY (\w+) (\w+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert [target for _, target in copied] == ["shared", "services", "deploy"]
    application = tmp_path / "app"
    for source, target in copied:
        shutil.copytree(source, application / target, ignore=shutil.ignore_patterns("*.md"))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(application),
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "QIANTANG_STATE": str(tmp_path / "state"),
    }
    (options,) = re.findall(r"python (-m compileall .*) /venv /app", DOCKERFILE.read_text())
    first = compiled(application, options.split())
    for source in application.rglob("*.py"):
        os.utime(source, (0, 0))
    assert compiled(application, options.split()) == first
    # Whoever reads a changed source would not see the change, which shows that none is read.
    (application / "deploy" / "catalogue.py").write_text("raise SystemExit('compiled anew')")
    command = [sys.executable, "-m", "deploy.cli", "load", "rule_of_law"]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    assert (tmp_path / "state" / "rule_of_law.sqlite3").exists()


def compiled(folder: Path, options: list[str]) -> dict[Path, bytes]:
    """Everything below the folder that the compiler makes anew, by its path."""
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    subprocess.run([sys.executable, *options, str(folder)], check=True)
    return {path: path.read_bytes() for path in folder.rglob("*.pyc")}


def test_the_image_holds_every_library_that_a_process_imports() -> None:
    # What the Dockerfile itself reads out of pyproject.toml.
    lines = DOCKERFILE.read_text().replace("\\\n", "")
    (program,) = re.findall(r'python -c "(.*)" > needed\.txt', lines)
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    installed = with_what_they_need(answer.stdout.splitlines())
    absent = [
        module
        for module, distributions in metadata.packages_distributions().items()
        if not installed.intersection(map(canonicalize_name, distributions))
        and not Path(module).exists()
    ]
    assert {"pytest", "hypothesis"} <= set(absent)
    services = [f"services.{service}.service" for service in SERVICES]
    # A module that is None cannot be imported, as if it were not installed.
    starting = f"import sys; sys.modules |= dict.fromkeys({absent}); import deploy.cli, " + (
        ", ".join(services)
    )
    told = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", starting], check=True, env=told)


def with_what_they_need(requirements: list[str]) -> set[str]:
    """The distributions that pip would install for these requirements."""
    found: set[str] = set()
    waiting = [Requirement(each) for each in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in found:
            found.add(name)
            needed = map(Requirement, metadata.requires(name) or ())
            waiting += [
                each
                for each in needed
                if each.marker is None
                or any(each.marker.evaluate({"extra": one}) for one in ("", *requirement.extras))
            ]
    return found


@pytest.mark.distributed
def test_the_servers_are_prepared_as_the_compose_file_does_it(compose: Any, tmp_path: Path) -> None:
    one = compose["services"]["declare"]
    with (
        PrivateBroker(Topology((), (), (), ()), management=True) as broker,
        PrivateDatabase() as database,
    ):
        servers = {
            "QIANTANG_DATABASE_URL": database.admin_url,
            "QIANTANG_AMQP_URL": broker.url_for(broker.administrator),
            "QIANTANG_AMQP_MANAGEMENT_URL": broker.management_url,
        }
        assert set(servers) < set(one["environment"])
        told = {**one["environment"], **servers, "PYTHONWARNINGS": "ignore"}
        told |= {"QIANTANG_STATE": str(tmp_path), "QIANTANG_SECRETS": str(tmp_path / "kept")}
        command = [sys.executable, *one["command"][1:]]
        for _ in range(2):
            subprocess.run(command, check=True, env={**os.environ, **told})
        for service in SERVICES:
            settings = load_settings(
                secrets=tmp_path / "kept",
                amqp_url=f"amqp://{{service}}:{{password}}@127.0.0.1:{broker.port}//",
                database_url=f"postgresql://{{service}}:{{password}}@127.0.0.1:{database.port}/"
                "{service}",
            )
            assert reachable(settings.amqp_url_for(service))
            psycopg2.connect(settings.database_url_for(service)).close()
