"""`armsym prove --dask ADDRESS`: proofs on the workers of a Dask cluster, with the results that they have here.

A worker sees the same files at the same paths, and has the same armsym and Python: each job carries the hash of all it
rests on, and a worker where that is another does not run it.  A job runs in a process of its own there, with the limits
that it has here.  Dask gives the jobs of a worker that is lost to others.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from armsym.cache import Keys
from armsym.cli.apart import limit_cpu
from armsym.cli.work import Job, clock_limit, ended, hard_limit, only_here, run_here
from armsym.errors import InputError
from armsym.proof.registry import discover
from armsym.proof.result import Status
from armsym.report.outcome import Outcome

__all__ = ["connect", "identity", "on_worker", "run_farm"]

_CONNECT = 15  # seconds


def connect(address: str) -> Any:
    """A client of the scheduler at an address such as `tcp://10.0.0.1:8786`; raises `InputError`."""
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--dask needs the library distributed: pip install 'armsym[dask]'") from None
    try:
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as e:
        raise InputError(f"--dask {address}: no scheduler answers there: {e}") from None


def identity(job: Job, keys: Keys) -> str:
    """The hash of what a job rests on, as it is on this machine; raises `InputError` for files that cannot be read."""
    return keys.identity(
        file=job.file, name=job.name, symbol=job.symbol, object_spec=job.object_spec, second=job.second, names=job.names
    )


def run_farm(jobs: Sequence[Job], client: Any) -> Iterator[tuple[int, Outcome]]:
    """Run the jobs on the client's cluster; yields (index, outcome) as they finish.

    What comes back that is no outcome of its job, and a job that no worker survives, is an internal error.
    """
    from distributed import as_completed

    keys = Keys()
    futures: dict[Any, int] = {}
    for k, job in enumerate(jobs):
        if not job.imported:
            yield k, only_here(job)
            continue
        try:
            expected = identity(job, keys)
        except InputError as e:
            yield k, job.outcome(Status.ERROR, str(e))
            continue
        name = f"armsym-{uuid.uuid4()}"  # else Dask would take one answer for another's
        futures[client.submit(on_worker, job, expected, key=name, pure=False)] = k
    if not futures:
        return
    for future in as_completed(list(futures), loop=client.loop):
        k = futures[future]
        job = jobs[k]
        if future.status == "finished":
            yield k, _checked(job, future.result())
        elif future.status == "error":
            raised = future.exception()
            text = f"internal error: no worker finished it: {type(raised).__name__}: {raised}"
            yield k, job.outcome(Status.ERROR, text, internal=True)
        else:
            text = f"internal error: the cluster lost it ({future.status})"
            yield k, job.outcome(Status.ERROR, text, internal=True)


def _checked(job: Job, answer: object) -> Outcome:
    if not isinstance(answer, Outcome) or (answer.result.proof, answer.result.symbol) != (job.name, job.symbol):
        return job.outcome(Status.ERROR, f"internal error: a worker answers {answer!r:.100}", internal=True)
    open_ = [o.name for o in answer.result.obligations if o.status is not Status.PROVED]
    if answer.result.status is Status.PROVED and (open_ or not answer.result.obligations):
        return job.outcome(Status.ERROR, "internal error: a worker calls proved what is not", internal=True)
    return answer


def on_worker(job: Job, expected: str) -> Outcome:
    """Run a job in a process of its own; called by a worker, which has threads, and may not fork."""
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder) / "job", Path(folder) / "outcome"
        question.write_bytes(pickle.dumps((job, expected)))
        command = [sys.executable, "-P", "-c", "from armsym.cli.farm import main; main()", str(question), str(answer)]
        try:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=2, timeout=clock_limit(job), check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return job.outcome(Status.UNDECIDED, f"ended after {clock_limit(job):.0f} s by the clock")
        if not answer.exists():
            return ended(job, code)
        outcome = pickle.loads(answer.read_bytes())
        assert isinstance(outcome, Outcome)
        return outcome


def main() -> None:
    """What the process of a job does: read it, run it, and write what came of it, last of all and at once."""
    question, answer = (Path(a) for a in sys.argv[1:])
    job, expected = pickle.loads(question.read_bytes())
    limit_cpu(hard_limit(job))
    part = answer.with_suffix(".part")
    part.write_bytes(pickle.dumps(_same_or_refused(job, expected)))
    os.replace(part, answer)
    os._exit(0)


def _same_or_refused(job: Job, expected: str) -> Outcome:
    try:
        list(discover(Path(job.file)))
        own = identity(job, Keys())
    except InputError as e:
        return job.outcome(Status.ERROR, f"on a worker: {e}")
    if own != expected:
        text = (
            "on a worker something is not what it is here: armsym, Python, the proof and what it imports, or the file"
        )
        return job.outcome(Status.ERROR, text)
    return run_here(job)
