"""`armsym view`: the page that it writes, what it says where none can be written, and the exit codes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from assembling import assembled
from calls import Call
from cli_data import DATA

from armsym.cli.view import look
from armsym.proof.registry import discover

SEEN, ADDING = DATA / "seen.py", DATA / "adding.py"


class Page(HTMLParser):
    """The elements of a page, and what is wrong with how they are nested."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.mark.parametrize(
    ("file", "name", "code"),
    [
        (ADDING, "sums", 0),
        (ADDING, "subtracts", 1),
        (SEEN, "says_too_little", 3),
        (SEEN, "odd_names", 0),
        (SEEN, "traps", 1),
        (ADDING, "takes_a_root", 2),
        (ADDING, "raises", 2),
    ],
)
def test_a_page_is_written_whatever_a_proof_comes_to(
    armsym_here: Call, tmp_path: Path, file: Path, name: str, code: int
) -> None:
    to = tmp_path / "page.html"
    told = armsym_here("view", f"{file}::{name}", "-o", to)
    assert told.code == code, told
    assert f"page: {to}" in told.out
    text = to.read_text(encoding="utf-8")
    seen = Page(text)
    assert not seen.wrong
    assert not seen.open
    ids = [a["id"] for _, a in seen.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in seen.tags:
        for refers in ("aria-labelledby", "for"):
            if refers in attributes:
                assert attributes[refers] in ids
        link = attributes.get("href") or ""
        assert not link.startswith("#") or link[1:] in ids, link
    # It asks nobody for anything.
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)|url\((?!#)|@import""", text)
    assert f"<h1>{name}" in text


def test_what_was_not_shown_stands_beside_what_is_claimed(armsym_here: Call, tmp_path: Path) -> None:
    to = tmp_path / "page.html"
    assert armsym_here("view", f"{SEEN}::says_too_little", "-o", to).code == 3
    text = to.read_text(encoding="utf-8")
    assert re.search(r"<h4>is</h4><pre>.*?<mark>x2</mark>.*?<h4>claimed</h4><pre>.*?<mark>H\(i\)\[0\]</mark>", text)


def test_a_leak_shows_both_runs(armsym_here: Call, tmp_path: Path) -> None:
    code = ".globl f\n.type f, %function\nf: cbz x0, 1f\n add x1, x1, #1\n1: mov x0, #0\n ret\n.size f, .-f\n"
    (tmp_path / "leak.o").write_bytes(assembled(code))
    (tmp_path / "leaking.py").write_text(
        "from armsym.dsl import Proof, proof\n\n\n@proof('f', of='leak.o')\ndef leaks(p: Proof) -> None:\n"
        "    p.call(x0=p.word('a'))\n    p.ensures(lambda s: {'zero': s.x0 == 0})\n"
    )
    to = tmp_path / "page.html"
    assert armsym_here("view", tmp_path / "leaking.py", "-o", to).code == 1
    text = to.read_text(encoding="utf-8")
    assert re.search(r"<dt>one run</dt><dd><code>branch condition 0x[01] at 0x0", text)
    assert re.search(r"<dt>the other</dt><dd><code>branch condition 0x[01] at 0x0", text)
    data = json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)[0])
    # One goes through the addition, the other does not.
    assert [run["title"] for run in data["runs"]] == ["One run", "The other run, with other secrets"]
    assert sorted(len(run["steps"]) for run in data["runs"]) == [3, 4]


def test_names_in_a_proof_are_text_and_nothing_else(armsym_here: Call, tmp_path: Path) -> None:
    to = tmp_path / "page.html"
    assert armsym_here("view", f"{SEEN}::odd_names", "-o", to).code == 0
    text = to.read_text(encoding="utf-8")
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in text
    assert "&amp;lt;!--" in text


def test_of_several_proofs_one_has_to_be_named(armsym_here: Call, tmp_path: Path) -> None:
    told = armsym_here("view", ADDING, "-k", "s*", "-o", tmp_path / "page.html")
    assert told.code == 2
    assert "3 proofs are selected (subtracts, sums, sums_without_invariant): name one" in told.err
    assert armsym_here("view", ADDING, "-k", "nothing").code == 2
    # A symbol may be that of several proofs, and the name of one of them.
    assert armsym_here("view", ADDING, "-k", "adds", "-o", tmp_path / "page.html").code == 0


def test_bad_input_is_one_line_and_no_page(armsym_here: Call, tmp_path: Path) -> None:
    for arguments in (
        ("view", f"{ADDING}::adds", "-o", tmp_path / "none" / "page.html"),
        ("view", f"{ADDING}::no_such_symbol", "-o", tmp_path / "page.html"),
        ("view", f"{ADDING}::adds", "--object", tmp_path / "none.o", "-o", tmp_path / "page.html"),
        ("view", tmp_path / "none.py", "-o", tmp_path / "page.html"),
    ):
        told = armsym_here(*arguments)
        assert told.code == 2, told
        assert told.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_notebook_shows_the_page_in_a_frame_of_its_own() -> None:
    (d,) = (d for d in discover(ADDING) if d.name == "adds")
    seen = look(d)
    frame = Page(seen._repr_html_())
    ((tag, attributes),) = frame.tags
    assert tag == "iframe"
    assert attributes["srcdoc"] == seen.html
    assert attributes["sandbox"] == "allow-scripts"
    assert not frame.open
