"""The rule of cuts in Coq: its theorems rest on no axiom, and none of its hypotheses can be left out."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import copy

import pytest
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.coqtext import CLOSED

#: What a path has to show, or the contract has to be, with one part made less: by `True`, so that proofs keep their
#: shape.  Each time there is a machine of which a theorem would be false: a loop that does not end (the first five), a
#: step that cannot be made, or is not permitted, claims that nobody showed, two runs that can be told apart (the last
#: three).
WEAKER = {
    "an index need not grow": ("grows : forall c, 0 < stride c", "grows : forall c, 0 <= stride c"),
    "a bound is made of the index": ("same (parent c) u v -> bound c i u =", "same c u v -> bound c i u ="),
    "the index is anything": ("(around c t /\\ index x = index (v t) + stride t)", "(around c t /\\ True)"),
    "the index is not below its bound": ("/\\ below t i w)", "/\\ True)"),
    "a path ends at any cut": ("(around c t /\\ index x =", "(True /\\ index x ="),
    "a step cannot be made": ("(exists t, step s t) /\\ forall t", "True /\\ forall t"),
    "a step is not safe": ("~ returned s /\\ safe i s /\\", "~ returned s /\\ True /\\"),
    "what a cut says is not shown": ("in at_cut t i w s /\\ facts", "in True /\\ facts"),
    "facts are not shown": ("at_cut t i w s /\\ facts t i w", "at_cut t i w s /\\ True"),
    "the postcondition is not shown": ("returned s /\\ post i s) -> paths", "returned s /\\ True) -> paths"),
    "an address is secret": ("alone K c (fun _ _ s => leak s) ->", "True ->"),
    "a branch is secret": ("alone K c b ->", "True ->"),
    "an unknown is secret": ("alone K c (fun i v s => shown (x i v s)) ->", "True ->"),
}


def compiled(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "Weaker.v").write_text(source)
    command = ["coqc", "-q", "-Q", str(proved.library()), "Armsym", "Weaker.v"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_the_sources_rest_on_no_axiom(tmp_path: Path) -> None:
    with_tools("coqc")
    source = (proved.library() / "Cuts.v").read_text()
    assert source == (proved.SOURCES / "Cuts.v").read_text()
    assert [source.count(f"Print Assumptions {name}.\n") for name in ("cuts_end", "cuts_alike")] == [1, 1]
    ran = compiled(tmp_path, source)
    assert (ran.returncode, ran.stdout.splitlines()) == (0, [CLOSED] * 2)


@pytest.mark.parametrize("weaker", WEAKER, ids=str)
def test_no_hypothesis_can_be_left_out(tmp_path: Path, weaker: str) -> None:
    with_tools("coqc")
    stated, instead = WEAKER[weaker]
    source = (proved.SOURCES / "Cuts.v").read_text()
    assert source.count(stated) == 1
    ran = compiled(tmp_path, source.replace(stated, instead))
    # It is a proof that fails: of what is said of one path, or of how the index descends.
    line = int(ran.stderr.partition(", line ")[2].partition(",")[0])
    assert ran.returncode == 1
    assert line > source.partition("Section Descent.")[0].count("\n"), ran.stderr


def test_what_is_admitted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_tools("coqc")
    sources = tmp_path / "coq"
    sources.mkdir()
    copy(proved.SOURCES / "Machine.v", sources)
    text = (sources / "Machine.v").read_text()
    monkeypatch.setattr(proved, "SOURCES", sources)
    monkeypatch.setattr(proved, "_MODULES", ("Machine",))
    monkeypatch.setenv("ARMSYM_CACHE", str(tmp_path))
    assert (proved.library() / "Machine.vo").is_file()
    at = text.index("Proof.", text.index("Theorem frame"))
    admitted = text[:at] + "Admitted." + text[text.index("Qed.", at) + 4 :]
    (sources / "Machine.v").write_text(admitted)
    with pytest.raises(proved.CheckerError, match=r"Machine\.v rests on more than Coq"):
        proved.library()
