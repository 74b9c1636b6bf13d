"""The command line `qiantang`: run, show, prepare and look into the platform."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import eventlet
import sqlalchemy as sa
import typer
from environs import EnvError
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
)
from rich.table import Table

from deploy import access, documents, evidence, fleet, item_files, licence_pdf
from deploy.api import Api
from deploy.host import Host
from deploy.observability import dashboard
from deploy.preparation import (
    await_migrated,
    ensure_secrets,
    generate_items,
    import_file,
    load_service,
    load_steps,
    migrate_service,
    rotate_key,
)
from deploy.servers import SetupFault
from deploy.show import setting_of, show_story
from deploy.system_packages import CHINESE_FONTS, chinese_fonts, ensure
from services.digital_government.load import divisions_that_offer
from services.digital_government.reference.generated import MOST
from services.digital_government.reference.items import ITEMS
from services.identity_data.domain.second_factor import code_at
from services.identity_data.importing import FaultyFile
from services.identity_data.load import factor_file
from services.identity_data.rotation import KNOWN_EVERYWHERE
from shared import anchors, logs
from shared import audit as audit_chain
from shared.clocks import machine_now
from shared.context import Principal
from shared.contracts.base import SERVICES, Ask, commands_of, messages_of, queries_of
from shared.contracts.digital_government import Implementation, ItemByCode, ItemsOffered
from shared.contracts.identity_data import LicenceById
from shared.contracts.platform import DeadLetters, ReplayDeadLetter, ServiceStanding
from shared.divisions import level_of
from shared.errors import QiantangError
from shared.loading import LoadStep
from shared.messaging.tables import OUTBOX
from shared.security.authorisation import ATTRIBUTES, SEVERAL
from shared.security.explanation import explain
from shared.settings import Settings, load_settings
from shared.storage import open_database

__all__ = ["app", "green", "main"]

app = typer.Typer(
    help="Qiantang 钱塘: one public data platform, five composite applications.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
deadletters = typer.Typer(
    help="List and replay what a service could not take.", no_args_is_help=True
)
audit = typer.Typer(help="Check the record that nobody can quietly change.", no_args_is_help=True)
app.add_typer(deadletters, name="deadletters")
licences = typer.Typer(help="Print electronic licences.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(licences, name="licence")
signing = typer.Typer(help="Replace the key that signs tokens.", no_args_is_help=True)
app.add_typer(signing, name="keys")
items = typer.Typer(help="The item catalogue as spreadsheets.", no_args_is_help=True)
app.add_typer(items, name="items")

console = Console()
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Address = Annotated[
    str,
    typer.Option("--address", envvar="QIANTANG_URL", help="Where the platform answers over HTTP."),
]
HERE = "http://127.0.0.1:8000"


class UserFault(Exception):
    """A mistake that the user can mend; printed in one line."""


# Prepare


def _settings(**overrides: Any) -> Settings:
    """For whatever needs the servers; raises `UserFault` where nobody named them."""
    settings = load_settings(**overrides)
    if not (settings.database_url and settings.amqp_url):
        raise UserFault(
            "QIANTANG_DATABASE_URL and QIANTANG_AMQP_URL name the servers of the distributed"
            " profile; `qiantang demo --profile distributed` starts private ones"
        )
    settings.state.mkdir(parents=True, exist_ok=True)
    return settings


@contextmanager
def _progress(count: ProgressColumn | None = None) -> Iterator[Progress]:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        count or MofNCompleteColumn(),
        console=console,
        transient=True,
    ) as progress:
        yield progress


def prepare(settings: Settings, services: tuple[str, ...] = SERVICES) -> int:
    """Secrets, databases and reference data; what is there already is left alone. Returns how
    many rows were newly loaded."""
    ensure_secrets(settings.secrets, services)
    with _progress() as progress:
        task = progress.add_task("数据库 · databases", total=len(services))
        for service in services:
            migrate_service(settings, service)
            progress.advance(task)
        sizes = {name: sum(step.size for step in load_steps(settings, name)) for name in services}
        task = progress.add_task("基础数据 · reference data", total=sum(sizes.values()))

        def loaded(service: str, step: LoadStep, fresh: bool) -> None:
            progress.update(task, advance=step.size, description=f"{step.title_zh} · {service}")

        return sum(load_service(settings, service, loaded) for service in services)


@app.command()
def declare() -> None:
    """Make databases, users and the broker's topology, as the servers' administrator."""
    fleet.declare(_settings(profile="distributed"))
    console.print("databases, users and topology are there")


@app.command()
def migrate(
    service: Annotated[str, typer.Argument(help="One service, or all.")] = "all",
    wait: Annotated[
        float | None,
        typer.Option(help="Change nothing; wait so many seconds until a migration did."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the databases to their newest revision."""
    settings = _settings()
    if wait is not None:
        for name in _services(service):
            await_migrated(settings, name, wait)
        return
    ensure_secrets(settings.secrets, _services(service))
    changed = {name: migrate_service(settings, name) for name in _services(service)}
    if as_json:
        print(json.dumps(changed))
        return
    for name, fresh in changed.items():
        console.print(f"{name}: {'migrated' if fresh else 'up to date'}")


