"""A resident's way through the portal in a real browser, and what may not go wrong on it."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import AXE, Site, Visit, sign_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
FEW_CLICKS = 7
LARGEST_PAGE = 500_000


def open_application(page: Page) -> None:
    """Begin to apply for medical aid, from its page."""
    page.goto("/items/medical_aid")
    page.get_by_role("button", name=re.compile("在线办理|Apply online")).click()
    page.wait_for_url("**/applications/**")


def fill_in(page: Page, hospital: str = "浙江大学附属第一医院") -> None:
    page.fill("#a-hospital", hospital)
    page.fill("#a-cost", "1234.50")
    page.select_option("#a-hardship", "low_income")
    page.fill("#a-account", "6228480402564890018")


def picture(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def attach(page: Page) -> None:
    page.set_input_files("input[type=file]", picture("票据.png", PNG))
    page.locator(".upload button").click()
    page.wait_for_selector(".state.granted")


def open_applications(page: Page) -> int:
    page.goto("/mine")
    return page.locator(".affair").count()


def test_from_home_to_a_submitted_application_in_few_clicks(visit: Visit, site: Site) -> None:
    page = visit("/")
    # What a hand presses, not what a label hands on to its field.
    page.add_init_script(
        "addEventListener('pointerdown', () => "
        "{ sessionStorage.clicks = +(sessionStorage.clicks || 0) + 1; }, true)"
    )
    page.goto("/")
    page.fill("#words", "医疗救助")
    page.locator("#found a", has_text="医疗救助").first.click()
    page.get_by_role("button", name="在线办理").click()
    page.fill("[name=_account]", "resident")
    page.fill("[name=_password]", site.password("resident"))
    page.get_by_role("button", name="在线办理").click()
    page.wait_for_url("**/applications/**")
    assert page.locator(".known .tag.ours").first.inner_text().startswith("来自")
    fill_in(page)
    attach(page)
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/cases/**")
    clicks = int(page.evaluate("sessionStorage.clicks"))
    assert clicks <= FEW_CLICKS
    assert page.locator("h1").inner_text() == "医疗救助"
    told = page.locator("main").inner_text()
    assert "1234.50" in told  # In yuan, as it was typed, and the choice in words.
    assert "低收入" in told


def test_what_was_typed_is_there_after_the_session_is_over(visit: Visit, site: Site) -> None:
    page = visit()
    sign_in(page, site)
    open_application(page)
    attach(page)
    fill_in(page, hospital="西湖区人民医院")
    page.context.clear_cookies(name="qiantang_session")
    page.get_by_role("button", name="提交申请").click()
    page.fill("[name=_account]", "resident")
    page.fill("[name=_password]", "wrong")
    page.get_by_role("button", name="登录并继续").click()
    assert "不正确" in page.locator("[role=alert]").inner_text()
    page.fill("[name=_account]", "resident")
    page.fill("[name=_password]", site.password("resident"))
    page.get_by_role("button", name="登录并继续").click()
    page.wait_for_url("**/cases/**")
    assert "西湖区人民医院" in page.content()


def test_a_form_that_is_sent_twice_counts_once(visit: Visit, site: Site) -> None:
    page = visit()
    sign_in(page, site)
    before = open_applications(page)
    page.goto("/items/medical_aid")
    # As an impatient hand and a slow network would, past what the script of the page keeps back.
    sent = page.evaluate(
        """async () => {
            const form = document.querySelector("form.command");
            const send = () => fetch(form.action, {
                method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual"});
            return (await Promise.all([send(), send(), send()])).map(one => one.type);
        }"""
    )
    assert sent == ["opaqueredirect"] * 3
    assert open_applications(page) == before + 1


def test_faults_are_told_at_their_fields_and_nothing_typed_is_lost(
    visit: Visit, site: Site
) -> None:
    page = visit()
    sign_in(page, site)
    open_application(page)
    page.fill("#a-hospital", "医")
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_selector(".field.wrong")
    assert page.input_value("#a-hospital") == "医"
    faults = page.locator(".field.wrong .fault").all_inner_texts()
    assert faults == ["内容太短", "请填写", "请填写", "请填写"]


def test_what_was_typed_is_kept_without_a_press(visit: Visit, site: Site) -> None:
    page = visit()
    sign_in(page, site)
    open_application(page)
    address = page.url.partition("?")[0]
    page.fill("#a-hospital", "未写完的医院")
    page.locator("#kept:not(:empty)").wait_for()
    page.goto("/")
    page.goto(address)
    assert page.input_value("#a-hospital") == "未写完的医院"


def test_script_in_a_field_is_text(visit: Visit, site: Site) -> None:
    page = visit()
    sign_in(page, site)
    open_application(page)
    evil = "<script>window.evil=1</script><img src=x onerror='window.evil=1'>"
    page.fill("#a-hospital", evil)
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/applications/*")
    assert page.input_value("#a-hospital") == evil
    page.goto(f"/search?words={evil[:30]}")
    assert page.evaluate("window.evil") is None


def test_a_question_is_raised_and_taken_back(visit: Visit, site: Site) -> None:
    page = visit("/")
    sign_in(page, site)
    page.goto("/concerns")
    page.locator("form[action$=RaiseConcern] input[value=advice]").check()
    page.fill("form[action$=RaiseConcern] textarea", "医疗救助需要带什么？")
    page.locator("form[action$=RaiseConcern] button").click()
    page.locator("p.done").first.wait_for()
    assert "医疗救助需要带什么？" in page.locator("main").inner_text()
    assert "还有" in page.locator(".clock").first.inner_text()
    page.locator("summary", has_text="撤回").first.click()
    page.locator("form[action$=WithdrawConcern] button").first.click()
    page.locator(".state", has_text="已撤回").first.wait_for()


def test_a_disguised_file_is_refused_with_the_reason(visit: Visit, site: Site) -> None:
    page = visit()
    sign_in(page, site)
    open_application(page)
    page.fill("#a-hospital", "第一医院")
    page.set_input_files("input[type=file]", picture("票据.png", b"MZ is no picture"))
    page.locator(".upload button").click()
    assert "PNG" in page.locator("[role=alert]").inner_text()
    assert page.input_value("#a-hospital") == "第一医院"


def post(site: Site, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, Any]:
    """A request as no browser of ours sends it."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    request = urllib.request.Request(f"{site.address}{path}", body, headers, method="POST")
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_sends_no_form_of_ours(site: Site, headers: dict[str, str]) -> None:
    for path in ("/preferences", "/sign-in", "/do/digital_government/OpenApplication"):
        assert post(site, path, headers)[0] == 403


@pytest.mark.parametrize(
    "onward", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/\t/x"]
)
def test_nobody_is_led_to_another_site(site: Site, onward: str) -> None:
    body = urllib.parse.urlencode({"next": onward, "elder": "1"}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, headers = post(site, "/preferences", kind, body)
    assert (status, headers["Location"]) == (303, "/")


def test_a_request_that_is_too_large_is_refused(site: Site) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _ = post(site, "/sign-in", kind, b"account=" + b"a" * 1_100_000)
    assert status == 413


PAGES = [
    "/",
    "/search?words=医",
    "/items/medical_aid",
    "/things/newborn",
    "/sign-in",
    "/developers",
    "/developers/digital_government/RateCase",
]
OWN_PAGES = ["/mine", "/visits", "/concerns", "/wallet", "/readers"]
VIEWS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("elder", [False, True], ids=["standard", "large-type"])
def test_every_page_can_beread_by_all(
    visit: Visit, site: Site, language: str, view: str, elder: bool
) -> None:
    page = visit("/", language, **VIEWS[view])
    if elder:
        page.locator("button[name=elder]").click()
        page.wait_for_selector("html.elder")
    sign_in(page, site)
    for path in (*PAGES, *OWN_PAGES):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        read_by_all(page, path)
        translated(page, path, language)


def read_by_all(page: Page, path: str) -> None:
    # Not by a script element, which the page's own policy would refuse.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document)")
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == [], path
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, f"{path} is {wider} pixels wider than the screen"
    weight = page.evaluate(
        "performance.getEntries().reduce((sum, one) => sum + (one.transferSize || 0), 0)"
    )
    assert 0 < weight < LARGEST_PAGE, path


def translated(page: Page, path: str, language: str) -> None:
    """In English there is no Chinese beside what is marked as such; no code shows in either."""
    strange = page.evaluate(
        """() => {
            const texts = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            for (let node = walk.nextNode(); node; node = walk.nextNode())
                if (!node.parentElement.closest("[lang='zh-CN']:not(html), script, code"))
                    texts.push(node.textContent.trim());
            return texts.filter(Boolean);
        }"""
    )
    if language == "en":
        assert [one for one in strange if re.search(r"[\u4e00-\u9fff]", one)] == [], path
    else:
        assert [one for one in strange if re.fullmatch(r"[a-z]+(_[a-z]+)+", one)] == [], path
