"""How fast the conformance comparisons run, per CPU second: python bench/conform.py [seconds]."""

from __future__ import annotations

import sys
import time

from armsym.conform.capstone_oracle import Capstone
from armsym.conform.decode import check_decode_class, check_decode_random
from armsym.conform.execute import check_execute_class
from armsym.conform.states import random_state
from armsym.conform.symbolic import check_symbolic_class
from armsym.conform.unicorn_oracle import WORD_PC, UnicornCore
from semantics import A64
from semantics.out_of_scope import OUT_OF_SCOPE


def main(seconds: float) -> None:
    capstone, core = Capstone(), UnicornCore()

    states = [random_state(0, "bench", 0, k, WORD_PC) for k in range(16)]
    start, runs = time.process_time(), 0
    while time.process_time() - start < seconds:
        core.patch(0x91000000 | (runs & 0xFFF) << 10)  # add x0, x0, #n
        core.run(states)
        runs += 1
    rate = 16 * runs / (time.process_time() - start)
    print(f"Unicorn alone, 16 states for each patched word   {rate:>10,.0f} executions/s")

    compared, spent = 0, 0.0
    slowest = (float("inf"), "")
    for cls in A64:
        r = check_execute_class(A64, cls, seconds=seconds / 10, core=core)
        assert r.ok, r.mismatches
        compared, spent = compared + r.compared, spent + r.seconds
        if r.compared:
            slowest = min(slowest, (r.compared / r.seconds, r.name))
    print(f"compared end to end, all classes                 {compared / spent:>10,.0f} executions/s")
    print(f"    the slowest class, {slowest[1]:<30}{slowest[0]:>10,.0f} executions/s")

    words, spent = 0, 0.0
    for cls in A64:
        d = check_decode_class(A64, cls, limit=1 << 11, oracle=capstone, scope=OUT_OF_SCOPE)
        assert d.ok, d.mismatches
        words, spent = words + d.words, spent + d.seconds
    print(f"decoding and syntax, all classes                 {words / spent:>10,.0f} words/s")
    d = check_decode_random(A64, int(100_000 * seconds), seed=1, oracle=capstone, scope=OUT_OF_SCOPE)
    assert d.ok, d.mismatches
    print(f"decoding random words                            {d.words / d.seconds:>10,.0f} words/s")

    compared, spent = 0, 0.0
    for cls in A64:
        s = check_symbolic_class(A64, cls, seconds=seconds / 20)
        assert s.ok, s.mismatches
        compared, spent = compared + s.compared, spent + s.seconds
    print(f"terms against numbers, all classes               {compared / spent:>10,.0f} executions/s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
