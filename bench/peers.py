"""Beside angr and Triton: python bench/peers.py --python VENV/bin/python [--seconds 300]

The same scalar block (AWS-LC's SHA-256, message and state of symbols) is stepped by each; each puts one question to Z3
(is there a message with which the first two rounds, from FIPS 180-4's H(0), leave 0 in the working variable a; what is
found is checked with the specification); and each tries every form of instruction in OpenSSL's own assembly: one word
of those that Capstone writes alike but for the numbers in them.

angr and triton-library are looked for in another virtual environment, whose interpreter is named; one that is not there
is left out, and said so:

    python -m venv .cache/peers-venv
    .cache/peers-venv/bin/pip install angr==9.2.213 triton-library==1.0.0rc4 'bitstring<5' pycparser==3.0
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SYMBOL = "sha256_block_data_order_nohw"
#: After this many bytes of the routine two rounds are done, and W26 is the new a.
ROUNDS_END, REGISTER = 0x100, 26
CTX, MSG, STACK, BACK, DATA = 0x5000_0000, 0x5100_0000, 0x7000_0000, 0x6000_0000, 0x5200_0000
BEST_OF = 3
#: What differs between words of one form: immediates and numbers of registers, but not arrangements (`v1.4s`: `v_.4s`).
_NUMBER = r"#?-?\b0x[0-9a-f]+|(?<=[#a-z])-?[0-9]+(?![0-9]*[bhsdq]\b)"
#: Functions of OpenSSL 4.0.3 that its assembly modules define.
ASSEMBLY = (
    "sha1_*", "sha256_block*", "sha512_block*", "aes_v8_*", "vpaes_*", "gcm_*_v8*", "gcm_*neon*", "unroll8_*",
    "poly1305_*", "ChaCha20_ctr32*", "ChaCha20_neon", "ChaCha20_512_neon", "KeccakF1600*", "SHA3_*", "bn_mul_mont",
    "bn_sqr8x*", "bn_mul4x*", "ecp_nistz256_*", "ecp_sm2p256_*", "vpsm4_*", "sm4_v8_*", "ossl_hwsm3*", "CRYPTO_memcmp",
    "OPENSSL_cleanse", "rsaz_*",
)  # fmt: skip


# -- the tools, each in its own interpreter ----------------------------------------------------------


def _best(once: Callable[[], tuple[int, float]]) -> tuple[int, float]:
    runs = [once() for _ in range(BEST_OF)]
    return runs[0][0], min(t for _, t in runs)


def in_angr(job: dict[str, Any]) -> dict[str, Any]:
    """angr's figures, run by the interpreter that has it."""
    import logging

    import angr
    import claripy

    logging.disable(logging.CRITICAL)
    project = angr.Project(job["file"], auto_load_libs=False)
    entry = project.loader.find_symbol(job["symbol"]).rebased_addr

    def start(ctx: list[int] | None) -> tuple[Any, Any]:
        # With its simplification options one block does not end within minutes.
        state = project.factory.call_state(
            entry, CTX, MSG, 1, ret_addr=BACK, remove_options=set(angr.options.simplification)
        )
        given = b"".join(w.to_bytes(4, "little") for w in ctx) if ctx else claripy.BVS("ctx", 256)
        state.memory.store(CTX, given)
        message = claripy.BVS("msg", 512)
        state.memory.store(MSG, message)
        return state, message

    def block() -> tuple[int, float]:
        state, _ = start(None)
        count, began = 0, time.process_time()
        while state.addr != BACK:
            (state,), count = (
                project.factory.successors(state).flat_successors,
                count + project.factory.block(state.addr).instructions,
            )
        return count, time.process_time() - began

    def question() -> tuple[int, float]:
        state, message = start(job["h0"])
        began = time.process_time()
        while state.addr != entry + ROUNDS_END:
            left = (entry + ROUNDS_END - state.addr) // 4
            (state,) = project.factory.successors(state, num_inst=min(left, 99)).flat_successors
        state.add_constraints(getattr(state.regs, f"x{REGISTER}")[31:0] == 0)
        answer = state.solver.eval(message)
        return answer, time.process_time() - began

    def runs(word: int) -> bool:
        state = project.factory.blank_state(addr=DATA)
        for n in range(31):
            setattr(state.regs, f"x{n}", DATA + 0x8000 + 64 * n)
        state.regs.sp = STACK
        # Flags that are numbers: VEX computes them from the last operation, which must be known.
        state.regs.cc_op = state.regs.cc_dep1 = state.regs.cc_dep2 = state.regs.cc_ndep = 0
        data = word.to_bytes(4, "little")
        before = set(state.history.events)
        found = project.factory.successors(state, insn_bytes=data, num_inst=1, opt_level=0)
        if project.factory.block(DATA, insn_bytes=data, num_inst=1).instructions != 1:
            return False
        after = found.all_successors
        # What VEX has no meaning for may go on as an unconstrained value: that is not running it.
        return bool(after) and not any("unsupported" in str(e) for s in after for e in set(s.history.events) - before)

    count, seconds = _best(block)
    answer, asked = _best(question)
    return {
        "version": angr.__version__,
        "count": count,
        "seconds": seconds,
        "message": f"{answer:0128x}",
        "asked": asked,
        "runs": _tried(runs, job["words"]),
    }


