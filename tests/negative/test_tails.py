"""Words after blocks, numbers told apart, and paths that go on as one: what is false of them is refused.

A routine stores n words of eight bytes, each its number, and then `rest` bytes of the key; each {place} of it may go
wrong for one public number, which runs do not meet.  What is right is proved, so that what is refused is refused for
its fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_engine_negative import MAGIC, SET, ProofFn, answer

from armsym.bits import Bits, Prop, ite
from armsym.errors import InputError
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims
from armsym.proof.result import ProofResult, Status
from armsym.proof.state import State

#: x0 the buffer, x1 = n, x2 = rest, x3 the key, x4 the magic number.  Two ways lead to 3f: with 0 and with more words.
CODE = (
    SET + "mov x5,#0\n {begin}\n cbz x1,2f\n"
    "1: str x5,[x0],#8\n {word}\n add x5,x5,#1\n cmp x5,x1\n b.ne 1b\n mov x7,#1\n b 3f\n"
    "2: mov x7,#2\n {none}\n"
    "3: nop\n {tail}\n cbz x2,5f\n"
    "4: sub x2,x2,#1\n lsr x8,x3,#8\n {byte}\n strb w3,[x0,x2]\n cbnz x2,4b\n"
    "5: {end}\n ret"
)
PLACES = ("begin", "word", "none", "tail", "byte", "end")
RARE = "cmp x4,x9\n b.ne 9f\n {0}\n 9: nop"


@dataclass
class Options:
    """What a proof says; each field is right unless it is told to be wrong."""

    room: int = 0
    join: bool = True
    upto_less: int = 0
    then_extra: int = 0
    among: tuple[int, ...] = tuple(range(8))
    claim_x0: bool = True
    index_off: int = 0


def tail(o: Options) -> ProofFn:
    """Words below n hold their numbers, and `rest` bytes of the key follow."""

    def fn(p: Proof) -> None:
        n, rest = p.nat("n", high=2**30), p.nat("rest", high=7)
        key, flag = p.word("key", 64), p.word("flag", public=True)
        out = p.region("out", 8 * n + rest + o.room, access="rw", cell=8 if o.room == 8 else 1)
        p.call(x0=out, x1=n, x2=rest, x3=key, x4=flag)
        p.modifies(out)

        def number(k: Bits) -> list[Bits]:
            return [k]

        def bytes_of(k: Bits) -> list[Bits]:
            return k.elems(8)

        def words(s: State, upto: Bits) -> Claims:
            return {"out": out.holds(bytes_of, upto=upto, at=s, words=8, width=8)}

        loop = p.routine.loops()[0]

        @p.invariant(loop, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"x5": s.x5 == i, "x0": s.x0 == out.base + 8 * i, **words(s, i)}

        last = p.routine.loops()[1]
        if o.join:

            @p.join(meets(p), index=n + o.index_off)
            def _(s: State, i: Bits) -> Claims:
                c: Claims = words(s, i)
                if o.claim_x0:
                    c["x0"] = s.x0 == out.base + 8 * i
                return c | {"x2": s.x2 == rest, "x3": s.x3 == key, "x4": s.x4 == flag, "x9": s.x9 == MAGIC}

        p.each(last, lambda s: s.x2, o.among)

        def result(s: State) -> Claims:
            count = p.known(rest)
            then = [key[7:0]] * (count + o.then_extra)
            # Of code that tells the magic number apart it is known which of the two this is.
            less = ite((flag == MAGIC) & (n != 0) & (rest == 0), Bits(64, o.upto_less), Bits(64, 0))
            return {"out": out.holds(bytes_of, upto=n - less, at=s, words=8, width=8, tail=then)}

        p.ensures(result)

    return fn


def meets(p: Proof) -> int:
    """Where the two ways meet: the only `nop` before the second loop."""
    at = p.routine.loops()[0].end
    while p.routine.image.word(at) != 0xD503201F:
        at += 4
    return at


def run(folder: Path, o: Options, **places: str) -> ProofResult:
    return answer(folder, CODE.format(**{p: places.get(p, "") for p in PLACES}), tail(o))


@pytest.mark.parametrize("join", [True, False])
def test_right(tmp_path: Path, join: bool) -> None:
    r = run(tmp_path, Options(join=join), end=RARE.format("cbz x1,9f"))
    assert r.status is Status.PROVED, [o for o in r.obligations if o.status is not Status.PROVED]


#: Where, what is done there when x4 is the magic number, and the kinds of which one must fail.
FAULTS = {
    "a word changed after the paths met": ("tail", "cbz x1,9f\n str xzr,[x0,#-8]", {"ensures"}),
    "a byte changed at the end": ("end", "cbz x1,9f\n strb wzr,[x0,#-1]", {"ensures"}),
    "one byte too many": ("end", "strb w3,[x0]", {"memory", "ensures"}),
    "another byte of the key": ("byte", "mov w3,w8", {"ensures", "invariant"}),
    "the key lost on one way": ("none", "mov x3,xzr", {"invariant"}),
    "a cursor moved on one way": ("none", "add x0,x0,#8", {"invariant"}),
    "a length changed on one way": ("none", "mov x2,#1", {"invariant"}),
    "a register not restored on one way": ("none", "mov x19,xzr", {"abi"}),
    "a vector register not restored on one way": ("none", "movi v8.16b,#0", {"abi"}),
    "LR lost on one way": ("none", "mov x30,xzr", {"abi"}),
    "back to where paths meet": ("tail", "b 3b", {"termination"}),
    "back to before they meet": ("tail", "mov x5,#0\n sub x0,x0,x1,lsl #3\n cbnz x1,1b", {"termination"}),
    "a word changed on the way": ("word", "str xzr,[x0,#-8]", {"invariant"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_code(tmp_path: Path, fault: str) -> None:
    place, code, kinds = FAULTS[fault]
    r = run(tmp_path, Options(), **{place: RARE.format(code)})
    assert r.status in (Status.UNDECIDED, Status.REFUTED)
    assert kinds & {o.kind for o in r.obligations if o.status is not Status.PROVED}


#: What is claimed, and the kind that must fail or the message of what cannot be evaluated.
CLAIMS = {
    "a number left out": (Options(among=tuple(range(7))), "invariant"),
    "one byte more, in a buffer that has it": (Options(then_extra=1, room=1), "ensures"),
    "one word less, for one number, and nothing after it": (Options(upto_less=1), "ensures"),
    "nothing said of the cursor": (Options(claim_x0=False), "memory"),
    "another index": (Options(index_off=1, room=8), "invariant"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_wrong_claims(tmp_path: Path, claim: str) -> None:
    options, kind = CLAIMS[claim]
    r = run(tmp_path, options, end=RARE.format("cbz x1,9f"))
    assert r.status in (Status.UNDECIDED, Status.REFUTED)
    assert kind in {o.kind for o in r.obligations if o.status is not Status.PROVED}


def test_a_claim_past_the_end(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="follows byte 16 of out, which has 18"):
        run(tmp_path, Options(then_extra=1))


SIMPLE = "cbz x1,1f\n mov x0,#1\n b 2f\n 1: mov x0,#2\n 2: nop\n ret"


def _simple(what: str) -> ProofFn:
    def fn(p: Proof) -> None:
        secret, public = p.word("secret", 64), p.word("public", public=True)
        small = p.nat("small", high=3)
        out = p.region("out", 8, access="rw")
        p.call(x0=out, x1=public, x2=secret, x3=small)
        p.modifies(out)
        at = p.routine.entry + 16
        if what == "a secret index":
            p.join(at, index=secret)(lambda s, i: {"x": s.x1 == public})
        elif what == "two at one point":
            p.cut(at)(lambda s: {"x": s.x1 == public})
            p.join(at, index=public)(lambda s, i: {"x": s.x1 == public})
        elif what == "a secret told apart":
            p.each(at, lambda s: s.x2, range(4))
        elif what == "no numbers":
            p.each(at, lambda s: s.x3, [])
        elif what == "words of another width":
            p.ensures(lambda s: {"o": out.holds(lambda j: [j], upto=small, at=s, words=1, width=64, tail=[Bits(9, 0)])})
            return
        value = {"a secret known": secret, "not known": small}.get(what, public)
        claimed = "known" in what
        p.ensures(lambda s: {"x1": s.x1 == public, "out": Bits(64, p.known(value) if claimed else 0) == s.x1 - s.x1})

    return fn


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("a secret index", "is secret"),
        ("two at one point", "something is claimed at that point already"),
        ("no numbers", "at least one number"),
        ("words of another width", "the bytes of the tail have"),
    ],
)
def test_what_is_no_statement(tmp_path: Path, what: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        answer(tmp_path, SIMPLE, _simple(what))


@pytest.mark.parametrize("what", ["a secret told apart", "a secret known", "not known"])
def test_what_is_not_known(tmp_path: Path, what: str) -> None:
    r = answer(tmp_path, SIMPLE, _simple(what))
    assert r.status is not Status.PROVED


#: Of x1 in x5 and of the flags it depends on the way what they are after the paths met.
JOINED = SET + "sub x2,x0,x9\n cbnz x2,1f\n {magic}\n nop\n 1: {after}\n ret"


def _joined(result: Callable[[Proof, State], Prop]) -> ProofFn:
    def fn(p: Proof) -> None:
        public, other = p.word("public", public=True), p.word("other", public=True)
        p.call(x0=public, x5=other)
        at = p.routine.entry + 8 * 4
        p.join(at, index=public)(lambda s, i: {"x0": s.x0 == i})
        p.ensures(lambda s: {"result": result(p, s)})

    return fn


def test_flags_are_not_as_on_entry_where_paths_met(tmp_path: Path) -> None:
    text = JOINED.format(magic="cmp x0,x0", after="cset x3,eq")
    r = answer(tmp_path, text, _joined(lambda p, s: s.x3 == p.entry.Z.zero_extend(64)))
    assert r.status is not Status.PROVED
    assert any(o.kind == "ensures" and o.status is not Status.PROVED for o in r.obligations)


@pytest.mark.parametrize("new", ["mov x5,#1", "mov x5,x1"])
def test_what_is_forgotten_where_paths_met_is_taken_for_secret(tmp_path: Path, new: str) -> None:
    text = JOINED.format(magic=new, after="cbz x5,3f\n nop\n 3:")
    r = answer(tmp_path, text, _joined(lambda p, s: s.x0 == p.entry.x0))
    assert any(o.kind == "constant-time" and o.status is not Status.PROVED for o in r.obligations)


@pytest.mark.parametrize(("fault", "proved"), [("", True), ("cmp x2,x9\n b.ne 2f\n mov x0,#1\n 2:", False)])
def test_numbers_are_told_apart_at_a_loop_head(tmp_path: Path, fault: str, proved: bool) -> None:
    def fn(p: Proof) -> None:
        n, other = p.nat("n", low=1, high=7), p.word("other", public=True)
        p.call(x1=n, x2=other)
        loop = p.routine.back_edge()
        p.invariant(loop, upto=n)(lambda s, i: {"x1": s.x1 == n - i, "x0": s.x0 == 0})
        p.each(loop, lambda s: s.x1, range(1, 8))
        p.ensures(lambda s: {"x0": s.x0 == 0})

    r = answer(tmp_path, SET + f"mov x0,#0\n 1: {fault}\n subs x1,x1,#1\n b.ne 1b\n ret", fn)
    assert (r.status is Status.PROVED) is proved, [o for o in r.obligations if o.status is not Status.PROVED]
