"""No mutant of a proved routine is proved, unless it is shown to do the same as the routine."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from shipped import fetching

from armsym.elf import Image
from armsym.elf.layout import Contents, Section, Segment
from armsym.elf.symbols import Symbol
from armsym.errors import ArmsymError
from armsym.proof.declare import Proof
from armsym.proof.loops import Routine
from armsym.proof.registry import ProofDefinition, discover
from semantics import A64

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from dataflow import Dataflow  # noqa: E402
from equivalence import Unjustified, compare_words, justify  # noqa: E402
from liveness import effect_of  # noqa: E402
from mutations import Mutant, judge, plan, try_mutant  # noqa: E402

from armsym.bits import Bits, ite  # noqa: E402
from armsym.proof import run as proof_run  # noqa: E402
from armsym.proof.concrete import ConcreteProof  # noqa: E402
from armsym.proof.engine import Budget, explore  # noqa: E402
from armsym.proof.engine.run import Origin, Run  # noqa: E402
from armsym.proof.path import Path as RunPath  # noqa: E402
from armsym.proof.result import ProofResult, Status  # noqa: E402
from armsym.proof.symbolic import SymbolicProof  # noqa: E402
from armsym.proof.trials import concrete_stepper, run_trial  # noqa: E402
from armsym.stepper import Fork  # noqa: E402
from armsym.terms import new_table  # noqa: E402

#: Seconds for the symbolic proof of one mutant: enough to prove each unchanged routine sampled here.
SECONDS = 8.0


def _sample(folder: str, count: int, seed: int, only: tuple[str, ...]) -> list[tuple[ProofDefinition, Mutant]]:
    found = {d.name: d for d in discover(ROOT / "crypto_examples" / folder) if d.name in only}
    assert sorted(found) == sorted(only)
    with fetching():
        return [(found[m.proof], m) for m in plan(found, count, seed)]


def _check(sample: list[tuple[ProofDefinition, Mutant]]) -> None:
    outcomes = [try_mutant(d, m, SECONDS) for d, m in sample]
    assert [o for o in outcomes if o.answer == "unjustified"] == []
    # Were many of them undecided, their not being proved would say little.
    answers = [o.answer for o in outcomes]
    assert answers.count("undecided") < len(answers) / 4
    assert answers.count("refuted") > len(answers) / 3
    for o in outcomes:
        if o.answer == "refuted":
            assert o.why


def test_no_mutant_of_our_own_routines_is_proved() -> None:
    _check(
        [
            *_sample("own_sha512", 7, 1, ("armsym_sha512_blocks",)),
            *_sample("own_sha256", 6, 1, ("armsym_sha256_blocks",)),
            *_sample("own_memcmp", 7, 1, ("armsym_ct_memcmp",)),
        ]
    )


@pytest.mark.wheels
def test_no_mutant_of_shipped_routines_is_proved() -> None:
    _check(
        [
            *_sample("openssl", 12, 1, ("sha512_block_armv8", "sha256_block_armv8", "sha256_block_neon")),
            *_sample("aws_lc", 8, 1, ("sha512_block_data_order_hw", "sha256_block_data_order_nohw")),
        ]
    )


# -- the means of justification must not be lax --------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (0x8B020020, 0x8B420020),  # add x0, x1, x2; the same with lsr #0
        (0x4CDF7020, 0x4CDF7C20),  # ld1 {v0.16b}, [x1], #16; ld1 {v0.2d}, [x1], #16
        (0xA9400440, 0xA8400440),  # ldp x0, x1, [x2]; ldnp
        (0xD503201F, 0xD503203F),  # nop; yield
        (0x93407C20, 0x93407C20),  # sxtw x0, w1, itself
    ],
)
def test_words_of_the_same_effect(first: int, second: int) -> None:
    d = compare_words(A64, first, second)
    assert not d
    assert str(d) == "nothing"


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        (0x8B020020, 0xAB020020, "flags NZCV"),  # add x0, x1, x2; adds
        (0x8B020020, 0xCB020020, "x0<63:1>"),  # add; sub: bit 0 is the same
        (0x0B020020, 0x8B020020, "x0<63:32>"),  # add w0, w1, w2; add x0, x1, x2
        (0x8B020020, 0x8B020021, "x0<63:0>, x1<63:0>"),
        (0xF9400020, 0xF9400420, "x0<63:0>, the addresses loaded from"),
        (0xF9000020, 0xF9000420, "the addresses stored to"),
        (0xF9000020, 0xF9000022, "what is stored"),
        (0x54000040, 0x54000041, "where control goes"),  # b.eq; b.ne
        (0x54000040, 0x54000060, "where control goes"),
        (0x14000002, 0x94000002, "x30<63:0>"),  # b; bl
        (0xCE608020, 0x4EE08420, "v0<127:0>"),  # sha512su0... against add
    ],
)
def test_words_of_different_effect(first: int, second: int, difference: str) -> None:
    try:
        assert str(compare_words(A64, first, second)) == difference
    except ArmsymError:
        pytest.fail("both words are modelled")


# Two rounds of nothing in particular: x0 points to one word, x1 is the number to add.
SMALL = [
    0x91001022,  # add  x2, x1, #4        x2 is not used again
    0xF9400003,  # ldr  x3, [x0]
    0x0B010063,  # add  w3, w3, w1
    0xEB02007F,  # cmp  x3, x2            the flags are not used
    0xB9000003,  # str  w3, [x0]
    0xD65F03C0,  # ret
    0xD503201F,  # nop: never reached
]


def _image(words: list[int]) -> Image:
    code = Segment("text", 0, struct.pack(f"<{len(words)}I", *words), "rx")
    symbols = [Symbol("f", 0, 4 * len(words), "func", "global", "text")]
    contents = Contents([code], [Section("text", 0, len(code.data))])
    return Image("made", b"", "shared", contents, lambda: symbols)


def _claims(p: Proof) -> None:
    cell = p.region("cell", 8, access="rw")
    k = p.word("k")
    p.call(x0=cell, x1=k)
    p.modifies(cell)
    before, rest = cell.words(width=32)
    p.ensures(
        lambda s: {
            "sum": cell.words(width=32, at=s)[0] == before + k[31:0],
            "rest": cell.words(width=32, at=s)[1] == rest,
        }
    )


SMALL_PROOF = ProofDefinition("small", "f", "", _claims, __file__, 1)


def _mutant(words: list[int], index: int, word: int) -> tuple[Routine, Image]:
    original = _image(words)
    return Routine(original, A64, "f"), original.patched({4 * index: word.to_bytes(4, "little")})


def _proved(fn: Callable[[Proof], None], mutant: Image) -> ProofResult:
    return proof_run.prove(fn, name="f", image=mutant, symbol="f", isa=A64, budget=Budget(seconds=5))


def _reason(fn: Callable[[Proof], None], words: list[int], index: int, word: int) -> str | None:
    """The reason that is found for a mutant, as if it had been proved."""
    routine, mutant = _mutant(words, index, word)
    try:
        return justify(fn, routine, mutant, 4 * index).reason
    except Unjustified:
        return None


@pytest.mark.parametrize(
    ("index", "word", "reason"),
    [
        (0, 0x91001422, "dead difference"),  # add x2, x1, #5
        (0, 0xB1001022, "dead difference"),  # adds
        (2, 0x8B010063, "dead difference"),  # add x3, x3, x1: the upper half is not stored
        (2, 0x0B410063, "same effect"),  # lsr #0
        (3, 0xCB02007F, "dead difference"),  # sub xzr: no flags
        (6, 0xD503203F, "dead code"),
        (6, 0x00000000, "dead code"),  # does not even decode
    ],
)
def test_harmless_changes_are_proved_and_justified(index: int, word: int, reason: str) -> None:
    _, mutant = _mutant(SMALL, index, word)
    r = _proved(_claims, mutant)
    assert r.status is Status.PROVED, r
    assert _reason(_claims, SMALL, index, word) == reason


@pytest.mark.parametrize(
    ("index", "word"),
    [
        (2, 0x0B020063),  # add w3, w3, w2
        (2, 0x2B010064),  # adds w4, w3, w1
        (1, 0xF9400403),  # ldr x3, [x0, #8]
        (4, 0xB9000403),  # str w3, [x0, #4]
        (4, 0xF9000003),  # str x3, [x0]
        (5, 0xD61F0000),  # br x0
        (5, 0xD503201F),  # nop: goes on to the end of the code
    ],
)
def test_harmful_changes_are_neither_proved_nor_justified(index: int, word: int) -> None:
    _, mutant = _mutant(SMALL, index, word)
    assert _proved(_claims, mutant).status is not Status.PROVED
    assert _reason(_claims, SMALL, index, word) is None


# The literal is read from the word after RET.
LITERAL = [
    0x18000041,  # ldr w1, 1f
    0xD65F03C0,  # ret
    0x00000007,  # 1:
]


def test_a_word_that_is_read_as_data_is_not_dead() -> None:
    def fn(p: Proof) -> None:
        p.call()
        p.ensures(lambda s: {"any": s.x1 == s.x1})

    assert _reason(fn, LITERAL, 2, 0x0000000F) is None
    assert _reason(fn, [*LITERAL, 0xD503201F], 3, 0xD503203F) == "dead code"


def test_what_an_address_depends_on_is_not_dead() -> None:
    words = [0x91000001, 0xF9400023, 0xD65F03C0]  # add x1, x0, #0; ldr x3, [x1]
    assert str(compare_words(A64, words[0], 0x91000401)) == "x1<63:0>"
    assert _reason(_claims, words, 0, 0x91000401) is None


# x0 is x3 + 1 where w1 is one number of 2**32, else x2.
RARE = [
    0x91000465,  # add x5, x3, #1
    0x52824689,  # mov w9, #0x1234
    0x6B09003F,  # cmp w1, w9
    0x54000060,  # b.eq 1f
    0xAA0203E0,  # mov x0, x2
    0xD65F03C0,  # ret
    0xAA0503E0,  # 1: mov x0, x5
    0xD65F03C0,  # ret
]


def _rare(p: Proof) -> None:
    w, a, b = p.word("w", width=32, public=True), p.word("a"), p.word("b")
    p.call(w1=w, x2=a, x3=b)
    p.ensures(lambda s: {"x0": s.x0 == ite(w == Bits(32, 0x1234), b + 1, a)})


#: Changes that no run shows but one in 2**32: of what the rare way alone uses, and of the rare way.
MISSED = [
    (0, 0x91000865),  # add x5, x3, #2
    (6, 0xAA0403E0),  # mov x0, x4
    (6, 0xAA0203E0),  # mov x0, x2
    (1, 0x52824689 | 1 << 5),  # mov w9, #0x1235
    (3, 0x5400006D),  # b.le
]


@pytest.mark.parametrize(("index", "word"), MISSED)
def test_a_wrong_mutant_that_all_runs_miss_is_not_justified(index: int, word: int) -> None:
    assert _proved(_rare, _image(RARE)).status is Status.PROVED
    routine, mutant = _mutant(RARE, index, word)
    for seed in range(3 if index == 3 else 12):
        p = ConcreteProof(routine if index == 3 else Routine(mutant, A64, "f"), seed, seed, 0)
        _rare(p)
        t = run_trial(p, concrete_stepper)
        assert t.violation is None
    assert _reason(_rare, RARE, index, word) is None


@pytest.mark.parametrize(("index", "word"), MISSED[:3])
def test_a_hole_planted_in_the_engine_is_found(index: int, word: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that never follows the way a branch is taken proves these; the mutants are then not justified."""

    def hole(_run: Run, path: RunPath, fork: Fork, _origin: Origin | None) -> int:
        path.knowledge.add((~fork.cond).bit.value)
        return fork.otherwise

    routine, mutant = _mutant(RARE, index, word)
    assert _proved(_rare, mutant).status is not Status.PROVED
    monkeypatch.setattr(explore, "branch", hole)
    assert _proved(_rare, mutant).status is Status.PROVED
    d = ProofDefinition("rare", "f", "", _rare, __file__, 1)
    answer, why = judge(d, routine.image, mutant, 4 * index)
    assert answer == "unjustified"
    assert "used later" in why


