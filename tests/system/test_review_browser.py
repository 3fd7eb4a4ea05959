"""The review pages in a real browser: by keyboard, at two widths, in two colour schemes."""

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.system.running import Service
from tests.system.stories import story
from tests.web.builders import CHROME, an_article

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = (1280, 900), (360, 740)
UNBROKEN = "W" * 300
PAGES = [
    *("queue", "decided", "flag", "missing", "article", "edition", "preview", "site", "sites"),
    *("story", "thresholds", "refused thresholds"),
]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no browser; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def seen_flag(service: Service) -> str:
    """An open flag for tests that only look; the site of its later article has a rule and another
    edition of it."""
    found = open_flag(service, "seen", source="ruled.example")
    text = f"{story('seen')}\n\nA letter signed {UNBROKEN[1:]} reached the council on Tuesday."
    edition = an_article(id="edition", title=f"Quay {UNBROKEN}", source="ruled.example", text=text)
    assert service.ask("POST", "/v1/articles", edition).body["changes"]
    rules = "/v1/sites/ruled.example/rules"
    rule = {"article": "copy of seen", "block": 2, "kept": False, "by": UNBROKEN[:128]}
    withdrawn = service.ask("POST", rules, rule).body["rule"]["key"]
    service.ask("DELETE", f"{rules}/{withdrawn}")
    service.ask("POST", rules, {**rule, "block": 0, "kept": True})
    for what in ("original", "split"):
        decided = {"article": "copy of seen", "by": UNBROKEN[:128]}
        assert service.ask("POST", f"/v1/stories/s1/{what}", decided).status < 500
    service.ask("POST", "/v1/stories/s1/undo", {"by": "Ada"})
    assert service.ask("GET", "/v1/stories/s1").body["total"] == 3  # and the edition
    return found


@pytest.fixture
def flag_id(service: Service, request: pytest.FixtureRequest) -> str:
    """An open flag of a test's own."""
    return open_flag(service, request.node.name)


def open_flag(service: Service, name: str, **fields: str) -> str:
    """A flag on two articles that try to break the layout."""
    text = f"{CHROME}\n\n{story(name)}\n\nA letter signed {UNBROKEN} reached the council on Monday."
    first = {
        "id": original_of(name),
        "url": f"https://quay.example/{UNBROKEN}",
        "title": f"Council closes the quay {UNBROKEN}",
        "source": UNBROKEN[:200],
        "published_at": "2025-03-04T15:20:00Z",
    }
    service.ask("POST", "/v1/articles", an_article(text=text, **first))
    again = f"{text}\n\nThe council meets again in May."
    copy = an_article(id=f"copy of {name}", text=again, **fields)
    flags = service.ask("POST", "/v1/articles", copy).body["flags"]
    assert [flag["state"] for flag in flags] == ["open"]
    found: str = flags[0]["id"]
    return found


