"""Running proofs: one after the other in this process, or each in a process of its own.

A process of its own is what makes a limit on time hold: it can be ended inside a solver.  Limits count the CPU time
of the process, which the system ends at its limit: what else the machine does decides nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from armsym.cli.apart import Answered, Ended, limit_cpu, run_apart, start_method
from armsym.cli.common import load_isa
from armsym.cli.comparing import compared
from armsym.cli.exporting import EXPORT_SECONDS, bundle_within
from armsym.elf import Names
from armsym.errors import ArmsymError, BudgetError, InputError
from armsym.files import Stamp, stamp_of
from armsym.proof.afresh import afresh, strangers
from armsym.proof.foreign import foreign_code
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import ProofResult, Status
from armsym.report.outcome import NO_BUNDLE, Outcome

if TYPE_CHECKING:
    from armsym.certify.export import Exporter
    from armsym.discharge.recheck import SecondSolver
    from armsym.elf import Image
    from armsym.proof.concrete import Trial
    from armsym.proof.engine import Watcher
    from armsym.proof.loops import Routine
    from armsym.proof.reliance import Relied

__all__ = [
    "Job",
    "clock_limit",
    "ended",
    "hard_limit",
    "image_of",
    "only_here",
    "run_alone",
    "run_here",
]

T = TypeVar("T")

#: The limit by the clock in multiples of the limit of CPU time.
CLOCK_FACTOR = 20.0

#: A file that calls everything as proofs do.
_SAME = Names()

#: Proofs of this process, by their place; a forked process finds its own here.
_definitions: dict[tuple[str, int, str], ProofDefinition] = {}
#: Files under proof that were read, by what they were asked for.
_images: dict[str, tuple[Stamp | None, Image]] = {}


@dataclass(frozen=True)
class Job:
    """A proof to run: where it is defined, the file it speaks of, and seconds of CPU time for the symbolic proof.

    With `second`, the second solver of that name has to confirm Z3's answers; with `traced`, a counterexample is told
    step by step; with `profiled`, where the time goes.  `names` are those of the file for what proofs name.  A bundle
    is written to the folder `export` if `export_seconds` of CPU time are enough, what Z3 was asked to `queries`.
    `imported` says that importing `file` makes the proof.  With `modules`, its sources by module, the proof is that
    which their import makes in a process where nobody imported them before.
    """

    file: str
    line: int
    name: str
    symbol: str
    object_spec: str
    seconds: float | None = None
    second: str = ""
    traced: bool = False
    profiled: bool = False
    names: Names = _SAME
    export: str = ""
    queries: str = ""
    imported: bool = True
    modules: tuple[tuple[str, str], ...] = ()
    export_seconds: float = EXPORT_SECONDS

    @staticmethod
    def of(
        d: ProofDefinition,
        object_spec: str,
        seconds: float | None,
        *,
        second: str = "",
        traced: bool = False,
        profiled: bool = False,
        names: Names = _SAME,
        export: str = "",
        queries: str = "",
        export_seconds: float = EXPORT_SECONDS,
    ) -> Job:
        """The job of a definition of this process."""
        _definitions[d.file, d.line, d.name] = d
        options = (seconds, second, traced, profiled, names, export, queries)
        job = Job(d.file, d.line, d.name, d.symbol, object_spec, *options, d.imported)
        return replace(job, export_seconds=export_seconds)

    @property
    def source(self) -> str:
        """The proof's place."""
        return f"{self.file}:{self.line}"

    def outcome(self, status: Status, message: str, *, internal: bool = False) -> Outcome:
        """An outcome that is no answer of the engine's."""
        result = ProofResult(self.name, self.object_spec, self.symbol, status=status, message=message)
        return Outcome(result, self.source, internal=internal)


def hard_limit(job: Job) -> float:
    """CPU seconds after which a process is ended: well above what a proof that keeps to its budget needs."""
    from armsym.proof.engine import Budget  # late, for a command that runs nothing: it brings the solver

    budget = Budget().seconds if job.seconds is None else job.seconds
    return (2.5 if job.second or job.queries else 1.5) * budget + 60


def clock_limit(job: Job) -> float:
    """Seconds by the clock after which a process is ended, for one that waits without working.

    So many more than `hard_limit` that a machine with other work to do does not decide.
    """
    return CLOCK_FACTOR * hard_limit(job)


