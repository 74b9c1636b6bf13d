"""The platform as `make run` serves it, and a real browser before it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PATIENCE = 120.0
AXE = Path("services/gateway/node_modules/axe-core/axe.min.js")


@dataclass(frozen=True)
class Site:
    """Where the faces are, and the passwords of the demo accounts."""

    address: str
    state: Path

    def password(self, account: str) -> str:
        """The password of a demo account."""
        return (self.state / "secrets" / f"account-{account}").read_text().strip()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The platform in a process of its own, on a fresh state."""
    state = tmp_path_factory.mktemp("faces")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = (state / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "run"],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("QIANTANG_")},
            "QIANTANG_STATE": str(state),
            "QIANTANG_HTTP_PORT": str(port),
            "QIANTANG_SIMULATED_CALENDAR": "true",
        },
        stdout=told,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for path in ("/", "/readyz"):
            _await(process, f"{address}{path}", state / "log")
        yield Site(address, state)
    finally:
        process.terminate()
        process.wait(30)
        told.close()


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"The platform did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium")
    assert program is not None, "make test installs it"
    with sync_playwright() as playwright:
        # As root, which containers and CI are, Chromium has no sandbox.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Opens a new visitor's page; whatever a page complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: Any) -> None:
        # What the site refuses on purpose is told by the status that the test looks at.
        if message.type == "error" and "the server responded with a status" not in message.text:
            complaints.append(message.text)

    def open_page(path: str = "/", language: str = "zh-CN", **options: Any) -> Page:
        context = browser.new_context(base_url=site.address, locale=language, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, site: Site, account: str = "resident") -> None:
    """Sign in by the page for it."""
    page.goto("/sign-in")
    page.fill("#account", account)
    page.fill("#password", site.password(account))
    page.click("main button")
    page.wait_for_selector(".who")
