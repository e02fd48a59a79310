"""`armsym explore` on a terminal: steps, state, obligations, and a line to type in."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, Input, OptionList, RichLog, Static
from textual.widgets.option_list import Option

from armsym.errors import ArmsymError
from armsym.explore.commands import HELP, do, is_slow, state_lines, where
from armsym.explore.session import Session
from armsym.explore.walk import Line
from armsym.proof.result import Obligation, Status

__all__ = ["Explorer"]

_MARK = {Status.PROVED: ("ok", "green"), Status.UNDECIDED: ("??", "yellow"), Status.REFUTED: ("NO", "red")}


class Explorer(App[None]):
    """The screen.  `session` is what is explored; nothing that is done here changes a file."""

    TITLE = "armsym explore"
    CSS = """
    #title { height: 1; background: $primary; color: $text; padding: 0 1; }
    #left { width: 46%; }
    #pieces { height: 30%; border: round $secondary; }
    #steps { height: 1fr; border: round $primary; }
    #state { height: 1fr; border: round $secondary; padding: 0 1; }
    #here { height: 35%; border: round $secondary; padding: 0 1; }
    #log { height: 11; border: round $secondary; }
    #typed { height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "move('next')", "next"),
        Binding("b", "move('back')", "back"),
        Binding("o", "move('over')", "over"),
        Binding("u", "move('out')", "back over"),
        Binding("right_square_bracket", "piece(1)", "piece", key_display="]"),
        Binding("left_square_bracket", "piece(-1)", "piece", key_display="["),
        Binding("t", "type", "try"),
        Binding("k", "typed('keep')", "keep"),
        Binding("c", "copy", "copy"),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("escape", "steps", "steps", show=False),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        #: Whether the engine is at work.
        self.busy = False
        #: What was copied last: terminals need not let a program write their clipboard.
        self.copied = ""
        self._listed: object = None

    def compose(self) -> ComposeResult:
        """See Textual."""
        yield Static(id="title")
        with Horizontal():
            with Vertical(id="left"):
                yield OptionList(id="steps")
                yield OptionList(id="pieces")
            with Vertical():
                with VerticalScroll(id="state"):
                    yield Static(id="registers")
                with VerticalScroll(id="here"):
                    yield Static(id="known")
        yield RichLog(id="log", wrap=True, markup=False)
        yield Input(
            id="typed", placeholder="claim s.x2 == n - i    cut  invariant  split  lemma  ask x5  goto +0x1c  help"
        )
        yield Footer()

    def on_mount(self) -> None:
        """See Textual."""
        self.query_one("#steps").border_title = "steps"
        self.query_one("#pieces").border_title = "pieces of paths"
        self.query_one("#state").border_title = "state before the step"
        self.query_one("#here").border_title = "asked here, and known"
        self.query_one("#steps").focus()
        self.say(HELP[:6])
        self.refresh_all()

    # -- showing ------------------------------------------------------------------------------

    def refresh_all(self) -> None:
        """Show the place."""
        s, walk = self.session, self.session.walk
        kept = f"  |  with {len(s.kept)} kept: {s.with_kept.value}" if s.with_kept is not None else ""
        case = f"  |  {walk.case}" if walk.case else ""
        busy = "  |  the engine is at work" if self.busy else ""
        text = f"{s.name}: {s.result.status.value}, {s.took:.1f} s{case}{kept}  |  {where(s)}{busy}"
        self.query_one("#title", Static).update(Text(text))
        steps, pieces = self.query_one("#steps", OptionList), self.query_one("#pieces", OptionList)
        if self._listed != (id(walk), walk.piece):
            self._listed = (id(walk), walk.piece)
            steps.clear_options()
            steps.add_options([Option(self._step(line)) for line in walk.here.lines])
            steps.add_option(Option(Text(f"      {walk.here.end}", style="italic")))
            pieces.clear_options()
            pieces.add_options([Option(Text(walk.title(p), style="bold red" if p.open else "")) for p in walk.pieces])
        steps.highlighted = walk.step
        pieces.highlighted = walk.piece
        registers = Text()
        for name, value, changed in state_lines(s):
            registers.append(f"{name:>4} ", "bold cyan" if changed else "cyan")
            registers.append(f"{value}\n", "bold" if changed else "")
        self.query_one("#registers", Static).update(registers)
        self.query_one("#known", Static).update(self._known())

    def _step(self, line: Line) -> Text:
        bad = any(o.status is not Status.PROVED for o in line.shown)
        mark = "!" if bad else "=" if line.shown or line.claimed else " "
        text = Text.assemble((f"{mark} ", "bold red" if bad else "bold green"))
        text.append(f"+{line.at - self.session.routine.entry:#x}".ljust(8), "dim")
        text.append((line.called and f"contract {line.called}") or line.assembly)
        return text

    def _known(self) -> Text:
        text = Text()
        line = self.session.walk.line
        for store in line.stores if line is not None else []:
            text.append(f"stores {store}\n", "magenta")
        for o in self.session.walk.obligations():
            self._obligation(text, o)
        for fact in self.session.walk.facts():
            text.append(f"{fact}\n", "dim")
        return text

    def _obligation(self, text: Text, o: Obligation) -> None:
        mark, style = _MARK.get(o.status, ("!!", "red"))
        text.append(f"{mark} ", style)
        by = f"  by {', '.join(o.by)}" if o.by else ""
        text.append(f"{o.kind}: {o.name}{by}\n")
        if o.status is not Status.PROVED:
            text.append("".join(f"   {x.strip()}\n" for x in o.detail.splitlines()[:4]), "yellow")

    def say(self, lines: list[str] | tuple[str, ...], style: str = "") -> None:
        """Write lines to the log."""
        log = self.query_one("#log", RichLog)
        for line in lines:
            log.write(Text(line, style))

    # -- doing --------------------------------------------------------------------------------

    def action_move(self, how: str) -> None:
        """A step on or back."""
        self.done(how)

    def action_piece(self, way: int) -> None:
        """The next piece of a path, or the one before."""
        self.session.walk.go(self.session.walk.piece + way)
        self.refresh_all()

    def action_type(self) -> None:
        """To the line that is typed."""
        self.query_one("#typed").focus()

    def action_steps(self) -> None:
        """Back to the steps."""
        self.query_one("#steps").focus()

    def action_help(self) -> None:
        """What may be typed."""
        self.say(HELP)

    def action_typed(self, text: str) -> None:
        """As if it had been typed."""
        self.done(text)

    def action_copy(self) -> None:
        """Copy the lines of the DSL to the clipboard, and show them."""
        self.copied = "\n".join(self.session.to_copy())
        self.copy_to_clipboard(self.copied)
        self.say(self.copied.splitlines() or ["nothing was tried yet"], "bold")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A line was typed."""
        event.input.value = ""
        if event.value.strip() in ("quit", "exit"):
            self.exit()
        elif event.value.strip() == "copy":
            self.action_copy()
        else:
            self.done(event.value)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The cursor keys move among steps."""
        walk = self.session.walk
        if (
            event.option_list.id == "steps"
            and event.option_index != walk.step
            and self._listed == (id(walk), walk.piece)
        ):
            walk.go(walk.piece, event.option_index)
            self.refresh_all()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A piece is chosen."""
        if event.option_list.id == "pieces":
            self.session.walk.go(event.option_index)
            self.refresh_all()

    def done(self, typed: str) -> None:
        """Do what was typed: at once, or in a thread where the engine is run."""
        if self.busy:
            self.say(["the engine is at work: wait for its answer"], "yellow")
            return
        if not is_slow(typed):
            try:
                answer = do(self.session, typed)
                if typed.split()[:1] not in (["next"], ["back"], ["over"], ["out"]):
                    self.say(answer)
            except ArmsymError as e:
                self.say([str(e)], "red")
            self.refresh_all()
            return
        self.busy = True
        self.refresh_all()
        self._run(typed)

    @work(thread=True, exclusive=True)
    def _run(self, typed: str) -> None:
        try:
            answer, style = do(self.session, typed), ""
        except ArmsymError as e:
            answer, style = [str(e)], "red"
        except Exception as e:  # noqa: BLE001 - one line that was typed must not end the session
            answer, style = [f"internal error: {type(e).__name__}: {e}"], "red"
        self.call_from_thread(self._answered, answer, style)

    def _answered(self, answer: list[str], style: str) -> None:
        self.busy = False
        self.say(answer, style)
        self.refresh_all()
