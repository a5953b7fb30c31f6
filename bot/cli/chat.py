"""`citedesk chat`: a conversation in the terminal. It uses the pipeline as `citedesk ask` does, and stores nothing."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

import click

from bot.cli.arguments import examples
from bot.cli.asker import Asker, asked, asker_options, pipeline_of, steps
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.outcomes import response_json, response_parts, source_lines
from bot.cli.printing import Line, Part, is_terminal, say, say_json, show, waiting
from bot.desk.kept import asks_nothing
from bot.settings import Settings
from bot.tenants import own_settings
from pipeline.answering import Pipeline
from pipeline.types import Answered, Response, ThreadTurn
from pipeline.understanding.followups import without_small_talk

_PROMPT = "you> "
# Questions and answers that a follow-up may lean on.
_TURNS_KEPT = 20
# "/etc/hosts is empty, why?" is a question.
_COMMAND = re.compile(r"/(\w*)\s*")


@click.command(
    "chat",
    epilog=examples(
        "citedesk chat",
        "citedesk chat --groups leads                # asks as a member of leads",
        "citedesk chat --json < questions.txt        # a JSON line for each line",
    ),
)
@asker_options
@DATA_DIR
@TENANT
@AS_JSON
def command(data_dir: Path | None, tenant: str, user: str, groups: str, audience: str | None, *, as_json: bool) -> None:
    """Ask in a conversation, with follow-up questions.

    Each line is a question; "and on Mondays?" leans on the one before. Type /help for what else there is. Ctrl-C stops
    an answer, Ctrl-D leaves. Nothing is stored, and no review is opened.
    """
    settings = own_settings(settings_of(data_dir), tenant)
    with asyncio.Runner() as runner:
        pipeline = pipeline_of(settings)
        talk = Talk(settings, pipeline, Asker.of(user, groups, audience), runner, as_json=as_json)
        try:
            _hold(talk)
        finally:
            runner.run(pipeline.aclose())


@dataclass(slots=True)
class Talk:
    """A conversation: what was said so far, and the last response."""

    settings: Settings
    pipeline: Pipeline
    asker: Asker
    runner: asyncio.Runner
    as_json: bool = False
    turns: list[ThreadTurn] = field(default_factory=list)
    last: Response | None = None

    def answer(self, question: str) -> None:
        """Answer a question and remember both. Ctrl-C stops the answer, and nothing of it is remembered."""
        try:
            with waiting("Search the documents") as tell:
                earlier = without_small_talk(self.turns)
                work = asked(self.pipeline, self.settings, self.asker, question, earlier, steps(tell))
                response = self.runner.run(work)
        except KeyboardInterrupt:
            say("stopped", err=True)
            return
        self._remember(question, response)
        if self.as_json:
            say_json(response_json(response), indent=None)
        else:
            show([*response_parts(response), Line("")])

    def _remember(self, question: str, response: Response) -> None:
        self.last = response
        if asks_nothing(response.outcome):
            return
        answer = response.outcome.text if isinstance(response.outcome, Answered) else ""
        said = [ThreadTurn("asker", response.understood or question)]
        said += [ThreadTurn("assistant", answer)] if answer else []
        self.turns = [*self.turns, *said][-_TURNS_KEPT:]


def _hold(talk: Talk) -> None:
    """Answer line after line until the input ends."""
    is_person = is_terminal(sys.stdout) and sys.stdin.isatty() and not talk.as_json
    if is_person:
        say("Ask about the documents. /help lists what else you can type, Ctrl-D leaves.\n")
    for line in _typed() if is_person else sys.stdin:
        text = line.strip()
        if is_person and (match := _COMMAND.fullmatch(text)):
            if match[1] == "quit":
                return
            _run(match[1], talk)
        elif text:
            talk.answer(text)


def _typed() -> Iterator[str]:
    """Yield what a person types, with editing and the lines before. Ctrl-C clears the line, Ctrl-D ends."""
    # Loading it is what gives `input` its editing.
    import readline  # noqa: F401, PLC0415

    while True:
        try:
            yield input(_PROMPT)
        except KeyboardInterrupt:
            say("")
        except EOFError:
            say("")
            return


def _run(name: str, talk: Talk) -> None:
    """Run one of the commands that begin with a slash."""
    if name in _COMMANDS:
        show([*_COMMANDS[name][1](talk), Line("")])
        return
    near = get_close_matches(name, [*_COMMANDS, "quit"], 1)
    say(f"There is no /{name}. {f'Did you mean /{near[0]}? ' if near else ''}/help lists what there is.\n")


def _help(_: Talk) -> list[Part]:
    listed = [(f"/{name}", words) for name, (words, _) in _COMMANDS.items()]
    lines = [*listed, ("/quit", "leave, as Ctrl-D does"), ("Ctrl-C", "stop the answer, or clear the line")]
    return [Line(f"{name:10}{words}", indent=10) for name, words in lines]


def _new(talk: Talk) -> list[Part]:
    talk.turns, talk.last = [], None
    return [Line("What was said is forgotten.")]


def _sources(talk: Talk) -> list[Part]:
    outcome = talk.last.outcome if talk.last else None
    if not isinstance(outcome, Answered):
        return [Line("There is no answer with sources yet.")]
    return source_lines(outcome.sources, outcome.citations)


_COMMANDS: Mapping[str, tuple[str, Callable[[Talk], list[Part]]]] = MappingProxyType(
    {
        "help": ("list what you can type", _help),
        "sources": ("show the sources of the last answer, with what it quotes of them", _sources),
        "new": ("begin a new conversation: forget what was said", _new),
    }
)
