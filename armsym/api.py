"""`armsym.prove`: what the command `armsym prove` does, for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from os import PathLike, fspath
from typing import Any, NoReturn, overload

from armsym.cli.builds import Build
from armsym.cli.common import check_seconds
from armsym.cli.farm import connect
from armsym.cli.proving import Kept, Progress, chosen_solver, cpus, forbidden, outcomes
from armsym.cli.selection import Selection, select
from armsym.errors import InputError
from armsym.proof.registry import ProofDefinition
from armsym.report.as_json import document
from armsym.report.outcome import ExitCode, Outcome, exit_code

__all__ = ["Outcomes", "Target", "prove"]

#: What to prove: a file or folder, `FILE::NAME`, or what `@proof` made.
Target = str | PathLike[str] | ProofDefinition


class Outcomes(Sequence[Outcome]):
    """What became of each selected proof, in order of definition: the objects that `armsym prove` prints.

    It has no truth value, which would be that of its length: ask `proved`.
    """

    def __init__(self, found: Sequence[Outcome]) -> None:
        self._found = tuple(found)

    @property
    def exit_code(self) -> ExitCode:
        """What the command would end with: `PROVED` only if there is a proof, all hold, and none failed to run."""
        return exit_code(self._found)

    @property
    def proved(self) -> bool:
        """Whether every proof that was selected was run (or is known from before) and is proved; False if none was."""
        return bool(self._found) and self.exit_code is ExitCode.PROVED and not any(o.left_out for o in self._found)

    def text(self, *, verbose: bool = False) -> str:
        """The lines that the command prints for these proofs, without its last one."""
        from armsym.report.text import outcome_lines

        lines = (line for o in self._found for line in outcome_lines(o, verbose=verbose))
        return "\n".join("".join(piece for piece, _ in line) for line in lines)

    def as_dict(self) -> dict[str, Any]:
        """The document of `armsym prove --json`."""
        return document(self._found)

    def junit(self) -> str:
        """The document of `armsym prove --junit`."""
        from armsym.report.junit import junit_xml

        return junit_xml(self._found)

    @overload
    def __getitem__(self, k: int) -> Outcome: ...

    @overload
    def __getitem__(self, k: slice) -> Outcomes: ...

    def __getitem__(self, k: int | slice) -> Outcome | Outcomes:
        return Outcomes(self._found[k]) if isinstance(k, slice) else self._found[k]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._found)

    def __bool__(self) -> NoReturn:
        raise TypeError("outcomes are neither true nor false: ask for .proved, or .exit_code")

    def __repr__(self) -> str:
        from armsym.report.outcome import summary

        return f"<{', '.join(f'{n} {name}' for name, n in summary(self._found).items())}>"


def prove(
    *targets: Target,
    match: str = "*",
    file: str | PathLike[str] | None = None,
    seconds: float | None = None,
    jobs: int | None = None,
    second_solver: bool | str = False,
    cache: bool = False,
    offline_ok: bool = False,
    dask: str | None = None,
    told: Callable[[Outcome], object] | None = None,
) -> Outcomes:
    """Prove what is selected, each proof in a process of its own, and return what became of each.

    `targets` are proof files, folders, `FILE::NAME`, or definitions made by `@proof`; without any, the folder
    `crypto_examples`.  `match` is a glob for names and symbols.  `file` is the build to prove instead of that which
    the proofs name.  `seconds` of CPU time are the limit of each symbolic proof; what is not shown then is undecided.
    `jobs` run at a time (all CPUs).  `second_solver` has Bitwuzla confirm Z3's answers, or the solvers of a name:
    bitwuzla, cvc5, both.  With `cache`, what is known from before is not proved again, and what is proved is kept; of
    such an `Outcome`, `cached` is True.  (Not where the environment has ARMSYM_NO_CACHE=1, nor where a definition is
    among the targets: the file that made it does not say what became of it.) With `offline_ok` proofs of wheels that
    cannot be fetched are left out, instead of being errors.  `dask` is the address of a scheduler on whose workers
    the proofs run, instead of here.  `told` is called with each outcome as soon as it is known.

    What a routine or a proof does is never an exception: a refuted proof, or one that cannot be set up, is an
    `Outcome`.  Raises `InputError` for targets or a `file` that cannot be used, and where nothing is selected.
    """
    check_seconds("seconds", seconds)
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs is the number of proofs at a time, 1 or more, not {jobs!r}")
    second = chosen_solver(bool(second_solver), second_solver if isinstance(second_solver, str) else None)
    selection = _selected(targets, match)
    if not selection.proofs and not selection.broken:
        raise InputError(f"no proof is selected{'' if match == '*' else f' by match={match!r}'}")
    build = None
    if file is not None:
        build = Build.of(fspath(file), [], None, "", [d.symbol for d in selection.proofs], find=None)
    if dask is not None and jobs is not None:
        raise InputError("jobs is about this machine's processes: with dask the workers decide how many run")
    # What a definition says may have been changed by the program that has it.
    given = any(isinstance(t, ProofDefinition) for t in targets)
    kept = Kept() if cache and not given and not forbidden() else None
    done: dict[int, Outcome] = {}
    with nullcontext() if dask is None else connect(dask) as farm:
        for k, outcome in outcomes(
            selection,
            build=build,
            timeout=seconds,
            processes=jobs or cpus(),
            offline_ok=offline_ok,
            second=second,
            progress=Progress(0, quiet=True),
            kept=kept,
            isolate=True,
            farm=farm,
        ):
            done[k] = outcome
            if told is not None:
                told(outcome)
    if len(done) != len(selection.proofs) + len(selection.broken):
        raise AssertionError(f"{len(selection.proofs)} proofs are selected, {len(done)} have an outcome")
    return Outcomes([done[k] for k in sorted(done)])


def _selected(targets: Sequence[Target], match: str) -> Selection:
    definitions = [t for t in targets if isinstance(t, ProofDefinition)]
    named = [_path(t) for t in targets if not isinstance(t, ProofDefinition)]
    return select(named, match, definitions)


def _path(target: str | PathLike[str]) -> str:
    try:
        path = fspath(target)
    except TypeError:
        path = None
    if not isinstance(path, str):
        raise InputError(f"a target is a path, FILE::NAME or what @proof made, not {target!r}")
    return path
