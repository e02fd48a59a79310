"""Writing a proof's bundle, in a process of its own: what that takes, or that it fails, says nothing of the proof."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from typing import NoReturn

from armsym.cli.apart import Ended, end_with_parent, limit_cpu, start_method
from armsym.cli.supervised import forked
from armsym.report.outcome import NO_BUNDLE

__all__ = ["EXPORT_SECONDS", "bundle_within"]

#: CPU seconds in which a bundle is made, where nothing else is said: three times what any took that is audited.
EXPORT_SECONDS = 120.0


def bundle_within(seconds: float, write: Callable[[], str], remove: Callable[[], None]) -> str:
    """What `write` says, which writes a bundle and tells where, or why not; `NO_BUNDLE` and why where it takes longer.

    `remove` removes what was written so far.  `seconds` are of CPU time.  Where no process may be forked `write` runs
    here, and keeps to a limit as well as it can.
    """
    if start_method() != "fork":
        return write()
    child, heard = forked(lambda said: _write(seconds, write, said))
    ended = False
    try:
        answer = _all(heard).decode("utf-8", "replace")
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        ended = True
    finally:
        os.close(heard)
        if not ended:  # Ctrl-C: nobody waits for it any more
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            remove()
    made = code == 0 and bool(answer)
    if not made or answer.startswith(NO_BUNDLE):
        remove()  # a part of a bundle would be no bundle, but it would lie there
    if made:
        return answer
    end = Ended(code)
    why = f"not made within {seconds:g} s of CPU time" if end.by_cpu_limit else f"the process that makes it {end.how}"
    return f"{NO_BUNDLE}{why}"


def _write(seconds: float, write: Callable[[], str], said: int) -> NoReturn:
    try:
        end_with_parent()
        limit_cpu(max(seconds, 1.0))
        gc.disable()  # as in a proof: all that was made lives until the end, which is soon
        try:
            answer = write()
        except MemoryError:
            answer = f"{NO_BUNDLE}out of memory"
        except Exception as e:  # noqa: BLE001 - no defect here may change what is said of the proof
            answer = f"{NO_BUNDLE}internal error: {type(e).__name__}: {e}"
        data = answer.encode()
        while data:
            data = data[os.write(said, data) :]
        os._exit(0)
    finally:
        os._exit(1)


def _all(heard: int) -> bytes:
    found = b""
    while piece := os.read(heard, 1 << 16):
        found += piece
    return found
