"""Our semantics against Ghidra's P-code, and the comparison itself against planted mistakes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import z3
from planted import BUGS, PlantedBug, plant
from typer.testing import CliRunner

from armsym.cli import conform as cli
from armsym.conform.execute import check_execute_words
from armsym.conform.pcode import compare
from armsym.conform.pcode.compare import PcodeResult, check_pcode_class, check_pcode_word, compare_word, stale
from armsym.conform.pcode.exceptions import EXCEPTIONS, UNDECIDED, Pattern, PcodeException
from armsym.conform.pcode.interpreter import State, Unsupported, evaluate, run
from armsym.conform.pcode.translator import Translator
from armsym.conform.unicorn_oracle import UnicornCore
from semantics import A64

#: Words a class must have proved equal where it cannot have 25, with what P-code lacks; 0: nothing but that.
FLOORS: dict[str, int] = {
    "PSTATE": 2,  # the class has two words
    "LoadAcquireRCpc": 20,
    "AdvSIMDAcrossLanes": 18,
    "CryptoFourRegister": 22,  # EOR3 and BCAX with equal operands
    "PermanentlyUndefined": 0,
    "ExceptionGeneration": 0,
    "SystemRegisterMove": 15,  # MRS SP_EL0
    "AdvSIMDScalarThreeSameExtra": 0,
    "AdvSIMDScalarThreeDifferent": 0,
    "AdvSIMDScalarXIndexedElement": 0,
    "AdvSIMDTableLookup": 0,
    "AdvSIMDExtract": 0,
    "AdvSIMDThreeRegisterExtension": 0,
    "CryptoAES": 0,
    "CryptoThreeRegisterSHA": 0,
    "CryptoTwoRegisterSHA": 0,
    "CryptoThreeRegisterImm2": 0,
    "CryptoThreeRegisterSHA512": 0,
    "XAR": 0,
    "CryptoTwoRegisterSHA512": 0,
}


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator()


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
def test_each_class_means_the_same_to_p_code(cls: Any, translator: Translator, core: UnicornCore) -> None:
    floor = FLOORS.get(cls.__name__, 25)
    r = check_pcode_class(A64, cls, translator, core, words=25, tries=4 if not floor else 8)
    assert r.mismatches == []
    assert r.mismatch_count == 0
    assert r.unexpected == []
    assert r.ok
    assert r.equal >= floor, f"{r}"
    if not floor:
        assert r.equal == 0, "P-code reaches this class now: raise its floor"


def test_no_exception_is_stale(translator: Translator) -> None:
    assert stale(A64, translator) == []


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda e: e.name)
def test_unicorn_says_that_each_exception_is_p_codes_mistake(exception: PcodeException, core: UnicornCore) -> None:
    for p in exception.patterns:
        r = check_execute_words(A64, [p.example], seed=3, states=range(32), seconds=float("inf"), core=core)
        assert r.compared > 0
        assert r.mismatches == []


def test_a_stale_exception_is_told(translator: Translator) -> None:
    # ADD X0, X1, X2, on which there is no difference; and an example outside of its own pattern
    add = Pattern(0xFFFFFFFF, 0x8B020020, 0x8B020020)
    wrong = Pattern(0xFFFFFFFF, 0x8B020021, 0x8B020020)
    found = stale(A64, translator, [PcodeException("none", "", (add, wrong))])
    assert len(found) == 2
    assert "is equal, not different" in found[0]
    assert "no example" in found[1]


def test_a_word_that_is_not_decided_fails_unless_listed(
    translator: Translator, core: UnicornCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (i,) = A64.matches(0x1ACE0D1B)  # sdiv w27, w8, w14
    r = PcodeResult("", 0)
    check_pcode_word(i, A64, r, translator, core, effort=1000)
    assert (r.ok, r.unexpected, dict(r.undecided)) == (True, [], {"SDIV": 1})
    monkeypatch.setattr(compare, "UNDECIDED", ())
    check_pcode_word(i, A64, r, translator, core, effort=1000)
    assert not r.ok
    assert r.mismatch_count == 0
    assert "0x1ace0d1b" in r.unexpected[0]


@pytest.mark.parametrize("listed", UNDECIDED, ids=lambda e: e.name)
def test_what_is_listed_as_undecided_is_so(listed: PcodeException, translator: Translator) -> None:
    """A sharper Z3 would make an entry stale."""
    for p in listed.patterns:
        (i,) = A64.matches(p.example)
        assert p.covers(p.example)
        assert compare_word(i, translator).kind == "undecided"


@pytest.mark.parametrize("word", [0x5EBFD236, 0x5FBBB975, 0x5FAAC0CD])
def test_products_that_saturate_are_seen_without_the_solver(word: int, translator: Translator) -> None:
    """SQDMULL and SQDMULH differ from P-code's at the least numbers; Z3 alone gives up on these three."""
    (i,) = A64.matches(word)
    assert compare_word(i, translator).kind == "differ"