def run_here(job: Job, watch: Watcher | None = None) -> Outcome:
    """Run a proof in this process; whatever happens is an outcome.  `watch` looks on."""
    from armsym.proof.engine import Budget
    from armsym.proof.profile import Profile
    from armsym.proof.run import Wanted, prove

    began = time.process_time()
    try:
        d = afresh(job.file, job.line, job.name, job.modules) if job.modules else _definition(job)
        if d.symbol != job.symbol:
            raise InputError(f"{job.source}: the proof {job.name} is of {d.symbol}, and was of {job.symbol} before")
        budget = None if job.seconds is None else Budget(seconds=job.seconds)
        image = image_of(job.object_spec)
        image = image.named(job.names) if job.names else image
        exporter = None
        if job.export and not job.names:
            from armsym.certify.export import Exporter

            exporter = Exporter(d.symbol, image.path, seconds=job.export_seconds)
        queries = None
        if job.queries:
            from armsym.report.queries import Queries

            queries = _written(job, lambda: Queries(Path(job.queries), Path(job.file), d.name))
        with foreign_code():
            result = prove(
                d,
                name=d.name,
                image=image,
                symbol=d.symbol,
                isa=load_isa(),
                budget=budget,
                wanted=Wanted(_replay, shrink=True, traced=job.traced),
                second=_second(job.second) if job.second else None,
                compare=lambda twin: compared(d, image, twin, image_of),
                # (A profile also knows where a question is asked.)
                profile=Profile() if job.profiled or job.queries else None,
                watch=watch,
                observe=None if exporter is None else exporter.observe,
                noted=None if queries is None else queries.note,
            )
        if not job.profiled:
            result.profile = None
        unproved = [o.name for o in result.obligations if o.status is not Status.PROVED]
        if result.status is Status.PROVED and (unproved or not result.obligations):
            raise AssertionError(f"{job.name} is called proved, but not {unproved or 'by any obligation'}")
        told = result.second
        if (
            result.status is Status.PROVED
            and job.second
            and (told is None or told.confirmed + len(told.unconfirmed) != told.asked)
        ):
            raise AssertionError(f"{job.name} is called proved, but the second solver was not asked, or contradicts")
        mismatch = result.counterexample is not None and result.counterexample.replay.startswith("MISMATCH")
        if mismatch:
            result.message = "armsym and Unicorn disagree on the counterexample: one of them has a defect"
        contradicted = told is not None and bool(told.disagreements)
        if contradicted:
            assert told is not None
            result.message = f"internal error: Z3 and {told.solver} contradict each other: one of them has a defect"
        outcome = Outcome(result, job.source, internal=mismatch or contradicted)
        outcome.unkept = strangers(job.modules) if job.modules else ""
        if queries is not None:
            outcome.queries = len(queries)
            _written(job, lambda: queries.finish(result))
        if exporter is not None and result.status is Status.PROVED:
            outcome.bundle = _exported(job, exporter, result)
        elif job.export and job.names:
            outcome.bundle = f"{NO_BUNDLE}the audit knows the file's own names only"
        return outcome
    except BudgetError as e:
        outcome = job.outcome(Status.UNDECIDED, str(e))
    except MemoryError:
        outcome = job.outcome(Status.UNDECIDED, "out of memory")
    except ArmsymError as e:
        where = _place_in_proof(job, e)
        text = str(e) if str(e).startswith(where) else f"{where}: {e}"
        outcome = job.outcome(Status.ERROR, text, internal=e.exit_code == 4)
    except (Exception, SystemExit) as e:  # noqa: BLE001 - one proof must not hide the others
        where, raised = _place_in_proof(job, e), f"{type(e).__name__}: {e}"
        if where:
            outcome = job.outcome(Status.ERROR, f"{where}: the proof {job.name} raises {raised}")
        else:
            outcome = job.outcome(Status.ERROR, f"internal error: {raised}", internal=True)
        outcome.traceback = traceback.format_exc()
    outcome.result.seconds = time.process_time() - began
    return outcome


def _exported(job: Job, exporter: Exporter, result: ProofResult) -> str:
    """Where a proof's bundle is, or why there is none."""
    file = Path(job.file)
    written = exporter.path_in(job.export, file, result)
    return bundle_within(
        job.export_seconds,
        lambda: exporter.write(job.export, file, result),
        lambda: written.unlink(missing_ok=True),
    )


def _written(job: Job, write: Callable[[], T]) -> T:
    try:
        return write()
    except OSError as e:
        raise InputError(f"--queries {job.queries}: cannot be written: {e.strerror or e}") from None


def _place_in_proof(job: Job, error: BaseException) -> str:
    """`file:line` of the innermost call that the proof file, or a neighbour of it, made; "" if none."""
    folder = os.path.dirname(job.file)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == job.file or os.path.dirname(frame.filename) == folder:
            return f"{frame.filename}:{frame.lineno}"
    return ""


def _definition(job: Job) -> ProofDefinition:
    d = _definitions.get((job.file, job.line, job.name))
    if d is None:
        found = (x for x in discover(Path(job.file)) if (x.line, x.name) == (job.line, job.name))
        d = next(found, None)
    if d is None:
        raise InputError(f"{job.source}: the proof {job.name} is no longer there")
    return d


