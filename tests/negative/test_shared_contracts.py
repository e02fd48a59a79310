"""A contract that another process of the run proved: it is taken from there only where it says the same of the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from refusing import run, symbolically
from test_contracts import CALLING, FRAME, SUCCESSOR, contract, files

from armsym.bits.opaque import OpaqueFunction, opaque
from armsym.cli.common import load_isa
from armsym.dsl import Bits, InputError, Iterated, Proof, ProofDefinition, Region, State, Words, integer, ite, within
from armsym.elf import Image
from armsym.proof.loops import Routine
from armsym.proof.reliance import Relied, sharing
from armsym.proof.result import Obligation, ProofResult, Status
from armsym.proof.saying import statement
from armsym.terms.node import new_table

Handed = dict[Relied, ProofResult]


def successor(more: int = 1, *, low: int = 1, high: int = 99) -> ProofDefinition:
    """One of its own each time, as each process has it: all are declared at one place."""

    def g(p: Proof) -> None:
        n = p.nat("n", low=low, high=high)
        p.call(x0=n)
        p.ensures(lambda s: {"x0": s.x0 == n + more})

    return contract(g)


def calls(callee: ProofDefinition, more: int = 1, high: int = 99) -> Callable[[Proof], None]:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=high)
        p.call(x0=n)
        p.uses(callee)
        p.modifies(p.stack(FRAME))
        p.ensures(lambda s: {"x0": s.x0 == n + more})

    return fn


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return files(tmp_path, CALLING.format("bl g"), SUCCESSOR)


@pytest.fixture
def handed(image: Image) -> Handed:
    with sharing({}) as proved:
        assert run(calls(successor()), image, "f").status is Status.PROVED
    assert [r.symbol for r in proved] == ["g"]
    return proved


def seconds(r: ProofResult) -> Iterator[float]:
    return (o.seconds for o in r.obligations if " is proved: " in o.name)


def test_it_is_proved_once(image: Image, handed: Handed) -> None:
    with sharing(handed) as proved:
        r = run(calls(successor()), image, "f")
    assert r.status is Status.PROVED
    assert not proved
    assert [*seconds(r)] == [0.0]
    r = run(calls(successor()), image, "f")
    assert [*seconds(r)] != [0.0], "without a word of other processes it is proved anew"


@pytest.mark.parametrize("other", [{"more": 2}, {"low": 0}, {"high": 100}, {"more": 0}])
def test_another_statement_is_not(image: Image, handed: Handed, other: dict[str, int]) -> None:
    callee, more = successor(**other), other.get("more", 1)
    with sharing(handed) as proved:
        found = symbolically(calls(callee, more), image, "f")
    if more == 1:
        assert not found
        assert len(proved) == 1, "it is true, and so it is proved by itself"
    else:
        assert found["contract"][0].startswith("g is proved")
        assert not proved


def test_other_bytes_are_not(image: Image, handed: Handed) -> None:
    at = image.symbol("g").offset
    patched = image.patched({at: (image.word(at) ^ 1 << 10).to_bytes(4, "little")})  # add x0, x0, #0
    with sharing(handed) as proved:
        assert run(calls(successor()), patched, "f").status is not Status.PROVED
    assert not proved


def test_what_is_not_proved_is_not_handed_on(image: Image) -> None:
    with sharing({}) as proved:
        assert symbolically(calls(successor(2), 2), image, "f")
    assert not proved


def one_more(p: Proof, *callees: ProofDefinition) -> None:
    n = p.nat("n", low=1, high=99)
    p.call(x0=n)
    p.uses(*callees)
    p.modifies(p.stack(2 * FRAME))
    p.ensures(lambda s: {"x0": s.x0 == n + 1})


@pytest.mark.parametrize("anew", [False, True])
def test_a_recursion_is_found_whoever_proved_what(tmp_path: Path, anew: bool) -> None:
    """What uses a contract of the routine that is being proved is not taken over, nor taken from the same process."""
    image = files(tmp_path, "b g", "add x0,x0,#1\n ret")
    plain = ProofDefinition("f", "f", "f.o", one_more, __file__, 2)

    def of_g() -> ProofDefinition:
        return ProofDefinition("g", "g", "f.o", lambda p: one_more(p, plain), __file__, 3)

    g = of_g()
    kept = ProofResult(
        "g", "", "g", status=Status.PROVED, obligations=[Obligation("x", "ensures", Status.PROVED)], relies_on={"f"}
    )
    with sharing({}) as handed:
        assert run(lambda p: one_more(p, named_g(one_more)), image, "f").status is Status.PROVED
    (other,) = handed
    assert handed[other].relies_on == set()
    said = statement(g, Routine(image, load_isa(), "g"))
    mine = replace(other, declared=(__file__, 3), said=said)
    with sharing({} if anew else {mine: kept}), pytest.raises(InputError, match=r"f uses g uses (\.\.\. uses )?f"):
        run(lambda p: one_more(p, g), image, "f")


# -- what a contract says -----------------------------------------------------------------------


def swapped(x: Words, k: int) -> list[Bits]:
    return [x[1], x[0] + k]


def other_way(x: Words, k: int) -> list[Bits]:
    return [x[1] + k, x[0]]


def doubled(x: Words, block: Words) -> list[Bits]:
    return [x[0] + x[0] + block[0]]


def tripled(x: Words, block: Words) -> list[Bits]:
    return [x[0] * 3 + block[0]]


def opaque_of(more: int) -> OpaqueFunction:
    return opaque("F", 32, unfolds=True)(lambda x: x * x + more)


def base(p: Proof, **changed: Any) -> None:
    """What a contract can say, and each word of it that may be another."""
    c: dict[str, Any] = {
        "size": 32,
        "access": "rw",
        "align": 8,
        "public": False,
        "low": 1,
        "high": 9,
        "choice": (1, 2),
        "possible": 0xFF,
        "sp_el0": False,
        "stack": 16,
        "above": 0,
        "x": (0, 9),
        "writes": True,
        "given": 3,
        "assume": 0,
        "relation": 7,
        "v": 5,
        "claim": 1,
        "blocks": 1,
        "number": 4,
        "times": 3,
        "step": swapped,
        "fold": doubled,
        "start": 1,
        "opaque": opaque_of(1),
        "inner": swapped,
        "register": 0,
        "text": "x0",
    }
    c |= changed
    n = p.nat("n", low=c["low"], high=c["high"])
    k = p.choice("k", c["choice"])
    w = p.word("w", 32, public=True, possible=c["possible"])
    y = p.word("y", 64)
    buffer: Region = p.region("buffer", c["size"], access=c["access"], align=c["align"], public=c["public"], cell=4)
    more: Region = p.region("more", n * 16, access="rw")
    p.call(x0=buffer, x1=more, x2=n, w3=w, x4=y, v8=Bits(128, c["v"]), **({"sp_el0": n} if c["sp_el0"] else {}))
    p.given(buffer, 8, Bits(32, c["given"]))
    p.assume("y is so large", y > c["assume"])
    p.assume("y is so small", within(0, integer(y), c["relation"] << 40))
    p.modifies(p.stack(c["stack"], above=c["above"]))
    p.clobbers(x=c["x"], v=())
    if c["writes"]:
        p.modifies(more)
    f = Iterated(c["step"], times=c["times"], name="f")
    inner = Iterated(c["inner"], times=2, name="inner")
    A = p.unfold(f, Words([y, y + 1]), name="A")
    H = p.fold(c["fold"], start=[Bits(64, c["start"])], over=more.blocks(2, 64))

    def after(s: State) -> dict[str, Any]:
        return {
            c["text"]: s.x[c["register"]] == y + k * c["claim"],
            "blocks": more.holds(lambda j: [j + c["blocks"], j], upto=n, at=s, words=2, width=64),
            "numbers": [
                within(0, integer(s.x5) // 16, c["number"] << 32),
                integer(s.x6) + 1 == integer(y) + c["number"],
            ],
            "iterated": s.x7 == A(f.times)[0],
            "fold": s.x8 == H(n)[0],
            "opaque": s.w10 == c["opaque"](w),
            "of two words": s.x11 == inner([y, y])[0],
        }

    p.ensures(after)


CHANGES: list[dict[str, Any]] = [
    {"size": 40},
    {"access": "r"},
    {"align": 16},
    {"public": True},
    {"low": 0},
    {"high": 10},
    {"choice": (1, 3)},
    {"choice": (1, 2, 3)},
    {"possible": 0xFE},
    {"sp_el0": True},
    {"stack": 32},
    {"above": 16},
    {"x": (0, 10)},
    {"writes": False},
    {"given": 4},
    {"assume": 1},
    {"relation": 8},
    {"v": 6},
    {"claim": 2},
    {"blocks": 2},
    {"number": 5},
    {"times": 4},
    {"step": other_way},
    {"fold": tripled},
    {"start": 2},
    {"opaque": opaque_of(2)},
    {"inner": other_way},
    {"register": 1},
    {"text": "x1"},
]


def named_g(fn: Callable[[Proof], None]) -> ProofDefinition:
    return ProofDefinition("g", "g", "f.o", fn, __file__, 1)


def told(image: Image, fn: Callable[[Proof], None]) -> str:
    """What it says as a process of its own tells it: of terms and iterated functions of its own."""
    Iterated._names.clear()
    new_table()
    return statement(named_g(fn), Routine(image, load_isa(), "g"))


def said(image: Image, **changed: Any) -> str:
    return told(image, lambda p: base(p, **changed))


@pytest.mark.parametrize("changed", CHANGES, ids=["-".join(c) for c in CHANGES])
def test_each_word_of_it_counts(image: Image, changed: dict[str, Any]) -> None:
    plain = said(image)
    assert plain == said(image) != ""
    other = said(image, **changed)
    assert other not in ("", plain)


# Two that say different things, hard to tell apart.


def of_memory(p: Proof, after: bool) -> None:
    """What the buffer holds after the call, or held on entry."""
    c = p.region("c", 8, access="rw")
    p.call(x0=c)
    p.modifies(c)
    p.ensures(lambda s: {"x0": s.x0 == c.words(64, at=s if after else None)[0]})


def of_any_memory(p: Proof, after: bool) -> None:
    n = p.nat("n", low=1, high=9)
    c = p.region("c", n * 8, access="rw")
    p.call(x0=c, x1=n)
    p.modifies(c)
    p.ensures(lambda s: {"x0": s.x0 == c.words(64, at=s if after else None, count=1)[0]})


def of_one_argument(p: Proof, other: bool) -> None:
    """A function that is another for one of all arguments."""
    F = opaque("F", 32, unfolds=True)(lambda x: ite(x == 0x12345678, Bits(32, other), x + 1))
    w = p.word("w", 32)
    p.call(w0=w)
    p.ensures(lambda s: {"w0": s.w0 == F(w)})


def of_one_byte(p: Proof, other: bool) -> None:
    table = [*range(1, 128), 7 + other, *range(128)]
    F = opaque("F", 8)(lambda x: Bits(8, table[x.uint]))
    w = p.word("w", 32)
    p.call(w0=w)
    p.ensures(lambda s: {"w0": s.w0[7:0] == F(w[7:0])})


def of_one_step(p: Proof, other: bool) -> None:
    """A function whose second step is another for one of all states."""
    f = Iterated(
        lambda S, k: [S[0] + ite(S[0] == 0x1234567, Bits(64, int(k == 1 and other)), Bits(64, 1))], times=3, name="f"
    )
    w = p.word("w")
    p.call(x0=w)
    p.ensures(lambda s: {"x0": s.x0 == f([w])[0]})


def of_one_round(p: Proof, other: bool) -> None:
    f = Iterated(
        lambda S, k: [S[0] + ite(S[0] == 0x1234567, Bits(64, int(k == 1 and other)), Bits(64, 1))], times=3, name="f"
    )
    w = p.word("w")
    p.call(x0=w)
    A = p.unfold(f, [w])
    p.ensures(lambda s: {"x0": s.x0 == A(1)[0]})


TWINS = [of_memory, of_any_memory, of_one_argument, of_one_byte, of_one_step, of_one_round]


@pytest.mark.parametrize("fn", TWINS)
def test_what_is_hard_to_tell_apart_is_told_apart(image: Image, fn: Callable[[Proof, bool], None]) -> None:
    one, other = told(image, lambda p: fn(p, False)), told(image, lambda p: fn(p, True))
    assert "" not in {one, other}
    assert one != other
    assert told(image, lambda p: fn(p, True)) == other


def of_a_word_named_as_a_register(p: Proof) -> None:
    w = p.word("x2_in")
    p.call(x0=w)
    p.ensures(lambda s: {"x0": s.x0 == w})


def of_a_word_named_as_an_index(p: Proof) -> None:
    w = p.word("j", public=True)
    p.call(x0=w)
    p.ensures(lambda s: {"x0": s.x0 == w})


def of_a_wide_function(p: Proof) -> None:
    F = opaque("F", 64)(lambda x: x + 1)
    w = p.word("w")
    p.call(x0=w)
    p.ensures(lambda s: {"x0": s.x0 == F(w)})


def of_a_function_that_raises(p: Proof) -> None:
    F = opaque("F", 8)(lambda x: Bits(8, [1, 2, 3][x.uint]))
    w = p.word("w", 8, possible=1)
    p.ensures(lambda s: {"w0": s.w0[7:0] == F(w)})


def of_many_steps(p: Proof) -> None:
    f = Iterated(lambda S, k: [S[0] + k], times=65, name="f")
    w = p.word("w")
    p.call(x0=w)
    p.ensures(lambda s: {"x0": s.x0 == f([w])[0]})


UNTOLD = [
    of_a_word_named_as_a_register,
    of_a_word_named_as_an_index,
    of_a_wide_function,
    of_a_function_that_raises,
    of_many_steps,
]


@pytest.mark.parametrize("fn", UNTOLD)
def test_what_is_not_told_exactly_is_not_told(image: Image, fn: Callable[[Proof], None]) -> None:
    assert told(image, fn) == ""


#: g: x0 = the word at x0, and one more if that is one number of all.
RARELY = "ldr x1,[x0]\n mov x2,#77\n lsl x2,x2,#40\n cmp x1,x2\n cinc x1,x1,eq\n str x1,[x0]\n mov x0,x1\n ret"


def test_memory_after_the_call_is_not_that_on_entry(tmp_path: Path) -> None:
    image = files(tmp_path, CALLING.format("bl g"), RARELY)

    def using(after: bool) -> Callable[[Proof], None]:
        callee = named_g(lambda p: of_memory(p, after))

        def fn(p: Proof) -> None:
            c = p.region("c", 8, access="rw")
            p.call(x0=c)
            p.uses(callee)
            p.modifies(c, p.stack(FRAME))
            p.ensures(lambda s: {"x0": s.x0 == c.words(64, at=s if after else None)[0]})

        return fn

    with sharing({}) as handed:
        assert run(using(True), image, "f").status is Status.PROVED
    assert len(handed) == 1
    with sharing(handed):
        assert [*seconds(run(using(True), image, "f"))] == [0.0]
        r = run(using(False), image, "f")
    assert r.status is Status.UNDECIDED
    assert [o.kind for o in r.obligations if o.status is Status.UNDECIDED] == ["contract"]


# -- a run of several processes -----------------------------------------------------------------

PROOFS = """
from armsym.dsl import Proof, proof
MORE = [1]

