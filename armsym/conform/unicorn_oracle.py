"""Unicorn as the oracle of execution.

A small load/store harness runs in the guest: it loads every register from a packed state
(see `states`), runs one patched word, stores every register back, and goes on to the next
state.  One `emu_start` and two memory transfers then serve dozens of comparisons.  Branches and
faults are run one at a time by `step`.

Pitfalls observed: code written over must be flushed with `ctl_remove_cache`; the stop
address lies on a page of its own; registers go through memory, not through the API.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from armsym.conform.states import SLOTS, SP_EL0, STATES_BASE, STRIDE, MachineState
from armsym.errors import InputError

__all__ = [
    "EXCEPTIONS",
    "GAPS",
    "LITERAL_BASE",
    "LITERAL_SIZE",
    "WORD_PC",
    "Outcome",
    "UnicornCore",
    "UnicornGap",
    "import_unicorn",
    "new_core",
]

#: Address of the word under test, in an executable page of its own.
WORD_PC = 0x2_0010_0000
#: PC-relative loads reach 1 MiB either way: readable bytes all around the word.
LITERAL_BASE, LITERAL_SIZE = WORD_PC - 0x10_0000, 0x20_1000
# 100 MiB and a bit away, so that B reaches it but no boundary-valued branch hits it.
_HARNESS = WORD_PC + 0x640_0000
_STOP = _HARNESS + 0x1_0000

#: QEMU's exception numbers.
EXCEPTIONS = {1: "UDF", 2: "SVC", 3: "prefetch abort", 4: "data abort", 7: "BRK", 11: "HVC", 13: "SMC"}


@dataclass(frozen=True)
class UnicornGap:
    """Words (word & mask == value) on which Unicorn is no oracle, and why."""

    mask: int
    value: int
    reason: str


#: What UC_CPU_ARM64_MAX of Unicorn 2.1.4 (QEMU 5.0) does not have.  A gap excuses only the answer
#: "undefined instruction"; any other outcome of these words is compared as usual.
GAPS = (
    UnicornGap(0xFFFFFEFF, 0xD503405F, "MSR DIT: Unicorn has no FEAT_DIT"),
    UnicornGap(0xFFDFFFE0, 0xD51B42A0, "MRS, MSR DIT: Unicorn has no FEAT_DIT"),
    UnicornGap(0xFFE0001F, 0xD4000002, "HVC: Unicorn's core has no EL2, where HVC is UNDEFINED"),
    UnicornGap(0xFFE0001F, 0xD4400000, "HLT: UNDEFINED without a halting debugger"),
)


@dataclass(frozen=True)
class Outcome:
    """What one word did: `fault` names an exception, else `pc` is the next address and `block` the state."""

    block: bytes
    pc: int
    fault: str | None = None


def _load_state() -> list[int]:
    x30 = 30
    code = [0xD538D080 | x30]  # mrs x30, tpidr_el1
    # ldp q<2k>, q<2k+1>, [x30, #(272 + 32k)]
    code += [0xAD400000 | (17 + 2 * k) << 15 | (2 * k + 1) << 10 | x30 << 5 | 2 * k for k in range(16)]
    code += [0xF9400000 | (248 // 8) << 10 | x30 << 5, 0x9100001F]  # ldr x0, [x30, #248]; mov sp, x0
    code += [0xF9400000 | (256 // 8) << 10 | x30 << 5, 0xD51B4200]  # ldr x0, [x30, #256]; msr nzcv, x0
    code += [0xA9400000 | 2 * k << 15 | (2 * k + 1) << 10 | x30 << 5 | 2 * k for k in range(15)]  # ldp x
    code += [0xF9400000 | (240 // 8) << 10 | x30 << 5 | x30]  # ldr x30, [x30, #240]
    return code


def _store_state() -> list[int]:
    x30 = 30
    code = [0xD51BD040 | x30, 0xD538D080 | x30]  # msr tpidr_el0, x30; mrs x30, tpidr_el1
    code += [0xA9000000 | 2 * k << 15 | (2 * k + 1) << 10 | x30 << 5 | 2 * k for k in range(15)]  # stp x
    code += [0xD53BD040, 0xF9000000 | (240 // 8) << 10 | x30 << 5]  # mrs x0, tpidr_el0; str x0, [x30, #240]
    code += [0x910003E0, 0xF9000000 | (248 // 8) << 10 | x30 << 5]  # mov x0, sp; str x0, [x30, #248]
    code += [0xD53B4200, 0xF9000000 | (256 // 8) << 10 | x30 << 5]  # mrs x0, nzcv; str x0, [x30, #256]
    # stp q<2k>, q<2k+1>, [x30, #(272 + 32k)]
    code += [0xAD000000 | (17 + 2 * k) << 15 | (2 * k + 1) << 10 | x30 << 5 | 2 * k for k in range(16)]
    return code


def _may_loop(word: int) -> bool:
    # A branch to itself would never come back; each form of direct branch has one: displacement 0.
    return (
        word & 0x7FFFFFFF == 0x14000000  # B, BL
        or word & 0xFFFFFFE0 == 0x54000000  # B.cond
        or word & 0x7EFFFFE0 == 0x34000000  # CBZ, CBNZ
        or word & 0x7E07FFE0 == 0x36000000  # TBZ, TBNZ
    )


def _b(source: int, target: int) -> int:
    return 0x14000000 | ((target - source) >> 2 & 0x3FFFFFF)


class _Code:
    def __init__(self, base: int) -> None:
        self.base = base
        self.words: list[int] = []

    @property
    def here(self) -> int:
        return self.base + 4 * len(self.words)

    def branch(self, target: int) -> None:
        self.words.append(_b(self.here, target))

    def bytes(self) -> bytes:
        return b"".join(w.to_bytes(4, "little") for w in self.words)


def import_unicorn() -> tuple[Any, Any]:
    """The modules `unicorn` and `unicorn.arm64_const`; raises `InputError` when not installed."""
    try:
        import unicorn
        from unicorn import arm64_const
    except ImportError as e:
        raise InputError(f"the execution oracle unicorn==2.1.4 is not installed: {e}") from None
    return unicorn, arm64_const


def new_core() -> Any:
    """A core with every feature that Unicorn has, and no memory; raises `InputError` when it is not installed."""
    unicorn, k = import_unicorn()
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
    uc.ctl_set_cpu_model(k.UC_CPU_ARM64_MAX)
    uc.reg_write(k.UC_ARM64_REG_SP_EL0, SP_EL0)
    return uc


class UnicornCore:
    """One emulated core; raises `InputError` when Unicorn is not installed."""

    def __init__(self) -> None:
        unicorn, arm64_const = import_unicorn()
        self.version = version("unicorn")
        self._error = unicorn.UcError
        self._errno = {
            unicorn.UC_ERR_READ_UNMAPPED: "data abort",
            unicorn.UC_ERR_WRITE_UNMAPPED: "data abort",
            unicorn.UC_ERR_READ_PROT: "data abort",
            unicorn.UC_ERR_WRITE_PROT: "data abort",
            unicorn.UC_ERR_FETCH_UNMAPPED: "fetch",
            unicorn.UC_ERR_FETCH_PROT: "fetch",
        }
        self._k = arm64_const
        self._uc = uc = new_core()
        rw, rx = unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
        uc.mem_map(LITERAL_BASE, WORD_PC - LITERAL_BASE, unicorn.UC_PROT_READ)
        uc.mem_map(WORD_PC, 0x1000, rx)
        uc.mem_map(WORD_PC + 0x1000, LITERAL_BASE + LITERAL_SIZE - WORD_PC - 0x1000, unicorn.UC_PROT_READ)
        uc.mem_map(STATES_BASE, (SLOTS * STRIDE + 0xFFF) & ~0xFFF, rw)
        uc.mem_map(_HARNESS, 0x1000, rx)
        uc.mem_map(_STOP, 0x1000, rx)
        code = _Code(_HARNESS)
        code.words += _load_state()
        code.branch(WORD_PC)
        self._after = code.here
        code.words += _store_state()
        # add x30, x30, #STRIDE; msr tpidr_el1, x30
        code.words += [0x91000000 | STRIDE << 10 | 30 << 5 | 30, 0xD518D080 | 30]
        code.words += [0xD53BD060, 0xEB0003DF]  # mrs x0, tpidrro_el0; cmp x30, x0
        code.words.append(0x54000001 | ((_HARNESS - code.here) >> 2 & 0x7FFFF) << 5)  # b.ne
        code.branch(_STOP)
        self._load_only = code.here
        code.words += _load_state()
        code.branch(_STOP)
        self._store_only = code.here
        code.words += _store_state()
        code.branch(_STOP)
        uc.mem_write(_HARNESS, code.bytes())
        self._return = _b(WORD_PC + 4, self._after)
        self.literals = self._make_literals()
        uc.mem_write(LITERAL_BASE, bytes(self.literals))
        self._word = -1
        self._end = -1
        self._interrupts: list[int] = []
        uc.hook_add(unicorn.UC_HOOK_INTR, self._on_interrupt)

    def _on_interrupt(self, uc: Any, number: int, _data: object) -> None:
        self._interrupts.append(number)
        uc.emu_stop()

    def _make_literals(self) -> bytearray:
        from hashlib import shake_128

        data = bytearray(shake_128(b"literals").digest(LITERAL_SIZE))
        at = WORD_PC - LITERAL_BASE
        data[at : at + 0x1000] = bytes(0x1000)  # the word's own page holds UDF #0 around it
        return data

    def patch(self, word: int) -> None:
        """Make `word` the word under test."""
        if word == self._word:
            return
        data = word.to_bytes(4, "little") + self._return.to_bytes(4, "little")
        at = WORD_PC - LITERAL_BASE
        self.literals[at : at + 8] = data
        self._uc.mem_write(WORD_PC, data)
        self._uc.ctl_remove_cache(WORD_PC, WORD_PC + 8)
        self._word = word

    def run(self, states: Sequence[MachineState]) -> list[bytes] | None:
        """The packed states after the word, or None if any of them faulted or branched away.

        The states must lie in consecutive slots (`MachineState.window_base`).
        """
        if _may_loop(self._word):
            return None
        uc, k = self._uc, self._k
        first = states[0].window_base - (states[0].window_base - STATES_BASE) % STRIDE
        uc.mem_write(first, b"".join(s.block for s in states))
        uc.reg_write(k.UC_ARM64_REG_TPIDR_EL1, first)
        uc.reg_write(k.UC_ARM64_REG_TPIDRRO_EL0, first + STRIDE * len(states))
        self._interrupts.clear()
        try:
            uc.emu_start(_HARNESS, _STOP)
        except self._error:
            return None
        if self._interrupts:
            return None
        out = bytes(uc.mem_read(first, STRIDE * len(states)))
        return [out[n : n + STRIDE] for n in range(0, len(out), STRIDE)]

    def step(self, state: MachineState) -> Outcome:
        """Run the word once from the state, wherever it goes."""
        uc, k = self._uc, self._k
        first = state.window_base - (state.window_base - STATES_BASE) % STRIDE
        uc.mem_write(first, state.block)
        uc.reg_write(k.UC_ARM64_REG_TPIDR_EL1, first)
        uc.reg_write(k.UC_ARM64_REG_TPIDRRO_EL0, first + STRIDE)
        self._interrupts.clear()
        fault = None
        pc = 0
        try:
            if _may_loop(self._word):
                # Exactly one instruction; dear, because it makes Unicorn translate everything anew.
                uc.emu_start(self._load_only, _STOP)
                uc.emu_start(WORD_PC, _STOP, 0, 1)
            else:
                uc.emu_start(_HARNESS, _STOP)
        except self._error as e:
            fault = self._errno.get(e.errno, f"Unicorn error {e.errno}")
        pc = uc.reg_read(k.UC_ARM64_REG_PC)
        if pc == _STOP:
            return Outcome(bytes(uc.mem_read(first, STRIDE)), WORD_PC + 4)
        if self._interrupts and pc in {WORD_PC, WORD_PC + 4}:
            fault = EXCEPTIONS.get(self._interrupts[0], f"exception {self._interrupts[0]}")
        elif self._interrupts or (fault == "fetch" and pc != WORD_PC):
            fault = None  # the branch was taken; what its target does is no part of the instruction
        uc.emu_start(self._store_only, _STOP)
        return Outcome(bytes(uc.mem_read(first, STRIDE)), pc, fault)
