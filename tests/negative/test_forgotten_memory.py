"""What a cut forgets of memory, vectors and flags: of it nothing but what is claimed is known, and it is secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusing import symbolically
from test_engine_negative import routine
from test_holes import explored

from armsym.dsl import Claims, InputError, Part, Proof, Region, State, Words
from armsym.proof.engine.cut_rule import MOST_CELLS

ProofFn = Callable[[Proof], None]

#: [x0] = a + b, x1 = twice that.
DOUBLED = "add x1,x1,x2\n str x1,[x0]\n ldr x1,[x0]\n add x1,x1,x1\n ret"


def _failed(folder: Path, text: str, fn: ProofFn) -> dict[str, list[str]]:
    """What is not shown, by kind."""
    return symbolically(fn, routine(folder, text), "f")


@pytest.mark.parametrize("claimed", ["same", "no more", "more", "false", "kept", "other", "part"])
def test_a_cut_that_drops_words_of_memory(tmp_path: Path, claimed: str) -> None:
    """Of the word dropped there is known what is claimed at the cut, and nothing else; of the word beside it all."""

    def fn(p: Proof) -> None:
        a, b = p.word("a", possible=0xFF), p.word("b", possible=0xFF)
        r = p.region("r", 16, access="rw", cell=8)
        p.call(x0=r, x1=a, x2=b)
        p.modifies(r)
        total = p.integer(a) + p.integer(b)
        dropped = {"kept": [], "other": [Part(r, at=8, size=8)], "part": [Part(r, at=0, size=8)]}.get(claimed, [r])

        @p.cut(p.routine.entry + 8, drop_x=[1], drop_memory=dropped)
        def _(s: State) -> Claims:
            x = p.integer(r.words(64, at=s)[0])
            return {"": [x == total + int(claimed == "false")] if claimed in ("same", "false") else [x <= 510]}

        def ensured(s: State) -> Claims:
            x, beside = p.integer(s.x1), r.words(64, at=s)[1]
            said: Claims = {"beside": beside == r.words(64)[1]} if claimed in ("part", "kept") else {}
            return {"": x <= 1020 if claimed in ("no more", "part") else x == total * 2, **said}

        p.ensures(ensured)

    failed = set(_failed(tmp_path, DOUBLED, fn))
    assert failed == {"more": {"ensures"}, "false": {"invariant", "ensures"}}.get(claimed, set())


def test_what_is_beside_is_forgotten_where_it_is_dropped(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 16, access="rw", cell=8)
        p.call(x0=r)
        p.modifies(r)
        p.cut(p.routine.entry, drop_memory=[r])(lambda s: {"first": r.words(64, at=s)[0] == r.words(64)[0]})
        p.ensures(lambda s: dict(zip(("first", "second"), (list(r.words(64, at=s) == r.words(64))), strict=True)))

    assert _failed(tmp_path, "ret", fn) == {"ensures": ["second"]}


@pytest.mark.parametrize("dropped", [False, True])
def test_what_may_not_change_has_to_be_seen_not_to(tmp_path: Path, dropped: bool) -> None:
    """A word of a buffer that is only read: once it is forgotten nobody can say that it is what it was."""

    def fn(p: Proof) -> None:
        r = p.region("r", 8, access="r", cell=8)
        p.call(x0=r)
        p.cut(p.routine.entry + 4, drop_memory=[r] if dropped else [])(lambda s: {"": s.x0 == r.base})
        p.ensures(lambda s: {"": s.x0 == r.base})

    assert set(_failed(tmp_path, "ldr x1,[x0]\n ret", fn)) == ({"frame"} if dropped else set())


@pytest.mark.parametrize("dropped", [False, True])
def test_a_saved_register_that_is_forgotten(tmp_path: Path, dropped: bool) -> None:
    def fn(p: Proof) -> None:
        p.call()
        p.modifies(p.stack(16))
        saved = p.local(16, below=16)
        p.cut(p.routine.entry + 8, drop_memory=[saved] if dropped else [])(lambda s: {"": s.x19 == 1})
        p.ensures(lambda s: {"": s.x0 == s.x0, "one": s.x1 == 1})

    text = "stp x19,x20,[sp,#-16]!\n mov x19,#1\n mov x1,x19\n ldp x19,x20,[sp],#16\n ret"
    assert set(_failed(tmp_path, text, fn)) == ({"abi"} if dropped else set())


@pytest.mark.parametrize("dropped", [False, True])
def test_what_is_fresh_is_secret(tmp_path: Path, dropped: bool) -> None:
    """A public word may be branched on; what a cut put in its place may not, for it may have been a secret."""

    def fn(p: Proof) -> None:
        r = p.region("r", 8, access="rw", cell=8, public=True)
        p.call(x0=r)
        p.modifies(r)
        p.cut(p.routine.entry, drop_memory=[r] if dropped else [])(lambda s: {"": p.integer(r.words(64, at=s)[0]) >= 0})
        p.ensures(lambda s: {"": s.x0 == r.base})

    text = "ldr x1,[x0]\n cbz x1,1f\n nop\n1: ret"
    assert set(_failed(tmp_path, text, fn)) == ({"constant-time"} if dropped else set())


@pytest.mark.parametrize("dropped", [False, True])
def test_a_vector_that_is_forgotten(tmp_path: Path, dropped: bool) -> None:
    def fn(p: Proof) -> None:
        a = p.word("a", 128)
        p.call(v0=a)
        p.cut(p.routine.entry, drop_v=[0] if dropped else [])(lambda s: {"low": s.v[0][63:0] == a[63:0]})
        p.ensures(lambda s: {"low": s.v[0][63:0] == a[63:0], "high": s.v[0][127:64] == a[127:64]})

    assert _failed(tmp_path, "ret", fn) == ({"ensures": ["high"]} if dropped else {})


def test_words_are_dropped_whole(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        r = p.region("r", 16, access="rw", cell=8)
        p.call(x0=r)
        p.modifies(r)
        p.cut(p.routine.entry, drop_memory=[Part(r, at=4, size=8)])(lambda s: {"": s.x0 == r.base})
        p.ensures(lambda s: {"": s.x0 == r.base})

    assert "decode" in _failed(tmp_path, "ret", fn)


@pytest.mark.parametrize("more", [False, True])
def test_no_more_words_are_dropped_than_can_be_named(tmp_path: Path, more: bool) -> None:
    """Each is an unknown of its own: of a buffer of megabytes they would take all time and memory there is."""

    def fn(p: Proof) -> None:
        r = p.region("r", 2**40 if more else 8 * MOST_CELLS, access="rw", cell=8)
        p.call(x0=r)
        p.modifies(r)
        p.cut(p.routine.entry, drop_memory=[r])(lambda s: {"": s.x0 == r.base})
        p.ensures(lambda s: {"": s.x1 == 0})

    open_ = explored(fn, routine(tmp_path, "mov x1,#0\n ret"))
    assert (open_.get("decode") == ["the proof can be evaluated"]) if more else not open_


@pytest.mark.parametrize("drops", ["no fixed size", "another proof's", "forgets", "a name"])
def test_what_cannot_be_dropped(tmp_path: Path, drops: str) -> None:
    others: list[Region] = []

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=8)
        r, long = p.region("r", 16, access="rw", cell=8), p.region("long", 8 * n, access="rw", cell=8)
        p.call(x0=r, x1=long)
        p.modifies(r, long)
        others.append(r)
        meant: Any = {"no fixed size": long, "another proof's": others[0], "a name": "r"}.get(drops, r)
        A = p.fold(lambda h, _: h, start=r.words(64), over=lambda i: Words([i]))
        forget = [(A, 1)] if drops == "forgets" else []
        p.cut(p.routine.entry, forget=forget, drop_memory=[meant])(lambda s: {"": s.x0 == r.base})
        p.ensures(lambda s: {"": s.x0 == r.base})

    with pytest.raises(InputError, match="drop_memory"):
        _failed(tmp_path, "ret", fn)


@pytest.mark.parametrize("factor", [1, 2])
def test_a_word_that_is_known_to_be_a_bit(tmp_path: Path, factor: int) -> None:
    """v < 1 + 4 x and v < 3: for a bit x, and for no number between its values, v < 1 + 2 x follows."""

    def fn(p: Proof) -> None:
        bit, words = p.word("a", possible=1), [p.word(name, possible=1) for name in ("b", "c", "d")]
        x, v = p.integer(bit), p.integer(words[0]) + p.integer(words[1]) + p.integer(words[2])
        p.assume("v is small", [v < 1 + 4 * x, v < 3])
        p.call(x0=bit)
        p.ensures(lambda s: {"": v < 1 + factor * p.integer(s.x0)})

    assert set(_failed(tmp_path, "ret", fn)) == ({"ensures"} if factor == 1 else set())
