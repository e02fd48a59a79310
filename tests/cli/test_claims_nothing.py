"""A proof that says nothing of what the routine computes is proved, and says so.

Of data/routines.s: `add64` returns x0 + x1, `sum64` the sum of X1 words from X0, `poke` stores x1 where x0 points.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calls import Call
from cli_data import OBJECT

NOTHING = "claims nothing about results"

#: symbol and claims; whether they say something of the results.
CLAIMS = {
    "a constant": ("add64", '{"t": True}', False),
    "true of any state": ("add64", '{"t": s.x0 == s.x0, "u": (s.x0 & 1) < 2}', False),
    "the ABI": ("add64", '{"t": s.x19 == p.entry.x19, "u": s.sp == p.entry.sp, "v": s.d8 == p.entry.d8}', False),
    "the frame": ("sum64", '{"t": r.words(64, at=s) == r.words(64)}', False),
    "one bit": ("add64", '{"t": True, "u": s.x0[0] == (a ^ b)[0]}', True),
    "what is kept, but need not be": ("add64", '{"t": s.x9 == p.entry.x9}', True),
    "the high half of v8": ("add64", '{"t": s.v[8:9] == [p.entry.v[8]]}', True),
    "a written region": ("poke", '{"t": w.words(64, at=s) == [b]}', True),
}


def prove(armsym_here: Call, folder: Path, symbol: str, claims: str, *options: str) -> tuple[str, int]:
    first = {"add64": "a", "sum64": "r", "poke": "w"}[symbol]
    second = "2" if symbol == "sum64" else "b"
    file = folder / f"{folder.name}_proofs.py"
    file.write_text(
        "from armsym.dsl import Proof, proof\n"
        f'@proof("{symbol}", of={str(OBJECT)!r})\n'
        "def one(p: Proof) -> None:\n"
        '    a, b, r = p.word("a"), p.word("b"), p.region("r", 16, access="r")\n'
        '    w = p.region("w", 8, access="rw")\n'
        f"    p.call(x0={first}, x1={second})\n"
        '    p.modifies(w)\n    k = p.choice("k", (0, 1))\n'
        + (f"    p.ensures(lambda s: {claims})\n" if claims else "")
    )
    answer = armsym_here("prove", file, *options)
    return answer.out, answer.code


@pytest.mark.parametrize("name", CLAIMS)
def test_what_is_claimed(armsym_here: Call, tmp_path: Path, name: str) -> None:
    symbol, claims, something = CLAIMS[name]
    out, code = prove(armsym_here, tmp_path, symbol, claims)
    assert code == 0
    first, *rest = out.splitlines()
    assert first.startswith("proved     one")
    if something:
        assert NOTHING not in out
        assert len(rest) == 1
    else:
        assert rest[0] == f"    proved: memory safety, ABI, termination, constant time; {NOTHING}"
        assert "1 proved (1 of them claims nothing about results)" in rest[1]
    (result,) = json.loads(prove(armsym_here, tmp_path, symbol, claims, "--json")[0])["results"]
    assert result["claims_results"] is something


@pytest.mark.parametrize(("says", "something"), [((), False), ((0,), True), ((1,), True), ((0, 1), True)])
def test_one_case_of_several_is_enough(
    armsym_here: Call, tmp_path: Path, says: tuple[int, ...], something: bool
) -> None:
    claims = f'{{"t": s.x0 == a + b if k in {says} else True}}'
    (result,) = json.loads(prove(armsym_here, tmp_path, "add64", claims, "--json")[0])["results"]
    assert (result["status"], result["claims_results"]) == ("proved", something)


def test_only_where_it_is_proved(armsym_here: Call, tmp_path: Path) -> None:
    out, code = prove(armsym_here, tmp_path, "add64", '{"t": s.x0 == a}')
    assert code == 1
    assert NOTHING not in out
    (result,) = json.loads(prove(armsym_here, tmp_path, "add64", '{"t": s.x0 == a}', "--json")[0])["results"]
    assert "claims_results" not in result


def test_without_a_postcondition_nothing_is_proved(armsym_here: Call, tmp_path: Path) -> None:
    out, code = prove(armsym_here, tmp_path, "add64", "")
    assert code == 3
    assert "the proof has no p.ensures" in out


def test_a_skeleton_says_so(armsym_here: Call, tmp_path: Path) -> None:
    file = tmp_path / f"{tmp_path.name}_new.py"
    assert armsym_here("new", OBJECT, "add64", "-o", file).code == 0
    answer = armsym_here("prove", file)
    assert answer.code == 0
    assert NOTHING in answer.out


def test_the_table_says_so(armsym_here: Call, tmp_path: Path) -> None:
    table = tmp_path / "t.md"
    prove(armsym_here, tmp_path, "add64", '{"t": True}', "--table", str(table))
    assert f"**{NOTHING}** |" in table.read_text()