def test_numbers_that_satisfy_nothing_are_no_model() -> None:
    x, memory = z3.BitVec("x", 64), z3.Array("m", z3.BitVecSort(64), z3.BitVecSort(8))
    assert compare._sampled([x != 0, x == 0], compare.EFFORT, range(64)) is None
    # What memory holds is left to the solver, which is asked with the numbers in place.
    byte = z3.Select(memory, x)
    assert compare._sampled([byte == 1, byte == 2], compare.EFFORT, range(64)) is None
    model = compare._sampled([byte == 1, x != 0], compare.EFFORT, range(64))
    assert model is not None
    assert _number(model.eval(byte, model_completion=True)) == 1
    assert _number(model.eval(x)) == 0x8000800080008000


def test_a_difference_without_an_exception_is_a_mismatch(translator: Translator, core: UnicornCore) -> None:
    (i,) = A64.matches(0x69400440)  # ldpsw x0, x1, [x2]
    r = PcodeResult("", 0)
    check_pcode_word(i, A64, r, translator, core, exceptions=())
    assert (r.words, r.equal, r.mismatch_count) == (1, 0, 1)
    check_pcode_word(i, A64, r, translator, core)
    assert (r.mismatch_count, dict(r.excepted)) == (1, {"LDPSW": 1})


def test_an_exception_does_not_excuse_us(translator: Translator, core: UnicornCore) -> None:
    # An exception over all words, and a mistake of ours: Unicorn objects.
    bug = next(b for b in BUGS if b.name == "sh ignored")
    isa, cls = plant(A64, bug)
    everything = PcodeException("all", "", (Pattern(0, 0, 0),))
    i = cls.from_word(0x91400420)  # add x0, x1, #1, lsl #12
    assert i is not None
    r = PcodeResult("", 0)
    check_pcode_word(i, isa, r, translator, core, exceptions=[everything])
    assert r.mismatch_count == 1
    assert "Unicorn does not confirm us" in r.mismatches[0].differences[-1]


#: Some of the 63 of 87 that are found.  Of the others 14 are wrong in decoding or text only, 7 are of words that
#: P-code leaves open, 2 concern alignment and announcements; and LDRSB into W as into X is P-code's own mistake.
SEEN = (
    "AddSubImmediate: sh ignored",
    "AddSubWithCarry: ADCS: V inverted",
    "Bitfield: SBFM extends with zeros",
    "ConditionalBranchImmediate: GT for GE",
    "DataProcessing2Source: UDIV by zero gives ones",
    "DataProcessing3Source: SMULH as UMULH",
    "LoadStoreRegisterPairOffset: the pair swapped",
    "AdvancedSimdSingleStructure: wrong lane",
    "AdvSIMDThreeSame: CMHI signed",
    "XAR: rotates left",
)


@pytest.mark.parametrize("bug", [b for b in BUGS if str(b) in SEEN], ids=str)
def test_planted_bugs_are_found(bug: PlantedBug, translator: Translator, core: UnicornCore) -> None:
    isa, cls = plant(A64, bug)
    r = check_pcode_class(isa, cls, translator, core, words=60, stop_after=1)
    assert r.mismatch_count == 1, f"{r}"