def test_where_a_branch_is_not_decided_both_ways_are_followed() -> None:
    new_table()
    p = SymbolicProof(Routine(_image(RARE), A64, "f"))
    _rare(p)
    assert {at for _, at in Dataflow(p).steps} == set(range(0, 32, 4))


@pytest.mark.parametrize(
    ("word", "written"),
    [
        (0x8B020020, {"x0.0": {"x1.0", "x2.0"}, "x0.1": {"x1.0", "x1.1", "x2.0", "x2.1"}}),  # add x0, x1, x2
        (0xCA010020, {"x0.0": set(), "x0.7": set()}),  # eor x0, x1, x1
        (0x53087C20, {"x0.0": {"x1.1"}, "x0.3": set(), "x0.7": set()}),  # lsr w0, w1, #8
        (0x9A820020, {"x0.0": {"x1.0", "x2.0", "Z"}}),  # csel x0, x1, x2, eq
    ],
)
def test_what_an_instruction_makes_of_what(word: int, written: dict[str, set[str]]) -> None:
    def location(name: str) -> int:
        if name in "NZCV":
            return 1 << 31 * 8 + 32 * 16 + "VCZN".index(name)
        register, byte = name.split(".")
        return 1 << 8 * int(register[1:]) + int(byte)

    e = effect_of(A64.decode(word))
    for name, of in written.items():
        found, least = e.written[location(name)], sum(map(location, of))
        # All that it depends on, and nothing of another register.
        most = sum({location(f"{o[:2]}.{k}") if "." in o else location(o) for o in of for k in range(8)})
        assert found & least == least, name
        assert found | most == most, name


