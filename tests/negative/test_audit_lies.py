"""Bundles that lie: made by hand, with hints as good as the elaborator finds, for claims that are false of the code.

Each code is a few words put over our own comparison's; the lie is in the cuts or in a definition of the contract, so
that `audited` would be said of a contract that a run contradicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Case, Content, Cut, Ensured, Fact, Fold, Index, Region, Store, Unknown
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.text import read, write
from armsym.certify.export import Exporter

OBJECT = Path(__file__).resolve().parents[2] / "crypto_examples" / "own_memcmp" / "memcmp.o"
SYMBOL = "armsym_ct_memcmp"
RET = 0xD65F03C0
COUNT_TWO = (0x910004C6, 0xF10008DF)  # ADD X6, X6, #1; CMP X6, #2
AGAIN = {3: 0x54FFFFC3, 4: 0x54FFFFA3}  # B.LO to the loop's head, of so many words


@dataclass
class _Lie:
    """A file with these words, and a case that begins with a cut at one of them: a loop that runs twice, X6 counting."""

    words: tuple[int, ...]
    loop: int

    def __post_init__(self) -> None:
        data = bytearray(OBJECT.read_bytes())
        code = Elf.read(OBJECT)
        self.entry, size = code.symbol(SYMBOL)
        assert 4 * len(self.words) <= size
        start = data.index(code.word(self.entry).to_bytes(4, "little"))
        for k, word in enumerate(self.words):
            data[start + 4 * k : start + 4 * k + 4] = word.to_bytes(4, "little")
        self.data = bytes(data)
        self.case = c = Case()
        t = c.table
        self.index = t.var("s1", 15)
        x = [*(t.var(f"x{n}_in", ones(64)) for n in range(30)), t.var("lr0", ones(64) & ~3)]
        x[6] = self.index
        flags = tuple(t.var(f"s{k}", 1) for k in range(2, 6))
        self.cut = Cut(1, 0, self.entry + 4 * self.loop, Index("s1", 15, 1, t.const(2), inclusive=False))
        self.cut.unknowns = [Unknown(f"s{k}", 1, True, f, 0) for k, f in zip(range(2, 6), "nzcv", strict=True)]
        self.cut.x, self.cut.sp, self.cut.flags = tuple(x), t.var("sp0", ones(64) & ~15), flags
        self.cut.v = tuple(t.var(f"v{n}_in", ones(128)) for n in range(32))
        c.cuts = {0: Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False)), 1: self.cut}
        c.preserves_x, c.preserves_d = frozenset(range(18, 30)), frozenset(range(8, 16))

    def region(self) -> None:
        """X0 is a public region of eight bytes, which may change."""
        c, t = self.case, self.case.table
        c.regions["r"] = Region("r", "rw", 8, "little", False, 1, 8, ())
        c.modifies = {"r"}
        c.arguments["x0"] = t.var("base.r", ones(64))
        self.holds(0, c.arguments["x0"])

    def holds(self, n: int, node: int) -> None:
        """At the cut Xn is the node."""
        self.cut.x = (*self.cut.x[:n], node, *self.cut.x[n + 1 :])

    def unknown(self, n: int, name: str, possible: int, *, secret: bool) -> int:
        """At the cut Xn is anything within these bits."""
        self.cut.unknowns.append(Unknown(name, possible, secret, f"x{n}", 0))
        node = self.case.table.var(name, possible)
        self.holds(n, node)
        return node

    def returns(self, node: int) -> None:
        """The claim: X0 is the node on return."""
        self.case.ensures.append(Ensured("told", self.case.table.var("x0_out", ones(64)), node))

    def verdict(self, folder: Path) -> Verdict:
        """What the audit says, with hints and multipliers made for it; of its text, too."""
        path = folder / "lie.o"
        path.write_bytes(self.data)
        bundle = Bundle("lie", SYMBOL, str(path), Elf.parse(self.data).sha256, "a test", "a test")
        Exporter(SYMBOL, str(path), [self.case]).finish(bundle)
        bundle.missing, bundle.cases = [], [self.case]
        return audit(read(write(bundle)), Elf.parse(self.data), self.entry)


def _stored(value: int | None) -> _Lie:
    """R[0] = 5, and then it is read twice: what is returned is 5."""
    lie = _Lie((0xD28000A1, 0xF9000001, 0xD2C00025, 0xD2800006, 0xF9400002, *COUNT_TWO, AGAIN[4], 0xAA0203E0, RET), 4)
    lie.region()
    t = lie.case.table
    lie.holds(1, t.const(5))
    lie.unknown(2, "s6", ones(64), secret=True)
    lie.returns(t.app("mem.r", (t.const(0),), ones(64)) if value is None else t.const(value))
    return lie


def _at_the_offset(lie: _Lie, offset: int) -> None:
    lie.cut.stores.append(Store("r", offset, 8, lie.case.table.const(5)))


def test_what_is_told_truly_is_audited(tmp_path: Path) -> None:
    """The same code and cut, with the store where it is: else what follows would be refused for another reason."""
    lie = _stored(5)
    lie.holds(5, lie.case.table.const(1 << 32))
    _at_the_offset(lie, lie.case.table.const(0))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited, verdict.refused


def test_a_store_of_a_cut_at_an_offset_that_wraps_is_refused(tmp_path: Path) -> None:
    """2^32 times X5, which is 2^32: the offset is 0 modulo 2^64, and as an integer another than 0."""
    lie = _stored(None)
    t = lie.case.table
    many = lie.unknown(5, "s7", 1 << 32, secret=False)
    lie.cut.facts.append(Fact(-(1 << 32), ((many, 1),)))
    _at_the_offset(lie, t.shl(many, 32))
    verdict = lie.verdict(tmp_path)
    assert any("not shown to lie in r" in r for r in verdict.refused), verdict.refused


@pytest.mark.parametrize("offset", [8, ones(64) - 7, 1])
def test_a_store_of_a_cut_beyond_the_region_is_refused(offset: int, tmp_path: Path) -> None:
    lie = _stored(5)
    t = lie.case.table
    lie.holds(5, t.const(1 << 32))
    _at_the_offset(lie, t.const(0))
    lie.cut.stores.append(Store("r", t.const(offset), 8, t.app("mem.r", (t.const(offset),), ones(64))))
    verdict = lie.verdict(tmp_path)
    assert any("not shown to lie in r" in r for r in verdict.refused), verdict.refused


def test_content_of_a_cut_is_not_read_beyond_the_region(tmp_path: Path) -> None:
    lie = _stored(5)
    t = lie.case.table
    many = lie.unknown(5, "s7", 1 << 32, secret=False)
    lie.cut.contents.append(Content("c1", "r"))
    lie.holds(7, t.app("c1", (t.shl(many, 32),), ones(64)))
    verdict = lie.verdict(tmp_path)
    assert any("not shown to lie in r" in r for r in verdict.refused), verdict.refused


@pytest.mark.parametrize("where", ["ensures", "requires", "start", "block", "step", "given"])
def test_a_contract_that_speaks_of_a_cuts_content_is_refused(where: str, tmp_path: Path) -> None:
    """`c1(0)` is what R holds at the cut: on entry, on return and in a definition it means nothing."""
    lie = _stored(5)
    c, t = lie.case, lie.case.table
    lie.holds(5, t.const(1 << 32))
    lie.cut.contents.append(Content("c1", "r"))
    content, five, zero = t.app("c1", (t.const(0),), ones(64)), t.const(5), t.const(0)
    state = t.var("H.state.0", ones(64))
    if where == "ensures":
        c.ensures.append(Ensured("content", content, content))
    elif where == "requires":
        c.requires.append(("content", t.app("zero", (t.xor(content, five),), 1)))
    elif where == "given":
        c.given.append(Store("r", zero, 8, content))
    else:
        start, block, step = {
            "start": (content, zero, state),
            "block": (zero, content, state),
            "step": (zero, zero, t.xor(state, content)),
        }[where]
        c.folds["H"] = Fold("H", (64,), (start,), (block,), (step,), (64,))
        one = t.app("H.0", (t.const(1),), ones(64))
        c.ensures.append(Ensured("fold", one, one))
    verdict = lie.verdict(tmp_path)
    assert any("the function c1 is none of the contract's" in r for r in verdict.refused), verdict.refused


def _folded(widths: int, start: int, step: int | None = None) -> _Lie:
    """X1 is 256 in a loop, and X1 / 256 is returned: 1."""
    lie = _Lie((0xD2802001, 0xD2800006, *COUNT_TWO, AGAIN[3], 0xD348FC20, RET), 2)
    t = lie.case.table
    state = t.var("H.state.0", ones(widths))
    lie.case.folds["H"] = Fold("H", (widths,), (t.const(start),), (), (state if step is None else step,), ())
    lie.holds(1, t.app("H.0", (lie.index,), ones(widths)))
    return lie


def test_a_fold_that_keeps_its_width_is_audited(tmp_path: Path) -> None:
    lie = _folded(9, 256)
    t = lie.case.table
    above = t.mask(t.var("x1_out", ones(64)), ones(64) ^ ones(9))
    lie.case.ensures.append(Ensured("nothing above", above, t.const(0)))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited, verdict.refused


def test_a_fold_of_more_bits_than_it_has_is_refused(tmp_path: Path) -> None:
    """H(i) has 8 bits, it says, so that X1 / 256 is 0; but H(0) is 256."""
    lie = _folded(8, 256)
    lie.returns(lie.case.table.const(0))
    verdict = lie.verdict(tmp_path)
    assert any("is to have 8 bits" in r for r in verdict.refused), verdict.refused


def test_a_fold_whose_block_is_wider_than_it_says_is_refused(tmp_path: Path) -> None:
    lie = _folded(9, 256)
    t, f = lie.case.table, lie.case.folds["H"]
    lie.case.folds["H"] = Fold("H", f.widths, f.start, (t.const(256),), f.step, (8,))
    lie.returns(t.const(1))
    verdict = lie.verdict(tmp_path)
    assert any("is to have 8 bits" in r for r in verdict.refused), verdict.refused


@pytest.mark.parametrize("name", ["x9_in", "H.index", "sp0", "mem"])
def test_a_step_that_speaks_of_the_entry_is_refused(name: str, tmp_path: Path) -> None:
    """It is printed as a function of state and block."""
    lie = _folded(9, 256)
    t, f = lie.case.table, lie.case.folds["H"]
    if name == "mem":
        other = t.app("mem.stack", (t.const(0),), ones(64))
    else:
        other = t.var(name, ones(64) & ~15 if name == "sp0" else ones(64))
    lie.case.folds["H"] = Fold("H", f.widths, f.start, (), (t.xor(f.step[0], t.mask(other, 0)),), ())
    lie.returns(t.const(1))
    verdict = lie.verdict(tmp_path)
    assert any("neither its state nor its block" in r for r in verdict.refused), verdict.refused
