"""Bundles that lie: made by hand, with hints as good as the elaborator finds, for claims that are false of the code.

Each code is a few words put over our own comparison's; the lie is in the cuts or in a definition of the contract, so
that `audited` would be said of a contract that a run contradicts.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import AGAIN, COUNT_TWO, RET, SYMBOL, TABLE, Lie, straight
from typer.testing import CliRunner

from armsym.audit.bundle import (
    Blocks,
    Bundle,
    Content,
    Ensured,
    Fact,
    Fold,
    Global,
    Relation,
    Store,
)
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.text import BundleError, write
from armsym.audit.wording import contract_lines
from armsym.cli import build


def _stored(value: int | None) -> Lie:
    """R[0] = 5, and then it is read twice: what is returned is 5."""
    lie = Lie((0xD28000A1, 0xF9000001, 0xD2C00025, 0xD2800006, 0xF9400002, *COUNT_TWO, AGAIN[4], 0xAA0203E0, RET), 4)
    lie.region()
    t = lie.case.table
    lie.holds(1, t.const(5))
    lie.unknown(2, "s6", ones(64), secret=True)
    lie.returns(t.app("mem.r", (t.const(0),), ones(64)) if value is None else t.const(value))
    return lie


def _at_the_offset(lie: Lie, offset: int) -> None:
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


def _folded(widths: int, start: int, step: int | None = None) -> Lie:
    """X1 is 256 in a loop, and X1 / 256 is returned: 1."""
    lie = Lie((0xD2802001, 0xD2800006, *COUNT_TWO, AGAIN[3], 0xD348FC20, RET), 2)
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


@pytest.mark.parametrize(("told", "accepted"), [(1, True), (3, False), (None, False)])
def test_a_step_may_speak_of_a_word_of_the_contract(told: int | None, accepted: bool, tmp_path: Path) -> None:
    """Of one that is in print, with the bits that are in print: H(i + 1) = H(i) XOR (K AND 2) where K is 0 or 1."""
    lie = _folded(9, 256)
    t, f = lie.case.table, lie.case.folds["H"]
    if told is not None:
        lie.case.words["K"] = told, True
    word = t.var("word.K", 1)
    lie.case.folds["H"] = Fold("H", f.widths, f.start, (), (t.xor(f.step[0], t.mask(word, 2)),), ())
    lie.case.ensures.append(Ensured("nothing above", t.mask(t.var("x1_out", ones(64)), ones(64) ^ ones(9)), t.const(0)))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited == accepted, verdict.refused
    assert accepted or any("word.K with the bits 0x1 is no input" in r for r in verdict.refused), verdict.refused
    also = "1 words, of its state, its block and K"
    assert any(line.startswith("the step is") and line.endswith(also) for line in contract_lines(lie.case))


# -- what a file's code does not tell, or a contract in print ---------------------------------------


@pytest.mark.parametrize(("word", "secret"), [(0xF9800080, True), (0xF8A06880, True), (0xF9800000, False)])
def test_a_prefetch_from_a_secret_address_is_refused(word: int, secret: bool, tmp_path: Path) -> None:
    """PRFM [X4], [X4, X0] and [X0], of which X0 alone is public: the cache tells the address."""
    lie = straight(word, RET)
    lie.region()
    lie.returns(lie.case.arguments["x0"])
    refused = lie.verdict(tmp_path).refused
    assert any("prefetched from depends on a secret" in r for r in refused) == secret, refused
    assert bool(refused) == secret


def _with_a_table(*words: int) -> Lie:
    """A branch to this code, in a file whose table is another section: as the auditor lays it out, 3 MiB on."""
    begin = (0x14000002, 0) if len(words) < 3 else (0x14000003, 0, 0)
    lie = Lie((*begin, *words), 0, TABLE, "armsym_sha512_blocks")
    lie.case.cuts.pop(1)
    return lie


def test_a_table_in_another_section_of_a_relocatable_file_is_not_read(tmp_path: Path) -> None:
    """ADR X0, to the routine; ADD X0, X0, #3 MiB; LDR X0, [X0]: the first constant, in the auditor's layout."""
    lie = _with_a_table(0x10FFFFA0, 0x914C0000, 0xF9400000, RET)
    elf = Elf.parse(lie.data)
    assert elf.read_only(3 << 20, 8) == (0x428A2F98D728AE22).to_bytes(8, "little")
    lie.returns(lie.case.table.const(0x428A2F98D728AE22))
    assert any("beyond the section .text" in r for r in lie.verdict(tmp_path).refused)


def test_a_field_that_the_layout_fills_in_is_not_known(tmp_path: Path) -> None:
    """ADD Xd, Xd, :lo12: of a table that lies at a multiple of 4096 in the auditor's layout: Xd as it was."""
    add = Elf.read(TABLE).word(8)
    assert add & 0xFFFFFC00 == 0x91000000
    assert add & 31 == add >> 5 & 31
    lie = _with_a_table(add, RET)
    t = lie.case.table
    before, after = (t.var(f"x{add & 31}_{when}", ones(64)) for when in ("in", "out"))
    lie.case.ensures.append(Ensured("kept", after, before))
    assert any("not shown equal" in r for r in lie.verdict(tmp_path).refused)


