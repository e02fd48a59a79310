"""`armsym.solve`: what is found was run, what is not there is not, and whatever is in the way is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import assembled, run_tool
from calls import Answer as Called
from simulated import TEXT
from simulated import image as routines

import armsym
import armsym.cli
from armsym.bits import Bits, Prop, opaque
from armsym.conform.routine import run_routine
from armsym.discharge.z3_bridge import Model, Outcome, Solver
from armsym.elf import Image, load_bytes
from armsym.errors import InputError
from armsym.machine import Machine
from armsym.questions import search
from armsym.questions.search import Disagreement
from armsym.terms import new_table
from specs.aes import sbox

QUESTIONS = """
    .arch armv8-a+crypto
    .text
    .global product
product:                        // w0 = whether x0 * x1 is x2, of numbers below 2**32
    mov w3, w0
    mov w4, w1
    mul x5, x3, x4
    cmp x5, x2
    cset w0, eq
    ret
    .global half_known
half_known:                     // w0 = 1 where x0 is 5, and else what no model says
    cmp x0, #5
    b.eq 1f
    ldxr x0, [x1]
1:  mov w0, #1
    ret
    .global dead_end
dead_end:                       // an instruction that is not modelled, where no input comes
    and x1, x0, #7
    cmp x1, #8
    b.eq 2f
    mov x0, #3
    ret
2:  ldxr x0, [x1]
    ret
    .global misaligned
misaligned:                     // w0 = whether the address in x0 is 3 modulo 8
    and x0, x0, #7
    cmp x0, #3
    cset w0, eq
    ret
    .global box
box:                            // AddRoundKey, SubBytes and ShiftRows of AES
    aese v0.16b, v1.16b
    ret
    .global square
square:                         // 7 squared, or exactly 9
    mul x0, x0, x0
    ret
    .global spilled
spilled:                        // the ninth argument, twice
    ldr x0, [sp]
    add x0, x0, x0
    ret
    .global constant
constant:
    adrp x1, number
    ldr x0, [x1, :lo12:number]
    add x0, x0, x2
    ret
    .section .rodata
    .balign 8
