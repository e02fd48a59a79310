"""Words that masks round, made of each other again and again: the audit ends, soon, and says what is true of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import assembled
from lying import RET, Lie

from armsym.audit.audit import Verdict
from armsym.audit.facts import MOST_FACTS, MOST_ROUNDED, Facts
from armsym.audit.raw import Program, ones
from armsym.audit.walk import Walk
from armsym.audit.words import Words
from armsym.certify.multipliers import Search

#: AND X1, X0, #~63; AND X2, X0, #~127; ADD X0, X1, X2; ADD X0, X0, #5.
BOTH = (0x927AE401, 0x9279E002, 0x8B020020, 0x91001400)
#: ADD X0, X0, #1; AND X0, X0, #~1.
ONE = (0x91000400, 0x927FF800)


def _verdict(words: tuple[int, ...], times: int, more: int, folder: Path) -> Verdict:
    """X0 is a number; it is claimed to be what so many turns make of it, and more."""
    path = folder / "room.o"
    room = f".globl f\n.type f,%function\nf:\nadd x9, x9, #1\n.rept {len(words) * times}\nnop\n.endr\n.size f,.-f\n"
    path.write_bytes(assembled(room))
    lie = Lie((*words * times, RET), 0, path, "f")
    lie.case.cuts.pop(1)
    w = Words(lie.case.table)
    lie.case.numbers["n"] = 1, ones(32)
    x = lie.case.arguments["x0"] = w.program.var("num.n", ones(32))
    for _ in range(times):  # (the other operand first: else both are one node, and nothing is asked)
        if words is BOTH:
            x = w.add(64, w.const(5), w.add(64, w.mask(x, ones(64) ^ 127), w.mask(x, ones(64) ^ 63)))
        else:
            x = w.mask(w.add(64, w.const(1), x), ones(64) ^ 1)
    lie.returns(w.add(64, w.const(more), x))
    return lie.verdict(folder)


@pytest.mark.parametrize(("words", "times"), [(BOTH, 3), (BOTH, 40), (ONE, 3), (ONE, 100), (ONE, 400)])
def test_words_rounded_again_and_again(words: tuple[int, ...], times: int, tmp_path: Path) -> None:
    verdict = _verdict(words, times, 0, tmp_path)
    assert verdict.audited, verdict.refused
    assert _verdict(words, times, 2, tmp_path).refused


@pytest.mark.parametrize("known", [0, MOST_ROUNDED - 1, MOST_ROUNDED, MOST_FACTS - 1, MOST_FACTS])
def test_where_much_is_known_nothing_is_rounded_and_nothing_refused(known: int) -> None:
    """(16 a - 1) AND ~63 is at most 16 a - 16: known if there is room for it, and then again and again."""
    w = Words(Program())
    a = w.program.var("a", ones(32))
    facts = Facts(w, Search())
    facts.add((-1, {a: 1}))
    for k in range(known - 1):
        facts.add((0, {w.program.var(f"b{k}", ones(32)): 1}))
    node = w.mask(w.add(64, w.mulc(64, a, 16), w.const(ones(64))), ones(64) & ~63)
    found = facts.integer(node)
    assert (found == (0, {node: 1})) == (known >= MOST_ROUNDED)
    while len(facts._facts) < MOST_FACTS:
        facts.add((0, {w.program.var(f"c{len(facts._facts)}", ones(32)): 1}))
    assert facts.linear(node) == found
    assert facts.fork().linear(node) == found


def test_what_was_not_known_is_known_once_a_fact_tells() -> None:
    """128 a - 8 is a number only where a is not 0: asked before and after, of a fork, too."""
    w = Words(Program())
    a = w.program.var("a", ones(32))
    word = w.add(64, w.mulc(64, a, 128), w.const(-8 & ones(64)))
    node = w.shr(word, 3)
    facts = Facts(w, Search())
    for _ in range(2):
        assert (facts.integer(word), facts.integer(node)) == ((0, {word: 1}), (0, {node: 1}))
    other = facts.fork()
    other.add((-1, {a: 1}))
    assert (other.integer(word), other.integer(node)) == ((-8, {a: 128}), (-1, {a: 16}))
    assert facts.integer(node) == (0, {node: 1})
    facts.equate(a, (4, {}))
    assert (facts.integer(word), facts.integer(node)) == ((504, {}), (63, {}))


def test_what_is_too_deep_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(Walk, "_return", deep)
    (why,) = _verdict(ONE, 1, 0, tmp_path).refused
    assert "words are too deep within others" in why