def test_the_list_of_bugs_is_not_out_of_date() -> None:
    assert {str(b) for b in BUGS} >= set(SEEN)


def _number(e: Any) -> int:
    return int(z3.simplify(e).as_long())


@pytest.mark.parametrize(
    ("name", "inputs", "size", "expected"),
    [
        ("INT_CARRY", [(0xFF, 8), (1, 8)], 1, 1),
        ("INT_CARRY", [(0xFE, 8), (1, 8)], 1, 0),
        ("INT_SCARRY", [(0x7F, 8), (1, 8)], 1, 1),
        ("INT_SCARRY", [(0xFF, 8), (1, 8)], 1, 0),
        ("INT_SBORROW", [(0x80, 8), (1, 8)], 1, 1),
        ("INT_SBORROW", [(0, 8), (0x80, 8)], 1, 1),
        ("INT_SBORROW", [(0, 8), (1, 8)], 1, 0),
        ("INT_LESS", [(0x80, 8), (0x7F, 8)], 1, 0),
        ("INT_SLESS", [(0x80, 8), (0x7F, 8)], 1, 1),
        ("INT_LEFT", [(1, 32), (31, 64)], 4, 0x80000000),
        ("INT_LEFT", [(1, 32), (32, 64)], 4, 0),
        ("INT_LEFT", [(1, 32), (1 << 32, 64)], 4, 0),  # an amount whose low half is 0
        ("INT_RIGHT", [(0x80, 8), (8, 8)], 1, 0),
        ("INT_SRIGHT", [(0x80, 8), (200, 8)], 1, 0xFF),
        ("INT_SRIGHT", [(0x8000, 16), (4, 8)], 2, 0xF800),
        ("INT_2COMP", [(0, 8)], 1, 0),
        ("INT_2COMP", [(1, 8)], 1, 0xFF),
        ("INT_SEXT", [(0x80, 8)], 2, 0xFF80),
        ("INT_ZEXT", [(0x80, 8)], 2, 0x80),
        ("INT_SDIV", [(0xF9, 8), (2, 8)], 1, 0xFD),  # -7 / 2 = -3, towards zero
        ("INT_SREM", [(0xF9, 8), (2, 8)], 1, 0xFF),
        ("PIECE", [(0xAB, 8), (0xCD, 8)], 2, 0xABCD),
        ("BOOL_NEGATE", [(1, 8)], 1, 0),
        ("POPCOUNT", [(0xF1, 8)], 1, 5),
        ("LZCOUNT", [(0, 8)], 1, 8),
        ("LZCOUNT", [(0x10, 8)], 1, 3),
    ],
)
def test_operations_at_their_edges(name: str, inputs: list[tuple[int, int]], size: int, expected: int) -> None:
    value = evaluate(name, [z3.BitVecVal(v, w) for v, w in inputs], size)
    assert value.size() == 8 * size
    assert _number(value) == expected


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(Unsupported, match="FLOAT_ADD"):
        evaluate("FLOAT_ADD", [z3.BitVecVal(0, 32)] * 2, 4)


def test_pieces_of_registers_overlap_as_bytes_do() -> None:
    state = State(None)
    state.write("register", 0, z3.BitVecVal(0x1122334455667788, 64))
    state.write("register", 2, z3.BitVecVal(0xABCD, 16))
    assert _number(state.read("register", 0, 8)) == 0x11223344ABCD7788
    assert _number(state.read("register", 3, 2)) == 0x44AB
    with pytest.raises(Unsupported, match="nothing wrote"):
        state.read("register", 1, 8)


def _node(space: str, offset: int, size: int) -> Any:
    return SimpleNamespace(space=SimpleNamespace(name=space), offset=offset, size=size)


def _op(name: str, inputs: list[Any], output: Any = None) -> Any:
    return SimpleNamespace(opcode=SimpleNamespace(name=name), inputs=inputs, output=output)


