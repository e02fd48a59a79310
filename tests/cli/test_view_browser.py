"""The pages of `armsym view` in a real browser: they open, can be moved through by keys, and can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from browsing import Browser, browser
from cli_data import DATA
from shipped import fetching

import armsym.cli
from armsym.cli.view import look
from armsym.proof.registry import discover
from armsym.proof.trace import Departure
from armsym.view.page import departs

ROOT = Path(__file__).resolve().parents[2]
OWN, SEEN, ADDING = ROOT / "crypto_examples" / "own_sha512", DATA / "seen.py", DATA / "adding.py"

#: WebDriver's codes of keys.
LEFT, RIGHT, HOME, END, TAB, ENTER = "\ue012", "\ue014", "\ue011", "\ue010", "\ue004", "\ue007"

COLOURS = """
const style = getComputedStyle(document.documentElement), pairs = arguments[0];
const light = (c) => {
  const n = parseInt(c.trim().slice(1), 16);
  const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  return 0.2126 * f(n >> 16) + 0.7152 * f((n >> 8) & 255) + 0.0722 * f(n & 255);
};
return pairs.map(([a, b]) => {
  const [x, y] = [a, b].map((name) => light(style.getPropertyValue("--" + name))).sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
});
"""
#: Text colours, and what they stand on.
PAIRS = [
    ["ink", "paper"], ["ink", "pane"], ["soft", "paper"], ["soft", "pane"], ["accent", "pane"], ["ink", "tint"],
    ["soft", "tint"], ["accent", "tint"], ["good", "good-tint"], ["bad", "bad-tint"], ["open", "open-tint"],
    ["ink", "changed"], ["accent", "changed"], ["ink", "mark"], ["good", "pane"], ["good", "tint"], ["open", "paper"],
]  # fmt: skip


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all of these tests."""
    with browser(tmp_path_factory.mktemp("profile")) as b:
        yield b


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of a proof that holds, of one that is refuted, and of one that is undecided."""
    folder = tmp_path_factory.mktemp("pages")
    code = bytearray((OWN / "sha512.o").read_bytes())
    code[0x40 + 0x68 + 3] ^= 0x20  # the README's flipped bit
    (folder / "broken.o").write_bytes(code)
    wanted = {
        "proved": [str(OWN)],
        "refuted": [str(OWN), "--object", str(folder / "broken.o")],
        "undecided": [f"{SEEN}::says_too_little"],
        "odd": [f"{SEEN}::odd_names"],
        "stopped": [f"{SEEN}::traps"],
    }
    found = {name: folder / f"{name}.html" for name in wanted}
    codes = [armsym.cli.run(["view", *arguments, "-o", str(found[name])]) for name, arguments in wanted.items()]
    assert codes == [0, 1, 3, 0, 1]
    return found


def at(window: Browser) -> tuple[int, int]:
    """The step that is shown, and the last one."""
    now, last = window.text("#count").split(" / ")
    return int(now), int(last)


@pytest.mark.parametrize("name", ["proved", "refuted", "undecided", "odd", "stopped"])
def test_every_step_of_every_path_is_shown_and_nothing_is_asked_for(
    window: Browser, pages: dict[str, Path], name: str
) -> None:
    window.open(pages[name])
    told = window.run(
        """
        const select = document.getElementById("path"), slider = document.getElementById("at"), found = [];
        for (const option of select.querySelectorAll("option")) {
          select.value = option.value;
          select.dispatchEvent(new Event("change"));
          for (let k = 0; k <= Number(slider.max); k += Math.ceil(slider.max / 40) || 1) {
            slider.value = k;
            slider.dispatchEvent(new Event("input"));
            found.push(document.getElementById("here").textContent.trim() !== "");
          }
        }
        return found;
        """
    )
    assert told
    assert all(told)
    assert window.complaints() == []


def test_the_state_is_told_in_the_proofs_own_names(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["proved"])
    window.run("document.querySelector('tr[data-at=\"16\"]').click()")  # the first instruction of the loop
    window.press(LEFT)
    assert "Iteration i of the loop at 0x10" in window.text("#here")
    state = window.text("#now")
    for line in ("x1 data + 128*i", "x2 n - i", "v24 H(i)[0:2]", "v27 H(i)[6:8]"):
        register, text = line.split(maxsplit=1)
        assert re.search(rf"^{register}( changed)?\t{re.escape(text)}$", state, re.MULTILINE), (line, state)
    window.run("document.querySelector('tr[data-at=\"36\"]').click()")
    assert "M(i)[6:8]" in window.text("#now tr.changed")
    # At the loop's end the new hash value, and what the path came to.
    window.press(END)
    assert "H(i + 1)[6:8]" in window.text("#now")
    assert "0x10" in window.text("#path")


def test_keys_move_and_the_picture_and_the_code_follow(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["proved"])
    first, last = at(window)
    assert first == 0
    assert last > 400
    window.press(RIGHT, RIGHT, "l")
    assert at(window)[0] == 3
    window.press(LEFT, "h")
    assert at(window)[0] == 1
    current = window.run("return [...document.querySelectorAll('tr[aria-current=step]')].map((r) => r.dataset.at)")
    assert current == ["0"]
    assert "0x0 cbz" in window.text("#here")
    window.press(END)
    assert at(window) == (last, last)
    assert window.run("return document.querySelectorAll('.block.current').length") == 1
    window.press(HOME)
    assert at(window)[0] == 0
    path = window.run("return document.getElementById('path').value")
    window.press("]")
    assert window.run("return document.getElementById('path').value") != path
    window.press("[")
    assert window.run("return document.getElementById('path').value") == path
    window.press("n")
    assert "Shown here" in window.text("#now")


def test_the_keyboard_reaches_everything_in_order(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["proved"])
    seen = []
    for _ in range(12):
        window.press(TAB)
        seen.append(window.run("const e = document.activeElement; return e.id || e.className.baseVal || e.className"))
    assert seen[0] == "skip"
    assert seen[1:5] == ["path", "prev", "at", "next"]
    assert any("block" in name for name in seen)
    # A block of the picture is a link, with the keyboard too.
    window.run("document.querySelectorAll('.graph .block')[2].focus()")
    window.press(ENTER)
    assert "0x10 ld1" in window.text("#here")


def test_a_screen_reader_finds_names_and_landmarks(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["refuted"])
    tree = window.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {str(n["role"]["value"]) for n in tree if not n["ignored"]}
    assert {"banner", "main", "contentinfo", "region", "heading", "slider", "combobox", "button"} <= roles
    for n in tree:
        if n["ignored"] or n["role"]["value"] not in ("region", "slider", "combobox", "button", "link", "checkbox"):
            continue
        assert n.get("name", {}).get("value"), n
    said = "return document.getElementById('at').getAttribute('aria-valuetext')"
    assert re.match(r"step 0 of \d+", window.run(said))
    assert window.run("return document.getElementById('here').getAttribute('aria-live')") == "polite"
    assert window.run("return document.documentElement.lang") == "en"
    levels = window.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(window: Browser, pages: dict[str, Path], scheme: str) -> None:
    window.scheme(scheme)
    try:
        window.open(pages["undecided"])
        for pair, contrast in zip(PAIRS, window.run(COLOURS, PAIRS), strict=True):
            assert contrast >= 4.5, (pair, contrast)  # WCAG 2, 1.4.3
        paper = window.run("return getComputedStyle(document.body).backgroundColor")
        shade = sum(int(x) for x in re.findall(r"\d+", paper)[:3])
        assert shade > 600 if scheme == "light" else shade < 150
    finally:
        window.scheme("")


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_no_page_is_wider_than_the_window(window: Browser, pages: dict[str, Path], width: int) -> None:
    window.size(width, 900)
    try:
        for page in pages.values():
            window.open(page)
            assert window.run("return document.documentElement.scrollWidth") <= width
    finally:
        window.size(1500, 950)


def test_a_counterexample_is_a_run_to_move_through(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["refuted"])
    assert "The counterexample" in window.text("#path")
    text = pages["refuted"].read_text(encoding="utf-8")
    steps = re.search(r"agree on all registers and \d+ bytes of memory after (\d+) instructions", text)
    assert steps
    assert at(window)[1] == int(steps[1])
    window.press(END)
    assert "ret" in window.text("#here")
    # What the code left in memory in place of the hash value is what Unicorn left there, too.
    got = re.search(r"<dt>got</dt><dd><code>0x([0-9a-f]+)</code>", text)
    assert got
    assert got[1].zfill(16) in window.text("#now")


def test_where_a_run_departs_from_what_the_proof_says_is_found_by_a_key(
    window: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    said = departs(Departure(6, 0x24, "invariant at f+0x24", "so far", "0x1", "0x2"))
    assert said == "Before step 6, at 0x24, invariant at f+0x24 breaks: so far. Expected 0x1, got 0x2."
    text = pages["refuted"].read_text(encoding="utf-8")
    assert text.count('"note":""') == 1
    broken = tmp_path / "departs.html"
    broken.write_text(text.replace('"note":""', f'"note":"","departs":[5,"{said}"]'), encoding="utf-8")
    window.open(broken)
    assert "departs" not in window.text("#here")
    window.press("n")
    assert at(window)[0] == 5
    assert f"Here it departs from what the proof says. {said}" in window.text("#here")
    window.press(END, "p")
    assert at(window)[0] == 5


def test_what_is_undecided_is_what_is_seen_first(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["undecided"])
    assert "ensures: sum" in window.text("#failures h3")
    sides = window.run("return [...document.querySelectorAll('.sides')].map((e) => getComputedStyle(e).display)")
    assert set(sides) == {"grid"}
    shown = window.text("#now .shown")
    assert "undecided" in shown
    assert "ensures: sum" in shown


def test_a_notebook_frame_works(window: Browser, tmp_path: Path) -> None:
    (d,) = (d for d in discover(ADDING) if d.name == "adds")
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><p>cell</p>{look(d)._repr_html_()}", encoding="utf-8")
    window.open(tmp_path / "notebook.html")
    window.driver.switch_to.frame(0)
    try:
        assert at(window) == (0, 2)
        window.run("document.getElementById('next').click()")
        assert "add x0, x0, x1" in window.text("#here")
        assert "a + b" in window.text("#now tr.changed")
    finally:
        window.driver.switch_to.default_content()


@pytest.mark.wheels
def test_the_page_of_a_large_proof_opens_in_less_than_a_second(window: Browser, tmp_path: Path) -> None:
    to = tmp_path / "aes.html"
    name = "aes_v8_ctr32_encrypt_blocks"
    with fetching():
        assert armsym.cli.run(["view", str(ROOT / "crypto_examples" / "openssl"), "-k", name, "-o", str(to)]) == 0
    assert to.stat().st_size < 1_000_000
    # The least of several: other work on the machine is not the page's.
    assert min(window.open(to) for _ in range(4)) < 1000
    assert at(window)[1] > 300
    assert window.complaints() == []
