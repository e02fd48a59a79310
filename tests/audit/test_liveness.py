"""Dead registers at cuts: what is read and written, over loops, branches and returns; a wrong guess is harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle, Case, Cut, Index
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.text import read, write
from armsym.certify import liveness
from armsym.certify.export import Exporter
from armsym.certify.liveness import ALL, Liveness, effect, without_dead
from armsym.dsl import Bits, Claims, Proof, State
from armsym.elf import load
from armsym.proof.result import Status
from armsym.proof.run import prove
from semantics import A64

NOP, RET, BR, BL = 0xD503201F, 0xD65F03C0, 0xD61F0060, 0x94000002  # br x3; bl to two words on
ADD = 0x8B020020  # add x0, x1, x2
OBJECT = Path(__file__).resolve().parents[2] / "crypto_examples" / "own_memcmp" / "memcmp.o"
SYMBOL = "armsym_ct_memcmp"


class _Code:
    """Words from address 0 on."""

    sha256, kind, links, pieces = "", "linked", {}, {}  # type: ignore[var-annotated]

    def __init__(self, *words: int) -> None:
        self._words = words

    def word(self, address: int) -> int:
        if address % 4 or not 0 <= address < 4 * len(self._words):
            raise ValueError("no code")
        return self._words[address // 4]

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} is of no interest to liveness")


def _live(*words: int, at: int = 0, at_return: frozenset[str] = frozenset(), called: tuple[int, ...] = ()) -> set[str]:
    return set(Liveness(_Code(*words), [at], at_return, called).at(at))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("word", "reads", "writes"),
    [
        (ADD, {"x1", "x2"}, {"x0"}),
        (0x8B000000, {"x0"}, set()),  # add x0, x0, x0
        (0x2A0103E0, {"x1"}, {"x0"}),  # mov w0, w1: the upper half becomes 0
        (0xF2800020, {"x0"}, set()),  # movk x0, #1: the rest stays
        (0xF8408C20, {"x1"}, {"x0"}),  # ldr x0, [x1, #8]!: x1 is read, whatever it becomes
        (0xF8008C20, {"x0", "x1"}, set()),  # str x0, [x1, #8]!
        (0x4E221C20, {"v1", "v2"}, {"v0"}),  # and v0.16b, v1.16b, v2.16b
        (0x0E221C20, {"v1", "v2"}, {"v0"}),  # and v0.8b, ...: the upper half becomes 0
        (0x4E181C20, {"v0", "x1"}, set()),  # mov v0.d[1], x1: the other lane stays
        (0x4D408420, {"v0", "x1"}, set()),  # ld1 {v0.d}[1], [x1]
        (0x4C407020, {"x1"}, {"v0"}),  # ld1 {v0.16b}, [x1]
        (0xFD400020, {"x1"}, {"v0"}),  # ldr d0, [x1]
        (0x4E284820, {"v0", "v1"}, set()),  # aese v0.16b, v1.16b
        (0x8B0103FF, {"x1"}, set()),  # add xzr, xzr, x1
        (0xB4000041, {"x1"}, set()),  # cbz x1
        (0xAB020020, {"x1", "x2"}, {"x0", *"nzcv"}),  # adds x0, x1, x2
        (0xBA020020, {"x1", "x2", "c"}, {"x0", *"nzv"}),  # adcs x0, x1, x2: of the flags C alone is read
        (0xFA420020, {"x1", "x2", "z"}, {*"ncv"}),  # ccmp x1, x2, #0, eq: what it does not compare it sets
        (0x54000041, {"z"}, set()),  # b.ne
        (0x5400004C, {*"nzv"}, set()),  # b.gt
        (0x9A822020, {"x1", "x2", "c"}, {"x0"}),  # csel x0, x1, x2, hs
        (NOP, set(), set()),
    ],
)
def test_what_an_instruction_reads_and_writes(word: int, reads: set[str], writes: set[str]) -> None:
    found = effect(word, 0x1000)
    assert (set(found.reads), set(found.writes)) == (reads, writes)


def test_where_an_instruction_leads() -> None:
    assert effect(NOP, 8).to == (12,)
    assert effect(0xB4000041, 8).to == (16, 12)
    assert effect(0x54FFFFC1, 8).to == (0, 12)  # b.ne two words back
    assert effect(BL, 8).to == (16,)
    assert effect(BL, 8).calls
    assert "x30" in effect(BL, 8).writes
    assert effect(RET, 8).returns
    assert effect(RET, 8).to is None
    assert not effect(BR, 8).returns
    assert effect(BR, 8).to is None
    assert effect(0, 8).reads == ALL  # udf


def test_a_register_that_is_written_first_is_dead_and_one_that_is_read_is_not() -> None:
    live = _live(ADD, 0x8B030000, RET)  # add x0, x0, x3
    assert live == {"x1", "x2", "x3", "x30"}
    assert _live(ADD, RET, at_return=frozenset({"x0", "x7"})) == {"x1", "x2", "x7", "x30"}
    assert _live(RET, at_return=ALL) == ALL


def test_around_a_loop_and_down_both_ways_of_a_branch() -> None:
    # 0: add x0, x1, x2; 4: cbz x3, 16; 8: add x4, x4, x5; 12: b 0; 16: add x0, x1, x2 | ret
    loop = (ADD, 0xB4000063, 0x8B050084, 0x17FFFFFD, ADD, RET)
    assert _live(*loop) == {"x1", "x2", "x3", "x4", "x5", "x30"}
    assert _live(*loop, at=16) == {"x1", "x2", "x30"}
    assert _live(0x14000000) == set()  # b . reads nothing, for ever


def test_what_is_not_known_to_be_dead_is_live() -> None:
    assert _live(ADD) == ALL - {"x0"}  # beyond the code
    assert _live(ADD, 0) == ALL - {"x0"}  # not modelled
    assert _live(ADD, BR) == ALL - {"x0"}
    assert _live(ADD, NOP, RET, called=(4,)) == ALL - {"x0"}  # a routine called by contract
    assert _live(BL, RET, RET) == ALL - {"x30"}  # the return of an inner routine: to after the call
    assert _live(NOP, RET) == {"x30"}


def test_where_there_are_too_many_instructions_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "MOST_INSTRUCTIONS", 2)
    assert _live(ADD, RET) == {"x1", "x2", "x30"}
    assert _live(ADD, NOP, RET) == ALL - {"x0"}


def _case(values: Mapping[int, int]) -> Case:
    case = Case("one loop", preserves_d=frozenset({9}))
    t = case.table
    named = [t.var(f"x{n}_in", ones(64)) for n in range(31)]
    for n, value in values.items():
        named[n] = t.const(value)
    vectors = tuple(t.var(f"v{n}_in", ones(128)) for n in range(32))
    flags = tuple(t.var(f"{c}_in", 1) for c in "nzcv")
    index = Index("s1", ones(64), 1, t.const(4), inclusive=False)
    cut = Cut(1, 0, 0, index, x=tuple(named), sp=t.var("sp0", ones(64)), v=vectors, flags=flags)
    case.cuts = {0: Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False)), 1: cut}
    t.var("v5_out", ones(128))
    return case


def test_a_cut_says_nothing_of_dead_registers_but_numbers_and_all_of_live_ones() -> None:
    case = _case({3: 7})
    less = without_dead(case, _Code(ADD, RET))  # type: ignore[arg-type]
    before, after = case.cuts[1], less.cuts[1]
    kept = {f"x{n}" for n in range(31) if before.x[n] == after.x[n]}
    kept |= {f"v{n}" for n in range(32) if before.v[n] == after.v[n]}
    assert kept == {"x1", "x2", "x3", "x30", "v5", "v9"}
    assert {u.place for u in after.unknowns} == ALL - kept
    widths = {u.place: 1 if u.place in "nzcv" else 128 if u.place[0] == "v" else 64 for u in after.unknowns}
    assert all(u.secret and u.bits == ones(widths[u.place]) and not u.shift for u in after.unknowns)
    for u in after.unknowns:
        values = after.flags if u.place in "nzcv" else after.v if u.place[0] == "v" else after.x
        place = "nzcv".index(u.place) if u.place in "nzcv" else int(u.place[1:])
        assert less.table[values[place]] == ("Var", u.name, u.bits)
    assert before.unknowns == []
    assert case.cuts[1] is before


# mvn of each byte of [x1] to [x0], x2 of them: ldrb w3, [x1], #1; mvn w3, w3; strb w3, [x0], #1; subs; b.ne; ret
WORDS = (0x38401423, 0x2A2303E3, 0x38001403, 0xF1000442, 0x54FFFF81, RET)


def _inverts(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**50)
    out = p.region("out", n, access="rw", cell=1)
    source = p.region("source", n, access="r", cell=1)
    p.call(x0=out, x1=source, x2=n)
    p.modifies(out)

    def done(s: State, upto: Bits) -> Claims:
        return {"out": out.holds(lambda j: [~source.byte(j)], upto=upto, at=s, words=1, width=8)}

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return done(s, i)

    p.ensures(lambda s: done(s, n))


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Path]:
    data, code = bytearray(OBJECT.read_bytes()), Elf.read(OBJECT)
    start = data.index(code.word(code.symbol(SYMBOL)[0]).to_bytes(4, "little"))
    data[start : start + 4 * len(WORDS)] = b"".join(word.to_bytes(4, "little") for word in WORDS)
    path = tmp_path_factory.mktemp("liveness") / "inverts.o"
    path.write_bytes(data)
    exporter = Exporter(SYMBOL, str(path))
    result = prove(_inverts, name="f", image=load(str(path)), symbol=SYMBOL, isa=A64, observe=exporter.observe)
    assert result.status is Status.PROVED
    return exporter.cases[0], path


def _finished(case: Case, path: Path) -> Case:
    bundle = Bundle("f", SYMBOL, str(path), Elf.read(path).sha256, "a test", "a test")
    assert Exporter(SYMBOL, str(path), cases=[case]).finish(bundle) == []
    elf = Elf.read(path)
    verdict = audit(read(write(bundle)), elf, elf.symbol(SYMBOL)[0])
    assert verdict.audited, verdict.refused
    return bundle.cases[0]


def _forgotten(case: Case) -> set[str]:
    """Places of what the exporter says nothing of: its symbols have numbers from 100000 on."""
    return {u.place for u in case.cuts[1].unknowns if int(u.name[1:]) >= 100_000}


def test_a_bundle_without_dead_registers_is_audited(observed: tuple[Case, Path]) -> None:
    case = _finished(*observed)
    found = _forgotten(case)
    assert "x3" in found
    assert found.isdisjoint({"x0", "x1", "x2", "x19", "x30"})


def test_where_a_live_register_was_taken_for_dead_the_cut_says_all(
    observed: tuple[Case, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Liveness, "at", lambda self, address: ALL - {"x0"})
    case = _finished(*observed)
    assert _forgotten(case) == set()
    assert replace(case, certificates={}, steps=[]) == replace(observed[0], certificates={}, steps=[])