def original_of(name: str) -> str:
    return f"https://quay.example/{name}/{UNBROKEN}"


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[OpenPage]:
    contexts = []

    def open_page(
        path: str,
        size: tuple[int, int] = WIDE,
        *,
        scheme: str = "light",
        scripts: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
            bypass_csp=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"http://127.0.0.1:{service.port}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def path_of(name: str, flag_id: str) -> str:
    return {
        "queue": "/review",
        "decided": "/review?state=decided",
        "flag": f"/review/flags/{flag_id}",
        "missing": "/review/flags/none",
        "article": f"/review/article?id={quote(original_of('seen'), safe='')}",
        "edition": "/review/article?id=edition",
        "preview": f"/review/site/preview?article={quote('copy of seen')}&block=2&kept=no",
        "site": "/review/site?name=ruled.example",
        "sites": "/review/sites",
        "story": "/review/stories/s1",  # that of `seen_flag`, whose articles come first
        "thresholds": "/review/thresholds?near_threshold=1&contained_threshold=1",
        "refused thresholds": "/review/thresholds?near_threshold=1",
    }[name]


def tab_to(
    page: Page, *, name: str | None = None, text: str | None = None, label: str | None = None
) -> None:
    if name or label:
        target = page.locator(f'[name="{name}"]' if name else f'[aria-label="{label}"]')
    else:
        target = page.get_by_text(text or "", exact=text == "Withdraw").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.and_(page.locator(":focus")).count():
            return
    raise AssertionError(f"the Tab key does not reach {name or text or label}")


@pytest.mark.parametrize("size", [WIDE, PHONE, (320, 640)], ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(
    open_page: OpenPage, seen_flag: str, name: str, size: tuple[int, int]
) -> None:
    page = open_page(path_of(name, seen_flag), size, scripts=True)
    if name == "flag":
        for summary in page.locator("summary").all():
            summary.click()
    widths = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1]
    sticking_out = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
            .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
            .map(element => element.outerHTML.slice(0, 80))"""
    )
    assert sticking_out == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_the_pages_have_no_barrier_that_axe_finds(
    open_page: OpenPage, seen_flag: str, name: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(path_of(name, seen_flag), size, scheme=scheme, scripts=True)
    if name == "flag":
        for summary in page.locator("summary").all():
            summary.click()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_the_two_schemes_differ(open_page: OpenPage) -> None:
    colours = [
        open_page("/review", scheme=scheme, scripts=True).evaluate(
            "getComputedStyle(document.body.parentElement).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert colours[0] != colours[1]


def test_the_columns_stand_side_by_side_and_stack_on_a_phone(
    open_page: OpenPage, seen_flag: str
) -> None:
    for size, is_stacked in ((WIDE, False), (PHONE, True)):
        page = open_page(f"/review/flags/{seen_flag}", size)
        first, second = (column.bounding_box() for column in page.locator("article").all())
        assert first is not None
        assert second is not None
        assert (second["y"] >= first["y"] + first["height"]) is is_stacked


def test_a_flag_is_decided_by_keyboard_alone(
    open_page: OpenPage, service: Service, flag_id: str
) -> None:
    page = open_page("/review")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    tab_to(page, text="Council closes the eastern quay")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("share most")

    tab_to(page, name="by")
    page.keyboard.type("Ada Quill")
    page.keyboard.press("Enter")  # decides nothing
    page.keyboard.press("Tab")
    page.keyboard.type("one wire copy")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Duplicate", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Not a duplicate")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Recorded: not a duplicate.")
    flag = service.ask("GET", f"/v1/flags/{flag_id}").body
    assert flag["version"] == 2
    assert flag["decision"] == "not_duplicate"
    last = flag["history"][-1]
    assert (last["by"], last["note"]) == ("Ada Quill", "one wire copy")


def test_a_removed_block_is_opened_and_restored_by_keyboard(
    open_page: OpenPage, service: Service, flag_id: str, request: pytest.FixtureRequest
) -> None:
    original = "/v1/articles/" + quote(original_of(request.node.name), safe="")
    assert service.ask("GET", original).body["removed"] != []
    page = open_page(f"/review/flags/{flag_id}")
    tab_to(page, text="removed here")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Restore block 0 of the earlier")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Block restored.")
    assert service.ask("GET", original).body["removed"] == []


def test_a_block_is_removed_and_the_removal_undone_by_keyboard(
    open_page: OpenPage, service: Service, flag_id: str, request: pytest.FixtureRequest
) -> None:
    article = "/v1/articles/" + quote(f"copy of {request.node.name}")
    before = service.ask("GET", article).body["text"]
    page = open_page(f"/review/flags/{flag_id}")
    tab_to(page, label="All blocks of the later article")
    page.keyboard.press("Enter")
    for label, said in (
        ("Remove block 2", "Block removed."),
        ("Undo: restore block 2 again", "Block restored."),
    ):
        tab_to(page, label=label)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text(said)
        assert (service.ask("GET", article).body["text"] == before) is ("Undo" in label)


def test_a_rule_for_a_site_is_previewed_made_and_withdrawn_by_keyboard(
    open_page: OpenPage, service: Service
) -> None:
    box = "Readers have sent 4,000 letters to the harbour office since the spring of this year."
    for number in range(2):
        text = f"{story(f'site {number}')}\n\n{box}"
        sent = an_article(id=f"s{number}", text=text, url=f"https://keys.example/{number}")
        service.ask("POST", "/v1/articles", sent)
    blocks = service.ask("GET", "/v1/articles/s0?blocks=true").body["blocks"]
    (index,) = (block["index"] for block in blocks if block["text"] == box)

    page = open_page("/review/article?id=s0")
    tab_to(page, label=f"Always remove block {index} on this site")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Always remove this block")
    expect(page.get_by_text("2 of the last 2 articles")).to_be_visible()
    assert box in service.ask("GET", "/v1/articles/s1").body["text"]
    tab_to(page, name="by")
    page.keyboard.type("Ada Quill")
    page.keyboard.press("Enter")  # decides nothing
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The rule holds. 2 articles changed.")
    assert box not in service.ask("GET", "/v1/articles/s1").body["text"]

    tab_to(page, text="Withdraw")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The rule is withdrawn.")
    assert box in service.ask("GET", "/v1/articles/s1").body["text"]


def test_thresholds_are_tried_by_keyboard(open_page: OpenPage, flag_id: str) -> None:
    page = open_page("/review")
    tab_to(page, text="Thresholds")
    page.keyboard.press("Enter")
    for name in ("near_threshold", "contained_threshold"):
        tab_to(page, name=name)
        page.keyboard.press("Control+A")
        page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Flags with another relation")).to_be_visible()
    flag = page.locator(f'a[href="/review/flags/{flag_id}"]')
    flag.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("share most")


def test_an_article_is_split_off_a_story_and_put_back_by_keyboard(
    open_page: OpenPage, flag_id: str, service: Service
) -> None:
    copy = service.ask("GET", f"/v1/flags/{flag_id}").body["article"]
    story_id = service.ask("GET", f"/v1/articles/{quote(copy)}").body["story_id"]

    page = open_page(f"/review/flags/{flag_id}")
    tab_to(page, label="Story of the later article")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 articles", exact=True)).to_be_visible()
    tab_to(page, name="article")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=article]:checked")).to_have_value(copy)
    tab_to(page, name="by")
    page.keyboard.type("Ada Quill")
    page.keyboard.press("Enter")  # decides nothing
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The article was split off.")
    assert service.ask("GET", f"/v1/stories/{story_id}").body["apart"] == [copy]

    tab_to(page, label=f"Undo: Split off {copy}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The decision was taken back.")
    assert service.ask("GET", f"/v1/stories/{story_id}").body["total"] == 2


def test_the_focus_is_never_hidden_behind_the_decision(open_page: OpenPage, seen_flag: str) -> None:
    page = open_page(f"/review/flags/{seen_flag}", scripts=True)
    for _ in range(8):
        page.keyboard.press("Tab")
        is_hidden = page.evaluate(
            """() => {
                const bar = document.querySelector("#decision");
                const at = document.activeElement;
                const box = at.getBoundingClientRect(), cover = bar.getBoundingClientRect();
                return !bar.contains(at) && box.top >= cover.top && box.bottom <= cover.bottom;
            }"""
        )
        assert not is_hidden


def test_a_stale_decision_can_be_made_again_at_once(open_page: OpenPage, flag_id: str) -> None:
    pages = [open_page(f"/review/flags/{flag_id}") for _ in range(2)]
    for page, name in zip(pages, ("Ada", "Bo"), strict=True):
        page.get_by_label("Your name").fill(name)
    pages[0].get_by_role("button", name="Duplicate", exact=True).click()
    expect(pages[0].get_by_role("status")).to_contain_text("Recorded")

    pages[1].get_by_role("button", name="Not a duplicate").click()
    expect(pages[1].get_by_role("alert")).to_contain_text("changed by Ada")
    pages[1].get_by_role("button", name="Not a duplicate").click()
    expect(pages[1].get_by_role("status")).to_contain_text("Recorded: not a duplicate.")


def test_hostile_text_runs_nothing(open_page: OpenPage, service: Service) -> None:
    hostile = an_article(
        id="hostile",
        text=story("hostile"),
        title="<script>document.title='owned'</script>",
        source="<img src=x>",
    )
    service.ask("POST", "/v1/articles", hostile)
    copy = service.ask("POST", "/v1/articles", {**hostile, "id": "hostile copy"}).body
    messages: list[str] = []
    page = open_page("/review?state=decided", scripts=True)
    page.on("console", lambda message: messages.append(message.text))
    page.goto(page.url.replace("?state=decided", f"/flags/{copy['flags'][0]['id']}"))
    assert "owned" not in page.title()
    assert page.locator("script, img").count() == 0
    assert messages == []
