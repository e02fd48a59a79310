"""The same block stepped by angr: python bench/angr_sha2.py [--seconds 300]

angr 9.2.213 lives in a virtual environment of its own, .cache/angr-venv, which is made when it is
not there (pip downloads some 150 MB).  Both run one block of AWS-LC's scalar SHA-256 and SHA-512
with a symbolic message and state; angr with its simplification options off, which is its fastest
way: with its default options one block does not end within minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import venv
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".cache" / "angr-venv"
VERSION = "9.2.213"
BACK = 0x7000_0000
ROUNDS = 3


def inside(path: str, symbol: str, word: int, simplify: bool) -> dict[str, float]:
    """Run by the other interpreter: instructions, CPU seconds, peak memory of stepping one block."""
    import logging
    import resource

    import angr
    import claripy

    logging.disable(logging.CRITICAL)
    project = angr.Project(path, auto_load_libs=False)
    entry = project.loader.find_symbol(symbol).rebased_addr
    ctx, msg = 0x5000_0000, 0x5100_0000
    off = set() if simplify else angr.options.simplification

    def once() -> tuple[int, float]:
        state = project.factory.call_state(entry, ctx, msg, 1, ret_addr=BACK, remove_options=off)
        state.memory.store(ctx, claripy.BVS("ctx", 8 * 8 * word))
        state.memory.store(msg, claripy.BVS("msg", 8 * 16 * word))
        count = 0
        began = time.process_time()
        while state.addr != BACK:
            found = project.factory.successors(state)
            if len(found.flat_successors) != 1 or found.unconstrained_successors:
                raise SystemExit(f"angr leaves the one path at {state.addr:#x}: {found}")
            count += project.factory.block(state.addr).instructions
            state = found.flat_successors[0]
        return count, time.process_time() - began

    # The best of some, as for armsym: the first one lifts the code.
    runs = [once() for _ in range(1 if simplify else ROUNDS)]
    count, seconds = runs[0][0], min(t for _, t in runs)
    peak = 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"count": count, "seconds": seconds, "rss": peak}


def environment() -> Path:
    """The interpreter that has angr; made if need be.  Ends the program when pip cannot install it."""
    python = HOME / "bin" / "python"
    if not python.exists():
        venv.create(HOME, with_pip=True)
    has = [str(python), "-c", f"import angr; assert angr.__version__ == {VERSION!r}"]
    if subprocess.run(has, capture_output=True, check=False).returncode:
        print(f"installing angr=={VERSION} into {HOME} ...", file=sys.stderr)
        # Later releases of these two break it, which its metadata does not say.
        wanted = [f"angr=={VERSION}", "bitstring<5", "pycparser==3.0"]
        pip = [str(python), "-m", "pip", "install", "--quiet", *wanted]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise SystemExit(f"angr=={VERSION} cannot be installed here: {last[0]}")
    return python


def theirs(python: Path, *, path: str, symbol: str, word: int, seconds: float, simplify: bool) -> dict[str, Any]:
    """angr's figures, or a "failed" text."""
    how = "simplify" if simplify else "plain"
    command = [str(python), __file__, "--inside", path, symbol, str(word), how]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"not finished after {seconds:g} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Compare symbolic stepping with angr's.")
    parser.add_argument("--seconds", type=float, default=300, help="time limit of one angr run")
    parser.add_argument("--defaults", action="store_true", help="run angr with its default options as well")
    parser.add_argument("--inside", nargs=4, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.inside:
        path, symbol, word, how = a.inside
        print(json.dumps(inside(path, symbol, int(word), how == "simplify")))
        return 0

    import sha2

    from armsym.elf import load
    from crypto_examples.wheels import AWS_LC

    path = str(AWS_LC.path())
    python = environment()
    image = load(AWS_LC.path())
    for symbol, word in sha2.SCALAR.items():
        steps, rate = sha2.best(partial(sha2._symbolic, image, symbol, word), ROUNDS)
        print(f"{symbol}: armsym {steps} instructions in {steps / rate:.3f} s CPU, {rate:,.0f}/s")
        for simplify in (False, True) if a.defaults else (False,):
            r = theirs(python, path=path, symbol=symbol, word=word, seconds=a.seconds, simplify=simplify)
            options = "default options" if simplify else "simplification off"
            if "failed" in r:
                print(f"    angr {VERSION}, {options}: {r['failed']}")
                continue
            per = r["count"] / r["seconds"]
            print(
                f"    angr {VERSION}, {options}: {r['count']} instructions in {r['seconds']:.3f} s CPU, {per:,.0f}/s,"
                f" {r['rss'] / 1e6:.0f} MB; armsym is {rate / per:.1f} times as fast"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
