"""What another system installs: the contracts and the client, and nothing that runs the
platform."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from shared.licences import LICENCE_TYPE, sign
from shared.security.tokens import make_key

ROOT = Path(__file__).parents[2]

CALL = """
from shared.client import Client
from shared.contracts.base import Done
from shared.contracts.digital_government import ImplementationList, ItemsOffered, StartupForm
from shared.contracts.digital_government import CaseDecided, SubmitOneThing
from shared.messaging.envelope import Envelope


def apply(client: Client, form: StartupForm, person: str) -> {reply}:
    order = SubmitOneThing(
        thing="enterprise_startup", division="330106", form=form.dump(), {applicant}=person
    )
    return client.call(order, request_id="window-3/17", scenario="morning")


def offered(client: Client) -> ImplementationList:
    return client.call(ItemsOffered(division="330106"))


def decided(event: CaseDecided, envelope: Envelope) -> None:
    print(envelope.id, event.outcome)


def follow(client: Client) -> None:
    client.subscribe(decided, CaseDecided).run()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment in which only `.[client]` was installed."""
    folder = tmp_path_factory.mktemp("outside")
    venv.create(folder, with_pip=True)
    interpreter = folder / "bin" / "python"
    install = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*install, f"{ROOT}[client]"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return interpreter


def run(python: Path, folder: Path, program: str) -> str:
    """Run a program in a folder that is not the checkout, where every warning is an error."""
    done = subprocess.run(
        [python, "-W", "error", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_module_of_the_package_can_be_imported(python: Path, tmp_path: Path) -> None:
    program = """
import importlib, pkgutil, shared
names = [m.name for m in pkgutil.walk_packages(shared.__path__, "shared.")]
for name in names:
    importlib.import_module(name)
print(*names)
"""
    names = run(python, tmp_path, program).split()
    assert {"shared.client", "shared.contracts.digital_government"} <= set(names)
    contracts = {path.stem for path in (ROOT / "shared/contracts").glob("*.py")} - {"__init__"}
    assert {f"shared.contracts.{name}" for name in contracts} <= set(names)


def test_neither_a_service_nor_a_database_nor_the_framework_comes_with_it(
    python: Path, tmp_path: Path
) -> None:
    names = "services deploy sqlalchemy alembic psycopg2 nameko eventlet cedarpy shared.pipeline"
    program = f"""
import importlib.util, shared
found = lambda name: importlib.util.find_spec(name) is not None
print(shared.__file__, *filter(found, {names.split()!r}))
"""
    where, *found = run(python, tmp_path, program).split()
    assert found == []
    assert Path(where).is_relative_to(python.parents[1])


def faults_of(python: Path, folder: Path, name: str, **words: str) -> str:
    """What a strict check says of a program, against what is installed in that environment."""
    (folder / name).write_text(CALL.format(**words))
    options = ["--strict", "--python-executable", str(python), "--cache-dir", str(folder / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_a_call_is_typed_by_its_contract(python: Path, tmp_path: Path) -> None:
    assert faults_of(python, tmp_path, "good.py", reply="Done", applicant="applicant") == ""
    reply = faults_of(python, tmp_path, "reply.py", reply="int", applicant="applicant")
    assert 'got "Done", expected "int"' in reply
    misspelt = faults_of(python, tmp_path, "misspelt.py", reply="Done", applicant="aplicant")
    assert 'Unexpected keyword argument "aplicant"' in misspelt


def test_a_licence_is_checked_with_it_and_public_keys_alone(python: Path, tmp_path: Path) -> None:
    key = make_key("licence-1")
    content = {"licence_id": "l-1", "last_day": "2031-03-01"}
    program = f"""
from datetime import UTC, datetime
from shared.licences import check
now = datetime(2026, 3, 2, tzinfo=UTC)
for text in {[sign(LICENCE_TYPE, content, one) for one in (key, make_key("licence-1"))]!r}:
    found = check(text, [{key.as_dict(private=False)!r}], now)
    print(found.content.get("licence_id"), found.refusal)
"""
    assert run(python, tmp_path, program).split() == ["l-1", "None", "None", "not_genuine"]


def test_the_protocol_page_comes_with_it(python: Path, tmp_path: Path) -> None:
    program = """
import json
from importlib import resources
print(json.dumps(resources.files("shared.messaging").joinpath("PROTOCOL.md").read_text()))
"""
    page = json.loads(run(python, tmp_path, program))
    assert page == (ROOT / "shared/messaging/PROTOCOL.md").read_text()
