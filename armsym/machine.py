"""The programmer's view of an A64 core: X0-X30, SP, V0-V31, NZCV, PC, and memory.

Values are `Bits`, concrete or symbolic.  Register 31 is SP or the zero register as the
caller says, per operand, as in the manual.  Everything an attacker could observe through
time (branch conditions and targets, addresses, operands of variable-latency instructions)
is announced to `on_leak`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from armsym.bits import Bits, Prop, concat
from armsym.errors import AlignmentFault, ExceptionTaken, UndefinedInstruction, Undetermined
from armsym.memory import Memory

__all__ = ["NZCV", "Machine", "Watched"]

_ZERO = {w: Bits(w, 0) for w in (8, 16, 32, 64)}


class NZCV:
    """The condition flags, each a `Prop`.  Subclasses may compute them when first asked."""

    N: Prop
    Z: Prop
    C: Prop
    V: Prop

    @staticmethod
    def of(n: Prop, z: Prop, c: Prop, v: Prop) -> NZCV:
        """Flags with these values."""
        f = NZCV()
        f.N, f.Z, f.C, f.V = n, z, c, v
        return f

    @staticmethod
    def of_bits(bits: Bits) -> NZCV:
        """The manual's PSTATE.<N,Z,C,V> = bits, four bits with N the most significant."""
        return NZCV.of(*(Prop(v if not isinstance(v, int) else bool(v)) for v in (bits[k].value for k in (3, 2, 1, 0))))

    def fork(self) -> NZCV:
        """The same flags for another path.

        A subclass that computes them when asked returns a new object: what one path computes, perhaps
        simplified by what it knows, is not another's.
        """
        return self

    @property
    def bits(self) -> Bits:
        """PSTATE.<N,Z,C,V> as four bits, N the most significant."""
        return concat(self.N.bit, self.Z.bit, self.C.bit, self.V.bit)


def _no_leak(kind: str, value: Bits) -> None:
    pass


