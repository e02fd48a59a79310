"""`armsym audit --checker`: the same bundles by Python, by the checker extracted from Coq, and by Coq's kernel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from proved_checkers import with_tools
from shipped import fetching
from typer.testing import CliRunner

from armsym.audit import proved
from armsym.audit.audit import Checker, audit, walks
from armsym.audit.bundle import Bundle
from armsym.audit.checkers import checker
from armsym.audit.elf import Elf
from armsym.audit.facts import Facts
from armsym.audit.farkas import Argument, Form
from armsym.audit.goals import Goal, Goals
from armsym.audit.hints import Certificate
from armsym.audit.ranges import reaches
from armsym.audit.text import read, write
from armsym.certify.multipliers import Search
from armsym.cli import build
from armsym.cli.work import Job, run_here
from armsym.errors import InputError
from armsym.proof.registry import discover

EXAMPLES = Path(__file__).resolve().parents[2] / "crypto_examples"
PROOFS = {
    "armsym_ct_memcmp": EXAMPLES / "own_memcmp" / "proof.py",
    "crypto_memcmp": EXAMPLES / "aws_lc",
    "sha1_block_armv8": EXAMPLES / "openssl" / "sha1.py",
}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, found = tmp_path_factory.mktemp("bundles"), {}
    for name, place in PROOFS.items():
        d = next(d for d in discover(place) if d.name == name)
        with fetching():
            file = d.object_spec()
        found[name] = Path(run_here(Job.of(d, file, None, export=str(folder))).bundle)
        assert found[name].is_file(), found[name]
    return found


def test_a_bundle_that_names_no_file_needs_it_named(bundles: dict[str, Path], tmp_path: Path) -> None:
    bundle, path = read(bundles["armsym_ct_memcmp"].read_text()), tmp_path / "nowhere.bundle"
    file, bundle.object = bundle.object, ""
    path.write_text(write(bundle))
    done = CliRunner().invoke(build(conform=False), ["audit", str(path)])
    assert done.exit_code == 2
    assert "nowhere.bundle does not tell where" in done.output
    assert told(path, "--file", file)["status"] == "audited"


def steps(path: Path) -> list[str]:
    """What a bundle has of multipliers; "-" is none."""
    return [line for case in read(path.read_text()).cases for line in case.steps]


def told(*arguments: object) -> dict[str, object]:
    done = CliRunner().invoke(build(conform=False), ["audit", "--json", *map(str, arguments)])
    assert done.exit_code in (0, 3), done.output
    (answer,) = json.loads(done.output)["audits"]
    assert (answer["status"] == "audited") == (done.exit_code == 0)
    return {key: answer[key] for key in ("status", "checker", "certificates", "linear_arguments")}


def test_coqs_kernel_accepts_the_smallest(bundles: dict[str, Path]) -> None:
    with_tools("coqc")
    for name in ("armsym_ct_memcmp", "crypto_memcmp"):
        answer = told(bundles[name], "--checker", "coq")
        # Those of the bundle, and those by ranges alone, which need no multipliers.
        by_python = told(bundles[name])
        linear = answer.pop("linear_arguments")
        assert isinstance(linear, int)
        assert linear == by_python["linear_arguments"], name
        assert linear > sum(":" in step for step in steps(bundles[name])) > 0, name
        assert by_python["certificates"] in (1, 2), name
        assert answer == {"status": "audited", "checker": "coq", "certificates": by_python["certificates"]}, name


def test_the_extracted_checker_accepts_what_pythons_accepts(bundles: dict[str, Path]) -> None:
    with_tools("coqc", "ocamlfind")
    for name, path in bundles.items():
        by_python = told(path)
        assert by_python["status"] == "audited", name
        assert told(path, "--checker", "ocaml") == {**by_python, "checker": "ocaml"}, name


def spoilt(path: Path) -> Bundle:
    """The bundle without the last hint of each certificate, on which its claims rest."""
    bundle = read(path.read_text())
    for case in bundle.cases:
        for number, lines in case.certificates.items():
            last = max(k for k, line in enumerate(lines) if line.split(" ")[0] in ("poly", "polyatom", "sum", "same"))
            case.certificates[number] = [*lines[:last], *lines[last + 1 :]]
    return bundle


@pytest.mark.parametrize("name", ["python", "ocaml", "coq"])
def test_no_checker_accepts_hints_that_show_less(bundles: dict[str, Path], tmp_path: Path, name: str) -> None:
    with_tools(*{"python": (), "ocaml": ("coqc", "ocamlfind"), "coq": ("coqc",)}[name])
    path = tmp_path / "spoilt.bundle"
    path.write_text(write(spoilt(bundles["armsym_ct_memcmp"])))
    expected = {"status": "not audited", "checker": name, "certificates": 0, "linear_arguments": 0}
    assert told(path, "--checker", name) == expected


def verdict_by(accepts: Checker, path: Path) -> list[str]:
    bundle = read(path.read_text())
    elf = Elf.read(bundle.object)
    return audit(bundle, elf, elf.symbol(bundle.symbol)[0], accepts).refused


def test_what_a_checker_leaves_open_is_refused(bundles: dict[str, Path]) -> None:
    def one_open(certificate: Certificate) -> list[list[tuple[int, int]]]:
        return [part.claims[-1:] for part in certificate.parts]

    (refused,) = verdict_by(Checker(one_open), bundles["armsym_ct_memcmp"])
    assert "not shown equal" in refused
    asked: list[Goals] = []

    def last_open(goals: Sequence[Goals]) -> list[Goal]:
        asked.extend(goals)
        return goals[-1].all[-1:]

    (refused,) = verdict_by(Checker(linear=last_open), bundles["armsym_ct_memcmp"])
    assert "a linear argument, an equal sum or a number is not accepted" in refused
    # What follows from what words can be is asked, too, of the program of the walk that it was needed on.
    by_ranges = [(g, a) for g in asked for a in g.arguments if not a.facts]
    assert len(asked) == 2
    # So are registers that are one sum with what the cut says of them.
    assert sum(len(g.same) for g in asked) >= 5
    assert len({a.goal[0] for _, a in by_ranges}) > 1
    for g, a in by_ranges:
        assert a.holds
        assert dict(a.ranges).items() <= reaches(g.program, a.goal[1]).items()


def test_what_python_takes_to_follow_from_ranges_is_refused_by_the_others(
    bundles: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tools("coqc", "ocamlfind")

    def planted(facts: Facts, goal: Form) -> bool:
        """As if each word that a goal takes off could be 0 only."""
        taken = sorted(n for n, k in goal[1].items() if k < 0)
        others = [(n, most) for n, most in facts.ranges(goal) if n in goal[1] and n not in taken]
        multipliers = {2 * place + 1: -goal[1][n] for place, n in enumerate(taken)}
        multipliers |= {2 * (len(taken) + place): goal[1][n] for place, (n, _) in enumerate(others)}
        argument = Argument(goal, [], multipliers, 1, [*((n, 0) for n in taken), *others])
        if argument.holds:
            facts.arguments.append(argument)
        return argument.holds

    bundle = read(bundles["armsym_ct_memcmp"].read_text())
    elf = Elf.read(bundle.object)
    entry = elf.symbol(bundle.symbol)[0]
    for defect in (False, True):
        if defect:
            monkeypatch.setattr(Facts, "_follows_from_ranges", planted)
        found = [
            Goals(walk.words.program, walk.arguments)
            for case in bundle.cases
            for walk in walks(case, elf, entry, Search())
        ]
        assert all(a.holds for goals in found for a in goals.arguments)
        assert bool(proved.ocaml_linear(found)) == defect


@pytest.mark.parametrize(
    ("name", "function"), [("ocaml", "ocaml"), ("ocaml", "ocaml_linear"), ("coq", "kernel"), ("coq", "kernel_linear")]
)
def test_a_checker_that_fails_shows_nothing(
    bundles: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str, function: str
) -> None:
    with_tools("coqc", "ocamlfind")

    def fails(certificates: object) -> None:
        raise proved.CheckerError(f"was ended, {certificates!r:.10}")

    monkeypatch.setattr(proved, function, fails)
    accepts = checker("coq" if name == "coq" else "ocaml")
    if function.endswith("linear"):
        accepts = Checker(linear=accepts.linear)
    (refused,) = verdict_by(accepts, bundles["armsym_ct_memcmp"])
    assert "was ended" in refused


@pytest.mark.parametrize("name", ["ocaml", "coq"])
def test_without_the_tools_it_is_bad_input_and_nothing_is_audited(
    bundles: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(proved, "which", lambda tool: None)
    arguments = ["audit", str(bundles["armsym_ct_memcmp"]), "--checker", name]
    with pytest.raises(InputError, match=f"--checker {name}: Coq is not installed .*apt-get install coq"):
        CliRunner().invoke(build(conform=False), arguments, catch_exceptions=False)
    assert told(bundles["armsym_ct_memcmp"])["status"] == "audited"