def in_triton(job: dict[str, Any]) -> dict[str, Any]:
    """Triton's figures, run by the interpreter that has it."""
    from importlib.metadata import version

    import triton
    from triton import ARCH, CPUSIZE, EXCEPTION, MODE, SOLVER, Instruction, MemoryAccess, TritonContext

    entry = job["entry"]

    def start(ctx: list[int] | None) -> Any:
        t = TritonContext(ARCH.AARCH64)
        t.setSolver(SOLVER.Z3)
        t.setMode(MODE.ALIGNED_MEMORY, True)
        for at, data in job["memory"]:
            t.setConcreteMemoryAreaValue(at, bytes.fromhex(data))
        for name, value in (("x0", CTX), ("x1", MSG), ("x2", 1), ("sp", STACK), ("x30", BACK)):
            t.setConcreteRegisterValue(getattr(t.registers, name), value)
        for k in range(16):
            t.symbolizeMemory(MemoryAccess(MSG + 4 * k, CPUSIZE.DWORD), f"m{k}")
        for k in range(8):
            at = MemoryAccess(CTX + 4 * k, CPUSIZE.DWORD)
            if ctx:
                t.setConcreteMemoryValue(at, ctx[k])
            else:
                t.symbolizeMemory(at, f"h{k}")
        return t

    def step(t: Any, pc: int) -> int:
        i = Instruction(pc, t.getConcreteMemoryAreaValue(pc, 4))
        if t.processing(i) != EXCEPTION.NO_FAULT:
            raise SystemExit(f"Triton cannot run {i}")
        return int(t.getConcreteRegisterValue(t.registers.pc))

    def block() -> tuple[int, float]:
        t = start(None)
        pc, count, began = entry, 0, time.process_time()
        while pc != BACK:
            pc, count = step(t, pc), count + 1
        return count, time.process_time() - began

    def question() -> tuple[int, float]:
        t = start(job["h0"])
        pc, began = entry, time.process_time()
        while pc != entry + ROUNDS_END:
            pc = step(t, pc)
        ast = t.getAstContext()
        register = t.getRegisterAst(getattr(t.registers, f"w{REGISTER}"))
        model = t.getModel(ast.equal(register, ast.bv(0, 32)))
        words = [0] * 16
        for k, m in model.items():
            words[int(t.getSymbolicVariable(k).getAlias()[1:])] = m.getValue()
        asked = time.process_time() - began
        return int.from_bytes(b"".join(w.to_bytes(4, "little") for w in words), "big"), asked

    def runs(word: int) -> bool:
        t = TritonContext(ARCH.AARCH64)
        for n in range(31):
            t.setConcreteRegisterValue(getattr(t.registers, f"x{n}"), DATA + 0x8000 + 64 * n)
        t.setConcreteRegisterValue(t.registers.sp, STACK)
        return bool(t.processing(Instruction(DATA, word.to_bytes(4, "little"))) == EXCEPTION.NO_FAULT)

    del triton
    count, seconds = _best(block)
    answer, asked = _best(question)
    return {
        "version": version("triton-library"),
        "count": count,
        "seconds": seconds,
        "message": f"{answer:0128x}",
        "asked": asked,
        "runs": _tried(runs, job["words"]),
    }


