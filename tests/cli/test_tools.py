"""`armsym disasm`, `run`, `coverage`: what they print for data/routines.o, as its source says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assembling import assemble_file, contents
from calls import Call
from cli_data import DATA, OBJECT

#: Instructions of each routine, counted in routines.s.
COUNTS = {"add64": 2, "sum64": 7, "pool": 3, "root": 3, "trap": 2, "poke": 2, "spin": 1, "vxor": 7}
FSQRT = "0x1e61c000"  # fsqrt d0, d0: Arm ARM C7.2.191, ftype 01


def test_the_object_is_what_the_assembler_makes(tmp_path: Path) -> None:
    assemble_file(DATA / "routines.s", tmp_path / "routines.o")
    assert contents(tmp_path / "routines.o") == contents(OBJECT)


# -- coverage ---------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [[], ["--all"]])
def test_coverage(armsym_here: Call, option: list[str]) -> None:
    answer = armsym_here("coverage", OBJECT, "--json", *option)
    document = json.loads(answer.out)
    assert answer.code == 0
    assert (document["schema_version"], document["instructions"]) == (1, sum(COUNTS.values()))
    assert document["modelled"] == sum(COUNTS.values()) - 1
    (missing,) = document["unmodelled"]
    place = 4 * (2 + 7 + 3) + 8  # add64, sum64, pool and its literal stand before
    assert missing == {"mnemonic": "fsqrt", "count": 1, "example": {"address": place, "word": FSQRT}}


@pytest.mark.parametrize("name", COUNTS)
def test_coverage_of_one_symbol(armsym_here: Call, name: str) -> None:
    document = json.loads(armsym_here("coverage", OBJECT, "--json", "--symbol", name).out)
    assert document["instructions"] == COUNTS[name]
    assert document["modelled"] == COUNTS[name] - (name == "root")


def test_coverage_text(armsym_here: Call) -> None:
    out = armsym_here("coverage", OBJECT).out
    total = sum(COUNTS.values())
    assert f"{total - 1} of {total} instructions modelled" in out
    assert "fsqrt" in out
    assert f"{FSQRT} at " in out
    assert "<root>" in out
    assert "100.0 %" not in out  # not all, however nearly


def test_coverage_of_no_function(armsym_here: Call) -> None:
    answer = armsym_here("coverage", OBJECT, "--symbol", "vxorr")
    assert answer.code == 2
    assert "near: vxor" in answer.one_line_error()


# -- disasm -----------------------------------------------------------------------------------


def test_disasm(armsym_here: Call) -> None:
    lines = armsym_here("disasm", OBJECT, "sum64").out.splitlines()[1:]
    texts = [line.split(maxsplit=3)[3] for line in lines]
    assert texts == [
        "mov x2, xzr",
        "ldr x3, [x0], #8",
        "add x2, x2, x3",
        "subs x1, x1, #1",
        "b.ne #0xc  <sum64+0x4>",
        "mov x0, x2",
        "ret",
    ]
    assert [int(line.split()[0], 16) for line in lines] == [8 + 4 * k for k in range(7)]  # add64 has 8 bytes
    assert lines[-1].split()[2] == "d65f03c0"


def test_disasm_of_what_is_no_instruction(armsym_here: Call) -> None:
    out = armsym_here("disasm", OBJECT, "root").out
    assert f".word {FSQRT}  ; not modelled" in out
    pool = json.loads(armsym_here("disasm", OBJECT, "pool", "--json").out)
    assert [(i["kind"], i["word"]) for i in pool["instructions"][3:]] == [
        ("data", "0x55667788"),
        ("data", "0x11223344"),
    ]
    assert [i["kind"] for i in pool["instructions"][:3]] == ["instruction"] * 3
    assert pool["instructions"][1]["assembly"] == "add x0, x0, #1"


# -- run --------------------------------------------------------------------------------------


def test_run_a_loop(armsym_here: Call) -> None:
    values = [5, 2**64 - 2, 2**63]
    data = b"".join(v.to_bytes(8, "little") for v in values).hex()
    answer = armsym_here("run", OBJECT, "sum64", "--x0", "data", "--x1=3", "--mem", f"data=hex:{data}", "--json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert int(document["x"][0], 16) == sum(values) % 2**64
    assert document["instructions"] == 1 + 4 * 3 + 2
    assert document["memory"]["data"]["bytes"] == data
    assert "stopped" not in document


def test_run_on_a_part_of_a_file(armsym_here: Call, tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(range(16)))
    answer = armsym_here("run", OBJECT, "sum64", "--mem", f"d=@{file}", "--x1", "1", "--x0", "d+8", "--json")
    assert int(json.loads(answer.out)["x"][0], 16) == int.from_bytes(bytes(range(8, 16)), "little")


def test_run_with_vectors_and_data_of_the_file(armsym_here: Call) -> None:
    document = json.loads(armsym_here("run", OBJECT, "vxor", "--v0", "ff00", "--v1", "0x0ff0", "--json").out)
    assert int(document["v"][0], 16) == 0xFF00 ^ 0x0FF0
    assert int(document["x"][0], 16) == 41 + 1


def test_run_with_negative_numbers(armsym_here: Call) -> None:
    out = armsym_here("run", OBJECT, "add64", "--x0", "-5", "--x1=-1").out
    assert out.startswith("returned after 2 instructions")
    assert f" x0 {-6 % 2**64:016x}" in out


def test_run_stores(armsym_here: Call) -> None:
    out = armsym_here("run", OBJECT, "poke", "--x0", "m+4", "--x1", "0x0102030405060708", "--mem", "m=12").out
    assert out.splitlines()[-1].split()[1:] == ["00000000", "08070605", "04030201"]


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["poke", "--x0", "0x1234"], 2, ["<poke>", "f9000001", "str x1, [x0]", "0x1234"]),
        (["poke", "--x0", "m+8", "--mem", "m=15"], 2, ["<poke>", "store of 8 bytes"]),
        (["root"], 2, ["<root>", "1e61c000"]),
        (["trap"], 2, ["<trap>", "d42000e0", "brk #7"]),
        (["spin", "--max-steps", "50"], 3, ["50 instructions", "spin"]),
    ],
)
def test_run_that_does_not_return(armsym_here: Call, arguments: list[str], code: int, parts: list[str]) -> None:
    answer = armsym_here("run", OBJECT, *arguments)
    assert answer.code == code
    assert answer.out.startswith("stopped after ")
    assert all(part in answer.one_line_error() for part in parts)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--x31", "0"], "--x31"),
        (["--v32", "0"], "--v32"),
        (["--y0", "0"], "--y0"),
        (["--x0"], "--x0 needs a value"),
        (["--x0", "1", "--x0=2"], "--x0 is given twice"),
        (["--x00", "1"], "no option --x00"),
        (["--v٣", "1"], "no option"),
        (["--x0", "12q"], "12q"),
        (["--x0", "0x1" + 16 * "0"], "64 bits"),
        (["--v0", "xyz"], "xyz"),
        (["--x0", "ctz", "--mem", "ctx=8"], "names ctx"),
        (["--mem", "ctx"], "NAME=SIZE"),
        (["--mem", "ctx=0"], "1 to"),
        (["--mem", "ctx=hex:123"], "123"),
        (["--mem", "ctx=@no/such/file"], "no/such/file"),
        (["--mem", "a=8", "--mem", "a=8"], "twice"),
        (["third"], "third"),
    ],
)
def test_run_with_bad_options(armsym_here: Call, arguments: list[str], part: str) -> None:
    answer = armsym_here("run", OBJECT, "add64", *arguments)
    assert answer.code == 2
    assert part in answer.one_line_error()
    assert answer.out == ""


# -- files by name ----------------------------------------------------------------------------

SOURCES = """
from pathlib import Path
class There:
    def path(self): return Path(__file__).parent / "lib.o"