def image_of(spec: str) -> Image:
    """The image of a file under proof, read once while it stays as it is; raises `InputError`."""
    stamp = stamp_of(spec if os.path.lexists(spec) else spec.rpartition("(")[0])
    known = _images.get(spec)
    if known is None or stamp is None or known[0] != stamp:
        from armsym.elf import load

        known = _images[spec] = stamp, load(spec)
    return known[1]


def _second(name: str) -> SecondSolver:
    from armsym.discharge.solvers import solver

    return solver(name)


def _replay(trial: Trial, routine: Routine) -> str:
    from armsym.conform.replay import replay

    try:
        return replay(trial, routine)
    except ArmsymError as e:  # the counterexample stands, replayed or not
        return f"not replayed: {' '.join(str(e).split())}"


def _limited(job: Job, handed: Mapping[str, Mapping[Relied, ProofResult]] | None = None) -> Outcome:
    from armsym.proof.reliance import sharing

    limit_cpu(hard_limit(job))
    if handed is None:
        return run_here(job)
    # From proofs of the same file only: what another file's functions do in their process is nothing to this one's.
    with sharing(handed.get(job.file, {})) as proved:
        outcome = run_here(job)
    if outcome.result.status is Status.PROVED and not outcome.internal and not outcome.unkept:
        outcome.contracts = proved
    return outcome


def run_alone(jobs: Sequence[Job], processes: int) -> Iterator[tuple[int, Outcome | None]]:
    """Run each job in a process of its own, so many at a time.

    Yields (index, outcome) as they finish, and (index, None) when one begins.  A process that goes far beyond its
    budget of CPU time is ended, and its proof undecided, and so is one that waits without end; one that ends
    without an answer is an internal error.

    What a process proved of a contract, those that are forked later for proofs of the same file take over.
    """
    method = start_method()
    contracts: dict[str, dict[Relied, ProofResult]] = {}
    if method != "fork":
        # Another process would find what the file makes, which may be another proof of this name and line.
        for index, job in enumerate(jobs):
            if not job.imported:
                yield index, only_here(job)
        if not all(j.imported for j in jobs):
            numbers = [k for k, j in enumerate(jobs) if j.imported]
            for k, outcome in run_alone([jobs[k] for k in numbers], processes):
                yield numbers[k], outcome
            return
    if method == "fork":
        _load_ahead(jobs)
    elif method == "forkserver":
        multiprocessing.get_context(method).set_forkserver_preload(["armsym.proof.run", "semantics"])
    # A forked process has what this one knows when it begins.
    work = partial(_limited, handed=contracts) if method == "fork" else _limited
    for index, came in run_apart(jobs, work, processes, method, clock_limit):
        match came:
            case None:
                yield index, None
            case Answered(outcome):
                assert isinstance(outcome, Outcome)
                contracts.setdefault(jobs[index].file, {}).update(outcome.contracts)
                outcome.contracts = {}
                yield index, outcome
            case Ended(None, seconds):
                text = f"ended after {seconds:.0f} s by the clock: it waits, or the machine has no time for it"
                yield index, jobs[index].outcome(Status.UNDECIDED, text)
            case Ended(code):
                yield index, ended(jobs[index], code)


def _load_ahead(jobs: Sequence[Job]) -> None:
    import armsym.proof.run  # noqa: F401 - so that the children need not

    load_isa()
    for spec in {j.object_spec: None for j in jobs}:
        try:
            image = image_of(spec)
            image.symbols  # noqa: B018 - the index of symbols is built when first asked
        except ArmsymError:
            pass  # each of its proofs says so
    exported = {image_of(j.object_spec).path for j in jobs if j.export and j.object_spec in _images}
    if exported:
        from armsym.audit.elf import ElfError
        from armsym.certify.export import file_of

        for path in exported:
            with suppress(OSError, ElfError):
                file_of(path)


def only_here(job: Job) -> Outcome:
    """What a job comes to that cannot run in a process which does not have this one's memory."""
    text = f"{job.source}: the proof {job.name} is not made by importing its file, and a process of its own makes it so"
    return job.outcome(Status.ERROR, f"{text}: declare it at the top level of a file, or run it without threads")


def ended(job: Job, code: int | None) -> Outcome:
    """What a job came to whose process ended with this exit code, or by signal -code, and said nothing."""
    end = Ended(code)
    if end.by_cpu_limit:
        limit = hard_limit(job)
        outcome = job.outcome(Status.UNDECIDED, f"ended after {limit:.0f} s of CPU time, far beyond its budget")
        outcome.result.seconds = limit
        return outcome
    return job.outcome(Status.ERROR, f"internal error: the proof's process {end.how}", internal=True)
