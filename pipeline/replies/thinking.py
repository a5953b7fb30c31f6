"""Take a model's thinking out of what it wrote."""

import re
from bisect import bisect
from dataclasses import dataclass

from pipeline.replies.json_objects import objects

# The marks that models set: DeepSeek, Qwen and others <think>, Gemini <thought>, Seed-OSS <seed:think>,
# Magistral [THINK], Kimi ◁think▷, Gemma <|channel>thought ... <channel|>.
_NAME = r"(?:seed:)?(?:think(?:ing)?|thought|reasoning)"
_MARK = re.compile(
    rf"(?P<open><{_NAME}>|\[THINK\]|◁think▷|<\|channel>)|</{_NAME}>|\[/THINK\]|◁/think▷|<channel\|>", re.IGNORECASE
)
# The harmony format of gpt-oss: messages in the channels analysis, commentary and final.
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
# The same after a server dropped its special tokens.
_BARE_ANALYSIS, _BARE_FINAL = re.compile(r"\s*(?:assistant)?(?:analysis|commentary)"), re.compile("assistantfinal")
_OBJECT_AT_START = re.compile(r"\s*(?:```\w*\s*)?(?=\{)")


def without_thinking(text: str) -> str:
    """Return what a model said, without its thinking; "" if it did nothing but think.

    Marks of thinking inside the strings of a JSON object are part of what was said.
    """
    return _outside_marks(_final_channels(text))


@dataclass(frozen=True, slots=True)
class _Outside:
    """A text, and where the JSON objects in it start and end."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "_Outside":
        found = tuple(objects(text))
        return cls(text, tuple(each.start for each in found), tuple(each.end for each in found))

    def first(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """Return the first match from `at` on that is not in a JSON object, nor after the start of a broken one."""
        begins = _OBJECT_AT_START.match(self.text, at)
        if begins and begins.end() not in self.starts:
            return None
        for match in pattern.finditer(self.text, at):
            before = bisect(self.starts, match.start()) - 1
            if before < 0 or self.ends[before] <= match.start():
                return match
        return None


def _final_channels(text: str) -> str:
    """Return the content of the final channels, or `text` if it has no channels."""
    if not _CHANNEL.search(text):
        return _after_bare_analysis(text)
    outside = _Outside.of(text)
    message = outside.first(_CHANNEL, 0)
    if not message:
        return text
    said: list[str] = []
    while message:
        is_final = message[1] == "final"
        end = outside.first(_CHANNEL_END, message.end()) if is_final else _CHANNEL_END.search(text, message.end())
        if is_final:
            said.append(text[message.end() : end.start() if end else None])
        message = _CHANNEL.search(text, end.start()) if end else None
    return "\n".join(said)


def _after_bare_analysis(text: str) -> str:
    analysis = _BARE_ANALYSIS.match(text)
    if not analysis:
        return text
    outside, at = _Outside.of(text), 0
    while final := outside.first(_BARE_FINAL, at):
        at = final.end()
    was_cut_off = not at and text[analysis.end() : analysis.end() + 1].isupper()
    return "" if was_cut_off else text[at:]


def _outside_marks(text: str) -> str:
    if not _MARK.search(text):
        return text
    outside, at = _Outside.of(text), 0
    said: list[str] = []
    while mark := outside.first(_MARK, at):
        if mark["open"]:
            said.append(text[at : mark.start()])
            closing = next((each for each in _MARK.finditer(text, mark.end()) if not each["open"]), None)
            at = closing.end() if closing else len(text)
        else:
            # Some prompt templates hold the opening mark: everything so far was thinking.
            said.clear()
            at = mark.end()
    return " ".join([*said, text[at:]]).strip() if at else text