@app.command()
def load(
    service: Annotated[str, typer.Argument(help="One service, or all.")] = "all",
    as_json: AsJson = False,
) -> None:
    """Load the reference data; killed anywhere, the next run continues."""
    rows = prepare(_settings(), _services(service))
    print(json.dumps({"rows": rows})) if as_json else console.print(f"{rows} rows newly loaded")


@app.command("import")
def import_register(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="People as CSV in UTF-8, its columns number, name, division, and phone if wanted.",
        ),
    ],
    rejects: Annotated[
        Path | None, typer.Option(help="Where refused rows go; <FILE>.rejects.csv without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Register everybody in a file; rows that break a rule go to another, with the reason.

    Needs identity_data's database. Killed anywhere, the next run of the same file continues; exit
    status 1 if rows were refused.
    """
    refused = rejects or file.with_name(f"{file.name}.rejects.csv")
    with _progress(DownloadColumn()) as progress:
        task = progress.add_task("自然人 · people", total=file.stat().st_size)
        try:
            found = import_file(
                _settings(), file, refused, lambda done: progress.update(task, completed=done)
            )
        except FaultyFile as fault:
            raise UserFault(f"{file}: {fault}") from None
    if as_json:
        print(json.dumps(asdict(found)))
    else:
        console.print(f"{found.accepted} registered, {found.rejected} refused")
        if found.rejected:
            console.print(f"{refused} tells why, row by row")
    if found.rejected:
        raise typer.Exit(1)


def _services(name: str) -> tuple[str, ...]:
    if name == "all":
        return SERVICES
    if name not in SERVICES:
        raise UserFault(f"no service “{name}”; there are {', '.join(SERVICES)}")
    return (name,)


@signing.command()
def rotate(
    after: Annotated[
        float, typer.Option(help="Seconds until the new key signs, for all to hear of it.")
    ] = KNOWN_EVERYWHERE.total_seconds(),
    as_json: AsJson = False,
) -> None:
    """Make a new key that signs tokens from a while later on; the old one ends by itself.

    Needs identity_data's database and its folder of secrets, to write in. Killed anywhere, the next
    run continues.
    """
    rotation = rotate_key(_settings(), timedelta(seconds=after))
    if as_json:
        print(json.dumps(asdict(rotation), default=str))
        return
    console.print(f"{rotation.beginning} signs from {rotation.begins.isoformat()} on")
    console.print(f"{rotation.ending} is accepted until {rotation.ends.isoformat()}")


# Run


def _demo_accounts(settings: Settings) -> list[tuple[str, str]]:
    found = sorted(set(settings.secrets.glob("account-*")) - set(settings.secrets.glob("*.totp")))
    return [(path.name.removeprefix("account-"), path.read_text().strip()) for path in found]


def _serve(host: Host) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is in flight; a second signal kills."""
    stopping = eventlet.Event()

    def stop(number: int, _: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        if not stopping.ready():
            stopping.send(None)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    watching = eventlet.spawn(host.wait)
    watching.link(lambda _: None if stopping.ready() else stopping.send("died"))
    died = stopping.wait() == "died"
    if died:
        watching.wait()
    host.stop()


@app.command()
def run(
    service: Annotated[str, typer.Option(help="One service only, for one process each.")] = "all",
) -> None:
    """Serve the platform until Ctrl-C; work in flight is finished."""
    settings = _settings()
    names = _services(service)
    logs.configure(settings.log_level)
    if service == "all":
        prepare(settings)
    host = Host(settings, names)
    host.start()
    if service == "all":
        _print_addresses(settings, host.address)
    else:
        console.print(f"{service} {host.address}")
    _serve(host)


def _print_addresses(settings: Settings, address: str) -> None:
    console.print(f"\n[bold]Qiantang 钱塘[/bold] is at {address}")
    console.print(f"  portal   {address}/   办事")
    console.print(f"  desk     {address}/desk   办公")
    console.print(f"  API      {address}/api/<service>/<Contract>   {address}/openapi.json")
    console.print(f"  health   {address}/healthz  {address}/readyz  {address}/metrics")
    table = Table("account 账号", "password 密码", title="Demo accounts 演示账号")
    for name, password in _demo_accounts(settings):
        table.add_row(name, password)
    console.print(table)
    console.print("Ctrl-C stops.")


@app.command()
def demo(
    profile: Annotated[str, typer.Option(help="embedded or distributed")] = "embedded",
    story: Annotated[int | None, typer.Option(help="Only this story.")] = None,
    replicas: Annotated[
        int,
        typer.Option(
            min=1, envvar="QIANTANG_REPLICAS", help="Processes of each service (distributed)."
        ),
    ] = 1,
    keep_state: Annotated[
        Path | None, typer.Option("--state", help="Where the demo keeps its databases.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the stories end to end; the exit status is not 0 if anything is not as it must be."""
    if profile not in ("embedded", "distributed"):
        raise UserFault("the profile is `embedded` or `distributed`")
    if profile == "embedded" and replicas > 1:
        raise UserFault("embedded there is one process; replicas need `--profile distributed`")
    # A story alone begins where it wants to, so it has a state of its own.
    folder = f"demo-{profile}" if story is None else f"demo-{profile}-story{story}"
    state = keep_state or load_settings().state / folder
    settings = load_settings(
        profile=profile,
        state=state,
        simulated_calendar=True,
        http_port=0,
        replicas=replicas,
        **setting_of(story),
    )
    if as_json:
        console.quiet = True
    raise typer.Exit(show_story(settings, story, prepare, console, as_json=as_json))


# Look into it


@app.command()
def call(
    contract: Annotated[str, typer.Argument(help="Such as digital_government.ItemsOffered")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="field=value; JSON values are understood")
    ] = None,
    account: Annotated[str, typer.Option("--as", help="Account to sign in with.")] = "",
    request_id: Annotated[str, typer.Option(help="Repeat a command safely.")] = "",
    address: Address = HERE,
    describe: Annotated[bool, typer.Option("--describe", help="Print the contract.")] = False,
) -> None:
    """Send any command or query and print the reply as JSON."""
    message = _contract(contract)
    if describe:
        _describe(message)
        return
    payload = dict(_field(text) for text in fields or [])
    message.load(payload)
    caller = _caller(address, account)
    reply = caller.call_raw(
        contract.partition(".")[0], message.NAME, payload, request_id=request_id
    )
    print(json.dumps(reply, ensure_ascii=False, indent=2))


def _contract(route: str) -> type[Ask[Any]]:
    service, _, name = route.partition(".")
    known = {}
    if service in SERVICES:
        known = {**commands_of(service), **queries_of(service)}
        known |= {**commands_of("platform"), **queries_of("platform")}
    if name not in known:
        raise UserFault(
            f"no contract “{route}”; there are " + ", ".join(f"{service}.{n}" for n in known)
            if known
            else f"no service “{service}”; there are {', '.join(SERVICES)}"
        )
    return known[name]


@items.command("import")
def import_items(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV in UTF-8, or XLSX: of the basic catalogue, or of implementation lists.",
        ),
    ],
    account: Annotated[str, typer.Option("--as", help="Account to sign in with.")],
    faults: Annotated[
        Path | None, typer.Option(help="Where faults go; <FILE>.faults.csv without it.")
    ] = None,
    address: Address = HERE,
) -> None:
    """Define the items of a file, or claim and publish them, row by row, by the same rules as by
    hand.

    Every fault of every row is written to another file. Killed anywhere, the same file can be
    imported again: what was taken is not taken twice. Exit status 1 if anything was refused.
    """
    try:
        rows, refused = item_files.read(file)
    except item_files.FaultyFile as fault:
        raise UserFault(f"{file}: {fault}") from None
    caller = _caller(address, account)
    with _progress() as progress:
        task = progress.add_task("事项 · items", total=len(rows))

        def send(order: Ask[Any], request_id: str) -> Any:
            return caller.call(order, request_id=request_id)

        def done(number: int) -> None:
            progress.update(task, completed=number)

        refused += item_files.take(file, rows, send, done)
    report = faults or file.with_name(f"{file.name}.faults.csv")
    wrong = {fault.row for fault in refused}
    console.print(f"{len({row.number for row in rows} - wrong)} rows taken, {len(wrong)} refused")
    if refused:
        ordered = sorted(refused, key=lambda one: (one.row, one.column))
        item_files.write(
            report, ("row", "column", "fault"), [(f.row, f.column, f.told) for f in ordered]
        )
        console.print(f"{report} tells why, {len(refused)} faults")
        raise typer.Exit(1)


@items.command("export")
def export_items(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, as its name says.")],
    division: Annotated[str, typer.Option(help="Whose offers; their items with --basic.")],
    basic: Annotated[
        bool, typer.Option("--basic", help="The basic catalogue's definitions of these items.")
    ] = False,
    address: Address = HERE,
) -> None:
    """Write what a division offers as a table that can be imported again; anybody may."""
    caller = _caller(address, "")
    offers: list[Implementation] = []
    after: str | None = None
    while True:
        page = caller.call(ItemsOffered(division=division, after=after))
        offers += page.items
        after = page.next_after
        if after is None:
            break
    if basic:
        columns = (*item_files.BASIC, *item_files.BASIC_TOO)
        found = [caller.call(ItemByCode(code=one.matter)) for one in offers]
        rows = [item_files.row_of_item(one) for one in found]
    else:
        columns = (*item_files.OFFERED, *item_files.OFFERED_TOO)
        rows = [item_files.row_of_offer(one) for one in offers]
    item_files.write(file, columns, rows)
    console.print(f"{len(rows)} items in {file}")


@items.command("generate")
def generate(
    number: Annotated[
        int, typer.Option("--items", help="How many the catalogue has then, true ones included.")
    ] = 2961,
    divisions: Annotated[
        str, typer.Option(help="Whose lists are filled: codes with commas; all 102 without.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Fill the catalogue and the lists of divisions with items that are made up.

    They are marked by codes that begin with gen_, can be applied for by nobody, and are counted
    nowhere. Needs digital_government's database. Killed anywhere, the next run continues.
    """
    settings = _settings()
    known = divisions_that_offer(settings)
    chosen = divisions.split(",") if divisions else known
    if strange := sorted(set(chosen) - set(known)):
        raise UserFault(f"no division of the province offers items under {', '.join(strange)}")
    true, most = len(ITEMS), len(ITEMS) + MOST
    if not true <= number <= most:
        raise UserFault(
            f"{number} items: there are {true} true ones, and {most} can be had at most"
        )
    total = (number - true) * (1 + len(chosen))
    with _progress() as progress:
        task = progress.add_task("生成事项 · items", total=total)
        rows = generate_items(
            settings, number, chosen, lambda step, _: progress.advance(task, step.size)
        )
    if as_json:
        print(json.dumps({"rows": rows}))
    else:
        console.print(f"{rows} of {total} generated rows are new, in {len(chosen)} divisions")


@app.command("access")
def print_access(as_json: AsJson = False) -> None:
    """List who may send each command and query, about what is their own and what is not."""
    if as_json:
        print(json.dumps(access.as_data(), ensure_ascii=False))
        return
    for service in access.groups():
        console.print(access.table_of(service))


@app.command("why-denied")
def why_denied(
    contract: Annotated[str, typer.Argument(help="Such as digital_government.DecideCase")],
    about: Annotated[
        list[str] | None,
        typer.Argument(
            help="The aggregate's id, such as case_id=…, or what it has: division=… organ=… owner=…"
        ),
    ] = None,
    account: Annotated[str, typer.Option("--as", help="The caller's account.")] = "",
    kind: Annotated[str, typer.Option(help="Of a caller without an account.")] = "anonymous",
    role: Annotated[list[str] | None, typer.Option(help="The same; may be repeated.")] = None,
    division: Annotated[str, typer.Option(help="The same.")] = "",
    organ: Annotated[str, typer.Option(help="The same.")] = "",
    person: Annotated[str, typer.Option(help="The same.")] = "",
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="As if it had signed in with a code.")
    ] = False,
    agency: Annotated[
        str, typer.Option(help="As if it acted under this agency, for --person.")
    ] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="What it is limited to, such as by an agency.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one decision: the policies that made it, and what would have turned it.

    Accounts and aggregates are read in the services' own databases; without either it needs none.
    """
    message = _contract(contract)
    principal = (
        access.principal_of(_settings(), account)
        if account
        else Principal(f"a caller of kind {kind}", kind, division, organ, tuple(role or ()), person)
    )
    if second_factor:
        principal = replace(principal, assurance=2)
    if agency or scope:
        as_person = person or principal.person
        principal = replace(principal, person=as_person, agency=agency, scopes=tuple(scope or ()))
    resource = _about(contract.partition(".")[0], message, dict(map(_text_field, about or [])))
    for code in filter(None, (principal.division, resource.get("division"))):
        try:
            level_of(code)
        except ValueError as fault:
            raise UserFault(str(fault)) from None
    why = explain(principal, message, resource)
    if as_json:
        print(json.dumps({"caller": vars(principal), "about": resource, **asdict(why)}))
        return
    verdict = "[green]permitted[/green]" if why.decision.permitted else "[red]refused[/red]"
    console.print(f"{verdict}  {contract} {message.ZH}")
    for line in access.told(why, principal, resource):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _about(service: str, message: type[Ask[Any]], given: dict[str, str]) -> dict[str, Any]:
    """What policies may ask of the resource; raises `UserFault` for what says nothing of that."""
    record = access.record_of(service, message)
    known = {*ATTRIBUTES, *([message.KEY] if record else [])}
    if unknown := set(given) - known:
        raise UserFault(f"no “{', '.join(sorted(unknown))}”; tell {', '.join(sorted(known))}")
    key = given.pop(message.KEY, "") if record else ""
    found = access.attributes_in(_settings(), service, record, key) if record and key else {}
    return found | {
        name: tuple(text.split(",")) if name in SEVERAL else text for name, text in given.items()
    }


def _text_field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserFault(f"“{text}” is not field=value")
    return name, value


def _describe(message: type[Ask[Any]]) -> None:
    console.print(f"[bold]{message.NAME}[/bold] {message.ZH}\n{message.__doc__}\n")
    table = Table("field", "label", "type", "needed")
    for name, one in message.SCHEMA.fields.items():
        label = " / ".join(filter(None, (one.metadata.get(k) for k in ("title", "description"))))
        table.add_row(name, label, type(one).__name__, "yes" if one.required else "no")
    console.print(table)
    console.print(f"answers {message.RETURNS.__name__}")


def _field(text: str) -> tuple[str, Any]:
    name, value = _text_field(text)
    try:
        parsed = json.loads(value)
    except ValueError:
        return name, value
    # A number is meant as text where it is a code: `division=330106` is no integer.
    return name, parsed if isinstance(parsed, dict | list | bool) or parsed is None else value


def _caller(address: str, account: str) -> Api:
    if not account:
        return Api(address)
    password = load_settings().secret_of(f"account-{account}") or os.environ.get(
        "QIANTANG_PASSWORD", ""
    )
    if not password:
        password = typer.prompt(f"Password of {account}", hide_input=True)
    return Api(address).signed_in(account, password, _authenticator_of(account))


def _authenticator_of(account: str) -> Callable[[], str] | None:
    """What shows the codes of an account with a second factor: the demo's own from its file, and
    for any other `QIANTANG_CODE`."""
    if secret := load_settings().secret_of(factor_file(account)):
        return lambda: code_at(secret, machine_now())
    code = os.environ.get("QIANTANG_CODE", "")
    return (lambda: code) if code else None


@app.command()
def token(
    account: Annotated[str, typer.Argument(help="Account to sign in with.")],
    address: Address = HERE,
) -> None:
    """Sign in and print a token of at most ten minutes."""
    print(_caller(address, account).token())


@app.command()
def events(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they come.")] = False,
    scenario: Annotated[str, typer.Option(help="Only of this scenario.")] = "",
    last: Annotated[int, typer.Option(help="How many of the past, per service.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Print events from the services' outboxes, oldest first."""
    settings = _settings()
    engines = {name: open_database(settings.database_url_for(name)) for name in SERVICES}
    positions = dict.fromkeys(SERVICES, 0)
    first = True
    while True:
        rows = []
        for name, engine in engines.items():
            statement = sa.select(OUTBOX).where(OUTBOX.c.position > positions[name])
            if scenario:
                statement = statement.where(OUTBOX.c.scenario != "", OUTBOX.c.scenario == scenario)
            if first:
                statement = statement.order_by(OUTBOX.c.position.desc()).limit(last)
            with engine.connect() as connection:
                found = connection.execute(statement).all()
            positions[name] = max([positions[name], *(row.position for row in found)])
            rows += [(row.committed_at, name, row) for row in found]
        for _, name, row in sorted(rows, key=lambda one: one[0]):
            if as_json:
                print(json.dumps(row.envelope, ensure_ascii=False))
            else:
                console.print(
                    f"{row.at:%m-%d %H:%M:%S} [cyan]{name}[/cyan] {row.type} "
                    f"{row.aggregate}/{row.aggregate_id} [dim]{row.scenario}[/dim]"
                )
        if not follow:
            return
        first = False
        time.sleep(0.5)


@app.command()
def status(address: Address = HERE, as_json: AsJson = False) -> None:
    """How every service stands: queues, dead letters, timers, calendar."""
    operator = _caller(address, "operator")
    standings = [operator.call(ServiceStanding(), service=name) for name in SERVICES]
    if as_json:
        print(json.dumps([one.dump() for one in standings], ensure_ascii=False))
        return
    table = Table("service", "outbox", "inbox", "dead", "undecodable", "next timer", "calendar")
    for one in standings:
        due = f"{one.next_due:%Y-%m-%d %H:%M}" if one.next_due else ""
        numbers = (str(n) for n in (one.outbox, one.inbox, one.dead, one.undecodable))
        table.add_row(one.service, *numbers, due, f"{one.calendar:%Y-%m-%d %H:%M}")
    console.print(table)


@deadletters.command("list")
def list_dead(address: Address = HERE, as_json: AsJson = False) -> None:
    """What the services set aside, with the reason."""
    operator = _caller(address, "operator")
    found = [
        (name, letter)
        for name in SERVICES
        for letter in operator.call(DeadLetters(), service=name).letters
    ]
    if as_json:
        print(json.dumps([{"service": n, **one.dump()} for n, one in found], ensure_ascii=False))
        return
    table = Table("service", "kind", "name", "subject", "attempts", "reason", "id")
    for name, one in found:
        table.add_row(
            name, one.kind, one.name, one.subject, str(one.attempts), one.reason[:120], one.id
        )
    console.print(table if found else "no dead letters")


@deadletters.command("replay")
def replay(
    service: Annotated[str, typer.Argument(help="The service that set it aside.")],
    letter: Annotated[str, typer.Argument(help="Its id, from `deadletters list`.")],
    reason: Annotated[str, typer.Option(prompt=True, help="Why; it is audited.")],
    address: Address = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a dead event or timer again, from its first attempt."""
    (name,) = _services(service)
    operator = _caller(address, "operator")
    letter_taken = operator.call(ReplayDeadLetter(id=letter, reason=reason), service=name)
    if as_json:
        print(json.dumps(letter_taken.dump(), ensure_ascii=False))
        return
    console.print(f"{letter_taken.kind} {letter_taken.name} is taken again")


@contextmanager
def _chain_of(settings: Settings, service: str) -> Iterator[sa.Engine]:
    engine = open_database(settings.database_url_for(service))
    try:
        if not sa.inspect(engine).has_table("audit_head"):
            raise UserFault(f"{service} has no audit chain in {engine.url.render_as_string()}")
        yield engine
    finally:
        engine.dispose()


StateFolder = Annotated[Path | None, typer.Option(help="The state folder to look into.")]


@audit.command("anchor")
def anchor(
    file: Annotated[Path, typer.Argument(help="Kept where no database's owner can write.")],
    service: Annotated[str, typer.Argument(help="One service, or all.")] = "all",
    state: StateFolder = None,
    as_json: AsJson = False,
) -> None:
    """Append the heads of the audit chains to a file, for `audit verify --anchors`."""
    settings = _settings(**({"state": state} if state else {}))
    taken = []
    for name in _services(service):
        with _chain_of(settings, name) as engine:
            taken.append(audit_chain.anchor_of(engine, name))
    anchors.append(file, taken)
    for one in taken:
        if as_json:
            print(json.dumps(vars(one)))
        else:
            console.print(f"{one.service}: row {one.sequence}, hash {one.hash[:16]}")


@audit.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it; it must not be there yet.")],
    service: Annotated[str, typer.Option(help="Whose audit.")],
    state: StateFolder = None,
    as_json: AsJson = False,
) -> None:
    """Write a service's audit with a signed checkpoint, to be checked without the platform."""
    settings = _settings(**({"state": state} if state else {}))
    (name,) = _services(service)
    with _chain_of(settings, name) as engine:
        try:
            signed = evidence.export(settings, name, engine, file)
        except (OSError, evidence.BrokenChain) as fault:
            raise UserFault(f"nothing is exported: {fault}") from None
    if as_json:
        print(json.dumps(signed))
    else:
        console.print(f"{name}: {signed['sequence']} rows, head {signed['hash'][:16]}")


@audit.command("key")
def print_key(state: StateFolder = None) -> None:
    """Print the public key of the checkpoints as a JWK, for whoever checks exports."""
    print(json.dumps(evidence.public_key(_settings(**({"state": state} if state else {})))))


@audit.command("verify")
def verify(
    service: Annotated[str, typer.Argument(help="One service, or all.")] = "all",
    state: StateFolder = None,
    anchors_file: Annotated[
        Path | None,
        typer.Option("--anchors", help="What `audit anchor` wrote: must be in the chains still."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the audit chains in the databases themselves; names the first row that was altered."""
    settings = _settings(**({"state": state} if state else {}))
    kept = _read_anchors(anchors_file, _services(service)) if anchors_file else []
    verdicts = {}
    for name in _services(service):
        with _chain_of(settings, name) as engine:
            own = [one for one in kept if one.service == name]
            verdicts[name] = audit_chain.verify(engine, anchors=own)
    if as_json:
        print(json.dumps({name: vars(one) for name, one in verdicts.items()}))
    for name, one in verdicts.items():
        if as_json:
            continue
        if one.intact:
            held = f", {one.anchors} anchors held" if anchors_file else ""
            console.print(
                f"[green]intact[/green]  {name}: {one.rows} rows, head {one.head[:16]}{held}"
            )
        else:
            console.print(f"[red]BROKEN[/red]  {name}: row {one.broken_at}: {one.reason}")
    if not all(one.intact for one in verdicts.values()):
        raise typer.Exit(1)


def _read_anchors(file: Path, services: tuple[str, ...]) -> list[anchors.Anchor]:
    try:
        kept = anchors.read(file)
    except (OSError, ValueError) as fault:
        raise UserFault(f"no anchors: {fault}") from None
    # A chain without an anchor would pass as one that holds them all.
    absent = set(services) - {one.service for one in kept}
    if absent:
        raise UserFault(f"{file} has no anchor of {', '.join(sorted(absent))}")
    return kept


@licences.command("pdf")
def print_licence(
    licence_id: Annotated[str, typer.Argument(help="Its id, which starts with l-.")],
    file: Annotated[Path, typer.Argument(help="The PDF to write.")],
    account: Annotated[str, typer.Option("--as", help="Account to sign in with.")],
    address: Address = HERE,
) -> None:
    """Write a licence in force as a page with a QR code that holds its signed text."""
    ensure([CHINESE_FONTS])
    fonts = chinese_fonts()
    assert fonts is not None  # What `ensure` sees to.
    licence = _caller(address, account).call(LicenceById(licence_id=licence_id))
    try:
        page = licence_pdf.pdf_of(licence, fonts)
    except licence_pdf.NotPrintable as fault:
        raise UserFault(str(fault)) from None
    file.write_bytes(page)
    console.print(f"wrote {file}")


@app.command()
def docs(
    folder: Annotated[Path, typer.Option(help="Where to write them.")] = Path("docs/generated"),
    as_json: AsJson = False,
) -> None:
    """Write the OpenAPI 3.1 and AsyncAPI 3 documents, and who may do what, from the contracts."""
    written = documents.write(folder)
    if as_json:
        print(json.dumps([str(path) for path in written]))
        return
    for path in written:
        console.print(f"wrote {path}")


@app.command("dashboard")
def print_dashboard() -> None:
    """Print the Grafana dashboard as JSON, to be imported or provisioned."""
    print(json.dumps(dashboard.dashboard(), ensure_ascii=False, indent=2))


@app.command()
def contracts(as_json: AsJson = False) -> None:
    """List every command, query and event, by service."""
    rows = [
        (service, type_.__mro__[1].__name__, name, type_.ZH)
        for service in (*SERVICES, "platform")
        for name, type_ in messages_of(service).items()
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("service", "kind", "contract", "中文")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit status 2."""
    logs.configure("error")
    try:
        app(prog_name="qiantang")
    except (UserFault, SetupFault, EnvError) as fault:
        print(f"qiantang: {fault}", file=sys.stderr)
        sys.exit(2)
    except QiantangError as refusal:
        fields = "".join(f"\n  {name}: {faults}" for name, faults in refusal.fields.items())
        print(f"qiantang: {refusal} [{refusal.slug_on_wire}]{fields}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