# x1 is 1, 2 or 3 and counts down to 0; x0 points to a byte.
COUNTED = [
    0x39000001,  # 1: strb w1, [x0]
    0xF1000421,  # subs x1, x1, #1
    0x54FFFFCC,  # b.gt 1b
    0xD65F03C0,  # ret
]


def _counted(p: Proof) -> None:
    n = p.nat("n", low=1, high=3)
    byte = p.region("byte", 1, access="w")
    p.call(x0=byte, x1=n)
    p.modifies(byte)
    p.ensures(lambda s: {"last": byte.byte(0, at=s) == 1})


@pytest.mark.parametrize(
    ("word", "same"),
    [
        (0x54FFFFC1, True),  # b.ne
        (0x54FFFFC8, True),  # b.hi: b.gt, as the numbers are small
        (0x54FFFFCA, False),  # b.ge: once more for 0
        (0x54FFFFC0, False),  # b.eq
        (0x54FFFFCE, False),  # always
        (0x54FFFFEC, False),  # b.gt to the subtraction
    ],
)
def test_branches_that_decide_the_same(word: int, same: bool) -> None:
    _, mutant = _mutant(COUNTED, 2, word)
    r = _proved(_counted, mutant)
    assert (r.status is Status.PROVED) == same, r
    assert _reason(_counted, COUNTED, 2, word) == ("same decision" if same else None)


