"""Work in processes of its own, one a task: what ends, hangs or takes too much there costs its own task's answer alone.

Not `concurrent.futures`: a command's process leaves by `os._exit` (`armsym.cli.supervised`), which runs no exit
handlers, so that idle workers of a pool live on and hold the command's output open; whoever reads that waits for ever.
"""

from __future__ import annotations

import ctypes
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

__all__ = ["Answered", "Ended", "cpus", "end_with_parent", "limit_cpu", "run_apart", "start_method"]

T = TypeVar("T")
A = TypeVar("A")

#: "Set the signal that I get when my parent ends", of prctl(2).
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Answered(Generic[A]):
    """What a task's process answered."""

    answer: A


@dataclass(frozen=True)
class Ended:
    """A task's process gave no answer: it ended with exit code `code`, below 0 by that signal, or after so many
    seconds by the clock, when it was ended (`code` is None).
    """  # fmt: skip

    code: int | None
    seconds: float = 0.0

    @property
    def by_cpu_limit(self) -> bool:
        """Whether the system ended it at its limit of CPU time."""
        return self.code is not None and self.code == -getattr(signal, "SIGXCPU", 0) != 0

    @property
    def how(self) -> str:
        """In words, for a process that nobody here ended."""
        if self.code is not None and self.code < 0:
            return f"was ended by signal {-self.code}"
        return f"ended with {self.code}"


@dataclass
class _Running(Generic[T]):
    index: int
    task: T
    process: BaseProcess
    answer: Connection
    began: float


def run_apart(
    tasks: Sequence[T], work: Callable[[T], A], processes: int, method: str, clock: Callable[[T], float]
) -> Iterator[tuple[int, Answered[A] | Ended | None]]:
    """Do `work` on each task in a process of its own, so many at a time; `clock` is when to end it, by the clock.

    Yields (index, what came of it) as they finish, and (index, None) when one begins.  All that still run are ended
    when the caller stops asking.  `method` is how `multiprocessing` starts processes; all but "fork" need a `work`
    that can be imported.
    """
    context = multiprocessing.get_context(method)
    waiting = list(enumerate(tasks))[::-1]
    running: list[_Running[T]] = []
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                index, task = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(work, task, theirs), daemon=True)  # type: ignore[attr-defined]
                process.start()
                # Only the process itself may hold this end: that it is gone is how its end is seen.
                theirs.close()
                running.append(_Running(index, task, process, ours, time.monotonic()))
                yield index, None
            soonest = min(r.began + clock(r.task) for r in running)
            wait([r.answer for r in running], max(0.0, soonest - time.monotonic()))
            for r in running[:]:
                came: Answered[A] | Ended
                if r.answer.poll():
                    came = _received(r)
                elif time.monotonic() > r.began + clock(r.task):
                    came = Ended(None, time.monotonic() - r.began)
                else:
                    continue
                running.remove(r)
                _end(r)
                yield r.index, came
    finally:
        for r in running:
            _end(r)


def _child(work: Callable[[T], A], task: T, answer: Connection) -> None:
    end_with_parent()
    # Ctrl-C reaches the whole group; the parent ends its children itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer.send(work(task))
    answer.close()


def _received(r: _Running[T]) -> Answered[A] | Ended:
    try:
        return Answered(r.answer.recv())
    except (EOFError, OSError):
        r.process.join()
        return Ended(r.process.exitcode)


def _end(r: _Running[T]) -> None:
    r.answer.close()
    r.process.join(0.2)
    if r.process.is_alive():
        r.process.kill()
        r.process.join()


def start_method() -> str:
    """How to start processes here.

    A forked process has everything loaded already.  Only Linux forks safely with native libraries, and where other
    threads run (a notebook, pytest's workers) none may: there a server without threads forks.
    """
    if sys.platform != "linux":
        return "spawn"
    return "fork" if threading.active_count() == 1 else "forkserver"


def end_with_parent() -> None:
    """Have the system end this process once its parent has ended, by whatever signal: else its limit only would."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_cpu(seconds: float) -> None:
    """Have the system end this process once it has used so many seconds of CPU time more, wherever it is then."""
    try:
        import resource
    except ImportError:  # not on every system: there the clock's limit stands alone
        return
    # Ended by its signal, without a dump of its memory.
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    used = time.process_time()
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    limit = math.ceil(used + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def cpus() -> int:
    """How many CPUs this process may use."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
