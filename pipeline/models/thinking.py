"""Leave out what a model thought aloud before it answered."""

import re

from pipeline.json_reading import object_spans

_NAMES = "think|thinking|thought|reasoning|reflection"
_OPENING = re.compile(rf"\s*(?:<(?:{_NAMES})>|\[THINK\])", re.IGNORECASE)
_CLOSING = re.compile(rf"</(?:{_NAMES})>|\[/THINK\]", re.IGNORECASE)
# The channels of gpt-oss, as its tokens and as what is left of them where a server drops the tokens.
_FINAL = re.compile(r"<\|channel\|>\s*final[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>|assistantfinal(?=\s*[{`])")
_ANALYSIS = re.compile(
    r"\s*(?:<\|start\|>\s*assistant\s*)?(?:<\|channel\|>\s*(?:analysis|commentary)|analysis(?=[A-Z]))"
)
_TOKEN = re.compile(r"<\|(?:end|return|start|call)\|>")


def without_thinking(text: str) -> str:
    """Return what a reply says after its thinking; "" where the thinking has no end.

    A tag inside JSON is text: only a reply that does not begin with JSON can begin with thinking.
    """
    if final := list(_FINAL.finditer(text)):
        return _TOKEN.split(text[final[-1].end() :], maxsplit=1)[0]
    if _ANALYSIS.match(text):
        return ""
    if text.lstrip().startswith(("{", "[{", "```", '"')):
        return text
    closings = list(_CLOSING.finditer(text))
    objects = list(object_spans(text)) if closings else []
    ends = [tag.end() for tag in closings if not any(start < tag.start() < end for start, end in objects)]
    if ends:
        return text[ends[-1] :]
    return "" if _OPENING.match(text) else text