@proof("g", of="f.o")
def g(p: Proof) -> None:
    n = p.nat("n", low=1, high=99)
    p.call(x0=n)
    p.ensures(lambda s: {"x0": s.x0 == n + (1 if n.is_concrete else MORE[0])})

def calls(p: Proof, more: int) -> None:
    n = p.nat("n", low=1, high=99)
    p.call(x0=n)
    p.uses(g)
    p.modifies(p.stack(32))
    p.ensures(lambda s: {"x0": s.x0 == n + (1 if n.is_concrete else more)})

@proof("f", of="f.o")
def first(p: Proof) -> None:
    calls(p, 1)

@proof("f", of="f.o")
def second(p: Proof) -> None:
    calls(p, 1)

@proof("f", of="f.o")
def third(p: Proof) -> None:
    MORE[0] = 2
    calls(p, 2)
"""


@pytest.mark.parametrize("cache", [["--no-cache"], []], ids=["anew", "kept"])
def test_processes_of_a_run(tmp_path: Path, image: Image, cache: list[str]) -> None:
    (tmp_path / "proofs.py").write_text(PROOFS)
    command = [sys.executable, "-m", "armsym", "prove", "-j", "1", "--json", *cache, "proofs.py"]
    environment = {**os.environ, "ARMSYM_CACHE": str(tmp_path / "cache")}
    environment.pop("ARMSYM_NO_CACHE", None)
    ran = subprocess.run(
        command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 3, ran.stderr
    results = {r["proof"]: r for r in json.loads(ran.stdout)["results"]}
    spent = {
        name: [o["seconds"] for o in r["obligations"] if " is proved: " in o["name"]] for name, r in results.items()
    }
    assert results["first"]["status"] == results["second"]["status"] == "proved"
    assert spent["second"] == [0.0] != spent["first"]
    # There what it calls by contract says another thing: it is proved by itself, or rather not.
    assert results["third"]["status"] == "undecided"
    assert spent["third"] != [0.0]