class Machine:
    """Registers, flags, PC and memory of one core in one state."""

    __slots__ = (
        "branch_condition",
        "branch_target",
        "dit",
        "memory",
        "nzcv",
        "on_leak",
        "pc",
        "sp",
        "sp_el0",
        "v",
        "written_flags",
        "written_v",
        "written_x",
        "x",
    )

    def __init__(self, *, x: list[Bits], sp: Bits, v: list[Bits], nzcv: NZCV, pc: Bits, memory: Memory) -> None:
        self.x = x  # X0..X30, 64 bits each
        self.sp = sp  # 64 bits
        self.v = v  # V0..V31, 128 bits each
        self.nzcv = nzcv
        self.pc = pc  # address of the instruction being executed, 64 bits
        self.dit = Bits(1, 0)  # PSTATE.DIT
        #: SP_EL0, 64 bits, which kernels keep an address in; None where nobody says what it holds.
        self.sp_el0: Bits | None = None
        self.memory = memory
        self.branch_target: Bits | None = None
        #: Set when the branch is taken only under a symbolic condition: the stepper forks.
        self.branch_condition: Prop | None = None
        #: Bit n is set once Xn (bit 31: SP) was written; likewise for V.
        self.written_x = 0
        self.written_v = 0
        self.written_flags = False
        self.on_leak: Callable[[str, Bits], None] = _no_leak

    def fork(self) -> Machine:
        """An independent copy of the whole state."""
        flags = self.nzcv.fork()
        m = type(self)(x=self.x[:], sp=self.sp, v=self.v[:], nzcv=flags, pc=self.pc, memory=self.memory.fork())
        m.dit, m.sp_el0 = self.dit, self.sp_el0
        m.branch_target, m.branch_condition = self.branch_target, self.branch_condition
        m.written_x, m.written_v, m.written_flags = self.written_x, self.written_v, self.written_flags
        m.on_leak = self.on_leak
        return m

    # -- general-purpose registers ------------------------------------------------------------

    def read_x(self, n: int, width: int = 64, *, sp: bool = False) -> Bits:
        """X[n, width]: the low `width` bits of Xn; register 31 is SP if `sp`, else zero."""
        if n == 31:
            if not sp:
                return _ZERO[width]
            r = self.sp
        else:
            r = self.x[n]
        return r if width == 64 else r[width - 1 : 0]

    def write_x(self, n: int, value: Bits, *, sp: bool = False) -> None:
        """X[n] = value, zero-extended to 64 bits; register 31 is SP if `sp`, else discarded."""
        if value.width != 64:
            value = value.zero_extend(64)
        if n == 31:
            if sp:
                self.sp = value
                self.written_x |= 1 << 31
            return
        self.x[n] = value
        self.written_x |= 1 << n

    def read_sp_el0(self) -> Bits:
        """SP_EL0; raises `Undetermined` where it is not known what it holds."""
        if self.sp_el0 is None:
            raise Undetermined("SP_EL0 holds what the kernel has put there")
        return self.sp_el0

    # -- SIMD and floating-point registers ----------------------------------------------------

    def read_v(self, n: int, width: int = 128) -> Bits:
        """V[n, width]: the low `width` bits of Vn."""
        r = self.v[n]
        return r if width == 128 else r[width - 1 : 0]

    def write_v(self, n: int, value: Bits) -> None:
        """V[n] = value, zero-extended to 128 bits."""
        self.v[n] = value if value.width == 128 else value.zero_extend(128)
        self.written_v |= 1 << n

    # -- flags --------------------------------------------------------------------------------

    def write_nzcv(self, flags: NZCV) -> None:
        """PSTATE.<N,Z,C,V> = flags."""
        self.nzcv = flags
        self.written_flags = True

    # -- memory -------------------------------------------------------------------------------

    def load(self, address: Bits, size: int) -> Bits:
        """Mem[address, size]: `size` bytes, little-endian, as `8 * size` bits."""
        self.on_leak("load address", address)
        return self.memory.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        """Mem[address, value.width DIV 8] = value, little-endian."""
        self.on_leak("store address", address)
        self.memory.store(address, value)

    def check_sp_alignment(self) -> None:
        """CheckSPAlignment(): SP must be a multiple of 16 when it is the base of an access."""
        low = self.sp[3:0]
        if not low.is_concrete or low.uint:
            raise AlignmentFault(f"access through SP while SP<3:0> is {low.value}, not 0")

    # -- control flow -------------------------------------------------------------------------

    def branch(self, target: Bits) -> None:
        """BranchTo(target)."""
        self.on_leak("branch target", target)
        self.branch_target = target
        self.branch_condition = None

    def branch_if(self, cond: Prop, target: Bits) -> None:
        """BranchTo(target) when the condition holds, else the next instruction."""
        self.on_leak("branch condition", cond.bit)
        if cond.value is False:
            return
        self.branch_target = target
        self.branch_condition = None if cond.value is True else cond

    def stop(self, kind: str, immediate: int) -> NoReturn:
        """An instruction that leaves the routine by an exception (BRK, SVC, ...)."""
        raise ExceptionTaken(kind, immediate)

    def undefined(self, why: str) -> NoReturn:
        """UNDEFINED, or CONSTRAINED UNPREDICTABLE: the proof cannot go on."""
        raise UndefinedInstruction(why)


class Watched:
    """A machine that announces all registers and flags that are read, as `what`, to `on_leak`.

    For an instruction whose duration may depend on its operands.  In all else it is the machine itself.
    """

    def __init__(self, m: Machine, what: str) -> None:
        self._m, self._what = m, what

    def __getattr__(self, name: str) -> object:
        if name in ("x", "v"):
            raise AssertionError(f"an instruction whose operands are announced reads {name} past read_{name}")
        return getattr(self._m, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("_m", "_what"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._m, name, value)

    def _announced(self, value: Bits) -> Bits:
        self._m.on_leak(self._what, value)
        return value

    def read_x(self, n: int, width: int = 64, *, sp: bool = False) -> Bits:
        """See `Machine.read_x`."""
        return self._announced(self._m.read_x(n, width, sp=sp))

    def read_v(self, n: int, width: int = 128) -> Bits:
        """See `Machine.read_v`."""
        return self._announced(self._m.read_v(n, width))

    def load(self, address: Bits, size: int) -> Bits:
        """See `Machine.load`."""
        return self._announced(self._m.load(address, size))

    def store(self, address: Bits, value: Bits) -> None:
        """See `Machine.store`."""
        self._m.store(address, self._announced(value))

    @property
    def nzcv(self) -> NZCV:
        """The condition flags."""
        self._announced(self._m.nzcv.bits)
        return self._m.nzcv