def test_a_branch_inside_the_instruction_makes_two_paths() -> None:
    # if (flag) goto +2; r = 1; (end)
    state = State(None)
    flag = z3.BitVec("flag", 8)
    state.write("register", 0, z3.BitVecVal(7, 8))
    state.write("register", 1, flag)
    ops = [
        _op("CBRANCH", [_node("const", 2, 4), _node("register", 1, 1)]),
        _op("COPY", [_node("const", 1, 1)], _node("register", 0, 1)),
    ]
    finals = run(ops, state, 4)
    assert len(finals) == 2
    for value, expected in ((0, 1), (1, 7), (2, 7)):
        at = [(flag, z3.BitVecVal(value, 8))]
        (f,) = [f for f in finals if z3.is_true(z3.simplify(z3.substitute(f.condition, *at)))]
        assert _number(f.state.read("register", 0, 1)) == expected
        assert _number(f.next_pc) == 4


def test_a_loop_and_a_jump_out_of_the_operations_are_refused() -> None:
    with pytest.raises(Unsupported, match="loop"):
        run([_op("BRANCH", [_node("const", 0, 4)])], State(None), 4)
    with pytest.raises(Unsupported, match="out of the instruction"):
        run([_op("BRANCH", [_node("const", 2, 4)])], State(None), 4)


def test_the_order_of_stores_matters(translator: Translator) -> None:
    # Two stores to one byte: the last one counts, whatever the shortcut on equal lists of stores says.
    memory, at = z3.Array("m", z3.BitVecSort(64), z3.BitVecSort(8)), z3.BitVec("at", 64)
    one, two = z3.BitVecVal(1, 8), z3.BitVecVal(2, 8)
    a = z3.Store(z3.Store(memory, at, one), at, two)
    b = z3.Store(z3.Store(memory, at, two), at, one)
    for x, y, kind in ((a, b, "differ"), (a, a, "equal"), (a, z3.Store(memory, at, two), "equal")):
        pairs = compare._memories(x, y, [], compare.EFFORT)
        assert compare._decide(pairs, [], compare.EFFORT).kind == kind


def test_equal_words_are_equal_and_unknown_ones_unsupported(translator: Translator) -> None:
    for word, kind in (
        (0x8B020020, "equal"),  # add x0, x1, x2
        (0xA9BF7BFD, "equal"),  # stp x29, x30, [sp, #-16]!
        (0x54000040, "equal"),  # b.eq
        (0x69400440, "differ"),  # ldpsw x0, x1, [x2]
        (0x4E284820, "unsupported"),  # aese v0.16b, v1.16b
    ):
        (i,) = A64.matches(word)
        assert compare_word(i, translator).kind == kind, hex(word)


def test_the_command() -> None:
    runner = CliRunner()
    r = runner.invoke(cli.app, ["pcode", "--class", "AddSubImmediate", "--words", "5"])
    assert r.exit_code == 0, r.output
    assert r.output.startswith("ok   AddSubImmediate: 5 words, 5 proved equal, 0 mismatches")
    r = runner.invoke(cli.app, ["pcode", "--word", "0x69400440"])
    assert r.exit_code == 0, r.output
    assert "1 LDPSW" in r.output


def test_the_command_fails_on_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    bug = next(b for b in BUGS if b.name == "sh ignored")
    real = cli.load_isa()
    wrong, _ = plant(real.isa, bug)
    monkeypatch.setattr(cli, "load_isa", lambda name="A64": cli.Isa(name, wrong, real.scope))
    r = CliRunner().invoke(cli.app, ["pcode", "--class", "AddSubImmediate", "--words", "25"])
    assert r.exit_code == 1
    assert r.output.startswith("FAIL AddSubImmediate")
    assert "again: armsym conform pcode --word 0x" in r.output


def test_without_pypcode_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pypcode", None)
    r = CliRunner().invoke(cli.app, ["pcode", "--class", "AddSubWithCarry"])
    assert r.exit_code == 2, r.output
    assert "armsym[conform]" in r.output
