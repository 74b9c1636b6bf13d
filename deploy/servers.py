"""RabbitMQ and PostgreSQL for Qiantang: private ones for a demo or a test, or given ones prepared.

A private server lives in a temporary folder, listens on 127.0.0.1 only, and runs as an
unprivileged user. Who ends it is a small guard process, one per server, that waits for the end of
a pipe which the starting process holds: the pipe ends when the server is closed in good order, and
also when the starting process is interrupted, terminated or killed. The guard then kills the
server's processes and removes its folder. A server therefore outlives its owner by moments only;
it stays behind if the guard itself is killed together with the owner, or if the owner is killed
in the instant between starting a server process and naming it to the guard. A child forked from
the owner without exec holds the pipe as well; the server then ends with the last of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import quote, unquote, urlsplit

from deploy.system_packages import (
    POSTGRESQL,
    RABBITMQ,
    SetupFault,
    ensure,
    postgresql_programs,
    rabbitmq_server,
)

if TYPE_CHECKING:
    import amqp
    import psycopg2.extensions

    from shared.messaging.topology import Topology

__all__ = [
    "Administrator",
    "PrivateBroker",
    "PrivateDatabase",
    "SetupFault",
    "apply_topology",
    "create_databases",
    "definitions_of",
    "free_ports",
    "keep_audit_apart",
    "password_hash",
    "private_servers",
    "reachable",
]

_PATIENCE = 60.0
"""Seconds that a private server may take to become ready before its start counts as failed."""

_GUARD_PATIENCE = 5.0
"""Seconds that a server asked to end has before it is killed."""

AUDIT_KEEPER = "audit_keeper"
"""The role that owns the audit in every database; nobody can log in as it."""

_OUR_TAG = "qiantang"
"""The tag on every RabbitMQ user made here, so that users of others are never overwritten."""


class Account(Protocol):
    """A name and a password: a user of the topology, or an administrator."""

    @property
    def name(self) -> str: ...

    @property
    def password(self) -> str: ...


@dataclass(frozen=True)
class Administrator:
    """The account that may do everything on a private server."""

    name: str
    password: str


# --- RabbitMQ definitions -----------------------------------------------------------------------


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's salted SHA-256 of a password, base64: salt + sha256(salt + password).

    ``salt`` is 4 bytes, drawn at random when not given.
    Source: RabbitMQ documentation, "Credentials and Passwords", computing a password hash.
    """
    salt = secrets.token_bytes(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def definitions_of(topology: Topology, admin: Account, vhost: str = "/") -> dict[str, Any]:
    """The whole topology as RabbitMQ definitions, with an administrator of all of it."""
    users = _users_of(topology, vhost)
    return {
        "vhosts": [{"name": vhost}],
        "users": [_user_entry(admin, "administrator"), *users["users"]],
        "permissions": [_rights(admin.name, vhost, ".*", ".*", ".*"), *users["permissions"]],
        "topic_permissions": users["topic_permissions"],
        "exchanges": [
            {
                "name": exchange.name,
                "vhost": vhost,
                "type": exchange.kind,
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for exchange in topology.exchanges
        ],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": dict(queue.arguments),
            }
            for queue in topology.queues
        ],
        "bindings": [
            {
                "source": binding.exchange,
                "vhost": vhost,
                "destination": binding.queue,
                "destination_type": "queue",
                "routing_key": binding.routing_key,
                "arguments": {},
            }
            for binding in topology.bindings
        ],
    }


def _users_of(topology: Topology, vhost: str) -> dict[str, list[dict[str, Any]]]:
    """The users of a topology with their rights: the part of it that AMQP cannot make."""
    return {
        "users": [_user_entry(user, _OUR_TAG) for user in topology.users],
        "permissions": [
            _rights(user.name, vhost, user.configure, user.write, user.read)
            for user in topology.users
        ],
        "topic_permissions": [
            {
                "user": user.name,
                "vhost": vhost,
                "exchange": right.exchange,
                "write": right.write,
                "read": right.read,
            }
            for user in topology.users
            for right in user.topics
        ],
    }


