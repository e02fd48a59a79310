"""Every error a user can meet, with the exit code the command line gives it.

An error message names the rule and shows the value.  `ArmsymError` is the root:
the command line prints its text on one line and exits with `exit_code`; anything
else that escapes is an internal error (exit 4).
"""

from __future__ import annotations


class ArmsymError(Exception):
    """Root of all errors raised on purpose."""

    exit_code = 2


class InputError(ArmsymError):
    """A file, symbol, option or proof the user gave cannot be used (exit 2)."""


def need_assertions() -> None:
    """Raise `InputError` where Python leaves out assertions (`-O`): by these armsym checks itself."""
    if not __debug__:
        raise InputError(
            "Python leaves out assertions, by which armsym checks itself: run it without -O, PYTHONOPTIMIZE"
        )


class WidthError(ArmsymError, TypeError):
    """Two bit vectors whose widths the operation forbids to meet."""


class SymbolicTruthError(ArmsymError, TypeError):
    """A symbolic condition was used as a Python truth value."""


class BudgetError(ArmsymError):
    """A limit on nodes, steps or time was reached: the answer is `undecided`."""

    exit_code = 3


class MachineStop(ArmsymError):
    """The machine cannot go on from here; subclasses say why.

    `address` is the address (or image offset) of the instruction, when known.
    """

    address: int | None = None


class UndefinedInstruction(MachineStop):
    """The word is unallocated or reserved in the Arm manual, or UDF."""


class UnmodelledInstruction(MachineStop):
    """No modelled encoding matches the word."""


class ExceptionTaken(MachineStop):
    """BRK, SVC, HVC, SMC or HLT: control leaves the routine (typed by `kind`)."""

    def __init__(self, kind: str, immediate: int) -> None:
        super().__init__(f"{kind} #{immediate:#x} stops the machine")
        self.kind = kind
        self.immediate = immediate


class MemoryFault(MachineStop):
    """An access that no declared region permits."""


class AlignmentFault(MachineStop):
    """An access through a stack pointer that is not 16-byte aligned, or a misaligned atomic."""


class BranchError(MachineStop):
    """A branch to an address that is neither code of the image nor a known return address."""


class Undetermined(MachineStop):
    """What happens next the file does not say: it is the linker's, the loader's or another file's to decide.

    Nothing is refuted by it, and nothing proved.
    """

    exit_code = 3


class UndeterminedContent(MemoryFault, Undetermined):
    """A load of what may hold anything when the routine is called."""


class UndeterminedTarget(BranchError, Undetermined):
    """A branch to code of another file, or to whatever definition the linker chooses."""
