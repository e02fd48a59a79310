"""A command that runs other people's code, in a process that has to say how it ended.

A proof file is a program: it may leave by `os._exit(0)`, be killed, or close stdout.  None of that must pass for an
answer.  So the command runs in a child process, and its exit code counts only where the child says, last of all and
through a pipe of its own, that it came to its end; else the command ends with exit code 4.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from armsym.cli.common import print_error

__all__ = ["INTERNAL", "forked", "supervised"]

INTERNAL = 4  # `armsym.report.outcome.ExitCode.INTERNAL`, which is not loaded for --help
#: Signals sent to the command are for its child, too; what the terminal sends (Ctrl-C) reaches both.
_FORWARDED = ("SIGTERM", "SIGHUP")


def supervised(work: Callable[[], int]) -> int:
    """The exit code that `work` returns in a process of its own; 4 where that process ends without a word.

    Where processes cannot be forked (Windows) it runs here, and a proof file that leaves by `os._exit` is not noticed.
    """
    if not hasattr(os, "fork"):
        return work()
    child, heard = forked(lambda said: _work(work, said))
    received: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        received.append(number)
        if number != signal.SIGINT:
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(child, number)

    for number in (getattr(signal, name) for name in (*_FORWARDED, "SIGINT")):
        if signal.getsignal(number) is not signal.SIG_IGN:  # else it stays so, in the child too (`nohup armsym ...`)
            signal.signal(number, forward)
    _, status = os.waitpid(child, 0)
    # Its own children may hold the pipe open: what was said is there by now.
    os.set_blocking(heard, False)
    try:
        words = os.read(heard, 64).decode("ascii", "replace").split()
    except BlockingIOError:
        words = []
    how = os.waitstatus_to_exitcode(status)
    if received:
        _end_by(received[0])
    if len(words) == 2 and words[0] == str(child) and words[1].isdigit():
        return int(words[1])
    if how == -getattr(signal, "SIGPIPE", 0):
        _end_by(-how)  # `armsym ... | head`: not an answer, and no error
    ended = f"was ended by signal {-how}" if how < 0 else f"ended with {how}"
    print_error(
        f"internal error: the process that does the work {ended} before it said that it is done: "
        "what it did not report is not known (does a proof file call os._exit?)"
    )
    return INTERNAL


def forked(work: Callable[[int], NoReturn]) -> tuple[int, int]:
    """A process that does the work, which is told where to say something; its number, and where that is heard."""
    heard, said = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    child = os.fork()
    if child == 0:
        os.close(heard)
        work(said)
    os.close(said)
    return child, heard


def _work(work: Callable[[], int], said: int) -> NoReturn:
    """Do the work, say so, and end this process."""
    me = os.getpid()
    code = INTERNAL
    try:
        if sys.stdout is not None:
            _keep_stdout()
        code = work()
        if os.getpid() != me:
            os._exit(INTERNAL)  # a process that was forked on the way does not speak for this one
        if sys.stdout is not None:
            sys.stdout.flush()
        os.write(said, f"{me} {code}".encode("ascii"))
    except BaseException as e:  # noqa: BLE001 - whatever it is: nothing was said, and so it is no answer
        with suppress(Exception):  # stderr may be gone, too
            print_error(f"internal error: {type(e).__name__}: {e}")
    finally:
        # Neither threads nor exit handlers of a proof file have a word in it.
        os._exit(code)


def _keep_stdout() -> None:
    """Let only reports go to stdout; what else writes to file 1 (a library, a child process) writes to stderr."""
    out = sys.stdout
    try:
        own = os.dup(1)
        os.dup2(2, 1)
    except OSError:
        return  # one of them is closed
    sys.stdout = open(  # noqa: SIM115 - for as long as the process lives
        own, "w", encoding=out.encoding, errors=out.errors, buffering=1 if os.isatty(own) else -1
    )


def _end_by(number: int) -> None:
    """End as the signal ends a process that does not handle it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
