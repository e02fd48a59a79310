"""Loops: claims hold on entry, and if they hold in iteration i they hold in the next.

An arbitrary iteration i is explored from a state of which only the invariant is known, and what `havoc` inferred
of it; an inference that the back edge does not bear out is withdrawn, and the iteration explored anew.
"""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.errors import BudgetError
from armsym.integers.expression import Relation
from armsym.proof.assume import Assumptions
from armsym.proof.buffers import assume_pointwise
from armsym.proof.claims import parts
from armsym.proof.declare import Invariant
from armsym.proof.engine.branch_rule import learn
from armsym.proof.engine.run import Ended, Enter, Origin, Parts, Retry, Run, Stopped, indices
from armsym.proof.engine.stack_rule import sp_is_known
from armsym.proof.handles import Pointwise
from armsym.proof.havoc import Havoc, LoopGuess, havoc, written_by, wrote_beyond
from armsym.proof.locations import Location, Whole
from armsym.proof.path import Path
from armsym.proof.result import Status
from armsym.proof.state import handed
from armsym.symbolic_memory import Unclear
from armsym.terms import ops
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Value

__all__ = ["arbitrary", "arrive", "counts", "iterate", "public_at_a_head"]

#: Loops with invariants on one path, inside one another or one after the other: each is explored within the last.
DEEP = 64


def counts(run: Run, path: Path, inv: Invariant) -> Value:
    """Whether this arrival at the head is one the invariant speaks of, as a one-bit value."""
    if inv.when is None:
        return 1
    with run.under(path), path.memory.observed() as reads, handed(path.machine) as s:
        said = inv.when(s).bit
        # What is claimed where a secret has one value would say that it has no other.
        run.ledger.leak(path, "condition when=", said)
        run.ledger.check_reads(path, reads, "invariant", f"{inv.name}, condition when=: ")
    return said.value


def arrive(run: Run, path: Path, inv: Invariant, origin: Origin | None) -> Ended | Enter | Retry:
    """The path is at a loop head: at the end of an iteration, or from outside of the loop."""
    run.reached.add(inv.head)
    found = origin.find(inv) if origin is not None else None
    # Where the call that the head was reached in is over, this is another: the loop is entered anew.  Either way
    # what must hold is proved here.  What is entered anew is another iteration in the chain of `parent`s, which
    # the exploration makes only so many of; so it ends, as for loops one after the other.
    if found is not None and origin is not None and path.calls.within(found[0].calls):
        return _back_edge(run, path, inv, found[0], found[1], origin)
    # Iteration 0, as a variable known to be 0, so that the claims proved here are the very
    # ones assumed of iteration i.
    first = run.p._fresh_index(inv, path.knowledge)
    path.turn("loop", (first == 0).bit.value)
    path.knowledge.add((first == 0).bit.value)
    with run.under(path, Bits(64, 0), *indices(origin)):
        within = Bits(64, 0) <= inv.upto if inv.inclusive else Bits(64, 0) < inv.upto
        sign = "<=" if inv.inclusive else "<"
        run.ledger.check_one(path, within, "termination", f"{inv.name}: i {sign} upto, on entry", f"i {sign} upto")
        run.ledger.check(path, lambda s: inv.claims(s, first), "invariant", f"{inv.name}, on entry: ")
    return Enter(inv)


def _back_edge(
    run: Run, path: Path, inv: Invariant, head: Origin, written: frozenset[Location], origin: Origin
) -> Ended | Retry:
    """The end of the iteration `head` of `inv`, in which the path's own, `origin`, may be one of an inner loop."""
    h = head.havoc
    beyond = wrote_beyond(path, h, set(written), head.head, inv.step)
    if beyond is not None:
        return Retry(inv.head, beyond, "the loop writes more than was assumed")
    after = head.index + inv.step
    with run.under(path, after, *head.indices):
        secret = h.not_public(path.machine)
        if secret is not None:
            return Retry(inv.head, secret, "what was taken for public depends on a secret")
        wrong = h.wrong_candidates(path, after, inv.step)
        if wrong is not None:
            return Retry(inv.head, wrong, "an inferred invariant does not hold")
        # i <= upto is known, so neither upto - i nor the next index wraps, and upto - i decreases.
        step, left = Bits(64, inv.step), inv.upto - head.index
        within = step <= left if inv.inclusive else step < left
        what = f"i + {inv.step} {'<=' if inv.inclusive else '<'} upto"
        run.ledger.check_one(path, within, "termination", f"{inv.name}: {what}, at the back edge", what)
        run.ledger.check(path, lambda s: inv.claims(s, after), "invariant", f"{inv.name}, step: ")
    return Ended()


def public_at_a_head(path: Path, origin: Origin | None) -> Retry | None:
    """A loop to be explored anew, where what leaks depends on no secret but on what is unknown at the loop's head.

    What a loop computes of public data only is public at its head, too: it is on entry, and each iteration is shown to
    leave it so.  That is a guess like others; it is made where it matters.
    """
    leaked, path.leaked = path.leaked, []
    for value in leaked:
        secrets = [t for t in free_terms(value) if ops.is_secret(t)]
        o = origin
        while o is not None:
            guess = o.havoc.suspects(secrets)
            if guess is not None:
                return Retry(o.invariant.head, guess, "what leaks may be public at the head")
            o = o.parent
    return None