@pytest.mark.parametrize(("address", "size"), [(1 << 40, 8), (-8, 8), (0, 8)])
def test_a_global_is_part_of_the_file(address: int, size: int, tmp_path: Path) -> None:
    lie = straight(RET)
    lie.case.globals["g"] = Global("g", address, size, False)
    lie.returns(lie.case.table.var("x0_out", ones(64)))
    refused = lie.verdict(tmp_path).refused
    assert bool(refused) == (address != 0)
    assert all("not in one segment" in r for r in refused)


def test_a_precondition_of_more_than_one_bit_is_refused(tmp_path: Path) -> None:
    lie = straight(RET)
    t = lie.case.table
    lie.case.requires.append(("x0 is 1", t.var("x0_in", ones(64))))
    lie.returns(t.var("x0_out", ones(64)))
    assert any("more than one bit" in r for r in lie.verdict(tmp_path).refused)


@pytest.mark.parametrize("name", ["x0_out", "x0_in", "v31_in", "n_out", "sp0", "lr0", "image", "block"])
def test_a_number_that_is_called_as_a_register_is_refused(name: str, tmp_path: Path) -> None:
    """In print "x0_out = 5" is said of the register."""
    lie = straight(RET)
    lie.case.numbers[name] = (5, 5)
    t = lie.case.table
    lie.case.ensures.append(Ensured("five", t.var(f"num.{name}", 7), t.const(5)))
    assert any(f"is called {name}" in r for r in lie.verdict(tmp_path).refused)


def test_a_number_and_a_word_of_one_name_are_refused(tmp_path: Path) -> None:
    lie = straight(RET)
    lie.case.numbers["n"], lie.case.words["n"] = (0, 9), (255, True)
    lie.returns(lie.case.table.var("x0_out", ones(64)))
    assert any("is called n" in r for r in lie.verdict(tmp_path).refused)


@pytest.mark.parametrize("text", ["told\non return (hashed): x0_out = H.0(n)", "a\x1b[2K", "a\u202eb", "a\rb", "\x7f"])
def test_a_text_that_would_print_lines_of_its_own_is_no_bundle(text: str, tmp_path: Path) -> None:
    lie = straight(RET)
    lie.case.ensures.append(Ensured(text, 1, 1))
    lie.case.table.const(1)
    with pytest.raises(BundleError, match="not printed"):
        lie.verdict(tmp_path)


def test_a_claim_of_the_low_half_is_printed_as_that() -> None:
    lie = straight(RET)
    t = lie.case.table
    v0, x0 = t.var("v0_out", ones(128)), t.var("x0_out", ones(64))
    joined = t.xor(x0, t.shl(x0, 64))
    for node in (t.mask(v0, ones(64)), t.mask(joined, ones(64)), t.mask(x0, ones(64))):
        lie.case.ensures.append(Ensured("low", node, t.const(0)))
    said = [line for line in contract_lines(lie.case) if line.startswith("on return")]
    assert said[0] == "on return ('low'): (v0_out & 0xffffffffffffffff) = 0"
    assert said[1].endswith("& 0xffffffffffffffff) = 0")
    assert said[2] == "on return ('low'): x0_out = 0"


def test_the_values_of_an_unknown_function_are_printed() -> None:
    """Of one whose values are within 0, that X0 is it says that X0 is 0."""
    lie = straight(0xD2800000, RET)  # MOV X0, #0
    t = lie.case.table
    lie.returns(t.app("f.hash", (t.var("x1_in", ones(64)),), 0))
    assert "f.hash: any function of 1 words whose values are within 0x0" in list(contract_lines(lie.case))


def test_names_are_quoted_where_a_contract_is_printed(tmp_path: Path) -> None:
    """What a name says is not checked: it must not be taken for the claim."""
    lie = straight(RET)
    t = lie.case.table
    lie.case.title = "x0 is 5:"
    lie.case.requires.append(("x0): x1", t.const(1)))
    lie.case.ensures.append(Ensured("hashed): x0_out = H.0(n", t.const(0), t.const(0)))
    said = list(contract_lines(lie.case))
    assert said[0] == "case 'x0 is 5:':"
    assert "required ('x0): x1'): 1 is 1" in said
    assert said[-1] == "on return ('hashed): x0_out = H.0(n'): 0 = 0"


@pytest.mark.parametrize("name", ["f.", "f.sha(x)", "f.h[0]", "f.a=b", "f..a"])
def test_an_unknown_function_has_a_plain_name(name: str, tmp_path: Path) -> None:
    lie = straight(RET)
    t = lie.case.table
    node = t.app(name, (t.const(0),), ones(64))
    lie.case.ensures.append(Ensured("same", node, node))
    assert any("a function is not called" in r for r in lie.verdict(tmp_path).refused)


