"""The Debian packages Qiantang needs outside its virtual environment: found, or installed.

Standard library only, because it runs before the virtual environment exists:
``python3 -m deploy.system_packages [PACKAGE …]``, where a PACKAGE is one of `_BY_ARGUMENT` below.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_POLICY = Path("/usr/sbin/policy-rc.d")
_NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/qiantang-setup.conf")


class SetupFault(Exception):
    """Something outside Qiantang is missing or refuses; the message says what to do about it."""


def rabbitmq_server() -> Path | None:
    """The start script of RabbitMQ, or None where it is not installed.

    Debian's own script in the search path refuses to run for anybody but root and ``rabbitmq``,
    so the script behind it comes first.
    """
    behind = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if behind.exists():
        return behind
    return _program("rabbitmq-server")


def postgresql_programs() -> Path | None:
    """The folder that holds ``initdb`` and ``postgres`` of the newest version, or None."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(versions, key=lambda path: float(path.parts[-3]))
    if newest:
        return newest[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _program(name: str) -> Path | None:
    """A program in the search path, or None."""
    found = shutil.which(name)
    return Path(found) if found else None


def prometheus_programs() -> Path | None:
    """The folder that holds ``prometheus`` and ``promtool``, or None."""
    found = shutil.which("prometheus")
    if found is None or not Path(found).with_name("promtool").exists():
        return None
    return Path(found).parent


def chinese_fonts() -> Path | None:
    """The folder that holds Noto Sans CJK, or None."""
    folder = Path("/usr/share/fonts/opentype/noto")
    return folder if (folder / "NotoSansCJK-Regular.ttc").exists() else None


def _venv_builder() -> Path | None:
    """This interpreter, if it can make a virtual environment with pip in it (Debian's may not)."""
    answer = subprocess.run(
        [sys.executable, "-c", "import venv, ensurepip"], capture_output=True, check=False
    )
    return Path(sys.executable) if answer.returncode == 0 else None


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package and how to see whether what we need of it is there."""

    name: str
    find: Callable[[], Path | None]


RABBITMQ = SystemPackage("rabbitmq-server", rabbitmq_server)
POSTGRESQL = SystemPackage("postgresql", postgresql_programs)
WRK = SystemPackage("wrk", partial(_program, "wrk"))
NODE = SystemPackage("nodejs", partial(_program, "node"))
NPM = SystemPackage("npm", partial(_program, "npm"))
PROMETHEUS = SystemPackage("prometheus", prometheus_programs)
CHROMIUM = SystemPackage("chromium", partial(_program, "chromium"))
CHINESE_FONTS = SystemPackage("fonts-noto-cjk", chinese_fonts)
VENV = SystemPackage(f"python3.{sys.version_info.minor}-venv", _venv_builder)
_BY_ARGUMENT = {
    "rabbitmq-server": RABBITMQ,
    "postgresql": POSTGRESQL,
    "wrk": WRK,
    "nodejs": NODE,
    "npm": NPM,
    "prometheus": PROMETHEUS,
    "chromium": CHROMIUM,
    "fonts-noto-cjk": CHINESE_FONTS,
    "python3-venv": VENV,
}


def ensure(packages: Sequence[SystemPackage]) -> tuple[str, ...]:
    """Install what is missing of ``packages``; answer the names that were installed.

    As root on a system with apt-get it installs them; the servers of the packages are not started
    and PostgreSQL's ``main`` cluster is not made, for Qiantang starts its own. On a machine with
    systemd the packages' own services stay enabled for the next boot, as Debian's policy is.

    Raises SetupFault, with the command to run, where it may not or cannot install.
    """
    missing = tuple(package for package in packages if package.find() is None)
    if not missing:
        return ()
    names = tuple(package.name for package in missing)
    command = f"apt-get update && apt-get install -y {' '.join(names)}"
    if shutil.which("apt-get") is None:
        raise SetupFault(f"Not installed: {', '.join(names)}. Install them for your system.")
    if os.geteuid() != 0:
        raise SetupFault(f"Not installed: {', '.join(names)}. Run: sudo sh -c '{command}'")
    print(f"Installing {', '.join(names)} with apt-get ...", file=sys.stderr, flush=True)
    with _services_not_started(), _main_cluster_not_made(POSTGRESQL in missing):
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", *names)
    absent = [package.name for package in missing if package.find() is None]
    if absent:
        raise SetupFault(f"Installed, but still not found: {', '.join(absent)}. Check: {command}")
    return names


def _apt_get(*arguments: str) -> None:
    """Run apt-get without questions; SetupFault with the end of its output when it fails."""
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", *arguments]
    answer = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        end = "\n".join(answer.stdout.splitlines()[-15:])
        raise SetupFault(f"'{' '.join(command)}' failed; put right what it says:\n{end}")


@contextmanager
def _services_not_started() -> Iterator[None]:
    """While it is open, package scripts may not start services (Debian policy, invoke-rc.d)."""
    if _POLICY.exists():
        # A policy is in force already (as in a container image); it stays as it is.
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


@contextmanager
def _main_cluster_not_made(installs_postgresql: bool) -> Iterator[None]:
    """While it is open, installing PostgreSQL makes no ``main`` cluster.

    A drop-in file, because a ``createcluster.conf`` of ours would collide with the package's.
    """
    if not installs_postgresql:
        yield
        return
    had_folder = _NO_MAIN_CLUSTER.parent.exists()
    _NO_MAIN_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    _NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        _NO_MAIN_CLUSTER.unlink(missing_ok=True)
        if not had_folder and not any(_NO_MAIN_CLUSTER.parent.iterdir()):
            _NO_MAIN_CLUSTER.parent.rmdir()


def main(arguments: Sequence[str]) -> int:
    """Install the named packages (both servers when none is named); answer the exit status."""
    unknown = [name for name in arguments if name not in _BY_ARGUMENT]
    if unknown:
        print(f"Unknown: {' '.join(unknown)}. Known: {' '.join(_BY_ARGUMENT)}", file=sys.stderr)
        return 2
    try:
        ensure([_BY_ARGUMENT[name] for name in arguments] or [RABBITMQ, POSTGRESQL])
    except SetupFault as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