number: .quad 0x1122334455667788
"""


@pytest.fixture(scope="session")
def questions() -> Image:
    return load_bytes(assembled(QUESTIONS), "questions.o")


def found(answer: armsym.Answer) -> armsym.Answer:
    assert answer.verdict is armsym.Verdict.FOUND, answer.reasons
    assert answer.replay.startswith("armsym and Unicorn agree on all registers"), answer.replay
    assert answer.reasons == ()
    return answer


def test_a_sum_is_inverted() -> None:
    start = armsym.Start()
    n = start.symbol("n")
    data = start.buffer("data", 3, access="r")
    start.set(x0=data, x1=n).assume(n <= 3)
    answer = found(armsym.solve(routines(), "total", "x0 == 600", state=start))
    assert answer.symbols == {"n": 3}
    assert sum(answer.buffers["data"]) == 600
    assert "stack" not in answer.buffers
    assert answer.end is not None
    assert answer.end.x[0].uint == 600
    none = armsym.solve(routines(), "total", "x0 == 766", state=start)  # 3 * 255 is 765
    assert (none.verdict, none.reasons, none.entry) == (armsym.Verdict.NONE, (), None)
    assert none.paths == 4
    found(armsym.solve(routines(), "total", "x0 == 765", state=start))


def test_a_path_that_stops_is_in_the_way(questions: Image) -> None:
    start = armsym.Start()
    data = start.buffer("data", 3, access="r")
    start.set(x0=data)
    # Nothing within three bytes, but of a longer run nothing is known.
    answer = armsym.solve(routines(), "total", "x0 == 766", state=start)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "outside of its 3 bytes" in " ".join(answer.reasons)
    # w0 would be 1 on the path that stopped, whatever X1 points to: that is no answer.
    answer = armsym.solve(questions, "half_known", "w0 == 1", state=armsym.Start().assume(armsym.Start().x0 != 5))
    assert answer.verdict is armsym.Verdict.FOUND  # (another start's x0 is another variable)
    start = armsym.Start()
    start.assume(start.x0 != 5)
    answer = armsym.solve(questions, "half_known", "w0 == 1", state=start)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "ldxr" in answer.reasons[0] or "not modelled" in answer.reasons[0]
    answer = armsym.solve(questions, "half_known", "w0 == 2")
    assert answer.verdict is armsym.Verdict.UNDECIDED, "a wish that holds nowhere, with a path that stopped"


def test_a_path_that_no_input_takes_is_not(questions: Image) -> None:
    answer = armsym.solve(questions, "dead_end", "x0 == 4", fork="branches", solver_ms=1)
    assert answer.verdict is armsym.Verdict.NONE


def test_every_limit_leaves_it_undecided() -> None:
    for limit in ({"max_steps": 3}, {"max_paths": 1}):
        answer = armsym.solve(routines(), "absolute", "x0 == 1 and x0 == 2", **limit)  # type: ignore[arg-type]
        assert answer.verdict is armsym.Verdict.UNDECIDED, limit
    assert armsym.solve(routines(), "absolute", "x0 == 1 and x0 == 2").verdict is armsym.Verdict.NONE
    answer = armsym.solve(routines(), "absolute", "x0 == 1 and x0 == 2", fork="never")
    assert answer.verdict is armsym.Verdict.UNDECIDED


def test_where_z3_gives_up_it_is_undecided(questions: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    start = armsym.Start()
    start.set(x2=4294967291 * 4294967279).assume((start.w0 > 1) & (start.w1 > 1) & (start.w0 < start.w1))
    answer = armsym.solve(questions, "product", "w0 == 1", state=start, answer_ms=5)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "Z3" in answer.reasons[0]
    monkeypatch.setattr(Solver, "implies", lambda *_: Outcome(None, reason="planted"))
    answer = armsym.solve(routines(), "absolute", "x0 == 1 and x0 == 2")
    assert answer.verdict is armsym.Verdict.UNDECIDED


def test_a_model_is_believed_only_when_run(questions: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Solver, "implies", lambda *_: Outcome(False, Model({}, [])))
    answer = armsym.solve(questions, "square", "x0 == 9")
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "what is wanted does not hold" in answer.reasons[0]


def test_unicorn_has_to_agree(questions: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(m: Machine, entry: int, stop: int, *, seconds: float) -> Machine:
        after = run_routine(m, entry, stop, seconds=seconds)
        after.x[17] = after.x[17] ^ 1
        return after

    monkeypatch.setattr(search, "run_routine", other)
    with pytest.raises(Disagreement, match="X17"):
        armsym.solve(questions, "square", "x0 == 9")
    assert Disagreement.exit_code == 4


def test_addresses_lie_elsewhere_where_that_is_wanted(questions: Image) -> None:
    start = armsym.Start()
    start.set(x0=start.buffer("data", 8))
    answer = found(armsym.solve(questions, "misaligned", "w0 == 1", state=start))
    assert answer.entry is not None
    (address,) = (p.address for p in answer.entry.memory if p.name == "data")
    assert address % 8 == 3
    start = armsym.Start()
    start.set(x0=start.buffer("data", 8, align=8))
    assert armsym.solve(questions, "misaligned", "w0 == 1", state=start).verdict is armsym.Verdict.NONE
    # An address that no run on numbers is given here: Z3 has an input, nobody has run it.
    start = armsym.Start()
    data = start.buffer("data", 8)
    start.set(x0=data).assume(data.address > 1 << 63)
    answer = armsym.solve(questions, "misaligned", "w0 == 1", state=start)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "laid out" in answer.reasons[0]


def test_an_s_box_is_the_real_one(questions: Image) -> None:
    start = armsym.Start().set(v0=0)
    answer = found(armsym.solve(questions, "box", "v0 == 0x7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c", state=start))
    assert {sbox(b).uint for b in Bits(128, answer.registers["v1"]).elems(8)} == {0x7C}
    start = armsym.Start().set(v0=0)
    # The S-box gives 7c for nothing but 01 (FIPS 197, figure 7); some other one might.
    answer = armsym.solve(questions, "box", lambda s: (s.v[0][7:0] == 0x7C) & (start.v[1][7:0] != 1), state=start)
    assert answer.verdict is armsym.Verdict.NONE


def test_two_functions_of_one_name_are_refused(questions: Image) -> None:
    """In terms they would be one: what is wanted would speak of another function than the code computes."""

    @opaque("aes_sbox", 8)
    def other(x: Bits) -> Bits:
        return x

    @opaque("aes_sbox", 8)
    def same(x: Bits) -> Bits:
        return sbox(x)

    start = armsym.Start().set(v0=0)
    answer = armsym.solve(questions, "box", lambda s: s.v[0][7:0] != other(start.v[1][7:0]), state=start)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "definitions of aes_sbox agree: they differ at" in answer.reasons[0]
    new_table()
    start = armsym.Start().set(v0=0)
    answer = armsym.solve(questions, "box", lambda s: s.v[0][7:0] != same(start.v[1][7:0]), state=start)
    assert answer.verdict is armsym.Verdict.NONE


def test_contents_in_cells_of_any_order() -> None:
    for order in ("little", "big"):
        start = armsym.Start()
        buf = start.buffer("buf", 8, cell=4, order=order)
        start.set(x0=buf)
        answer = found(armsym.solve(routines(), "swap", "buf[0:8] == 0x0102030405060708", state=start))
        assert answer.buffers["buf"] == bytes(range(1, 9))  # reversed it is 08 07 .. 01, little-endian
    start = armsym.Start()
    x = start.symbol("x", 16)
    buf = start.buffer("buf", 8, data={0: b"\x09\x08", 2: x, 6: b"\x77\x66"})
    start.set(x0=buf)
    answer = found(armsym.solve(routines(), "swap", "buf[4:6] == 0x1234 and buf[2] == 5 and x != 0", state=start))
    assert answer.buffers["buf"] == bytes.fromhex(
        "0908 1234 0005 7766".replace("0005", answer.buffers["buf"][4:6].hex())
    )
    assert answer.symbols == {"x": 0x3412}
    assert answer.buffers["buf"][5] == 5


def test_what_the_caller_left_on_the_stack(questions: Image) -> None:
    start = armsym.Start(above=16)
    answer = found(armsym.solve(questions, "spilled", "x0 == 0x2468", state=start))
    at = len(answer.buffers["stack"]) - 16
    ninth = int.from_bytes(answer.buffers["stack"][at : at + 8], "little")
    assert (2 * ninth) % 2**64 == 0x2468
    assert armsym.solve(questions, "spilled", "x0 == 0x2469", state=start).verdict is armsym.Verdict.NONE


def test_places_where_it_ends() -> None:
    answer = found(armsym.solve(routines(), "forever", "x0 == 0", until="forever+4"))
    assert answer.registers == {"x0": 2**64 - 1}
    assert answer.steps == 1
    # It would end where it begins: Unicorn cannot be told to pass there once.
    answer = armsym.solve(routines(), "forever", "x0 == 0", until="forever")
    assert (answer.verdict, answer.steps) == (armsym.Verdict.FOUND, 2)
    assert answer.replay.startswith("not replayed on Unicorn")


@pytest.mark.parametrize("options", [[], ["-shared"], ["-e", "constant", "--image-base=0x10000"]], ids=str)
def test_kinds_of_files(options: list[str], tmp_path: Path, questions: Image) -> None:
    file = questions
    if options:
        (tmp_path / "q.o").write_bytes(assembled(QUESTIONS))
        run_tool(tmp_path, "ld", *options, "q.o", "-o", "q")
        file = armsym.load(tmp_path / "q")
    found(armsym.solve(file, "square", "x0 == 9"))
    answer = armsym.solve(file, "constant", "x0 == 1")
    if file.fixed_base:  # data at numbers is not looked at (docs/simulator.md)
        assert answer.verdict is armsym.Verdict.UNDECIDED
    else:
        assert found(answer).registers == {"x2": 1 - 0x1122334455667788 & 2**64 - 1}


def test_functions_as_wishes(questions: Image) -> None:
    start = armsym.Start()
    k = start.symbol("k")
    answer = found(armsym.solve(questions, "square", lambda s: (s.x0 == 49) & (k == s.x0 - 1), state=start))
    assert answer.symbols == {"k": 48}
    assert found(armsym.solve(questions, "square", lambda s: True)).steps == 2
    assert armsym.solve(questions, "square", lambda s: False).verdict is armsym.Verdict.NONE
    assert armsym.solve(questions, "square", lambda s: s.x0 & 3 == 2).verdict is armsym.Verdict.NONE
    for wrong in (lambda s: s.x0, lambda s: None, 3, None):
        with pytest.raises(InputError, match="want"):
            armsym.solve(questions, "square", wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="answer_ms"):
        armsym.solve(questions, "square", "x0 == 1", answer_ms=0)
    with pytest.raises(InputError, match="state is a Start"):
        armsym.solve(questions, "square", "x0 == 1", state=3)  # type: ignore[arg-type]


def test_a_wish_that_cannot_be_told() -> None:
    start = armsym.Start()
    n = start.symbol("n")
    buf = start.buffer("buf", 4)
    start.set(x0=buf, x1=n).assume((n >= 1) & (n < 4))
    found(armsym.solve(routines(), "put", "buf[n] == 7 and n == 2", state=start))
    answer = armsym.solve(routines(), "put", "buf[x1 + 1] == 7", state=start)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "cannot be told" in answer.reasons[0]


def test_a_large_buffer_is_not_run(questions: Image) -> None:
    start = armsym.Start()
    start.buffer("huge", 1 << 40)
    answer = armsym.solve(questions, "square", "x0 == 1", state=start)
    assert answer.verdict is armsym.Verdict.UNDECIDED
    assert "too many for a run" in answer.reasons[0]


def test_where_nothing_begins_nothing_is_said(questions: Image) -> None:
    """Five buffers of a quarter of all addresses each do not fit: of no state, everything would be true."""
    start = armsym.Start()
    for k in range(5):
        start.buffer(f"b{k}", 1 << 62)
    with pytest.raises(InputError, match="no state is one"):
        armsym.solve(questions, "square", "x0 == 2", state=start)


def test_a_condition_is_met_on_entry() -> None:
    start = armsym.Start()
    start.assume(Prop(False) | (start.x0 == 0) | (start.x0 == 5))
    answer = found(armsym.solve(routines(), "absolute", "x0 != 0", state=start))
    assert answer.registers["x0"] == 5


# -- the command ------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "routines.o"
    path.write_bytes(assembled(TEXT))
    return path


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> Called:
    code = armsym.cli.run(["solve", *map(str, arguments)])
    return Called(code, *capsys.readouterr())


def test_the_command_ends_with_a_code(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    import json

    given = file, "total", "--x0", "data:3:r", "--x1", "n", "--assume", "n <= 3"
    answer = called(capsys, *given, "--want", "x0 == 600")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("found: ends with x0 == 600 after 19 instructions\n  n         0x3\n")
    assert "agree on all registers" in answer.out
    answer = called(capsys, *given, "--want", "x0 == 766")
    assert (answer.code, answer.err) == (1, "")
    assert answer.out == "none: no input ends with x0 == 766 (4 paths, each followed to its end)\n"
    answer = called(capsys, *given[:-2], "--want", "x0 == 766")
    assert answer.code == 3
    assert "outside of its 3 bytes" in answer.one_line_error()
    answer = called(capsys, *given, "--want", "x0 == 600", "--json")
    document = json.loads(answer.out)
    assert (document["verdict"], document["want"], document["symbols"]) == ("found", "x0 == 600", {"n": "0x3"})
    assert sum(bytes.fromhex(document["buffers"]["data"])) == 600
    assert int(document["end"]["x"][0], 16) == 600
    assert len(document["entry"]["x"]) == 31


@pytest.mark.parametrize(("words", "message"), [
    (["total"], "--want"),
    (["total", "--want", "x0 == 0", "--x31", "1"], "solve: there is no option --x31"),
    (["absent", "--want", "x0 == 0"], "absent"),
    (["total", "--want", "data[0] == 1"], "data is no buffer"),
    (["total", "--want", "x0"], "x0 is no condition"),
    (["total", "--want", "x0 == 0", "--fork", "no"], "fork is one of"),
])  # fmt: skip
def test_mistakes_on_the_command_line(
    capsys: pytest.CaptureFixture[str], file: Path, words: list[str], message: str
) -> None:
    answer = called(capsys, file, *words)
    assert answer.code == 2
    assert message in answer.err
    assert answer.out == ""
