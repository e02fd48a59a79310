"""The campaign over every routine: which mutants it takes, and that it goes on where it was stopped."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import NoReturn

import pytest

from armsym.errors import ArmsymError
from semantics import A64

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import mutants  # noqa: E402
import mutations  # noqa: E402
from mutations import TOO_LONG, definitions_of, image_of  # noqa: E402

OWN = str(ROOT / "crypto_examples" / "own_memcmp")
NAME = "own_memcmp/armsym_ct_memcmp"


def _run(folder: Path, *more: str) -> tuple[int, dict[str, object]]:
    out = folder / "out.json"
    status = mutants.main([str(folder), "--proofs", OWN, "--count", "4", "--json", str(out), *more])
    return status, json.loads(out.read_text())


def test_it_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, first = _run(tmp_path)
    assert status == 0
    total = first["total"]
    assert isinstance(total, dict)
    assert total["mutants"] == 4 == sum(total[a] for a in ("refuted", "undecided", "error", "equivalent"))
    assert total["refuted"] > 0
    counts = tmp_path / "counts.csv"
    _run(tmp_path, "--csv", str(counts))
    (row,) = csv.DictReader(counts.read_text().splitlines())
    assert row == {"proof": NAME, "status": "proved", **{k: str(v) for k, v in total.items() if k != "proofs"}}
    path = tmp_path / "own_memcmp.armsym_ct_memcmp.jsonl"
    whole = path.read_text()

    # Stopped within the last line: it is done again, and nothing else.
    path.write_text(whole[:-20])
    judged = []

    def apart(work: object, *rest: object, real: object = mutations.apart) -> object:
        judged.append(work)
        return real(work, *rest)  # type: ignore[operator]

    monkeypatch.setattr(mutants, "apart", apart)
    assert _run(tmp_path)[1]["total"] == total
    assert len(judged) == 1
    assert [line.split('"seconds"')[0] for line in path.read_text().splitlines()] == [
        line.split('"seconds"')[0] for line in whole.splitlines()
    ]

    def nothing(*_: object) -> NoReturn:
        raise AssertionError("it is all there")

    monkeypatch.setattr(mutants, "apart", nothing)
    assert _run(tmp_path)[1] == first
    # Other mutants, or another proof: nothing of the record counts.
    with pytest.raises(AssertionError, match="it is all there"):
        _run(tmp_path, "--seed", "2")
    monkeypatch.setattr(mutants, "_rests_on", lambda *_: "something else")
    with pytest.raises(AssertionError, match="it is all there"):
        _run(tmp_path)


def test_what_is_not_justified_fails_and_is_tried_again_where_time_ran_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(tmp_path)
    path = tmp_path / "own_memcmp.armsym_ct_memcmp.jsonl"
    record = mutants.read(path)
    assert record.unchanged is not None
    (mutant, outcome), *_ = record.outcomes.items()
    for why, status in (("they differ in x0", 1), (f"{TOO_LONG} 1 s", 0)):
        record.add(replace(outcome, answer="unjustified", why=why))
        assert mutants.read(path).outcomes[mutant].why == why
        assert _run(tmp_path)[0] == status

    # A proof that does not close: its mutants say nothing, and there are none.
    record.add(replace(record.unchanged, status="undecided"))
    status, found = _run(tmp_path)
    assert (status, found["total"]) == (3, {"proofs": 1, "mutants": 0, **dict.fromkeys(mutations.ANSWERS, 0)})


def test_mutants_decode_and_none_is_tried_twice() -> None:
    d = definitions_of(OWN)[NAME]
    image = image_of(d.object_spec())
    start, size = image.function_extent(d.symbol)
    found = list(mutants.chosen(NAME, image, start, size, 1))
    assert len(set(found)) == len(found) > 100
    assert found[:5] == list(islice(mutants.chosen(NAME, image, start, size, 1), 5))
    assert found[:5] != list(islice(mutants.chosen(NAME, image, start, size, 2), 5))
    left = {(4 * k, bit) for k in range(size // 4) for bit in range(32)} - {(m.offset, m.bit) for m in found}
    for m in found:
        A64.decode(image.word(start + m.offset) ^ 1 << m.bit)
    for offset, bit in left:
        with pytest.raises(ArmsymError):
            A64.decode(image.word(start + offset) ^ 1 << bit)


def test_the_cheapest_come_first() -> None:
    page = "| `f` |  |  |  |  | 1/1: e1 | 2.0 | proved |\n| `g` | `h` | a \\| b |  |  | 1/1: e1 | 0.5 | proved |\n"
    assert mutants.by_cost(["x/new", "x/f", "x/h", "y/f"], page) == ["x/h", "x/f", "y/f", "x/new"]
    # With a column more, of audits.
    audited = page.replace("| proved |", "| proved | python |")
    assert mutants.by_cost(["x/new", "x/f", "x/h", "y/f"], audited) == ["x/h", "x/f", "y/f", "x/new"]


def test_a_record_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    assert mutants.read(path).unchanged is None
    path.write_text('{"proof": "p"')
    assert mutants.read(path).unchanged is None
    u = mutants.Unchanged("p", "f", 1, "", "proved", 0.1)
    mutants.read(path).add(u)
    assert mutants.read(path).unchanged == u
    assert path.read_text() == json.dumps(asdict(u)) + "\n"
