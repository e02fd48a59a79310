"""docs/failures.md is true: each routine of the page is assembled, each proof of it run, each report what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from assembling import assembled
from shipped import image_of, with_word

import armsym.dsl
from armsym.conform.replay import replay
from armsym.elf import Image, load_bytes
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import Wanted, prove
from armsym.report.outcome import Outcome
from armsym.report.text import outcome_lines
from crypto_examples.openssl.sha256 import sha256_block_armv8
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"
_FENCE = re.compile(r"^```(asm|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FLIP = re.compile(r"^\| \+(0x[0-9a-f]+) \| ([0-9a-f]{8}) \| `(.*?)` \| `(.*?)` \|$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A numbered section: the routine, its proof, and the report that the page shows."""

    title: str
    code: str
    proof: str
    report: str

    @property
    def symbol(self) -> str:
        return self.code.partition(":")[0]


def _sections() -> dict[str, str]:
    found = re.split(r"^## (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def _examples() -> list[Example]:
    found = []
    for title, text in _sections().items():
        if title[0].isdigit():
            blocks = dict(_FENCE.findall(text))
            found.append(Example(title, blocks["asm"], blocks["python"], blocks["text"]))
    return found


EXAMPLES = _examples()


@cache
def _answer(e: Example) -> ProofResult:
    text = f"        .text\n        .global {e.symbol}\n        .type {e.symbol}, %function\n{e.code}"
    image = load_bytes(assembled(f"        .arch armv8-a+crypto\n{text}"), "failures.o")
    names: dict[str, object] = dict(vars(armsym.dsl))
    exec(compile(e.proof, str(PAGE), "exec"), names)
    return _proved(names[e.symbol], e.symbol, image)


def _proved(fn: object, symbol: str, image: Image) -> ProofResult:
    wanted = Wanted(replay, shrink=True)
    return prove(fn, name=symbol, image=image, symbol=symbol, isa=A64, wanted=wanted)  # type: ignore[arg-type]


def _report(r: ProofResult) -> str:
    return "\n".join("".join(t for t, _ in line) for line in outcome_lines(Outcome(r)))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _shows(report: str, page: str) -> str:
    """The first piece of the page's text that the report does not have, in order; empty if it has all."""
    flat, at = _flat(report), 0
    for line in page.splitlines():
        for piece in line.split("..."):
            wanted = _flat(piece)
            k = flat.find(wanted, at)
            if k < 0:
                return wanted
            at = k + len(wanted)
    return ""


def test_there_are_ten_and_all_are_looked_at() -> None:
    assert [e.title.partition(".")[0] for e in EXAMPLES] == [str(n) for n in range(1, 11)]
    shipped = _sections()["In a shipped routine"]
    assert len(_FLIP.findall(shipped)) == 2
    assert len(_FENCE.findall(PAGE.read_text())) == 3 * 10 + 2


@pytest.mark.parametrize("e", EXAMPLES, ids=lambda e: e.symbol)
def test_the_report_is_what_the_page_shows(e: Example) -> None:
    assert _shows(_report(_answer(e)), e.report) == ""


#: What names the fault, of each: the faulty instruction, or the claim.
NAMED = {
    "sum": "abi: d15 is preserved",
    "next": "ensures: row[1]",
    "tag": "st1 {v0.16b}, [x0]",
    "select": "cbz w2",
    "total": "so far",
    "copy": "stp x19, x20, [sp, #-0x20]!",
    "products": "first    x3",
    "add_one": "ret: this is not where it was called from",
    "add_mod": "ensures: reduced",
    "mask": "block 0, word 0, at out+0x0",
}


@pytest.mark.parametrize("e", EXAMPLES, ids=lambda e: e.symbol)
def test_the_fault_is_named_in_the_report_and_on_the_page(e: Example) -> None:
    named = NAMED[e.symbol]
    assert _flat(named) in _flat(_report(_answer(e)))
    assert _flat(named) in _flat(e.report)


@pytest.mark.parametrize("e", EXAMPLES, ids=lambda e: e.symbol)
def test_none_is_proved_and_refuted_ones_are_replayed(e: Example) -> None:
    r = _answer(e)
    if e.symbol == "products":
        assert r.status is Status.UNDECIDED
    else:
        assert r.status is Status.REFUTED
        assert r.counterexample is not None
        assert r.counterexample.kind == "invariant" or "agree on all registers" in r.counterexample.replay


def _mended(e: Example, code: tuple[str, str] = ("", ""), proof: tuple[str, str] = ("", "")) -> Example:
    assert code[0] in e.code
    assert proof[0] in e.proof
    return Example(e.title, e.code.replace(*code, 1), e.proof.replace(*proof, 1), e.report)


#: What mends each: a piece of the routine, or of its proof, and what takes its place.
MENDED = {
    "sum": (("v15.4s", "v1.4s"), ("", "")),
    "next": (("add     v0.2d, v0.2d, v1.2d", "add     v0.4s, v0.4s, v1.4s"), ("", "")),
    "copy": (("", ""), ("    p.modifies(out)\n", "    p.modifies(out, p.stack(32))\n")),
    "products": (("", ""), ('{"sum": s.x4 == S(i)[1]}', '{"sum": s.x4 == S(i)[1], "product": s.x3 == S(i)[0]}')),
    "add_one": (("x30, x29, [sp], #16", "x29, x30, [sp], #16"), ("", "")),
    "add_mod": (("#4096", "#3329"), ("", "")),
    "mask": (("mov     w3, w4", "nop"), ("", "")),
    "total": (("cmp     x4, #3", "cmn     x4, #1, lsl #12"), ("", "")),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_the_page_says_is_wrong_is_all_that_is(name: str) -> None:
    """Without the fault the same statement is proved."""
    (e,) = [e for e in EXAMPLES if e.symbol == name]
    code, proof = MENDED[name]
    mended = _mended(e, code, proof)
    if name == "sum":
        mended = _mended(mended, ("v15.4s", "v1.4s"))
    assert _answer(mended).status is Status.PROVED


@pytest.mark.parametrize("n", [0, 1])
def test_the_shipped_routine_with_one_bit_changed(n: int) -> None:
    text = _sections()["In a shipped routine"]
    at, before, was, now = _FLIP.findall(text)[n]
    original = image_of(OPENSSL_4_0)
    place = original.symbol("sha256_block_armv8").offset + int(at, 16)
    after = int(before, 16) ^ (1 << 29 if n == 0 else 1 << 5)
    assert A64.decode(int(before, 16)).assembly(place) == was
    assert A64.decode(after).assembly(place) == now
    r = _proved(
        sha256_block_armv8,
        "sha256_block_armv8",
        with_word(original, "sha256_block_armv8", int(at, 16), int(before, 16), after),
    )
    assert r.status is Status.REFUTED
    assert _shows(_report(r), _FENCE.findall(text)[n][1]) == ""


def test_a_page_that_is_not_true_is_noticed() -> None:
    report = "one two\n  three   four\nfive"
    assert _shows(report, "one two\n... four\nfive") == ""
    assert _shows(report, "one ... three\n") == ""
    assert _shows(report, "five\none") == "one"
    assert _shows(report, "two three five") == "two three five"
