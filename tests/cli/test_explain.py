"""`armsym explain`: a word, or the word at a place of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assembling import assembled
from calls import Call
from cli_data import OBJECT
from simulated import TEXT


def test_a_word(armsym_here: Call) -> None:
    """SUBS X0, X0, #1 by the Arm manual: C is set unless the subtraction borrows."""
    answer = armsym_here("explain", "0xf1000400")
    assert answer.code == 0
    assert "subs x0, x0, #1" in answer.out
    assert "class    AddSubImmediate\n" in answer.out
    assert 'Arm ARM C4.1, "Add/subtract (immediate)"' in answer.out
    assert "op<30>=0x1  S<29>=0x1  sh<22>=0x0  imm12<21:10>=0x1" in answer.out
    assert "depends  x0\n" in answer.out
    assert "writes   x0 = (x0 - 1)\n" in answer.out
    assert "writes   C = ((x0 == 0) ^ 1)\n" in answer.out


def test_memory_and_branches(armsym_here: Call) -> None:
    out = armsym_here("explain", "a9bf7bfd").out
    assert "writes   Mem[sp - 0x10, 8] = x29\nwrites   Mem[sp - 8, 8] = x30\nwrites   sp = (sp - 0x10)\n" in out
    out = armsym_here("explain", "0x38401402").out
    assert "reads    loaded0 = Mem[x0, 1]\nwrites   x0 = (x0 + 1)\nwrites   x2 = loaded0\n" in out
    assert "writes   PC = (PC + 8) where Z, else PC + 4\n" in armsym_here("explain", "54000040").out
    assert "stops    SVC #0x0 stops the machine\n" in armsym_here("explain", "d4000001").out
    assert "depends  on nothing\nwrites   nothing\n" in armsym_here("explain", "d503201f").out


def test_a_place_and_json(armsym_here: Call) -> None:
    answer = armsym_here("explain", OBJECT, "add64", "--json")
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["word"] == "0x8b010000"
    assert document["effects"] == [{"what": "x0", "value": "(x0 + x1)", "where": None}]
    assert document["depends"] == ["x0", "x1"]
    assert document["fields"][0] == {"name": "sf", "hi": 31, "lo": 31, "value": 1}


def test_a_word_that_the_linker_completes(armsym_here: Call, tmp_path: Path) -> None:
    (tmp_path / "f.o").write_bytes(assembled(TEXT))
    answer = armsym_here("explain", tmp_path / "f.o", "uses_data")
    assert answer.code == 0
    assert "note     the linker completes this word: " in answer.out
    assert "note" not in armsym_here("explain", tmp_path / "f.o", "total").out


@pytest.mark.parametrize(("words", "message"), [
    (["zz"], "'zz' is no word"),
    (["0x123456789"], "is no word"),
    (["0xc85f7c41"], "unallocated or not modelled"),
    ([OBJECT, "absent"], "absent"),
    ([OBJECT, "add64+2"], "is no instruction"),
    ([OBJECT, "add64", "more"], "got 3 arguments"),
])  # fmt: skip
def test_mistakes_are_told(armsym_here: Call, words: list[str], message: str) -> None:
    answer = armsym_here("explain", *words)
    assert answer.code == 2
    assert message in answer.one_line_error()
