"""Running what was selected: from the kept results, here, or each in a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from armsym.cli.apart import cpus
from armsym.cli.exporting import EXPORT_SECONDS
from armsym.cli.work import Job, run_alone, run_here
from armsym.elf import Names
from armsym.errors import ArmsymError
from armsym.proof.result import ProofResult, Status
from armsym.report.outcome import Outcome
from armsym.wheels import WheelUnavailable

if TYPE_CHECKING:
    from armsym.cache import Key, Keys, Store
    from armsym.cli.builds import Build
    from armsym.cli.selection import Selection

__all__ = ["Kept", "Progress", "cpus", "forbidden", "outcomes", "usual"]


def forbidden() -> bool:
    """Whether the environment says that results are neither taken from the cache nor kept (ARMSYM_NO_CACHE)."""
    return os.environ.get("ARMSYM_NO_CACHE", "") not in ("", "0")


class Kept:
    """Results of earlier commands, and those of this one to keep; `notes` says what stood against it."""

    def __init__(self) -> None:
        from armsym.cache import Keys, Store, results_folder

        self._store: Store = Store(results_folder())
        self._keys: Keys = Keys()
        self._open: dict[Job, Key] = {}
        self._stored = False
        #: Why a proof's result is not kept, by the proof's name.
        self.notes: dict[str, str] = {}

    @property
    def unusable(self) -> str:
        """Why no results are kept at all; empty if they are."""
        return self._store.unusable

    def look_up(self, job: Job) -> Outcome | None:
        """What is known of a job already."""
        from armsym.cache import Uncacheable

        if job.profiled or job.export or job.queries:
            # Of a result that was kept nobody knows where the time went, and there are no bundle and no questions.
            return None
        if not job.imported:
            self.notes[job.name] = f"not the import of {job.file} made it"
            return None
        try:
            key = self._keys.of(
                file=job.file,
                name=job.name,
                symbol=job.symbol,
                object_spec=job.object_spec,
                second=job.second,
                names=job.names,
            )
        except Uncacheable as e:
            self.notes[job.name] = str(e)
            return None
        found = self._store.get(key, file=job.object_spec, second=bool(job.second))
        if found is None or (found.proof, found.symbol) != (job.name, job.symbol):
            self._open[job] = key
            return None
        return Outcome(found, job.source, cached=True)

    def prepared(self, job: Job) -> Job:
        """The job to run for one that was looked up, such that what comes of it may be kept: its sources alone say."""
        key = self._open.pop(job, None)
        if key is None:
            return job
        alone = replace(job, modules=key.modules)
        self._open[alone] = key
        return alone

    def keep(self, job: Job, outcome: Outcome) -> None:
        """Keep what came of a job that was prepared, if it is proved and nothing changed meanwhile."""
        key = self._open.get(job) if job.modules else None
        if key is None or outcome.internal or outcome.left_out or outcome.result.status is not Status.PROVED:
            return
        why = outcome.unkept or self._keys.still_holds(key)
        if why:
            self.notes[job.name] = why
        elif self._store.put(key, outcome.result, second=bool(job.second)) and not self._stored:
            self._stored = True
            self._store.tidy()


def usual(*, no_cache: bool) -> tuple[Kept | None, str]:
    """The kept results that a command uses; or none, and a note where its user should know why."""
    if no_cache or forbidden():
        return None, ""
    kept = Kept()
    return (None, f"results are not kept: {kept.unusable}") if kept.unusable else (kept, "")


def chosen_solver(flag: bool, by: str | None) -> str:
    """The second solver that is asked for, by name, "" for none; raises `InputError` where it is not installed."""
    if not flag and by is None:
        return ""
    from armsym.discharge.solvers import chosen, need

    name = chosen(flag, by)
    need(name)
    return name


def outcomes(
    selection: Selection,
    *,
    build: Build | None,
    timeout: float | None,
    processes: int,
    offline_ok: bool,
    second: str,
    progress: Progress,
    traced: bool = False,
    profiled: bool = False,
    export: str = "",
    export_seconds: float = EXPORT_SECONDS,
    queries: str = "",
    kept: Kept | None = None,
    isolate: bool = False,
    farm: Any = None,
) -> Iterator[tuple[int, Outcome]]:
    """(place in the report, outcome) of all that was selected, as they are known.

    A single proof without a limit runs in this process, unless it is to be isolated.  With a client of Dask as `farm`
    all run on its workers.
    """
    count = len(selection.proofs)
    for k, (file, error) in enumerate(selection.broken):
        result = ProofResult(file.name, "", "", status=Status.ERROR, message=str(error))
        yield count + k, Outcome(result, str(file))
    todo: list[tuple[int, Job]] = []
    specs: dict[object, str | ArmsymError] = {}
    for k, d in enumerate(selection.proofs):
        # Files are fetched here, once each, and not by several processes at a time.
        spec: str | ArmsymError
        if build is not None:
            try:
                spec = build.spec_for(d.symbol)
            except ArmsymError as e:
                spec = e
        else:
            key = (d.file, d.of) if isinstance(d.of, str) else d.of
            if key not in specs:
                progress.note(f"looking for {d.of}")
                try:
                    specs[key] = d.object_spec()
                except ArmsymError as e:
                    specs[key] = e
            spec = specs[key]
        if isinstance(spec, str):
            names = build.names if build is not None else Names()
            job = Job.of(
                d,
                spec,
                timeout,
                second=second,
                traced=traced,
                profiled=profiled,
                names=names,
                export=export,
                queries=queries,
                export_seconds=export_seconds,
            )
            known = None if kept is None else kept.look_up(job)
            if known is None:
                todo.append((k, job if kept is None else kept.prepared(job)))
            else:
                yield k, known
            continue
        outcome = Job.of(d, build.file if build is not None else str(d.of), None).outcome(Status.ERROR, str(spec))
        if offline_ok and isinstance(spec, WheelUnavailable):
            outcome.left_out = str(spec)
        yield k, outcome
    if farm is None and not isolate and timeout is None and len(selection.proofs) == 1:
        for k, job in todo:
            progress.begin(job.name)
            outcome = run_here(job)
            if kept is not None:
                kept.keep(job, outcome)
            yield k, outcome
        return
    jobs = [job for _, job in todo]
    running: Iterator[tuple[int, Outcome | None]]
    if farm is None:
        running = run_alone(jobs, processes)
    else:
        from armsym.cli.farm import run_farm

        running = run_farm(jobs, farm)
    for index, finished in running:
        place, job = todo[index]
        if finished is None:
            progress.begin(job.name)
        else:
            progress.end(job.name)
            if kept is not None:
                kept.keep(job, finished)
            yield place, finished


class Progress:
    """One line on stderr that is rewritten, on a terminal only.  No thread: processes are forked."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._on = not quiet and sys.stderr.isatty()
        self._total = total
        self._done = 0
        self._names: list[str] = []

    def note(self, text: str) -> None:
        """Say what is going on now."""
        if self._on:
            sys.stderr.write(f"\r\x1b[K{text[:100]}")
            sys.stderr.flush()

    def begin(self, name: str) -> None:
        """A proof begins."""
        self._names.append(name)
        self.show(self._done)

    def end(self, name: str) -> None:
        """A proof ended."""
        if name in self._names:
            self._names.remove(name)

    def show(self, done: int) -> None:
        """So many of all proofs are done."""
        self._done = done
        if done < self._total:
            self.note(f"{done}/{self._total} done; proving {', '.join(self._names)}")

    def clear(self) -> None:
        """Remove the line."""
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
