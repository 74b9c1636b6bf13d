"""An exported audit: a script that knows nothing of the platform accepts it, and nothing else."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy import evidence
from deploy.outside import verify_audit
from deploy.preparation import migrate_service
from services.identity_data import keys
from shared import anchors, audit
from shared.licences import LICENCE_TYPE, sign
from shared.messaging.tables import AUDIT, AUDIT_HEAD
from shared.settings import Settings
from shared.testing.harness import ServiceHarness, settings_for
from shared.testing.probe import OFFICIAL, OpenCounter, PrivateCounterById
from tests.probing import Tamper

SCRIPT = Path(verify_audit.__file__)
HOME = Path(__file__).parents[2]
ROWS = 6
Lines = list[dict[str, Any]]


@dataclass
class Exported:
    """An export with the key that checks it and an anchor from before it."""

    settings: Settings
    file: Path
    key: Path
    anchors: Path

    def lines(self) -> Lines:
        return [json.loads(line) for line in self.file.read_text().split("\n")[:-1]]

    def write(self, lines: Lines) -> None:
        compact = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in lines]
        self.file.write_text("".join(f"{line}\n" for line in compact))

    def judged(self, *, anchored: bool = True) -> tuple[int, str]:
        """What the script says of it, run alone as somebody else would."""
        script = shutil.copy(SCRIPT, self.file.parent / "copied.py")
        files = [self.file, self.key, *([self.anchors] if anchored else [])]
        done = subprocess.run(
            # -I: neither this folder nor the platform is on the path.
            [sys.executable, "-I", "-W", "error", script, *files],
            cwd=self.file.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def chain(harness: ServiceHarness) -> ServiceHarness:
    """A service with six audit rows, one of them a reading."""
    for number in range(ROWS - 1):
        order = OpenCounter(division="330106", label=f"第{number}个")
        counter = harness.execute(order, OFFICIAL, scenario=f"场景-{number} “é”\u2028\x7f")
    harness.execute(PrivateCounterById(counter=counter.id), OFFICIAL)
    return harness


@pytest.fixture
def exported(chain: ServiceHarness, tmp_path: Path) -> Exported:
    """The audit of that service, exported after its head was anchored."""
    folder = tmp_path / "outside"
    folder.mkdir()
    files = (folder / "audit.jsonl", folder / "key.jwk", folder / "anchors.jsonl")
    one = Exported(settings_for(tmp_path), *files)
    anchors.append(one.anchors, [audit.anchor_of(chain.runtime.engine, "probe")])
    one.key.write_text(json.dumps(evidence.public_key(one.settings)))
    evidence.export(one.settings, "probe", chain.runtime.engine, one.file)
    return one


def test_what_was_exported_is_accepted(exported: Exported) -> None:
    status, said = exported.judged()
    assert (status, said[:27]) == (0, f"intact: probe, {ROWS} rows, sign")
    assert said.endswith("1 anchors held\n")
    assert exported.judged(anchored=False)[0] == 0


def test_the_rows_are_those_of_the_database(exported: Exported, chain: ServiceHarness) -> None:
    first, *rows, head, last = exported.lines()
    kept = chain.rows(sa.select(AUDIT).order_by(AUDIT.c.sequence))
    assert rows == [audit.as_data(dict(row._mapping)) for row in kept]
    assert first == {"format": verify_audit.FORMAT, "service": "probe"}
    assert head == {"head": {"service": "probe", "sequence": ROWS, "hash": kept[-1].hash}}
    assert list(last) == ["checkpoint"]


def swap(lines: Lines) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def cut_with_its_head(lines: Lines) -> None:
    del lines[ROWS]
    lines[-2]["head"] |= {"sequence": ROWS - 1, "hash": lines[ROWS - 1]["hash"]}


def relink(lines: Lines) -> None:
    """Change a row and compute all hashes from it on, as the rule says."""
    lines[3]["actor"] = "account.scapegoat"
    previous = verify_audit.GENESIS
    for row in lines[1 : ROWS + 1]:
        content = [previous, [row[name] for name in verify_audit.HASHED]]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        row["hash"] = previous = hashlib.sha256(text.encode()).hexdigest()
    lines[-2]["head"]["hash"] = previous


FORGERIES: dict[str, tuple[Callable[[Lines], object], str]] = {
    "a changed row": (lambda lines: lines[3].update(actor="x"), "row 3 was altered"),
    "a removed row": (lambda lines: lines.pop(3), "row 3 is not there, but 4"),
    "a swapped pair": (swap, "row 2 is not there, but 3"),
    "a row twice": (lambda lines: lines.insert(3, lines[3]), "row 4 is not there, but 3"),
    "a field more": (lambda lines: lines[3].update(more=1), "has not the columns"),
    "a field less": (lambda lines: lines[3].pop("act"), "has not the columns"),
    "a tail without its head": (lambda lines: lines.pop(ROWS), "the head .* does not fit the rows"),
    "a tail with its head": (cut_with_its_head, "the checkpoint .* does not fit the rows"),
    "a chain linked anew": (relink, "the checkpoint .* does not fit the rows"),
    "no checkpoint": (lambda lines: lines.pop(), "cut off"),
    "no rows and no head": (lambda lines: lines.__delitem__(slice(1, ROWS + 2)), "cut off"),
    "another format": (
        lambda lines: lines[0].update(format="qiantang-audit/2"),
        "not of the format",
    ),
    "another service": (lambda lines: lines[0].update(service="gateway"), "the head .* does not"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_export_is_refused(exported: Exported, forgery: str) -> None:
    forge, told = FORGERIES[forgery]
    lines = exported.lines()
    forge(lines)
    exported.write(lines)
    status, said = exported.judged()
    assert status == 1
    assert re.search(told, said), said


def test_written_again_without_a_change_it_is_accepted(exported: Exported) -> None:
    # The forgeries above are refused for what they change, not for how they were written.
    exported.write(exported.lines())
    assert exported.judged()[0] == 0


@pytest.mark.parametrize("profile", ["embedded"], indirect=True)
def test_any_one_byte_changed_is_refused(exported: Exported) -> None:
    key = json.loads(exported.key.read_text())
    whole = exported.file.read_bytes()
    assert verify_audit.check(whole.decode(), key, [])
    accepted = []
    for position, byte in enumerate(whole):
        for other in {byte ^ 1, byte ^ 32, ord("A")} - {byte}:
            changed = whole[:position] + bytes([other]) + whole[position + 1 :]
            try:
                verify_audit.check(changed.decode(), key, [])
            except (verify_audit._Fault, ValueError):
                continue
            accepted.append((position, other))
    assert accepted == []


def test_a_checkpoint_of_another_key_is_refused(exported: Exported, tmp_path: Path) -> None:
    lines = exported.lines()
    checkpoint = json.loads(payload_of(lines[-1]["checkpoint"]))
    forger = settings_for(tmp_path / "forger")
    # Even one that goes by the same key id.
    kid = json.loads(exported.key.read_text())["kid"]
    keys.ensure_signing_key(forger, "audit", kid)
    lines[-1]["checkpoint"] = keys.sign_checkpoint(forger, checkpoint)
    exported.write(lines)
    assert exported.judged() == (1, "REFUSED: the checkpoint was not signed with this key\n")
    lines[-1]["checkpoint"] = keys.sign_checkpoint(exported.settings, checkpoint)
    exported.write(lines)
    assert exported.judged()[0] == 0


def payload_of(signed: str) -> bytes:
    payload = signed.split(".")[1]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def test_what_the_platform_signed_for_another_purpose_is_no_checkpoint(exported: Exported) -> None:
    lines = exported.lines()
    checkpoint = json.loads(payload_of(lines[-1]["checkpoint"]))
    key = keys.checkpoint_key(exported.settings)
    lines[-1]["checkpoint"] = sign(LICENCE_TYPE, checkpoint, key)
    exported.write(lines)
    status, said = exported.judged()
    assert (status, "the checkpoint's header is" in said) == (1, True)


def test_a_tail_cut_off_in_the_database_is_found_by_an_anchor(
    exported: Exported, chain: ServiceHarness, tamper: Tamper
) -> None:
    (last,) = chain.rows(sa.select(AUDIT.c.hash).where(AUDIT.c.sequence == 4))
    verdict = tamper(
        chain,
        sa.delete(AUDIT).where(AUDIT.c.sequence > 4),
        sa.update(AUDIT_HEAD).values(sequence=4, hash=last.hash),
    )
    assert verdict.intact
    again = replace(exported, file=exported.file.with_name("again.jsonl"))
    evidence.export(again.settings, "probe", chain.runtime.engine, again.file)
    # The chain fits itself and is signed in good faith; only what was kept elsewhere tells.
    assert again.judged(anchored=False)[0] == 0
    told = f"REFUSED: row {ROWS} is anchored and missing: the tail was cut off\n"
    assert again.judged() == (1, told)
    for _ in range(ROWS):
        chain.execute(OpenCounter(division="330106"), OFFICIAL)
    later = replace(exported, file=exported.file.with_name("later.jsonl"))
    evidence.export(later.settings, "probe", chain.runtime.engine, later.file)
    told = f"REFUSED: row {ROWS} is not the anchored one: it was written anew\n"
    assert later.judged() == (1, told)


@pytest.mark.parametrize("profile", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "the file of anchors is empty"),
        ("{", "an anchor is no JSON"),
        ('{"service": "gateway", "sequence": 1, "hash": "0"}', "no anchor is of probe"),
        ('{"service": "probe", "hash": "0"}', "an anchor is of no row"),
        ('{"service": "probe", "sequence": 0, "hash": "1"}', "row 0 is not the anchored one"),
    ],
)
def test_anchors_that_prove_nothing_are_refused(exported: Exported, line: str, told: str) -> None:
    exported.anchors.write_text(line)
    status, said = exported.judged()
    assert (status, told in said) == (1, True), said


def test_a_chain_that_does_not_fit_is_not_signed(
    exported: Exported, chain: ServiceHarness, tamper: Tamper
) -> None:
    tamper(chain, sa.update(AUDIT).where(AUDIT.c.sequence == 3).values(actor="x"))
    file = exported.file.with_name("again.jsonl")
    with pytest.raises(evidence.BrokenChain, match="probe: row 3: row was altered"):
        evidence.export(exported.settings, "probe", chain.runtime.engine, file)
    assert not file.exists()


def test_an_export_does_not_write_over_another(exported: Exported, chain: ServiceHarness) -> None:
    before = exported.file.read_bytes()
    with pytest.raises(FileExistsError):
        evidence.export(exported.settings, "probe", chain.runtime.engine, exported.file)
    assert exported.file.read_bytes() == before


def test_the_script_stands_on_python_and_one_library() -> None:
    tree = ast.parse(SCRIPT.read_text())
    named = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    named |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    outside = {str(name).partition(".")[0] for name in named} - sys.stdlib_module_names
    assert outside == {"cryptography"}


def test_the_command_line_exports_what_the_script_accepts(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "state")
    settings.state.mkdir()
    migrate_service(settings, "rule_of_law")
    own = {name: value for name, value in os.environ.items() if not name.startswith("QIANTANG_")}

    def qiantang(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "deploy.cli", "audit", *arguments],
            cwd=HOME,
            env={**own, "QIANTANG_STATE": str(settings.state)},
            capture_output=True,
            text=True,
            check=False,
        )

    one = Exported(settings, *(tmp_path / name for name in ("export", "key", "anchors")))
    assert qiantang("anchor", str(one.anchors), "rule_of_law").returncode == 0
    made = qiantang("export", str(one.file), "--service", "rule_of_law")
    assert (made.returncode, made.stdout[:21]) == (0, "rule_of_law: 0 rows, ")
    one.key.write_text(qiantang("key").stdout)
    assert one.judged()[0] == 0
    again = qiantang("export", str(one.file), "--service", "rule_of_law")
    assert again.returncode == 2
    assert again.stderr.startswith("qiantang: nothing is exported: ")


# The document


def test_the_example_of_the_document_is_what_its_rules_give() -> None:
    text = (HOME / "shared" / "AUDIT.md").read_text()
    (row,) = (json.loads(block) for block in re.findall(r"```json\n(\{.*?\})\n```", text, re.S))
    (canonical,) = re.findall(r"```text\n(.*?)\n```", text, re.S)
    assert hashlib.sha256(canonical.encode()).hexdigest() == row["hash"]
    assert json.loads(canonical) == [audit.GENESIS, [row[name] for name in verify_audit.HASHED]]
    assert next(verify_audit._hashes([row])) == row["hash"]
    # And the platform's own rule gives the same.
    stored = {**row} | {n: datetime.fromisoformat(row[n]) for n in ("at", "recorded_at")}
    assert audit._hash_of(audit.GENESIS, stored) == row["hash"]
    assert f"`{'`, `'.join(verify_audit.HASHED)}`" in " ".join(text.split())


def test_an_anchor_has_the_fields_that_the_document_names() -> None:
    text = (HOME / "shared" / "AUDIT.md").read_text()
    anchor = anchors.Anchor("probe", 1, "0" * 64, "2026-03-02T09:00:00+08:00")
    assert f"`{'`, `'.join(asdict(anchor))}`" in text
