"""`armsym simulate`: what it prints, how it ends, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import z3
from assembling import assembled
from calls import Call
from simulated import TEXT


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The routines of the simulator's tests, as an object file."""
    path = tmp_path_factory.mktemp("simulate") / "routines.o"
    path.write_bytes(assembled(TEXT))
    return path


def test_paths_as_text(armsym_here: Call, file: Path) -> None:
    answer = armsym_here("simulate", file, "total", "--x0", "data:2:r", "--x1", "n", "--assume", "n <= 2")
    assert answer.code == 0
    paths = answer.out.split("path ")[1:]
    assert [p.splitlines()[0] for p in paths] == [
        f"{k + 1} of 3: returned after {4 + 5 * k} instructions" for k in range(3)
    ]
    assert "  where  (n == 0)\n  x0     0x0\n" in paths[0]
    assert "  where  not (n == 0)\n  where  (n == 1)\n  x0     data[](0)\n" in paths[1]
    assert "  x0     (data[](0) + data[](1))\n" in paths[2]


def test_a_path_that_stops_gives_exit_code_3(armsym_here: Call, file: Path) -> None:
    answer = armsym_here("simulate", file, "total", "--x0", "data:2:r", "--x1", "n")
    assert answer.code == 3
    assert "1 of 4 paths stopped" in answer.one_line_error()
    assert "ldrb w2, [x0], #1" in answer.one_line_error()
    assert "outside of its 2 bytes" in answer.out
    assert armsym_here("simulate", file, "forever", "--max-steps", "5").code == 3
    assert armsym_here("simulate", file, "forever", "--until", "forever+4").code == 0
    assert armsym_here("simulate", file, "mixed", "--calls", "stop").code == 0


def test_stores_and_trace(armsym_here: Call, file: Path) -> None:
    answer = armsym_here("simulate", file, "pair", "--x0", "buf:16", "--x1", "-1", "--x2", "secret", "--trace")
    assert answer.code == 0
    assert "<pair>  add x3, x3, #1\n" in answer.out
    assert "  store [buf], 8 bytes <- 0xffffffffffffffff\n  store [buf + 8], 8 bytes <- secret\n" in answer.out
    assert armsym_here("simulate", file, "absolute", "--trace").out.count("parts: another path goes on at") == 1


def test_contents_and_addresses(armsym_here: Call, file: Path) -> None:
    given = "--mem", "b=hex:000102030405060708", "--x0", "b+1"
    answer = armsym_here("simulate", file, "swap", *given, "--json")
    document = json.loads(answer.out)
    assert answer.code == 0
    (path,) = document["paths"]
    assert path["kind"] == "returned"
    assert path["at"] is None
    assert path["changed"]["x4"] == "0x102030405060708"
    last = path["accesses"][-1]
    assert (last["store"], last["region"], last["offset"], last["bytes"]) == (True, "b", "0x1", 8)
    assert any("sp" in a for a in document["assumptions"])


def test_a_symbolic_size(armsym_here: Call, file: Path) -> None:
    given = ("put", "--x0", "buf:n", "--x1", "k", "--assume", "k < n", "--assume", "k > 0")
    assert armsym_here("simulate", file, *given).code == 0
    assert armsym_here("simulate", file, *given[:-4], "--assume", "k <= n", "--assume", "k > 0").code == 3


def test_scripts_for_solvers(armsym_here: Call, file: Path) -> None:
    answer = armsym_here("simulate", file, "absolute", "--smt2", "--trace")
    assert answer.code == 0
    scripts = answer.out.split("(reset)\n")
    assert len(scripts) == 2
    for script in scripts:
        solver = z3.Solver()
        solver.from_string(script)
        assert solver.check() == z3.sat
    # x0 is negative on one path and not on the other: together they contradict each other.
    assert sum("define-fun |x0|" in s for s in scripts) == 1


@pytest.mark.parametrize(("words", "message"), [
    ([], "takes FILE and SYMBOL, got 1 arguments"),
    (["total", "more"], "got 3 arguments"),
    (["absent"], "absent"),
    (["total+0x1000"], "is no instruction"),
    (["total", "--x31", "1"], "no option --x31"),
    (["total", "--x0"], "--x0 needs a value"),
    (["total", "--x0", "1", "--x0=2"], "--x0 is given twice"),
    (["total", "--x0", "18446744073709551616"], "does not fit 64 bits"),
    (["total", "--x0", "q+8"], "q is no buffer (known here: none)"),
    (["total", "--x0", "b:8", "--x1", "b:8"], "the buffer b has its size already"),
    (["total", "--x0", "b:0"], "the size is from 1"),
    (["total", "--x0", "b:n", "--x1", "n:4"], "'n' is no name"),
    (["total", "--x0", "sp"], "'sp' is no name"),
    (["total", "--v0", "b:8"], "an address has 64 bits"),
    (["total", "--x0", "n", "--v0", "n"], "n has 64 bits, 128 are wanted"),
    (["total", "--assume", "n <= 2"], "nothing is called n"),
    (["total", "--x0", "n", "--assume", "n + 1"], "is not 'NAME <= NUMBER'"),
    (["total", "--x0", "n", "--assume", "n < 2", "--assume", "n > 2"], "contradicts itself"),
    (["total", "--mem", "b=16"], "for a buffer that holds anything"),
    (["total", "--mem", "b=hex:00", "--mem", "b=hex:00"], "given twice"),
    (["total", "--fork", "often"], "fork is one of"),
    (["total", "--json", "--smt2"], "--json goes with neither"),
    (["total", "--until", "0x2"], "is no instruction"),
])  # fmt: skip
def test_mistakes_are_told(armsym_here: Call, file: Path, words: list[str], message: str) -> None:
    answer = armsym_here("simulate", file, *words)
    assert answer.code == 2
    assert message in answer.one_line_error()
    assert answer.out == ""
