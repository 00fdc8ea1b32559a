"""The page of a what-if: what is on it, and what a browser makes of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from api.report.scale import Scale, bin_of, label
from tests.api.running import bayplan

EXAMPLES = Path(__file__).parents[3] / "examples" / "what-if"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    bayplan("what-if", "run", EXAMPLES / "any-loss.yaml", "-o", folder / "any-loss")
    bayplan("what-if", "report", folder / "any-loss", "-o", folder / "report.html", "--against", folder / "any-loss")
    return folder


def test_it_needs_nothing_else(run: Path) -> None:
    text = (run / "report.html").read_text()
    assert not re.search(r'(src|href)="|url\(|@import|https?:', text)
    assert "<h1>any-loss</h1>" in text
    for heading in ("Against the run before", "Sites by utilisation", "Promises by loss", "Cost against admission"):
        assert f"<h2>{heading}</h2>" in text


def test_names_cannot_break_out(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(run / "any-loss", folder)
    result = (folder / "result.json").read_text()
    (folder / "result.json").write_text(result.replace("site cs-telecom-1 lost", "</script><script>alert(1)</script>"))
    bayplan("what-if", "report", folder, "-o", tmp_path / "report.html")
    assert "<script>alert" not in (tmp_path / "report.html").read_text()


def test_slips_are_told(run: Path, tmp_path: Path) -> None:
    told = bayplan("what-if", "report", tmp_path, "-o", tmp_path / "x.html", exit_code=2).stderr
    assert "expected a file or folder that can be used" in told
    told = bayplan("what-if", "report", run / "any-loss", "-o", tmp_path / "no" / "x.html", exit_code=2).stderr
    assert "expected a file in a folder that can be written" in told


def test_scales_are_round() -> None:
    scale = Scale(0, 1234, 0, 100)
    assert [told for _, told in scale.ticks()] == ["0", "500", "1,000"]
    assert [Scale(5, 5, 0, 10).at(5), bin_of(-1), bin_of(0.99), bin_of(7)] == [5, 0, 5, 5]
    assert [label(each) for each in (0, 0.254, 1234.4, 3.42e6)] == ["0", "0.254", "1,234", "3.42 M"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it from your system's packages (on Debian: chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


def opened(browser: Any, path: Path, scheme: str = "light") -> Page:
    problems: list[str] = []
    page: Page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if request.url[:5] != "file:" else None)
    page.goto(path.as_uri())
    assert problems == []
    return page


def test_numbers_on_hover_and_what_is_lost_on_the_map(browser: Any, run: Path) -> None:
    page = opened(browser, run / "report.html")
    page.hover("#map circle >> nth=-1")
    assert "servers online" in page.inner_text("#tip")
    page.hover(".bars li >> nth=0")
    assert "refused" in page.inner_text("#tip")
    page.hover("h1")
    assert page.is_hidden("#tip")
    assert page.locator("#map circle.lost").count() == 0
    page.select_option("#scenario", "site cs-telecom-1 lost")
    assert page.get_attribute("#map circle.lost", "data-site") == "cs-telecom-1"
    before = page.get_attribute("#map circle >> nth=0", "class")
    page.select_option("#resource", "memory")
    assert page.locator("#map circle.lost").count() == 1
    assert before is not None
    page.close()


def test_light_and_dark_and_in_print(browser: Any, run: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        page = opened(browser, run / "report.html", scheme)
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert colours == ["rgb(252, 252, 251)", "rgb(25, 25, 24)"]
    page = opened(browser, run / "report.html")
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    page.close()
