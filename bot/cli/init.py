"""`citedesk init`: ask what is needed, and write citedesk.toml and the files of the secrets."""

import os
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from bot.app import build_rules
from bot.cli.arguments import examples
from bot.cli.config_option import CONFIG, chosen_config
from bot.cli.init_file import Answers, asked_settings, settings_file
from bot.cli.init_questions import STEPS, Question, Step, question_of
from bot.cli.init_writing import write_private
from bot.cli.options import AS_JSON
from bot.cli.printing import say, say_json
from bot.configuration.loading import loaded
from bot.configuration.showing import without_password
from bot.configuration.toml_file import DEFAULT_FILE
from bot.configuration.variables import variable_of
from bot.settings import Settings
from index.errors import CitedeskError, SettingsError
from index.reading.sources import is_address, survey

_SECRETS, _USUAL = "secrets", "docs"
_CHATS = {"none": (), "slack": ("slack",), "teams": ("teams",), "both": ("slack", "teams")}
_NO_TERMINAL = "there is no terminal to ask on: give --yes, and what is not the default as options"
_EXAMPLES = examples(
    "citedesk init",
    "citedesk init --yes --docs ./handbook",
    "citedesk init --yes --docs ./handbook --chat slack",
    "citedesk init --yes --set slack.reviewers_channel=C0123456789 --json",
)


