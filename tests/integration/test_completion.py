"""`citedesk completion`: what each shell offers, asked of the shell itself where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import main

_BASH = """source "$0"
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _citedesk; printf '%s\\n' "${COMPREPLY[@]}"
"""
_FISH = "source $argv[1]; complete -C $argv[2] | cut -f 1"
_ZSH = """compdef() { }
_describe() { print -rl -- ${(P)2} }
_files() { print files }
compadd() { shift; print -rl -- $@ }
source $1; shift; words=("$@"); CURRENT=$#; _citedesk
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the script of each shell."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish"):
        printed = CliRunner().invoke(main, ["completion", shell])
        assert printed.exit_code == 0, printed.output
        (folder / shell).write_text(printed.output)
    return folder


def _offered(shell: str, script: Path, words: list[str]) -> list[str]:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    commands = {
        "bash": [path, "--norc", "-c", _BASH, str(script), *words],
        "zsh": [path, "-f", "-c", _ZSH, "zsh", str(script), *words],
        "fish": [path, "--no-config", "-c", _FISH, str(script), " ".join(words)],
    }
    run = subprocess.run(commands[shell], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    assert run.stderr == ""
    return [line.partition(":")[0] for line in run.stdout.split("\n") if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "offers", "not_these"),
    [
        (["citedesk", ""], ["demo", "ask", "requests"], ["build"]),
        (["citedesk", "index", ""], ["build", "rollback"], ["ask"]),
        (["citedesk", "reviews", "list", "--state", ""], ["open", "rejected"], ["list", "--all"]),
        (["citedesk", "ask", "--"], ["--groups", "--json"], ["--limit"]),
        (["citedesk", "requests", "list", "--since", "7d", "--"], ["--questions"], ["--groups"]),
        (["citedesk", "ask", "index", "--"], ["--audience"], ["--publish"]),
    ],
)
def test_a_shell_offers_what_can_follow(
    shell: str, words: list[str], offers: list[str], not_these: list[str], scripts: Path
) -> None:
    offered = set(_offered(shell, scripts / shell, words))
    assert set(offers) <= offered
    assert offered & set(not_these) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_files_are_left_to_the_shell(shell: str, scripts: Path) -> None:
    assert _offered(shell, scripts / shell, ["citedesk", "index", "build", ""]) in ([], ["files"])
