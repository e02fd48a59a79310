"""Mistakes in a proof file: exit code 2, and one message with the line, the rule and the value, in the DSL's words.

Each stands at its own line of a proof of `add64` (x0 + x1), or of `sum64` (the sum of X1 words from X0) where it has a
loop `L`.  `a` and `b` are words of 64 bits, `n` is a number, `D` a region of 16 bytes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from calls import Call
from cli_data import OBJECT

#: A line of the proof, and what the message must say besides its place.
MISTAKES = [
    # numbers, words, regions
    ('p.nat("m", high="9")', "nat m: high is a whole number (a Python int), not str '9'"),
    ('p.nat("m", low=1.5, high=9)', "nat m: low is a whole number (a Python int), not float 1.5"),
    ('p.nat("m", high=9, unit=0)', "nat m: a unit is at least 1, not 0"),
    ('p.nat("m", high=2**64)', "high=18446744073709551616"),
    ("p.nat(5, high=9)", "a name is a text (str), not int 5"),
    ('p.nat("stack", high=9)', "'stack' cannot be a name here"),
    ('p.choice("c", 5)', "choice c: the values are numbers in a list, not int 5"),
    ('p.choice("c", ["a"])', "not str 'a'"),
    ('p.word("w", "64")', "word w: the width is a whole number (a Python int), not str '64'"),
    ('p.word("w", 0)', "word w: the width is at least 1, not 0"),
    ('p.word("w", True)', "not bool True"),
    ('p.region("d", 1.5, access="r")', "region d: the size in bytes is a whole number (a Python int), not float 1.5"),
    ('p.region("d", -1, access="r")', "region d: the size in bytes is from 0"),
    ('p.region("d", Bits(32, 16), access="r")', "region d: the size in bytes has 64 bits, not 32"),
    ('p.region("d", 16, access=7)', "access is 'r', 'w' or 'rw', not 7"),
    ('p.region("d", 16, access="r", align="8")', "region d: the alignment is a whole number"),
    ('p.region("d", 16, access="r", cell=3)', "a cell has 1, 2, 4, 8, ... bytes, not 3"),
    ('p.region("d", 16, access="r", order="middle")', "a byte order is 'little' or 'big', not 'middle'"),
    ("p.rodata([1, 2])", "each of rodata: the values is a bit vector (Bits), not int 1 (write Bits(64, 1))"),
    ('p.rodata(b"")', "a table has at least one byte"),
    ('p.global_("counter", 7)', "global_ counter: the width is a number of whole bytes, not of 7 bits"),
    ("p.global_(5, 64)", "global_: the symbol is a text (str), not int 5"),
    # arguments and assumptions
    ('p.call(x2="a")', "call: x2 takes a Region, Bits or an int, not str 'a'"),
    ("p.call(x2=2**64)", "call: x2 is from 0"),
    ("p.call(w2=a)", "call: w2 has 32 bits, the argument 64"),
    ("p.call(x2=-1)", "not -1"),
    ("p.given(5, 0, a)", "given: the region is a Region that p.region made, not int 5"),
    ("p.given(D, 0, 5)", "given D: the value is a bit vector (Bits), not int 5"),
    ("p.given(D, 12, a)", "64 bits given at byte 12"),
    ('p.assume("t", 5)', "assume 't': what is assumed is a condition, as in x == 0, not int 5"),
    ("p.assume(5, a == b)", "assume: the text is a text (str), not int 5"),
    ('p.lemma("t", a)', "lemma 't': what is said is a condition, as in x == 0, not Bits"),
    # specification
    ("p.fold(5, start=[a], over=lambda i: [a])", "fold H: step is a function of state, block, not int 5"),
    ("p.fold(lambda s: s, start=[a], over=lambda i: [a])", "too many positional arguments"),
    ("p.fold(lambda s, b: s, start=[], over=lambda i: [a])", "fold H: start has at least one word"),
    ("p.fold(lambda s, b: s, start=[5], over=lambda i: [a])", "write Bits(64, 5)"),
    ("p.fold(lambda s, b: [a, a], start=[a], over=lambda i: [a])(1)", "have [64] bits, not [64, 64]"),
    ("p.fold(lambda s, b: s, start=[a], over=lambda i: 5)(1)", "H: a block are bit vectors in a list, not int 5"),
    ('p.fold(lambda s, b: s, start=[a], over=lambda i: [a])("1")', "the index of a fold"),
    ("p.unfold(5, [a])", "an Iterated function is unfolded, not int 5"),
    ('Iterated(5, times=3, name="f")', "Iterated: step is a function of state, k, not int 5"),
    ("p.memo(5)", "memo: what is computed once is a function of value, not int 5"),
    ("p.ensures(5)", "ensures: what is claimed is a function of state, not int 5"),
    ("p.ensures(lambda: {})", "ensures: what is claimed is called as fn(state)"),
    ("p.ensures(lambda s: 5)", "must return a non-empty dict of named claims, not int 5"),
    ("p.ensures(lambda s: {})", "must return a non-empty dict of named claims, not dict {}"),
    ("p.ensures(lambda s: {5: True})", "the name of a claim is a text (str), not int 5"),
    ('p.ensures(lambda s: {"x": 5})', "the claim 'x' is a condition or a list of conditions, not int 5"),
    ('p.ensures(lambda s: {"x": []})', "the claim 'x' is an empty list: it would say nothing"),
    ('p.ensures(lambda s: {"x": s.x31 == 5})', "a state has registers x0..x30"),
    ('p.ensures(lambda s: {"x": s.x0 == 2**64})', "18446744073709551616"),
    ('p.ensures(lambda s: {"x": s.w0 == a})', "cannot compare 32 bits and 64 bits"),
    ('p.ensures(lambda s: {"x": s.load(5, 64) == a})', "load: the address is a bit vector (Bits), not int 5"),
    ('p.ensures(lambda s: {"x": s.load(D.base, 65) == a})', "a number of whole bytes, not of 65 bits"),
    ('p.ensures(lambda s: {"x": (s.x0 == a) & 5})', "a condition is combined with a condition, not with int 5"),
    ('p.ensures(lambda s: {"x": True if s.x0 == a + b else False})', "a symbolic condition has no truth value here"),
    ("p.modifies(5)", "modifies: what may change is a Region that p.region made, not int 5"),
    ('p.modifies("d")', "not str 'd'"),
    ("p.stack(16.0)", "stack: the depth is a whole number (a Python int), not float 16.0"),
    ('p.clobbers(x=["x1"])', "clobbers: registers in x is a whole number (a Python int), not str 'x1'"),
    ('p.uses("add64")', "uses: takes functions declared by @proof, not str 'add64'"),
    # loops and steering
    ('p.invariant(L, upto=5)(lambda s, i: {"x": True})', "upto is a bit vector (Bits), not int 5 (write Bits(64, 5))"),
    ('p.invariant(L, upto=Bits(32, 5))(lambda s, i: {"x": True})', "upto has 64 bits, not 32"),
    ('p.invariant("L", upto=n)(lambda s, i: {"x": True})', "a Loop or an offset (an int), not str 'L'"),
    ('p.invariant(2, upto=n)(lambda s, i: {"x": True})', "0x2 is not the offset of an instruction"),
    ('p.invariant(L, upto=n)(lambda s: {"x": True})', "what is claimed is called as fn(state, i)"),
    ('p.invariant(L, upto=n, step=0)(lambda s, i: {"x": True})', "the step is at least 1, not 0"),
    ('p.invariant(L, upto=n, when=lambda s: 5)(lambda s, i: {"x": True})', "what when= returns is a condition"),
    (
        'p.invariant(L, upto=n)(lambda s, i: {"x": 5})',
        "the claim 'x' is a condition or a list of conditions, not int 5",
    ),
    ("p.cut(L.head)(5)", "cut: what is claimed is a function of state, not int 5"),
    ('p.cut(L.head, forget=[5])(lambda s: {"x": True})', "cut: forget is a list such as [(A, 3)]"),
    ('p.cut_each(L, forget=lambda k: 5)(lambda s, k: {"x": True})', "cut_each: forget is a list such as [(A, 3)]"),
    (
        'p.cut_each(L, forget=lambda k: [], drop_v=[40])(lambda s, k: {"x": True})',
        "registers in drop_v is 0 to 31, not 40",
    ),
    ("p.split(L, on=5)", "split: on is a function of state, i, not int 5"),
    ("p.show(0, 5)", "show: what is a function of state, not int 5"),
    # content of regions
    ("D.words(0)", "D: the width of a word is at least 1, not 0"),
    ("D.words(64, count=-1)", "D: how many words is at least 1, not -1"),
    ("D.words(64, at=5)", "D: at= is a state, not int 5"),
    ("D.blocks(words=0, width=64)", "D: the words in a block is at least 1, not 0"),
    ('D.blocks(words=2, width=64)("0")', "the index of a block"),
    ("D.byte(1.5)", "the index of a byte"),
    ('p.ensures(lambda s: {"x": D.holds(lambda j: [a], upto=1, at=s, words=1, width=64)})', "upto, in blocks"),
    (
        'p.ensures(lambda s: {"x": D.holds(lambda j: 5, upto=Bits(64, 1), at=s, words=1, width=64)})',
        "the words of a block are bit vectors in a list, not int 5",
    ),
    (
        'p.ensures(lambda s: {"x": D.holds(lambda j: [a, a], upto=Bits(64, 1), at=s, words=1, width=64)})',
        "a block was said to be 1 words of 64 bits, its function gives [64, 64]",
    ),
    # values
    ("ite(a == b, a, 0)", "each branch of ite is a bit vector (Bits), not int 0 (write Bits(64, 0), say)"),
    ("ite(5, a, b)", "ite asks a condition, as in x == 0, not int 5"),
    ("ite(a, a, b)", "ite asks a condition, as in x == 0, not Bits"),
    ("concat(5, a)", "each part of concat is a bit vector (Bits), not int 5"),
    ("select(a, [1, 2])", "each element of select is a bit vector (Bits), not int 1"),
    ("look_up([1], a, a)", "each entry of look_up is a bit vector (Bits), not int 1"),
    ("lanes([a], total=100)", "words of [64] bits do not fill vectors of 100 bits"),
    ('opaque("f", 0)(lambda x: x)', "a function with a result of at least 1 bit"),
    ('opaque("wide", 8)(lambda x: x)(Bits(64, 3))', "wide was said to give 8 bits"),
    ("Bits(64, 2**64)", "0x10000000000000000 is not an unsigned number of 64 bits"),
    ("Bits(8, 1.5)", "the value of a bit vector is a whole number, not float 1.5"),
    ("a + 2**64", "18446744073709551616"),
    ("a.elems(0)", "elements of 0 bits"),
    ("a.with_elem(0, 5)", "the element is a bit vector (Bits), not int 5"),
]


def proof_of(line: str) -> tuple[str, int]:
    """A proof file with this line, and the line's number."""
    loop = re.search(r"\bL\b", line) is not None
    text = [
        "from armsym.dsl import *",
        f'@proof("{"vxor" if "global_" in line else "sum64" if loop else "add64"}", of={str(OBJECT)!r})',
        "def one(p):",
        '    a, b, n = p.word("a"), p.word("b"), p.nat("n", low=1, high=9)',
    ]
    if re.search(r"\bD\b", line):
        text.append('    D = p.region("D", 16, access="rw")')
    if loop:
        text += ['    r = p.region("r", 8 * n, access="r")', "    L = p.routine.back_edge()"]
    if "p.global_" not in line:
        text.append("    p.call(x0=r, x1=n)" if loop else "    p.call(x0=a, x1=b)")
    text.append(f"    {line}")
    at = len(text)
    if "p.ensures" not in line:
        text.append('    p.ensures(lambda s: {"t": True})')
    return "\n".join(text) + "\n", at


@pytest.mark.parametrize(("line", "said"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_is_told_with_its_place(armsym_here: Call, tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "mistake.py"
    text, at = proof_of(line)
    file.write_text(text)
    answer = armsym_here("prove", file)
    assert answer.code == 2, answer.out
    assert f"{file}:{at}: " in answer.out
    assert said in answer.out
    for internal in ("Traceback", "internal error", "has no attribute", "NoneType", "raises"):
        assert internal not in answer.out + answer.err


def test_there_are_many() -> None:
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("line", ["pass", 'p.assume("t", True)', 'p.lemma("t", a == a)', "D.words(64, count=1)"])
def test_what_is_no_mistake(armsym_here: Call, tmp_path: Path, line: str) -> None:
    file = tmp_path / "right.py"
    file.write_text(proof_of(line)[0])
    assert armsym_here("prove", file).code == 0
