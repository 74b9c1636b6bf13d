"""That the servers of a demo or a test are ready, guarded against each other, durable, and gone.

Everything here talks to real servers, started for it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import amqp
import psycopg2
import pytest
from kombu.connection import Connection

from deploy.catalogue import folder_of
from deploy.servers import (
    AUDIT_KEEPER,
    Administrator,
    PrivateBroker,
    PrivateDatabase,
    SetupFault,
    apply_topology,
    create_databases,
    definitions_of,
    password_hash,
    private_servers,
    reachable,
)
from shared.messaging.topology import Binding, Exchange, Queue, TopicRight, Topology, User
from shared.migrations import migrate
from shared.storage import open_database

PASSWORDS = {"society": "a password/with@marks", "economy": "another"}
SOCIETY = User(
    name="society",
    password=PASSWORDS["society"],
    configure=r"^society\.reply\..*$",
    write=r"^(society\.events|rpc)$",
    read=r"^society\.inbox$",
    topics=(TopicRight(exchange="rpc", write=r"^economy\..*$", read="^$"),),
)
ECONOMY = User("economy", PASSWORDS["economy"], "^$", r"^economy\.events$", r"^economy\..*$", ())
TOPOLOGY = Topology(
    exchanges=(
        Exchange("rpc", "topic"),
        Exchange("society.events", "topic"),
        Exchange("economy.events", "topic"),
    ),
    queues=(
        Queue("economy.inbox", {"x-queue-type": "quorum", "x-delivery-limit": 20}),
        Queue("economy.rpc", {"x-queue-type": "quorum", "x-delivery-limit": 20}),
        Queue("society.inbox", {"x-queue-type": "quorum", "x-delivery-limit": 20}),
    ),
    bindings=(
        Binding("society.events", "economy.inbox", "visit.#"),
        Binding("rpc", "economy.rpc", "economy.*"),
    ),
    users=(SOCIETY, ECONOMY),
)
EMPTY = Topology((), (), (), ())

Servers = tuple[PrivateBroker, PrivateDatabase]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with private_servers(TOPOLOGY, PASSWORDS) as both:
        yield both


@pytest.fixture(scope="module")
def broker(servers: Servers) -> PrivateBroker:
    return servers[0]


@pytest.fixture(scope="module")
def database(servers: Servers) -> PrivateDatabase:
    return servers[1]


@pytest.fixture(scope="module")
def existing_broker() -> Iterator[PrivateBroker]:
    """A broker that somebody else runs: nothing of ours in it yet."""
    with PrivateBroker(EMPTY, management=True) as broker:
        yield broker


def connected(url: str) -> Connection:
    """A connection whose publishing waits for the broker's confirmation, or its refusal."""
    connection = Connection(url, transport_options={"confirm_publish": True})
    connection.connect()
    return connection


def publish(url: str, exchange: str, routing_key: str, body: str) -> None:
    with connected(url) as connection:
        message = amqp.Message(body, delivery_mode=2)
        connection.default_channel.basic_publish(message, exchange, routing_key)


def fetch(url: str, queue: str) -> str | None:
    with connected(url) as connection:
        message = connection.default_channel.basic_get(queue, no_ack=True)
        return None if message is None else str(message.body)


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


# --- Definitions --------------------------------------------------------------------------------


def test_a_password_hash_is_the_salt_and_the_digest_of_salt_and_password() -> None:
    # The worked example of RabbitMQ's documentation: salt 908DC60A, password test12.
    salt = bytes.fromhex("908DC60A")
    assert password_hash("test12", salt) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_two_hashes_of_a_password_differ_by_their_salt() -> None:
    first, second = (base64.b64decode(password_hash("口令")) for _ in range(2))
    assert first[:4] != second[:4]
    for raw in (first, second):
        assert raw[4:] == hashlib.sha256(raw[:4] + "口令".encode()).digest()