# x1 is x2, and is stored to the eight bytes at x0.
ALIKE = [
    0xAA0203E1,  # mov x1, x2
    0xF9000001,  # str x1, [x0]
    0xD65F03C0,  # ret
]


@pytest.mark.parametrize(
    ("word", "same"),
    [
        (0xF9000002, True),  # str x2, [x0]
        (0xF9000003, False),  # str x3, [x0]
        (0xB9000001, False),  # str w1, [x0]: another access
        (0xF9000021, False),  # str x1, [x1]
        (0xF8000401, True),  # str x1, [x0], #0: writes x0 back as it was
        (0xF8008401, False),  # str x1, [x0], #8: x0 is claimed to be the same
    ],
)
def test_words_that_take_the_same_step(word: int, same: bool) -> None:
    def fn(p: Proof) -> None:
        cell, k = p.region("cell", 8, access="w"), p.word("k")
        p.call(x0=cell, x2=k)
        p.modifies(cell)
        p.ensures(lambda s: {"cell": cell.words(width=64, at=s)[0] == k, "x0": s.x0 == cell.base})

    found = _reason(fn, ALIKE, 1, word)
    assert (found in ("same step", "same effect")) == same, found


#: b to the ldr, over two nops.
PADDED = [0x14000003, 0xD503201F, 0xD503201F, *SMALL[1:6]]


@pytest.mark.parametrize(
    ("word", "same"),
    [
        (0x14000001, True),  # to the first nop
        (0x14000002, True),
        (0x14000004, False),  # to the add
        (0x14000007, False),  # to the ret
    ],
)
def test_branches_to_padding(word: int, same: bool) -> None:
    assert _reason(_claims, PADDED, 0, word) == ("same decision" if same else None)


# x2 and x3 to the stack, then x3 from there to x0; x2's place is only written.
SPILLED = [
    0xA9BF0FE2,  # stp x2, x3, [sp, #-16]!
    0xA8C103E1,  # ldp x1, x0, [sp], #16
    0xD65F03C0,  # ret
]


@pytest.mark.parametrize(
    ("word", "same"),
    [
        (0xA9BF0FE4, True),  # stp x4, x3
        (0xA9BF13E2, False),  # stp x2, x4
    ],
)
def test_stores_that_nothing_uses(word: int, same: bool) -> None:
    def fn(p: Proof) -> None:
        k = p.word("k")
        p.call(x3=k)
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"x0": s.x0 == k})

    assert _reason(fn, SPILLED, 0, word) == ("dead difference" if same else None)


# x2 is x1 on the way in; the loop then changes x1, so that from the second round on they differ.
DRIFTING = [
    0xAA0103E2,  # mov x2, x1
    0x8B010003,  # 1: add x3, x0, x1
    0xD1000421,  # sub x1, x1, #1
    0xB5FFFFC1,  # cbnz x1, 1b
    0xAA0303E0,  # mov x0, x3
    0xD65F03C0,  # ret
]


def test_what_holds_in_the_first_round_only_is_not_taken_for_all() -> None:
    def fn(p: Proof) -> None:
        a, n = p.word("a"), p.nat("n", low=1, high=5)
        p.call(x0=a, x1=n)
        p.ensures(lambda s: {"x0": s.x0 == a + 1})

    assert _reason(fn, DRIFTING, 1, 0x8B020003) is None  # add x3, x0, x2