HERE = There()
NUMBER = 7
"""


def test_a_file_by_its_name(armsym_here: Call, tmp_path: Path) -> None:
    (tmp_path / "lib.o").write_bytes(OBJECT.read_bytes())
    (tmp_path / "sources.py").write_text(SOURCES)
    plain, named = tmp_path / "lib.o", f"{tmp_path}/sources.py::HERE"
    for command in (
        ["disasm", "{}", "add64", "--json"],
        ["coverage", "{}", "--json"],
        ["run", "{}", "add64", "--json"],
    ):
        by_path = json.loads(armsym_here(*[a.format(plain) for a in command]).out)
        by_name = json.loads(armsym_here(*[a.format(named) for a in command]).out)
        assert {**by_name, "file": ""} == {**by_path, "file": ""}
    skeleton = armsym_here("new", named, "add64").out
    assert f'of="{plain}"' in skeleton  # a file in no package cannot be imported by name


def test_object_by_its_name(armsym_here: Call, tmp_path: Path, proofs: Path) -> None:
    (tmp_path / "lib.o").write_bytes(OBJECT.read_bytes())
    (tmp_path / "sources.py").write_text(SOURCES)
    answer = armsym_here("prove", f"{proofs}::adds", "--object", f"{tmp_path}/sources.py::HERE", "--json")
    (result,) = json.loads(answer.out)["results"]
    assert (result["status"], result["file"]) == ("proved", str(tmp_path / "lib.o"))


@pytest.mark.parametrize(
    ("name", "part"),
    [("sources.py::THERE", "near: HERE"), ("sources.py::NUMBER", "'NUMBER'"), ("other.py::HERE", "there is no file")],
)
def test_a_name_that_means_no_file(armsym_here: Call, tmp_path: Path, name: str, part: str) -> None:
    (tmp_path / "sources.py").write_text(SOURCES)
    answer = armsym_here("disasm", f"{tmp_path}/{name}", "add64")
    assert answer.code == 2
    assert part in answer.one_line_error()