def test_definitions_hold_the_topology_and_no_password() -> None:
    definitions = definitions_of(TOPOLOGY, Administrator("boss", "top secret"))
    text = json.dumps(definitions)
    assert all(password not in text for password in (*PASSWORDS.values(), "top secret"))
    assert [user["name"] for user in definitions["users"]] == ["boss", "society", "economy"]
    assert definitions["users"][0]["tags"] == ["administrator"]
    assert {user["hashing_algorithm"] for user in definitions["users"]} == {
        "rabbit_password_hashing_sha256"
    }
    assert definitions["permissions"][1] == {
        "user": "society",
        "vhost": "/",
        "configure": SOCIETY.configure,
        "write": SOCIETY.write,
        "read": SOCIETY.read,
    }
    assert definitions["topic_permissions"] == [
        {
            "user": "society",
            "vhost": "/",
            "exchange": "rpc",
            "write": r"^economy\..*$",
            "read": "^$",
        }
    ]
    assert all(queue["durable"] for queue in definitions["queues"])
    assert definitions["queues"][0]["arguments"]["x-delivery-limit"] == 20
    assert definitions["bindings"][0]["destination"] == "economy.inbox"


# --- Ready, and guarded against each other ------------------------------------------------------


def test_both_servers_are_ready_for_every_service(servers: Servers) -> None:
    broker, database = servers
    for user in TOPOLOGY.users:
        assert reachable(broker.url_for(user))
        assert ask(database.url_for(user.name), "SELECT current_user, current_database()") == [
            (user.name, user.name)
        ]


def test_both_servers_listen_on_this_machine_only(servers: Servers) -> None:
    broker, database = servers
    ports = {broker.port, broker.epmd_port, database.port}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if int(port, 16) in ports:
                assert address in ("0100007F", "0" * 24 + "01000000")


def test_both_servers_run_as_no_root(servers: Servers) -> None:
    for server in servers:
        for pid in server._members:
            assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_every_commit_of_the_private_database_is_forced_to_disk(database: PrivateDatabase) -> None:
    assert ask(database.admin_url, "SHOW fsync") == [("on",)]
    assert ask(database.admin_url, "SHOW synchronous_commit") == [("on",)]


@pytest.mark.parametrize("other", ["economy", "postgres", "template1"])
def test_the_role_of_one_service_is_refused_by_another_database(
    database: PrivateDatabase, other: str
) -> None:
    url = urlsplit(database.url_for("society"))._replace(path=f"/{other}").geturl()
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(url)


def test_a_role_without_its_password_is_refused(database: PrivateDatabase) -> None:
    url = database.url_for("economy").replace(":another@", ":guessed@")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(url)


@pytest.mark.parametrize("exchange", ["society.events", "society.new", "qiantang.new"])
def test_a_user_cannot_declare_an_exchange(broker: PrivateBroker, exchange: str) -> None:
    with connected(broker.url_for(SOCIETY)) as connection, pytest.raises(amqp.AccessRefused):
        connection.default_channel.exchange_declare(exchange, "topic", durable=True)


def test_a_user_cannot_publish_to_the_exchange_of_another_service(broker: PrivateBroker) -> None:
    with pytest.raises(amqp.AccessRefused):
        publish(broker.url_for(SOCIETY), "economy.events", "visit.made", "forged")


def test_a_user_can_publish_only_the_routing_keys_it_has_the_right_to(
    broker: PrivateBroker,
) -> None:
    publish(broker.url_for(SOCIETY), "rpc", "economy.MatchPolicy", "a call")
    assert fetch(broker.url_for(ECONOMY), "economy.rpc") == "a call"
    with pytest.raises(amqp.AccessRefused):
        publish(broker.url_for(SOCIETY), "rpc", "identity_data.IssueToken", "forged")


def test_a_user_cannot_read_the_queue_of_another_service(broker: PrivateBroker) -> None:
    with pytest.raises(amqp.AccessRefused):
        fetch(broker.url_for(SOCIETY), "economy.inbox")


def test_the_broker_has_no_guest(broker: PrivateBroker) -> None:
    with pytest.raises(SetupFault, match="answers, but refuses"):
        reachable(broker.url_for(Administrator("guest", "guest")))


# --- Killed and started again -------------------------------------------------------------------


def test_a_killed_broker_keeps_confirmed_messages_and_its_address(broker: PrivateBroker) -> None:
    society, economy = broker.url_for(SOCIETY), broker.url_for(ECONOMY)
    publish(society, "society.events", "visit.made", "kept")
    broker.kill()
    assert not reachable(society)
    broker.restart()
    assert fetch(economy, "economy.inbox") == "kept"
    publish(society, "society.events", "visit.made", "after")
    assert fetch(economy, "economy.inbox") == "after"