@pytest.mark.parametrize(("x", "d", "v"), [(31, 8, 8), (-1, 8, 8), (18, 32, 8), (18, 8, 32), (18, -1, 8)])
def test_registers_that_there_are_not_are_not_preserved(x: int, d: int, v: int, tmp_path: Path) -> None:
    lie = straight(RET)
    c = lie.case
    c.preserves_x, c.preserves_d, c.preserves_v = frozenset({x}), frozenset({d}), frozenset({v})
    lie.returns(c.table.var("x0_in", ones(64)))
    assert any("no registers to be preserved" in r for r in lie.verdict(tmp_path).refused)


def test_the_command_names_the_routine(tmp_path: Path) -> None:
    """A proof's name is whatever the bundle says."""
    lie = straight(RET)
    lie.returns(lie.case.table.var("x0_in", ones(64)))
    assert lie.verdict(tmp_path).audited
    path = tmp_path / "lie.o"
    bundle = Bundle("sha512", SYMBOL, str(path), Elf.parse(lie.data).sha256, "a test", "a test", cases=[lie.case])
    (tmp_path / "lie.bundle").write_text(write(bundle))
    said = CliRunner().invoke(build(conform=False), ["audit", str(tmp_path / "lie.bundle")])
    assert said.exit_code == 0, said.output
    assert f"sha512  ({SYMBOL} of lie.o)" in said.output


def test_a_case_of_a_precondition_is_not_another_cases(tmp_path: Path) -> None:
    """Where n is 4 the number m, H(n + 1), is 7; where n is 2^64 - 1 it is H(0), 0."""
    # CMP X0, #7; B.NE to the last two; MOV X0, #1; RET; MOV X0, #0; RET
    lie = Lie((0xF1001C1F, 0x54000061, 0xD2800020, RET, 0xD2800000, RET), 0)
    c, t = lie.case, lie.case.table
    del c.cuts[1]
    c.numbers = {"n": (0, ones(64)), "m": (0, 15)}
    n, m = t.var("num.n", ones(64)), t.var("num.m", 15)
    c.folds["H"] = Fold("H", (4,), (t.const(0),), (), (t.const(7),), ())

    def same(a: int, b: int) -> int:
        return t.app("zero", (t.xor(a, b),), 1)

    after = t.app("H.0", (t.add(64, n, t.const(1)),), 15)
    c.requires = [
        ("n is 4, or all ones", t.xor(same(n, t.const(4)), same(n, t.const(ones(64))))),
        ("m is H(n + 1)", same(m, after)),
    ]
    c.arguments["x0"] = m
    lie.returns(t.const(1))
    assert not lie.verdict(tmp_path).audited
    c.requires[0] = "n is 4", same(n, t.const(4))
    assert lie.verdict(tmp_path).audited


def test_what_is_held_block_by_block_is_printed_as_other_claims_are(tmp_path: Path) -> None:
    """Its name is quoted, and the functions that it speaks of are told."""
    lie = straight(RET)
    t = lie.case.table
    lie.region()
    block = t.app("f.hash", (t.var("block", ones(64)),), 0)
    lie.case.holds.append(Blocks("r", t.const(1), 8, "little", (block,), "all): x0_out = 5 (so"))
    said = list(contract_lines(lie.case))
    assert "f.hash: any function of 1 words whose values are within 0x0" in said
    assert said[-1] == (
        "on return ('all): x0_out = 5 (so'): for all block < 1, the 1 little-endian words of 8 bytes at byte"
        " 8 * block of r are f.hash(block); all after these blocks is as on entry"
    )
    lie.case.holds[0] = Blocks("r", t.const(1), 8, "little", (block,), "told\non return: x0_out = 5")
    with pytest.raises(BundleError, match="not printed"):
        lie.verdict(tmp_path)


def test_where_integers_are_exact_a_modulus_is_written(tmp_path: Path) -> None:
    """ADD X0, X0, X1 wraps: without "mod 2^64" what is printed, of which is said that nothing wraps, would be false."""
    lie = straight(0x8B010000, RET)
    t = lie.case.table
    out, one, other = (t.var(name, ones(64)) for name in ("x0_out", "x0_in", "x1_in"))
    total, double = t.add(64, one, other), t.mulc(64, one, 2)
    lie.case.relations.append(Relation("sum", 0, 0, 0, ((1, (out,)), (-1, (total,)))))
    assert lie.verdict(tmp_path).audited
    assert list(contract_lines(lie.case))[-1] == "on return, of integers ('sum'): x0_out - (x0_in + x1_in mod 2^64) = 0"
    for node, text in ((t.shr(total, 1), "((x0_in + x1_in mod 2^64) >> 1)"), (double, "(2 * x0_in mod 2^64)")):
        lie.case.relations = [Relation("n", 0, None, 5, ((1, (node,)),))]
        assert list(contract_lines(lie.case))[-1] == f"on return, of integers ('n'): {text} <= 5"
    lie.case.relations = [Relation("sum", 0, 0, 0, ((1, (out,)), (-1, (one,)), (-1, (other,))))]
    assert not lie.verdict(tmp_path).audited
