"""A released prompt never changes: what was answered with it must stay explainable."""

from hashlib import sha256
from pathlib import Path

_PROMPTS = Path(__file__).parents[2] / "prompts"


def _released() -> dict[str, str]:
    lines = (_PROMPTS / "released.sha256").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_every_prompt_is_as_it_was_released() -> None:
    there = {file.relative_to(_PROMPTS).as_posix(): file for file in _PROMPTS.glob("*/v*/*.md")}
    changed = [name for name, file in there.items() if sha256(file.read_bytes()).hexdigest() != _released().get(name)]
    assert not changed, "do not edit a released prompt: copy it to the next version and add that to released.sha256"
    assert set(there) == set(_released())