def _tried(runs: Callable[[int], bool], words: list[int]) -> list[int]:
    """The words that run; one that raises does not."""
    found = []
    for w in words:
        try:
            if runs(w):
                found.append(w)
        except Exception:  # noqa: BLE001 - a tool of others may raise anything
            continue
    return found


# -- here -----------------------------------------------------------------------------------------


def in_armsym() -> tuple[dict[str, Any], dict[str, Any], Counter[int]]:
    """Our own figures, what the others are asked, and the words with how often they occur."""
    import capstone
    import z3

    import armsym
    from armsym.cli.codemap import CodeMap
    from armsym.errors import ArmsymError
    from armsym.installed import load_isa
    from armsym.terms import new_table
    from crypto_examples.wheels import AWS_LC, OPENSSL_4_0
    from specs.sha256 import H0, K

    image = armsym.load(AWS_LC.path())
    entry, size = image.function_extent(SYMBOL)

    def start(numbers: bool) -> armsym.Start:
        new_table()
        s = armsym.Start()
        given = {4 * k: w for k, w in enumerate(H0)} if numbers else None
        ctx = s.buffer("ctx", 32, cell=4, data=given)
        return s.set(x0=ctx, x1=s.buffer("msg", 64, access="r", cell=4, order="big"), x2=1)

    def block() -> tuple[int, float]:
        simulation = armsym.Simulation(image, SYMBOL, state=start(False))
        began = time.process_time()
        (state,) = simulation.run()
        return state.steps, time.process_time() - began

    def question() -> tuple[int, float]:
        s = start(True)
        message = s.buffers[-1]
        began = time.process_time()
        (state,) = armsym.simulate(image, SYMBOL, state=s, until=f"{SYMBOL}+{ROUNDS_END:#x}")
        solver = z3.Solver()
        solver.add(*(armsym.to_z3(f) for f in (*state.facts, getattr(state, f"w{REGISTER}") == 0)))
        assert solver.check() == z3.sat
        model = solver.model()
        words = [
            model.eval(armsym.to_z3(message.initial(4 * k, 32)), model_completion=True).as_long() for k in range(16)
        ]
        asked = time.process_time() - began
        return int.from_bytes(b"".join(w.to_bytes(4, "little") for w in words), "big"), asked

    def replayed() -> tuple[int, float]:
        s = start(True)
        began = time.process_time()
        answer = armsym.solve(image, SYMBOL, f"w{REGISTER} == 0", state=s, until=f"{SYMBOL}+{ROUNDS_END:#x}")
        assert answer.verdict is armsym.Verdict.FOUND, answer.reasons
        return int.from_bytes(answer.buffers["msg"], "big"), time.process_time() - began

    count, seconds = _best(block)
    answer, asked = _best(question)
    library = armsym.load(OPENSSL_4_0.path())
    code, isa = CodeMap(library, str(OPENSSL_4_0.path())), load_isa()
    forms = Counter[str]()
    example: dict[str, int] = {}
    reader = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    extents = {
        library.function_extent(f"{f.name}@{f.offset:#x}")
        for f in library.functions()
        if any(fnmatch.fnmatchcase(f.name, a) for a in ASSEMBLY)
    }
    for at in sorted({at for extent in extents for at in code.instructions(*extent)}):
        word = library.word(at)
        texts = [f"{name} {operands}" for _, _, name, operands in reader.disasm_lite(word.to_bytes(4, "little"), 0)]
        form = re.sub(
            r"#?-?\b0x[0-9a-f]+|(?<=[#a-z])-?[0-9]+(?![0-9]*[bhsdq]\b)", "_", texts[0] if texts else hex(word)
        )
        forms[form] += 1
        example.setdefault(form, word)
    words = Counter({example[f]: n for f, n in forms.items()})

    def decodes(w: int) -> bool:
        try:
            isa.decode(w)
        except ArmsymError:
            return False
        return True

    table = b"".join(k.uint.to_bytes(4, "little") for k in K)
    (at,) = image.find_bytes(table, "r")
    memory = [(entry, image.bytes_at(entry, size).hex()), (at, image.bytes_at(at, len(table) + 4).hex())]
    job = {
        "file": str(AWS_LC.path()),
        "symbol": SYMBOL,
        "entry": entry,
        "memory": memory,
        "h0": [w.uint for w in H0],
        "words": sorted(words),
    }
    mine = {"count": count, "seconds": seconds, "message": f"{answer:0128x}", "asked": asked}
    _, mine["replayed"] = _best(replayed)
    return mine | {"runs": [w for w in words if decodes(w)]}, job, words