def test_a_killed_database_keeps_committed_rows_and_its_address(database: PrivateDatabase) -> None:
    url = database.url_for("society")
    ask(url, "CREATE TABLE visit (name text)")
    ask(url, "INSERT INTO visit VALUES ('kept')")
    database.kill()
    assert not reachable(url)
    database.restart()
    assert ask(url, "SELECT name FROM visit") == [("kept",)]


# --- Gone afterwards ----------------------------------------------------------------------------

OWNER = """
import signal, sys, time
from deploy.servers import PrivateBroker, PrivateDatabase
from shared.messaging.topology import Topology
broker = PrivateBroker(Topology((), (), (), ()))
broker.start()
with PrivateDatabase() as database:
    print(broker.folder, database.folder, flush=True)
    if sys.argv[1] == "fails":
        raise SystemExit("a failure")
    if sys.argv[1] == "closes":
        broker.close()
    else:
        time.sleep(60)
"""


def descendants(pid: int) -> set[int]:
    """All processes below one; a starting server has some that end while we look."""
    try:
        lists = [
            (thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return set()
    children = {int(child) for listed in lists for child in listed.split()}
    return children.union(*(descendants(child) for child in children))


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.parametrize("end", ["closes", "fails", "SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_remains_however_the_owner_ends(end: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, end],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # A group of its own, to be interrupted as a terminal interrupts it: all of the group.
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    with owner:
        assert owner.stdout is not None
        folders = [Path(name) for name in owner.stdout.readline().split()]
        assert len(folders) == 2
        below: set[int] = set()
        if end.startswith("SIG"):
            below = descendants(owner.pid)
            assert len(below) >= 5, "two guards, epmd, the node, the postmaster"
            os.killpg(owner.pid, signal.Signals[end])
        owner.wait(timeout=30)
    deadline = time.monotonic() + 15
    while any(map(is_running, below)) or any(folder.exists() for folder in folders):
        assert time.monotonic() < deadline, (list(filter(is_running, below)), folders)
        time.sleep(0.05)
    # The guard that removed a folder ends just after it.
    while remaining := at_work_in(folders):
        assert time.monotonic() < deadline, remaining
        time.sleep(0.05)


def at_work_in(folders: list[Path]) -> list[int]:
    """The processes that were given one of the folders, daemons that left their parent too."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            given = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            # It has ended, or belongs to somebody else.
            continue
        if any(str(folder).encode() in given for folder in folders):
            found.append(int(entry.name))
    return found


def test_a_broker_that_cannot_start_says_why_and_leaves_nothing() -> None:
    broker = PrivateBroker(EMPTY)
    with (
        socket.create_server(("127.0.0.1", broker.port)),
        pytest.raises(SetupFault, match=r"(?s)RabbitMQ ended while starting.*eaddrinuse"),
        broker,
    ):
        pytest.fail("It must not become ready.")
    assert not broker.folder.exists()


def test_a_broker_that_does_not_take_a_queue_says_which() -> None:
    broker = PrivateBroker(replace(EMPTY, queues=(Queue("odd", {"x-queue-type": "unheard"}),)))
    with pytest.raises(SetupFault, match=r"did not take the whole topology.*odd"), broker:
        pytest.fail("It must not become ready.")
    assert not broker.folder.exists()


def test_a_database_that_cannot_start_says_why_and_leaves_nothing() -> None:
    database = PrivateDatabase()
    with (
        socket.create_server(("127.0.0.1", database.port)),
        pytest.raises(SetupFault, match=r"(?s)PostgreSQL ended while.*Address already in use"),
        database,
    ):
        pytest.fail("It must not become ready.")
    assert not database.folder.exists()


def test_a_database_closed_after_a_kill_leaves_no_shared_memory() -> None:
    with PrivateDatabase() as database:
        # The last field of the pid file's line 7; other databases have segments of their own.
        lines = (database.folder / "data" / "postmaster.pid").read_text().splitlines()
        segment = lines[6].split()[1]
        assert segment in shared_memory_segments()
        database.kill()
    assert segment not in shared_memory_segments()


def shared_memory_segments() -> set[str]:
    """The ids of all System V segments of this machine."""
    return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}


# --- Servers that exist already -----------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("scheme", ["amqp", "postgresql", "postgresql+psycopg2"])
def test_nobody_and_a_stranger_are_not_reachable(scheme: str) -> None:
    assert not reachable(f"{scheme}://who:what@127.0.0.1:{free_port()}/it")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        assert not reachable(f"{scheme}://who:what@127.0.0.1:{silent.getsockname()[1]}/it")
        assert time.monotonic() - started < 2


def test_a_server_that_refuses_us_is_a_fault_that_hides_the_password(servers: Servers) -> None:
    broker, database = servers
    for url in (
        broker.url_for(replace(SOCIETY, password="wrong-one")),
        database.url_for("economy").replace(":another@", ":wrong-one@"),
    ):
        with pytest.raises(SetupFault, match="answers, but refuses") as refusal:
            reachable(url)
        assert "wrong-one" not in str(refusal.value)


def test_databases_are_created_once_and_kept(database: PrivateDatabase) -> None:
    ask(database.admin_url, "CREATE ROLE builder LOGIN CREATEDB CREATEROLE PASSWORD 'b'")
    ask(database.admin_url, "GRANT CONNECT ON DATABASE postgres TO builder")
    builder = f"postgresql+psycopg2://builder:b@127.0.0.1:{database.port}/postgres"
    create_databases(builder, {"law": "l", "party-government": "p"})
    law = f"postgresql://law:l@127.0.0.1:{database.port}/law"
    ask(law, "CREATE TABLE norm (name text)")
    create_databases(builder, {"law": "l", "party-government": "p"})
    assert ask(law, "SELECT count(*) FROM norm") == [(0,)]
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(f"{law.rpartition('/')[0]}/party-government")


def test_an_audit_that_was_there_before_its_keeper_is_taken_too(database: PrivateDatabase) -> None:
    ask(database.admin_url, "CREATE ROLE older LOGIN PASSWORD 'o'")
    ask(database.admin_url, "CREATE DATABASE older OWNER older")
    url = f"postgresql://older:o@127.0.0.1:{database.port}/older"
    engine = open_database(url)
    migrate(engine, folder_of("rule_of_law"))
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'audit'"
    assert ask(url, owner) == [("older",)]
    create_databases(database.admin_url, {"older": "o"})
    assert ask(url, owner) == [(AUDIT_KEEPER,)]
    # A migration that comes later finds its tables, and those of the service are its own still.
    migrate(engine, folder_of("rule_of_law"))
    ask(url, "ALTER TABLE outbox ADD COLUMN more text")
    engine.dispose()


def test_a_database_of_another_role_is_refused_before_anything_is_made(
    database: PrivateDatabase,
) -> None:
    ask(database.admin_url, "CREATE DATABASE theirs")
    with pytest.raises(SetupFault, match=r"theirs .* belongs to postgres"):
        create_databases(database.admin_url, {"new": "n", "theirs": "t"})
    assert ask(database.admin_url, "SELECT 1 FROM pg_roles WHERE rolname = 'new'") == []


def test_a_role_with_another_password_is_left_alone(database: PrivateDatabase) -> None:
    with pytest.raises(SetupFault, match="exists, but cannot log in with our password"):
        create_databases(database.admin_url, {"economy": "not its password"})
    assert ask(database.url_for("economy"), "SELECT 1") == [(1,)]


def own_topology(name: str) -> Topology:
    """One exchange, queue, binding and user whose names are of one test only."""
    return Topology(
        exchanges=(Exchange(f"{name}.events", "topic"),),
        queues=(Queue(f"{name}.inbox", {"x-queue-type": "quorum", "x-delivery-limit": 20}),),
        bindings=(Binding(f"{name}.events", f"{name}.inbox", "#"),),
        users=(User(name, f"{name}/pass", "^$", rf"^{name}\..*$", rf"^{name}\..*$", ()),),
    )


def assert_in_force(broker: PrivateBroker, topology: Topology) -> None:
    """The user can do what its rights say, and nothing else."""
    (user,) = topology.users
    publish(broker.url_for(user), f"{user.name}.events", "any.key", "hello")
    assert fetch(broker.url_for(user), f"{user.name}.inbox") == "hello"
    with pytest.raises(amqp.AccessRefused):
        publish(broker.url_for(user), "amq.topic", "any.key", "forged")


def test_a_topology_is_brought_in_through_the_management_api(
    existing_broker: PrivateBroker, tmp_path: Path
) -> None:
    topology = own_topology("managed")
    admin = existing_broker.url_for(existing_broker.administrator)
    for _ in range(2):
        apply_topology(
            admin,
            topology,
            management_url=existing_broker.management_url,
            definitions_file=tmp_path / "users.json",
        )
    assert_in_force(existing_broker, topology)
    assert not (tmp_path / "users.json").exists()


def test_a_management_api_of_another_broker_is_refused(
    broker: PrivateBroker, existing_broker: PrivateBroker, tmp_path: Path
) -> None:
    with pytest.raises(SetupFault, match="correct QIANTANG_AMQP_MANAGEMENT_URL"):
        apply_topology(
            broker.url_for(broker.administrator),
            EMPTY,
            management_url=existing_broker.management_url,
            definitions_file=tmp_path / "users.json",
        )


def test_a_user_of_somebody_else_is_not_overwritten(
    existing_broker: PrivateBroker, tmp_path: Path
) -> None:
    topology = own_topology("administrator")
    with pytest.raises(SetupFault, match="has a user administrator that is not ours"):
        apply_topology(
            existing_broker.url_for(existing_broker.administrator),
            topology,
            management_url=existing_broker.management_url,
            definitions_file=tmp_path / "users.json",
        )
    assert reachable(existing_broker.url_for(existing_broker.administrator))


def test_an_exchange_of_another_kind_is_refused(
    existing_broker: PrivateBroker, tmp_path: Path
) -> None:
    admin = existing_broker.url_for(existing_broker.administrator)
    with connected(admin) as connection:
        connection.default_channel.exchange_declare("odd.events", "fanout", durable=True)
    with pytest.raises(SetupFault, match=r"refuses: .*odd\.events"):
        apply_topology(admin, own_topology("odd"), definitions_file=tmp_path / "users.json")


def rabbitmqctl_of(broker: PrivateBroker, folder: Path) -> None:
    """A ``rabbitmqctl`` in ``folder`` that administers this broker instead of the system's."""
    script = folder / "rabbitmqctl"
    script.write_text(
        "#!/bin/sh\n"
        f"ERL_EPMD_PORT={broker.epmd_port} HOME={folder} PATH=/usr/sbin:/usr/bin:/bin "
        f"exec /usr/lib/rabbitmq/bin/rabbitmqctl -n {broker.node_name} "
        f'--erlang-cookie {broker.cookie} "$@"\n'
    )
    script.chmod(0o755)


def test_a_topology_is_brought_in_with_a_local_rabbitmqctl(
    existing_broker: PrivateBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rabbitmqctl_of(existing_broker, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    topology = own_topology("local")
    apply_topology(
        existing_broker.url_for(existing_broker.administrator),
        topology,
        definitions_file=tmp_path / "users.json",
    )
    assert_in_force(existing_broker, topology)


def test_without_any_right_the_users_are_written_down_with_the_command_to_run(
    broker: PrivateBroker,
    existing_broker: PrivateBroker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The rabbitmqctl at hand administers another broker, which must stay untouched.
    rabbitmqctl_of(broker, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    topology = own_topology("written")
    admin = existing_broker.url_for(existing_broker.administrator)
    file = tmp_path / "state" / "users.json"
    with pytest.raises(SetupFault, match=f"sudo rabbitmqctl import_definitions < {file}"):
        apply_topology(admin, topology, definitions_file=file)
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(SetupFault):
        reachable(broker.url_for(topology.users[0]))

    # What the message says is then done on the broker's machine, and it works.
    rabbitmqctl_of(existing_broker, tmp_path)
    subprocess.run(
        f"rabbitmqctl --quiet import_definitions < {file}",
        shell=True,
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("PATH", "/nowhere")
    apply_topology(admin, topology, definitions_file=file)
    assert_in_force(existing_broker, topology)
