"""An official's desk in a real browser: what waits, by its clock, and how it is done."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from deploy.api import Api
from shared.contracts.digital_government import AttachMaterial, OpenApplication, SubmitApplication
from shared.contracts.party_government import (
    Audience,
    DirectivesReceived,
    DraftDirective,
    IssueDirective,
    RequestLegalityReview,
)
from shared.contracts.rule_of_law import AnswerLegalityReview
from shared.errors import QiantangError
from tests.browser.conftest import Site, Visit, sign_in
from tests.browser.test_portal import PNG, read_by_all, translated

ANSWERS = {
    "hospital": "西湖医院",
    "cost": 100,
    "hardship": "low_income",
    "account": "62284804025648",
}


@pytest.fixture
def case(site: Site) -> str:
    """A resident's case that waits for acceptance."""
    resident = Api(site.address).signed_in("resident", site.password("resident"))
    opened = resident.call(OpenApplication(matter="medical_aid", division="330106"))
    file = base64.b64encode(PNG).decode()
    (material,) = (
        one["material"]
        for one in resident.call_raw(
            "digital_government", "ApplicationById", {"application_id": opened.id}
        )["materials"]
        if one["source"] == "applicant"
    )
    resident.call(
        AttachMaterial(
            application_id=opened.id, material=material, file_name="票据.png", content=file
        )
    )
    resident.call(SubmitApplication(application_id=opened.id, answers=ANSWERS))
    return opened.id


def patiently(ask: Callable[[], Any]) -> Any:
    """What follows from events of other services, once it has come."""
    until = time.monotonic() + 20
    while True:
        try:
            return ask()
        except (QiantangError, IndexError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def do(page: Page, title: str) -> None:
    """Give a command of the desk by its title."""
    command = page.locator("details", has=page.locator("summary", has_text=title))
    if not command.get_attribute("open"):
        command.evaluate("one => one.open = true")
    command.locator("button").click()


def test_a_case_is_accepted_and_decided_at_the_desk_and_its_applicant_sees_it(
    visit: Visit, site: Site, case: str
) -> None:
    desk = visit()
    sign_in(desk, site, "official.medical_insurance")
    desk.goto("/desk")
    desk.keyboard.press("j")
    assert desk.evaluate("document.activeElement.closest('.duties') !== null")
    desk.locator(f".duties a[href$='{case}']").click()
    assert "西湖医院" in desk.locator("main").inner_text()
    do(desk, "受理办件")
    desk.locator("p.done").wait_for()
    assert "期限" in desk.locator(".clock").first.inner_text()
    decision = desk.locator("details", has=desk.locator("summary", has_text="决定办件"))
    decision.evaluate("one => one.open = true")
    decision.locator("input[value=granted]").check()
    decision.locator("button").click()
    desk.locator("p.done").wait_for()

    portal = visit()
    sign_in(portal, site)
    portal.goto(f"/cases/{case}")
    assert "准予" in portal.locator(".lead").inner_text()


def test_a_stale_page_changes_nothing_and_says_so(visit: Visit, site: Site, case: str) -> None:
    first, second = visit(), visit()
    for page in (first, second):
        sign_in(page, site, "official.medical_insurance")
        page.goto(f"/desk/cases/{case}")
    do(first, "受理办件")
    first.locator("p.done").wait_for()
    do(second, "受理办件")
    assert "已被他人修改" in second.locator("[role=alert]").inner_text()


def test_a_refusal_without_reasons_is_told_in_the_form(visit: Visit, site: Site, case: str) -> None:
    page = visit()
    sign_in(page, site, "official.medical_insurance")
    page.goto(f"/desk/cases/{case}")
    do(page, "受理办件")
    page.locator("p.done").wait_for()
    decision = page.locator("details", has=page.locator("summary", has_text="决定办件"))
    decision.evaluate("one => one.open = true")
    decision.locator("input[value=refused]").check()
    decision.locator("button").click()
    page.locator("[role=alert]").wait_for()
    assert decision.locator("input[value=refused]").is_checked()


def test_a_directive_is_signed_and_reported_at_the_desk(visit: Visit, site: Site) -> None:
    callers = {
        name: Api(site.address).signed_in(name, site.password(name))
        for name in ("office.33", "legal_reviewer", "leader")
    }
    made = callers["office.33"].call(
        DraftDirective(
            title="关于做好春季防汛准备的通知",
            text="请各地于本月底前完成隐患排查。",
            basis="《中华人民共和国防洪法》第三十八条",
            audience=Audience(within="33", levels=("city",), types=("government",)),
            organ="33-government",
        )
    )
    callers["office.33"].call(RequestLegalityReview(directive_id=made.id))
    answer = AnswerLegalityReview(review_id=f"{made.id}.1", opinion="lawful")
    patiently(lambda: callers["legal_reviewer"].call(answer))
    order = IssueDirective(directive_id=made.id, number="浙政办发〔2026〕1号")
    patiently(lambda: callers["leader"].call(order))
    page = visit()
    sign_in(page, site, "office.3301")
    received = DirectivesReceived(organ="3301-government")
    city = Api(site.address).signed_in("office.3301", site.password("office.3301"))
    patiently(lambda: city.call(received).receipts[0])
    page.goto("/desk")
    page.locator(".duties a", has_text="防汛").click()
    do(page, "签收政令")
    page.locator("p.done").wait_for()
    assert "已签收" in page.locator(".lead").inner_text()


def test_a_resident_has_no_desk(visit: Visit, site: Site) -> None:
    page = visit()
    answer = page.goto("/desk")
    assert answer is not None
    assert answer.status == 401
    sign_in(page, site)
    answer = page.goto("/desk")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_desk_can_be_read_by_all(visit: Visit, site: Site, case: str, language: str) -> None:
    page = visit("/", language, viewport={"width": 390, "height": 844})
    sign_in(page, site, "official.medical_insurance")
    for path in ("/desk", f"/desk/cases/{case}"):
        page.goto(path)
        read_by_all(page, path)
    page.goto("/desk")
    translated(page, "/desk", language)