def right(message: str) -> bool:
    """Whether the message does what was asked: two rounds of FIPS 180-4, section 6.2.2, from H(0)."""
    from armsym.bits import Bits
    from specs.sha256 import H0, Ch, K, Maj, Sigma0, Sigma1

    a, b, c, d, e, f, g, h = H0
    for t in range(2):
        w = Bits(32, int(message[8 * t : 8 * t + 8], 16))
        t1, t2 = h + Sigma1(e) + Ch(e, f, g) + K[t] + w, Sigma0(a) + Maj(a, b, c)
        a, b, c, d, e, f, g, h = t1 + t2, a, b, c, d + t1, e, f, g
    return a.uint == 0


def theirs(python: str, tool: str, job: dict[str, Any], seconds: float) -> dict[str, Any]:
    """A tool's figures, or why there are none as "failed"."""
    module = {"angr": "angr", "Triton": "triton"}[tool]
    if not Path(python).exists():
        return {"failed": f"left out: there is no {python} (see the head of this script)"}
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["no message"])[-1]
        return {"failed": f"left out: it is not installed there ({last})"}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()
        command = [python, __file__, "--inside", tool, file.name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return {"failed": f"not finished after {seconds:g} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Step, ask and try instructions beside angr and Triton.")
    parser.add_argument("--python", default=str(ROOT / ".cache" / "peers-venv" / "bin" / "python"))
    parser.add_argument("--seconds", type=float, default=900, help="time limit of one tool")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.inside:
        tool, file = a.inside
        job = json.loads(Path(file).read_text())
        print(json.dumps({"angr": in_angr, "Triton": in_triton}[tool](job)))
        return 0
    mine, job, words = in_armsym()
    total = sum(words.values())
    print(f"{len(words)} forms of {total} instructions of OpenSSL's assembly")
    for tool in ("armsym", "angr", "Triton"):
        r = mine if tool == "armsym" else theirs(a.python, tool, job, a.seconds)
        if "failed" in r:
            print(f"{tool}: {r['failed']}")
            continue
        rate, ours = r["count"] / r["seconds"], mine["count"] / mine["seconds"]
        ran = sum(words[w] for w in r["runs"])
        more = f"; with runs on two machines {r['replayed']:.3f} s" if "replayed" in r else ""
        print(
            f"{tool} {r.get('version', '')}: {r['count']} instructions in {r['seconds']:.3f} s CPU, {rate:,.0f}/s,"
            f" {rate / ours:.2f} of armsym's\n"
            f"    question: {r['asked']:.3f} s, {r['asked'] / mine['asked']:.2f} of armsym's,"
            f" the answer is {'right' if right(r['message']) else 'WRONG'}{more}\n"
            f"    runs {len(r['runs'])} of {len(words)} forms ({len(r['runs']) / len(words):.1%}),"
            f" {ran / total:.1%} of instructions"
        )
        missing = Counter[str]()
        if len(r["runs"]) < len(words):
            from armsym.cli.coverage import mnemonics

            lost = sorted(set(words) - set(r["runs"]))
            for w, name in mnemonics(lost).items():
                missing[name] += words[w]
            print("    not: " + ", ".join(f"{n} {k}" for n, k in missing.most_common(25)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