def iterate(
    run: Run, path: Path, inv: Invariant, guess: LoopGuess, parent: Origin | None
) -> tuple[Origin, Parts] | Retry | Stopped:
    """An arbitrary iteration of a loop whose head `path` has come to, and the paths it starts with.

    `path` itself stays as it is, for the iteration to be explored anew.  Raises `BudgetError` within too many loops.
    """
    if len(indices(parent)) >= DEEP:
        raise BudgetError(f"{inv.name}: entered anew after more than {DEEP} loops")
    before = frozenset(written_by(path))
    here = run.watched(path.fork())
    i = run.p._fresh_index(inv, here.knowledge)
    here.knowledge.add((i <= inv.upto if inv.inclusive else i < inv.upto).bit.value)
    with run.under(here, i, *indices(parent)):
        h = arbitrary(run, here, inv, guess, i)
        if isinstance(h, (Retry, Stopped)):
            return h
        if not sp_is_known(run, here):
            return Stopped()
    here.memory.clear_notes()
    m = here.machine
    m.written_x = m.written_v = 0
    m.written_flags = False
    here.at, here.steps, here.arrivals = inv.head, 0, {}
    here.turn("loop", f"an arbitrary iteration {i.value} of {inv.name}")
    facts, said = tuple(here.knowledge.facts), tuple(here.relations[len(path.relations) :])
    origin = Origin(inv, i, h, parent, before, here.machine.fork(), here.calls, facts, said)
    return origin, _split(run, here, origin)


def arbitrary(run: Run, here: Path, inv: Invariant, guess: LoopGuess, i: Bits) -> Havoc | Retry | Stopped:
    """Forget what the loop writes, and let the claims be what is known of it in iteration i."""
    h = havoc(here.machine, guess, i)
    here.unknowns = {**here.unknowns, **{k: (f"the head of {inv.name}", str(at)) for k, at in h.unknowns.items()}}
    a = Assumptions(set(h.unknowns))
    contents: list[tuple[str, Pointwise]] = []
    said: list[Relation] = []
    with here.memory.observed(), handed(here.machine) as s:  # what the arrivals show in bounds
        try:
            claims = inv.claims(s, i)
        except Unclear as e:
            # Of what was stored to it before only what the claims say is known: then they say it of any content.
            if Whole(e.region) in guess.writes:
                raise
            return Retry(inv.head, guess.with_writes({Whole(e.region)}), "a buffer's stores are not told apart")
        for name, claim in claims.items():
            for part in parts(claim):
                if isinstance(part, Pointwise):
                    place = Whole(part.region.name)
                    if place not in guess.writes:
                        return Retry(inv.head, guess.with_writes({place}), "a buffer is stated pointwise")
                    contents.append((f"{inv.name}: {name}", part))
                elif isinstance(part, Relation):
                    said.append(part)
                elif not isinstance(part, Prop):
                    raise AssertionError(f"an invariant under conditions: {name}")
                elif not a.add(part):
                    stated = h.stated(here.machine, part)
                    if stated is not None:
                        return Retry(inv.head, stated, "the invariant says more of a location than was inferred")
        h.settle(here.machine, a)
        for fact in a.finish():
            here.knowledge.add(fact)
        here.relations += a.relations(said)
        for name, claim in contents:
            if not _take_content(run, here, claim, a, name):
                return Stopped()
    return h


def _take_content(run: Run, here: Path, claim: Pointwise, a: Assumptions, name: str) -> bool:
    """Let a pointwise claim be a region's content; only where all its blocks are shown to lie in the region.

    The other claims may say so: they were evaluated while nothing was known of the content.
    """
    claim.speaks_of(here.machine)
    if here.knowledge.decide(a.apply(claim.within.bit.value)) != 1:
        detail = f"{claim.upto.value} blocks of {claim.size} bytes are not shown to lie in {claim.region.name}"
        run.ledger.record("invariant", name, Status.UNDECIDED, detail=detail)
        return False
    assume_pointwise(here.memory, claim, tails=True, said=a.apply)
    return True


def _split(run: Run, here: Path, origin: Origin) -> Parts:
    """The start of an iteration, once for each way that the proof's splits can come out."""
    starts = [here]
    for on in [on for at, on in run.p._d.splits if at == origin.invariant.head]:
        more = []
        for s in starts:
            with run.under(s, *origin.indices), s.memory.observed() as reads, handed(s.machine) as state:
                cond = on(state, origin.index).bit.value
                run.ledger.check_reads(s, reads, "invariant", f"{origin.invariant.name}, split: ")
            if isinstance(cond, int):
                more.append(s)
                continue
            other = run.watched(s.fork())
            learn(run, s, cond, origin)
            learn(run, other, ops.xor(1, cond, 1), origin)
            more += [s, other]
        starts = more
    return Parts(tuple(reversed(starts)))