def _user_entry(account: Account, tag: str) -> dict[str, Any]:
    return {
        "name": account.name,
        "password_hash": password_hash(account.password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [tag],
        "limits": {},
    }


def _rights(user: str, vhost: str, configure: str, write: str, read: str) -> dict[str, str]:
    return {"user": user, "vhost": vhost, "configure": configure, "write": write, "read": read}


# --- Processes: what the owner and the guard both need ------------------------------------------


def _is_running(pid: int) -> bool:
    """Whether a process still runs; one that ended but was not collected yet does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def _tree(root: int) -> set[int]:
    """A process and all its descendants, as the kernel lists them now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parent = int(status.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
    tree, unseen = {root}, [root]
    while unseen:
        found = children.get(unseen.pop(), [])
        tree.update(found)
        unseen.extend(found)
    return tree


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _kill_tree(root: int) -> None:
    """SIGKILL to a process and all its descendants.

    A process group would not do: every PostgreSQL backend and every program that Erlang starts
    leads a session of its own. All are stopped first, so that none can start another meanwhile.
    """
    if not _is_running(root):
        return
    stopped: set[int] = set()
    while new := _tree(root) - stopped:
        for pid in new:
            _signal(pid, signal.SIGSTOP)
        stopped |= new
    for pid in stopped:
        _signal(pid, signal.SIGKILL)
    _await_end(stopped)


def _await_end(pids: set[int]) -> bool:
    """Wait until none of the processes runs; whether that came about in time."""
    deadline = time.monotonic() + _GUARD_PATIENCE
    while any(_is_running(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _end(members: Mapping[int, int], folder: Path) -> None:
    """End the processes, each by its own signal and then by force, and remove the folder."""
    for pid, number in members.items():
        if number != signal.SIGKILL:
            _signal(pid, number)
    _await_end({pid for pid, number in members.items() if number != signal.SIGKILL})
    for pid in members:
        _kill_tree(pid)
    shutil.rmtree(folder)


def _guard(folder: Path) -> None:
    """The guard's whole life: learn the processes line by line; when the pipe ends, end them.

    A line is ``pid signal``; signal 0 takes the process off the list.
    """
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    members: dict[int, int] = {}
    for line in sys.stdin:
        pid, number = (int(part) for part in line.split())
        if number:
            members[pid] = number
        else:
            members.pop(pid, None)
    _end(members, folder)


class _PrivateServer(ABC):
    """What both private servers share: the folder, the account, the processes, their end.

    Use it with ``with``, or ``start()``, ``wait()``, ``close()``. Not for several threads.
    """

    title: str
    account: str
    """The system user that runs it when we are root."""

    def __init__(self) -> None:
        self._identity = _unprivileged(self.account, self.title)
        self.folder = Path(tempfile.mkdtemp(prefix="qiantang-"))
        """Everything the server keeps; removed by ``close``."""
        self._members: dict[int, int] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._closed = False
        self.log = self.folder / "server.log"
        try:
            self._own(self.folder, 0o700)
            self._guard = self._new_guard()
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def start(self) -> None:
        """Start the server's processes; return before it is ready."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the server answers us, and in full."""

    def wait(self) -> None:
        """Return when the server is ready; SetupFault, with the end of its log, when it fails."""
        deadline = time.monotonic() + _PATIENCE
        while not self._is_ready():
            if any(child.poll() is not None for child in self._children):
                raise SetupFault(f"{self.title} ended while starting.\n{self._end_of_log()}")
            if time.monotonic() > deadline:
                raise SetupFault(
                    f"{self.title} was not ready within {_PATIENCE:.0f} s; is the machine "
                    f"overloaded?\n{self._end_of_log()}"
                )
            time.sleep(0.1)

    def close(self) -> None:
        """End the server and remove its folder; a second call does nothing.

        Raises SetupFault if something remains, saying what.
        """
        if self._closed:
            return
        self._closed = True
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        if self._guard.wait(timeout=6 * _GUARD_PATIENCE) != 0 and self.folder.exists():
            # The guard was killed, or failed: what it would have done is done here.
            _end(self._members, self.folder)
        for child in self._children:
            child.wait(timeout=_GUARD_PATIENCE)
        if self.folder.exists():
            raise SetupFault(f"{self.title} is ended, but {self.folder} remains: remove it.")

    def _new_guard(self) -> subprocess.Popen[bytes]:
        home = str(Path(__file__).resolve().parents[1])
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.servers", str(self.folder)],
            stdin=subprocess.PIPE,
            bufsize=0,
            cwd=home,
            # Its own session, so that Ctrl-C in the terminal does not reach it.
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": home},
        )

    def _launch(self, command: Sequence[str | Path], ending: int, **environment: str) -> int:
        """Start one process of the server as its user; ``ending`` is the signal that ends it."""
        identity = self._identity
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={
                    "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": str(self.folder),
                    "LANG": "C.UTF-8",
                    **environment,
                },
                start_new_session=True,
                user=identity.pw_uid if identity else None,
                group=identity.pw_gid if identity else None,
                extra_groups=[] if identity else None,
            )
        self._children.append(child)
        self._tell_guard(child.pid, ending)
        return child.pid

    def _tell_guard(self, pid: int, ending: int) -> None:
        if ending:
            self._members[pid] = ending
        else:
            del self._members[pid]
        assert self._guard.stdin is not None
        self._guard.stdin.write(f"{pid} {ending}\n".encode())

    def _kill(self, pid: int) -> None:
        """SIGKILL to one of the server's processes and all below it."""
        _kill_tree(pid)
        self._collect(pid)

    def _collect(self, pid: int) -> int:
        """Wait for a process that is ending and forget it; its exit status."""
        child = next(child for child in self._children if child.pid == pid)
        status = child.wait(timeout=_PATIENCE)
        self._tell_guard(pid, 0)
        self._children.remove(child)
        return status

    def _own(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        if self._identity:
            os.chown(path, self._identity.pw_uid, self._identity.pw_gid)

    def _write(self, name: str, text: str) -> Path:
        """A file in the folder that only the server's user (and we) can read."""
        path = self.folder / name
        path.touch(mode=0o600)
        self._own(path, 0o600)
        path.write_text(text)
        return path

    def _end_of_log(self) -> str:
        if not self.log.exists():
            return "It wrote no log."
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _unprivileged(account: str, title: str) -> pwd.struct_passwd | None:
    """The user that the server shall run as, or None to run it as ourselves.

    Raises SetupFault where root has no such user, or the user cannot reach the temporary folder.
    """
    if os.geteuid() != 0:
        return None
    folder = Path(tempfile.gettempdir()).resolve()
    shut = [path for path in (folder, *folder.parents) if not path.stat().st_mode & 0o001]
    if shut:
        raise SetupFault(
            f"The user {account}, who shall run {title}, cannot enter {shut[0]}: "
            "set TMPDIR to a folder that everybody can enter, such as /tmp."
        )
    try:
        return pwd.getpwnam(account)
    except KeyError:
        raise SetupFault(
            f"There is no system user {account} to run {title} (root must not): install Debian's "
            "package of it, or run this as an ordinary user."
        ) from None


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now.

    Below the range from which the kernel takes ports for outgoing connections, so that none of
    those takes a server's port while it restarts.
    """
    draw = random.SystemRandom()
    ports: list[int] = []
    while len(ports) < count:
        port = draw.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


# --- The private broker -------------------------------------------------------------------------


class PrivateBroker(_PrivateServer):
    """A RabbitMQ node of one's own, with the topology in it from its first moment.

    ``management`` adds RabbitMQ's management plugin at ``management_url``.
    Raises SetupFault where RabbitMQ is missing and may not be installed.
    """

    title = "RabbitMQ"
    account = "rabbitmq"

    def __init__(self, topology: Topology, *, management: bool = False) -> None:
        ensure([RABBITMQ])
        self._topology = topology
        self.administrator = Administrator("administrator", secrets.token_urlsafe(18))
        self.port, self._distribution_port, self.epmd_port, web_port = free_ports(4)
        self._web_port = web_port if management else None
        self.node_name = f"qiantang-{secrets.token_hex(4)}@localhost"
        self.cookie = secrets.token_hex(16)
        self._node = 0
        super().__init__()

    @property
    def management_url(self) -> str:
        """The address of the management API, with the administrator's credentials."""
        if self._web_port is None:
            raise SetupFault("This broker was started without its management API.")
        admin = self.administrator
        return f"http://{admin.name}:{admin.password}@127.0.0.1:{self._web_port}"

    def url_for(self, account: Account) -> str:
        """The AMQP address of this broker's vhost ``/`` for a user of the topology."""
        name, password = quote(account.name, safe=""), quote(account.password, safe="")
        return f"amqp://{name}:{password}@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        """Start the node, and first a port mapper (epmd) of its own."""
        definitions = definitions_of(self._topology, self.administrator)
        path = self._write("definitions.json", json.dumps(definitions))
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"load_definitions = {path}",
        ]
        if self._web_port is not None:
            lines += [
                "management.tcp.ip = 127.0.0.1",
                f"management.tcp.port = {self._web_port}",
                # Its samples are not wanted here and cost the node time.
                "management_agent.disable_metrics_collector = true",
            ]
        self._write("rabbitmq.conf", "\n".join(lines) + "\n")
        plugins = "[].\n" if self._web_port is None else "[rabbitmq_management].\n"
        self._write("enabled_plugins", plugins)
        self._write(".erlang.cookie", self.cookie)
        epmd = shutil.which("epmd", path=f"{os.environ.get('PATH', '')}:/usr/bin")
        if epmd is None:
            raise SetupFault("Erlang's epmd is missing: install Debian's erlang-base.")
        self._launch([epmd, "-port", str(self.epmd_port), "-address", "127.0.0.1"], signal.SIGKILL)
        self._await_epmd()
        self._start_node()

    def _await_epmd(self) -> None:
        deadline = time.monotonic() + _GUARD_PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.epmd_port), timeout=1.0).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise SetupFault(f"epmd does not answer.\n{self._end_of_log()}") from None
            time.sleep(0.01)

    def _start_node(self) -> None:
        script = rabbitmq_server()
        if script is None:
            raise SetupFault("RabbitMQ is missing: install Debian's rabbitmq-server.")
        nothing = str(self.folder / "none")
        self._node = self._launch(
            [script],
            # Its data goes with the folder, so nothing is gained by a slow orderly stop.
            signal.SIGKILL,
            ERL_EPMD_PORT=str(self.epmd_port),
            ERL_EPMD_ADDRESS="127.0.0.1",
            # Erlang would start a daemon of epmd where it finds none, which nobody would end.
            ERL_ZFLAGS="-start_epmd false",
            ERL_CRASH_DUMP=nothing,
            RABBITMQ_NODENAME=self.node_name,
            RABBITMQ_DIST_PORT=str(self._distribution_port),
            RABBITMQ_MNESIA_BASE=str(self.folder / "mnesia"),
            RABBITMQ_LOG_BASE=str(self.folder / "log"),
            RABBITMQ_LOGS="-",
            RABBITMQ_CONFIG_FILE=str(self.folder / "rabbitmq.conf"),
            RABBITMQ_ADVANCED_CONFIG_FILE=nothing,
            RABBITMQ_CONF_ENV_FILE=nothing,
            RABBITMQ_ENABLED_PLUGINS_FILE=str(self.folder / "enabled_plugins"),
            RABBITMQ_PID_FILE=str(self.folder / "node.pid"),
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}",
            # The start script then becomes the node instead of staying above it.
            RUNNING_UNDER_SYSTEMD="true",
        )

    def _is_ready(self) -> bool:
        import amqp

        try:
            with closing(_amqp(self.url_for(self.administrator), timeout=2.0)) as connection:
                channel = connection.channel()
                for queue in self._topology.queues:
                    channel.queue_declare(queue.name, passive=True)
        except amqp.NotFound as absence:
            # It listens only after loading its definitions, so what is missing stays missing.
            raise SetupFault(
                f"RabbitMQ did not take the whole topology: {absence}\n{self._end_of_log()}"
            ) from absence
        except (OSError, amqp.AMQPError):
            return False
        return True

    def control(self, *arguments: str) -> str:
        """Let ``rabbitmqctl`` do something at this node; what it prints.

        Raises SetupFault where it refuses.
        """
        script = rabbitmq_server()
        assert script is not None  # It was started with it.
        answer = subprocess.run(
            # Beside the server: the one on the path may insist on being another user.
            [script.with_name("rabbitmqctl"), "--quiet", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "ERL_EPMD_PORT": str(self.epmd_port),
                "RABBITMQ_NODENAME": self.node_name,
                "RABBITMQ_ERLANG_COOKIE": self.cookie,
            },
        )
        if answer.returncode != 0:
            raise SetupFault(f"rabbitmqctl {arguments[0]} failed: {answer.stderr.strip()}")
        return answer.stdout

    def kill(self) -> None:
        """SIGKILL to the whole node; its data and its port mapper stay."""
        self._kill(self._node)

    def restart(self) -> None:
        """Start the node again on the same port and data, killing it first if it still runs."""
        if self._node in self._members:
            self.kill()
        self._start_node()
        self.wait()


# --- The private database -----------------------------------------------------------------------


class PrivateDatabase(_PrivateServer):
    """A PostgreSQL cluster of one's own; every commit is forced to disk, as it must be outside.

    Raises SetupFault where PostgreSQL is missing and may not be installed.
    """

    title = "PostgreSQL"
    account = "postgres"

    def __init__(self) -> None:
        ensure([POSTGRESQL])
        self._superuser = Administrator("postgres", secrets.token_urlsafe(18))
        (self.port,) = free_ports(1)
        self._passwords: dict[str, str] = {}
        self._initdb = 0
        self._postmaster = 0
        super().__init__()

    @property
    def admin_url(self) -> str:
        """The address of database ``postgres`` for the superuser."""
        return self._url(self._superuser, "postgres")

    def url_for(self, service: str) -> str:
        """The address of a service's own database, for the service's own role."""
        return self._url(Administrator(service, self._passwords[service]), service)

    def _url(self, account: Account, database: str) -> str:
        name, password = quote(account.name, safe=""), quote(account.password, safe="")
        return f"postgresql://{name}:{password}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def start(self) -> None:
        """Begin to lay out the cluster; ``wait`` starts the server on it."""
        self._initdb = self._launch(
            [
                self._program("initdb"),
                "--pgdata=data",
                f"--username={self._superuser.name}",
                f"--pwfile={self._write('password', self._superuser.password)}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                # Only the empty cluster is not forced to disk; what is committed later is.
                "--no-sync",
            ],
            signal.SIGKILL,
        )

    def wait(self) -> None:
        """Return when the server is ready; SetupFault, with the end of its log, when it fails."""
        if self._initdb:
            status = self._collect(self._initdb)
            self._initdb = 0
            if status != 0:
                raise SetupFault(f"PostgreSQL's initdb failed.\n{self._end_of_log()}")
            (self.folder / "password").unlink()
            self._start_server()
        super().wait()

    def _start_server(self) -> None:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            # No socket file: its path would have a length limit and a second way in.
            "unix_socket_directories": "",
            "max_connections": "200",
            # Shared memory as files in the folder, so that it goes with the folder.
            "dynamic_shared_memory_type": "mmap",
            "log_min_messages": "warning",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # SIGQUIT is an immediate shutdown, which still frees what the kernel holds for it.
        self._postmaster = self._launch(
            [self._program("postgres"), "-D", "data", *options], signal.SIGQUIT
        )

    def _program(self, name: str) -> Path:
        programs = postgresql_programs()
        if programs is None:
            raise SetupFault("PostgreSQL is missing: install Debian's postgresql.")
        return programs / name

    def _is_ready(self) -> bool:
        import psycopg2

        try:
            with closing(_postgresql(self.admin_url, timeout=2)) as connection:
                _ask(connection, "SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def create(self, databases: Mapping[str, str]) -> None:
        """Make a role and a database of its own for each service: name → password."""
        with closing(_postgresql(self.admin_url)) as connection:
            # Nobody but the superuser has business in the databases that come with a cluster.
            for name in ("postgres", "template1"):
                _ask(connection, f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        create_databases(self.admin_url, databases)
        self._passwords.update(databases)

    def kill(self) -> None:
        """SIGKILL to the server and all its backends; its data stays."""
        segment = self._shared_memory()
        self._kill(self._postmaster)
        if segment is not None:
            # A killed server leaves a System V segment behind, which no folder takes with it.
            subprocess.run(["ipcrm", "-m", segment], capture_output=True, check=False)

    def _shared_memory(self) -> str | None:
        """The id of the server's System V segment, from the last field of its pid file's line 7."""
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
            return lines[6].split()[1]
        except (FileNotFoundError, IndexError):
            return None

    def restart(self) -> None:
        """Start the server again on the same port and data, killing it first if it still runs."""
        if self._postmaster in self._members:
            self.kill()
        self._start_server()
        self.wait()


@contextmanager
def private_servers(
    topology: Topology, databases: Mapping[str, str]
) -> Iterator[tuple[PrivateBroker, PrivateDatabase]]:
    """Both private servers, started side by side, with topology and databases in them."""
    with closing(PrivateBroker(topology)) as broker:
        broker.start()
        with PrivateDatabase() as database:
            database.create(databases)
            broker.wait()
            yield broker, database


# --- Servers that exist already -----------------------------------------------------------------


def reachable(url: str) -> bool:
    """Whether the server at an ``amqp(s)://`` or ``postgresql://`` address answers within 1 s.

    False when nothing answers. Raises SetupFault when a server answers and refuses us, for
    then its address is meant and a private one in its place would hide the mistake.
    """
    scheme = urlsplit(url).scheme
    if scheme in ("amqp", "amqps"):
        return _broker_answers(url)
    if scheme.partition("+")[0] in ("postgresql", "postgres"):
        return _database_answers(url)
    raise SetupFault(f"{_without_password(url)} is neither an amqp:// nor a postgresql:// address.")


def _broker_answers(url: str) -> bool:
    import amqp

    try:
        with closing(_amqp(url, timeout=1.0)) as connection:
            _check_rabbitmq(connection, url)
    except OSError:
        return False
    except amqp.AMQPError as refusal:
        raise SetupFault(f"{_without_password(url)} answers, but refuses: {refusal}") from refusal
    return True


def _database_answers(url: str) -> bool:
    import psycopg2

    parts = urlsplit(url)
    try:
        address = (parts.hostname or "localhost", parts.port or 5432)
        with socket.create_connection(address, timeout=1.0) as probe:
            # The protocol's SSLRequest, which PostgreSQL alone answers with one of these letters.
            probe.sendall(struct.pack("!ii", 8, 80877103))
            if probe.recv(1) not in (b"S", b"N"):
                return False
    except OSError:
        return False
    try:
        with closing(_postgresql(url, timeout=2)) as connection:
            _ask(connection, "SELECT 1")
    except psycopg2.OperationalError as refusal:
        raise SetupFault(
            f"{_without_password(url)} answers, but refuses: {str(refusal).strip()}"
        ) from refusal
    return True


def create_databases(admin_url: str, databases: Mapping[str, str]) -> None:
    """Make a role and a database of the same name for each service: name → password.

    The database belongs to the role and nobody else may connect to it. What is there already is
    kept if it is ours, that is, the database belongs to that role and the password fits. The
    administrator of ``admin_url`` needs CREATEROLE and CREATEDB. All owners are looked at before
    anything is made. In each database the audit is kept apart from its service's role.

    Raises SetupFault where a database belongs to another role, or a role has another password.
    """
    import psycopg2

    where = _without_password(admin_url)
    try:
        with closing(_postgresql(admin_url)) as connection:
            owners = dict(
                _ask(connection, "SELECT datname, pg_get_userbyid(datdba) FROM pg_database")
            )
            for name in databases:
                owner = owners.get(name, name)
                if owner != name:
                    raise SetupFault(
                        f"The database {name} at {where} belongs to {owner}, not to {name}: "
                        "name another server, or rename that database."
                    )
            roles = {str(row[0]) for row in _ask(connection, "SELECT rolname FROM pg_roles")}
            if AUDIT_KEEPER not in roles:
                _ask(connection, f"CREATE ROLE {AUDIT_KEEPER} NOLOGIN")
            for name, password in databases.items():
                if name not in roles:
                    _make_role(connection, name, password)
                if name not in owners:
                    _make_database(connection, name)
        for name in databases:
            keep_audit_apart(admin_url, name, name)
    except psycopg2.Error as refusal:
        raise SetupFault(f"{where} refuses: {str(refusal).strip()}") from refusal
    for name, password in databases.items():
        _check_login(admin_url, name, password)


def _make_role(connection: psycopg2.extensions.connection, name: str, password: str) -> None:
    from psycopg2 import sql

    command = "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}"
    _ask(connection, sql.SQL(command).format(sql.Identifier(name), sql.Literal(password)))


def _make_database(connection: psycopg2.extensions.connection, name: str) -> None:
    from psycopg2 import sql

    role = sql.Identifier(name)
    # Only a member of a role may make a database that belongs to it.
    _become_member(connection, name)
    _ask(connection, sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
    _ask(connection, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))


def _become_member(connection: psycopg2.extensions.connection, role: str) -> None:
    """Let the administrator act as the role; a superuser may without."""
    from psycopg2 import sql

    (superuser,) = _ask(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if not superuser[0]:
        _ask(connection, sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


KEEP_AUDIT = f"""
    CREATE OR REPLACE FUNCTION public.keep_audit() RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF to_regproc('public.refuse_change_of_audit') IS NOT NULL THEN
            ALTER FUNCTION public.refuse_change_of_audit() OWNER TO {AUDIT_KEEPER};
            ALTER TABLE public.audit OWNER TO {AUDIT_KEEPER};
            ALTER TABLE public.audit_head OWNER TO {AUDIT_KEEPER};
            GRANT SELECT, INSERT ON public.audit TO pg_database_owner;
            GRANT SELECT, UPDATE ON public.audit_head TO pg_database_owner;
        END IF;
    END $$
"""


def keep_audit_apart(admin_url: str, database: str, service: str) -> None:
    """Let a role that nobody can log in as own the audit of a database, which belongs to the
    service's role: that one may append to the audit and read it, and nothing else.

    The service makes its tables itself. Its migration calls `keep_audit`, which runs as the keeper
    and takes the audit; where they are migrated already, they are taken now. The schema is the
    keeper's too, because the owner of a schema may drop any table in it. Needs PostgreSQL 14.

    Raises psycopg2.Error where the administrator may not.
    """
    from psycopg2 import sql

    address = urlsplit(admin_url)._replace(path=f"/{quote(database, safe='')}").geturl()
    with closing(_postgresql(address)) as connection:
        _become_member(connection, AUDIT_KEEPER)
        _ask(connection, sql.SQL(f"GRANT {{}} TO {AUDIT_KEEPER}").format(sql.Identifier(service)))
        owner = "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'"
        if _ask(connection, owner) != [(AUDIT_KEEPER,)]:
            _ask(connection, f"ALTER SCHEMA public OWNER TO {AUDIT_KEEPER}")
        _ask(connection, f"SET ROLE {AUDIT_KEEPER}")
        _ask(connection, "GRANT USAGE, CREATE ON SCHEMA public TO pg_database_owner")
        _ask(connection, KEEP_AUDIT)
        _ask(connection, "SELECT public.keep_audit()")


def _check_login(admin_url: str, name: str, password: str) -> None:
    import psycopg2

    parts = urlsplit(admin_url)
    server = parts.netloc.rpartition("@")[2]
    account = f"{quote(name, safe='')}:{quote(password, safe='')}"
    url = parts._replace(netloc=f"{account}@{server}", path=f"/{quote(name, safe='')}").geturl()
    try:
        _postgresql(url).close()
    except psycopg2.OperationalError as refusal:
        raise SetupFault(
            f"The role {name} at {server} exists, but cannot log in with our password. If it is "
            f"ours, give it the password again (ALTER ROLE ... PASSWORD): {str(refusal).strip()}"
        ) from refusal


def apply_topology(
    amqp_url: str,
    topology: Topology,
    *,
    management_url: str | None = None,
    definitions_file: Path,
) -> None:
    """Bring a topology into a RabbitMQ that exists already, as the administrator of ``amqp_url``.

    Exchanges, queues and bindings are declared over AMQP. Users and their rights go through the
    management API at ``management_url``; without it through ``rabbitmqctl``, where that works here
    and reaches the very same broker; without both they are written to ``definitions_file`` (the
    passwords hashed) for somebody who may. If all users can log in already, they are left as they
    are, and their rights are not looked at: AMQP cannot show them.

    Raises SetupFault where the broker refuses, holds an exchange or queue of another kind under
    one of our names, holds a user of somebody else under one of our names, or where somebody has
    to bring in the users by hand.
    """
    import amqp

    users = _users_of(topology, _vhost_of(amqp_url))
    try:
        with closing(_amqp(amqp_url)) as connection:
            cluster = _check_rabbitmq(connection, amqp_url)
            present = (
                _users_by_rabbitmqctl(cluster)
                if management_url is None
                else _users_over_http(management_url, cluster)
            )
            _refuse_foreign_users(present or [], topology)
            _declare(connection, topology)
    except (OSError, amqp.AMQPError) as refusal:
        raise SetupFault(f"{_without_password(amqp_url)} refuses: {refusal}") from refusal
    if management_url is not None:
        _management(management_url, "/api/definitions", users)
    elif present is not None:
        answer = _rabbitmqctl("import_definitions", text=json.dumps(users))
        if answer.returncode != 0:
            raise SetupFault(f"rabbitmqctl import_definitions failed: {answer.stderr.strip()}")
    elif not _all_log_in(amqp_url, topology):
        definitions_file.parent.mkdir(parents=True, exist_ok=True)
        definitions_file.touch(mode=0o600)
        definitions_file.write_text(json.dumps(users, indent=2))
        raise SetupFault(
            f"The users and their rights are not yet in {_without_password(amqp_url)}. On the "
            f"broker's machine run: sudo rabbitmqctl import_definitions < {definitions_file} "
            "(or set QIANTANG_AMQP_MANAGEMENT_URL to its management API), then start again."
        )


def _declare(connection: amqp.Connection, topology: Topology) -> None:
    channel = connection.channel()
    for exchange in topology.exchanges:
        channel.exchange_declare(exchange.name, exchange.kind, durable=True, auto_delete=False)
    for queue in topology.queues:
        channel.queue_declare(
            queue.name, durable=True, auto_delete=False, arguments=dict(queue.arguments)
        )
    for binding in topology.bindings:
        channel.queue_bind(binding.queue, binding.exchange, binding.routing_key)


def _check_rabbitmq(connection: amqp.Connection, url: str) -> str:
    """The cluster name of the broker reached; SetupFault when it is no RabbitMQ from 3.10 on."""
    properties = connection.server_properties
    product, version = properties.get("product"), str(properties.get("version", "0"))
    if product != "RabbitMQ" or _numbers(version) < (3, 10):
        raise SetupFault(
            f"{_without_password(url)} is {product} {version}; RabbitMQ 3.10 or newer is needed."
        )
    return str(properties.get("cluster_name"))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _refuse_foreign_users(present: Sequence[Mapping[str, Any]], topology: Topology) -> None:
    """SetupFault when the broker has a user of one of our names that was not made here."""
    ours = {user.name for user in topology.users}
    for entry in present:
        # The management API says name, rabbitmqctl says user.
        name = entry.get("name") or entry.get("user")
        if name in ours and _OUR_TAG not in entry["tags"]:
            raise SetupFault(
                f"The broker has a user {name} that is not ours (it lacks the tag {_OUR_TAG}): "
                "name another broker, or delete that user."
            )


def _users_over_http(management_url: str, cluster: str) -> list[dict[str, Any]]:
    """The users that a broker has; SetupFault when the API is another broker's."""
    reached = _management(management_url, "/api/overview")["cluster_name"]
    if reached != cluster:
        raise SetupFault(
            f"The management API is of broker {reached}, the AMQP address of broker {cluster}: "
            "correct QIANTANG_AMQP_MANAGEMENT_URL."
        )
    users: list[dict[str, Any]] = _management(management_url, "/api/users")
    return users


def _management(url: str, path: str, body: object = None) -> Any:
    """GET, or POST where there is a body, at the management API; its answer, decoded."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    account = f"{unquote(parts.username or 'guest')}:{unquote(parts.password or 'guest')}"
    request = urllib.request.Request(
        parts._replace(netloc=server, path=parts.path.rstrip("/") + path).geturl(),
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Basic {base64.b64encode(account.encode()).decode()}",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            reason = refusal.read().decode(errors="replace")
        raise SetupFault(
            f"{_without_password(url)}{path} refuses ({refusal.code}): {reason}"
        ) from refusal
    except OSError as fault:
        raise SetupFault(
            f"{_without_password(url)} does not answer ({fault}): is the plugin "
            "rabbitmq_management enabled, and QIANTANG_AMQP_MANAGEMENT_URL right?"
        ) from fault
    return json.loads(text) if text else None


def _users_by_rabbitmqctl(cluster: str) -> list[dict[str, Any]] | None:
    """The users that a broker has; None where ``rabbitmqctl`` is missing, may not, or reaches
    another broker than ours."""
    if shutil.which("rabbitmqctl") is None:
        return None
    status = _rabbitmqctl("cluster_status", "--formatter", "json")
    if status.returncode != 0 or json.loads(status.stdout)["cluster_name"] != cluster:
        return None
    answer = _rabbitmqctl("list_users", "--formatter", "json")
    if answer.returncode != 0:
        return None
    users: list[dict[str, Any]] = json.loads(answer.stdout)
    return users


def _rabbitmqctl(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["rabbitmqctl", "--quiet", "--timeout", "10", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def _all_log_in(amqp_url: str, topology: Topology) -> bool:
    import amqp

    parts = urlsplit(amqp_url)
    server = parts.netloc.rpartition("@")[2]
    for user in topology.users:
        account = f"{quote(user.name, safe='')}:{quote(user.password, safe='')}"
        try:
            _amqp(parts._replace(netloc=f"{account}@{server}").geturl()).close()
        except (OSError, amqp.AMQPError):
            return False
    return True


# --- Connections --------------------------------------------------------------------------------


def _amqp(url: str, timeout: float = 5.0) -> amqp.Connection:
    """An open AMQP connection, after one attempt; ``timeout`` in seconds for each exchange."""
    from kombu.connection import Connection

    description = Connection(
        url,
        connect_timeout=timeout,
        transport_options={"read_timeout": timeout, "write_timeout": timeout},
    )
    return description.transport.establish_connection()


def _vhost_of(amqp_url: str) -> str:
    from kombu.connection import Connection

    return Connection(amqp_url).virtual_host or "/"


def _postgresql(url: str, timeout: int = 5) -> psycopg2.extensions.connection:
    """An open connection without transactions, for set-up; ``timeout`` in seconds."""
    import psycopg2

    # SQLAlchemy names its driver in the scheme, which libpq does not know.
    parts = urlsplit(url)
    plain = parts._replace(scheme="postgresql").geturl()
    connection = psycopg2.connect(plain, connect_timeout=timeout)
    connection.autocommit = True
    return connection


def _ask(connection: psycopg2.extensions.connection, statement: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _without_password(url: str) -> str:
    """An address fit for a message."""
    parts = urlsplit(url)
    account, at, server = parts.netloc.rpartition("@")
    return parts._replace(netloc=account.partition(":")[0] + at + server).geturl()


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