@click.command("init", epilog=_EXAMPLES)
@CONFIG
@click.option("--docs", multiple=True, metavar="PLACE", help="Folder, file or address with documents; more than once.")
@click.option("--chat", type=click.Choice([*_CHATS]), help="Where people ask.")
@click.option("--model/--no-model", "has_model", default=None, help="Whether a model server writes the answers.")
@click.option("--several/--one", "is_several", default=None, help="For several machines, or for this one only.")
@click.option("--set", "given", multiple=True, metavar="SETTING=VALUE", help="Answer in advance; not for secrets.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the options, and the defaults for all else.")
@click.option("--force", is_flag=True, help="Replace a file that is there; the old one is kept as FILE.old.")
@AS_JSON
@click.pass_context
def command(  # noqa: PLR0913 - one for each option
    ctx: click.Context,
    docs: tuple[str, ...],
    chat: str | None,
    given: tuple[str, ...],
    *,
    has_model: bool | None,
    is_several: bool | None,
    yes: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Ask what is needed, and write citedesk.toml.

    It explains the steps in Slack and Teams, and ends with the first answer. Secrets are written into files of their
    own, which only you can read.
    """
    if as_json and not yes:
        raise click.UsageError("--json asks nothing: give --yes as well")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError(_NO_TERMINAL)
    file = chosen_config() or DEFAULT_FILE
    _may_write(file, yes=yes, force=force)
    values = dict(map(_given, given))
    documents = [_place(place, file) for place in docs or _default_documents(yes=yes)] or _asked_documents(file)
    parts = [
        *_CHATS[chat or _choice("Where do people ask?", yes=yes)],
        *_part("openai", "Shall a language model write the answers? Else they are quoted.", given=has_model, yes=yes),
        *_part("several", "Will it run on several machines?", given=is_several, yes=yes),
    ]
    answers = Answers(documents, parts, *_asked(parts, values, yes=yes))
    written = _write(file, answers)
    if as_json:
        say_json({"written": [str(path) for path in written], "next": _next(answers, is_built=False)})
        return
    for path in written:
        say(f"wrote {path}")
    _finish(ctx, answers, asks=not yes)


def _may_write(file: Path, *, yes: bool, force: bool) -> None:
    """Ask before a file is replaced. Raises SettingsError if it must not be."""
    if not file.parent.is_dir():
        raise SettingsError(f"there is no folder {file.parent}: make it first")
    if force or not os.path.lexists(file):
        return
    if yes or not click.confirm(f"{file} is there already. Replace it? The old one is kept as {file}.old"):
        raise SettingsError(f"{file} is there already, and nothing was changed; --force replaces it")


def _given(text: str) -> tuple[str, str]:
    """Return setting and value of `--set`. Raises click.UsageError."""
    setting, equals, value = text.partition("=")
    question = question_of(setting)
    if not equals or question is None:
        known = ", ".join(name for name in asked_settings([*STEPS]) if (q := question_of(name)) and not q.is_secret)
        raise click.UsageError(f"--set {setting}: write SETTING=VALUE with one of {known}")
    if question.is_secret:
        raise click.UsageError(f"--set {setting}: others can read a command line; set {_variable(setting)} instead")
    if problem := question.problem(value):
        raise click.UsageError(f"--set {setting}: {problem}")
    return setting, value


def _default_documents(*, yes: bool) -> tuple[str, ...]:
    """Return the usual folder if nobody can be asked. Raises click.UsageError if it is not there."""
    if yes and not Path(_USUAL).is_dir():
        raise click.UsageError("--docs PLACE is missing: which folder has the documents?")
    return (_USUAL,) if yes else ()


def _asked_documents(file: Path) -> list[str]:
    """Ask for places of documents until one has some and no more is named."""
    say("Enter takes what stands in brackets. Nothing is written before the last question.\n")
    words, default = (
        "Where are the documents? A folder, a file or an address",
        _USUAL if Path(_USUAL).is_dir() else None,
    )
    found: list[str] = []
    while place := str(click.prompt(words, default=default, show_default=bool(default))).strip():
        try:
            found.append(_place(place, file))
            words, default = "One more place? (Enter: no)", ""
        except SettingsError as error:
            say(f"  {error}")
    return found


def _place(place: str, file: Path) -> str:
    """Return a place as the file names it; say how many documents are there. Raises SettingsError if none is."""
    if is_address(place):
        if without_password(place) != place:
            raise SettingsError("an address of documents holds no user and password: pages behind a login are not read")
        return place
    path = Path(place).expanduser()
    try:
        count = len(survey([path], Path(".citedesk/index"), build_rules(Settings()).load).sources)
        path.as_posix().encode()
    except (CitedeskError, OSError, UnicodeError) as error:
        raise SettingsError(f"{place!r} cannot be indexed: {error}") from None
    if not count:
        raise SettingsError(f"{place} has no documents that can be read")
    say(f"{count} documents in {path}")
    return str(path if file.parent.resolve() == Path.cwd() else path.absolute())


def _choice(words: str, *, yes: bool) -> str:
    return "none" if yes else str(click.prompt(words, type=click.Choice([*_CHATS]), default="none"))


def _part(name: str, words: str, *, given: bool | None, yes: bool) -> list[str]:
    chosen = given if given is not None else not yes and click.confirm(words)
    return [name] if chosen else []


def _asked(parts: Sequence[str], values: dict[str, str], *, yes: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Explain each step and ask its questions; return the answers, and the secrets apart from them."""
    secrets: dict[str, str] = {}
    given = frozenset(values)
    for part, number, step in _steps(parts):
        if not yes:
            say(f"\n{part}, step {number}: {step.words.format(**_manifests())}")
        for question in step.questions:
            if question.setting in given:
                continue
            if question.is_secret and _is_in_environment(question.setting):
                say(f"  {question.words}: taken from the environment")
            elif not yes and (answer := _answer(question)):
                # People of each chat product are asked for with that product.
                answers, before = (secrets, "") if question.is_secret else (values, values.get(question.setting, ""))
                answers[question.setting] = f"{before}, {answer}" if before and question.is_list else answer
    return values, secrets


def _manifests() -> dict[str, Traversable]:
    deploy = files("deploy")
    return {"slack_manifest": deploy / "slack" / "manifest.json", "teams_folder": deploy / "teams"}


def _steps(parts: Sequence[str]) -> Iterator[tuple[str, int, Step]]:
    titles = {"slack": "Slack", "teams": "Teams", "openai": "Model", "several": "Several machines"}
    for part in parts:
        for number, step in enumerate(STEPS[part], 1):
            yield titles[part], number, step


def _answer(question: Question) -> str:
    """Ask until the answer is right; nothing means later."""
    several = ", with commas between" if question.is_list else ""
    words = f"  {question.words}{several} (Enter: later)"
    while True:
        answer = str(click.prompt(words, default="", show_default=False, hide_input=question.is_secret)).strip()
        problem = question.problem(answer) if answer else ""
        if not problem:
            return answer
        say(f"  That is not right: {problem}.")


def _is_in_environment(setting: str) -> bool:
    name = _variable(setting)
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _variable(setting: str) -> str:
    return variable_of(tuple(setting.split(".")))


def _write(file: Path, answers: Answers) -> list[Path]:
    """Write the secrets, then the file, and read it as every command will; return the files. Raises SettingsError."""
    folder = file.parent / _SECRETS
    for setting, secret in answers.secrets.items():
        write_private(folder / setting, f"{secret}\n")
    folder.mkdir(mode=0o700, exist_ok=True)
    write_private(folder / ".gitignore", "*\n")
    write_private(file, settings_file(answers, _SECRETS), keeps_old=True)
    loaded(Settings, file, {})
    return [*(folder / setting for setting in answers.secrets), file]


def _finish(ctx: click.Context, answers: Answers, *, asks: bool) -> None:
    """Offer to build the index, to ask a first question, and to check everything."""
    is_built = asks and click.confirm("\nBuild the index now?", default=True)
    if is_built:
        _run(ctx, "index", "build")
        if question := click.prompt("\nWhat do you want to know? (Enter: nothing)", default="", show_default=False):
            _run(ctx, "ask", "--", question)
        if click.confirm("\nCheck everything with `citedesk doctor`?", default=bool(answers.parts)):
            _run(ctx, "doctor")
    say("\nNext:\n" + "\n".join(f"  {step}" for step in _next(answers, is_built=is_built)))


def _next(answers: Answers, *, is_built: bool) -> list[str]:
    """Return the commands that come next."""
    build = [] if is_built else ["citedesk index build"]
    serve = ["citedesk serve"] if {"slack", "teams"} & set(answers.parts) else []
    option = f" --config {chosen_config()}" if chosen_config() else ""
    steps = [*build, 'citedesk ask "…"', "citedesk doctor", *serve]
    return [step.replace("citedesk", f"citedesk{option}", 1) for step in steps]


def _run(ctx: click.Context, *arguments: str) -> None:
    """Run another command as if it had been typed; its errors are printed and end nothing."""
    root = ctx.find_root()
    group = root.command
    if not isinstance(group, click.Group):
        return
    try:
        with group.make_context("citedesk", [*arguments], parent=ctx) as own:
            group.invoke(own)
    except click.ClickException as error:
        error.show()
    except click.exceptions.Exit:
        return
