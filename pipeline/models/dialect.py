"""What one server and model takes: the ways to send each parameter, those that it refused left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from pipeline.types import Message, Prompt

Limit = Literal["max_tokens", "max_completion_tokens", "unset"]
Stream = Literal["no", "with_usage", "yes"]
OutputFormat = Literal["json_schema", "json_object_schema", "json_object", "text"]
Parameter = Literal["limit", "temperature", "reasoning_effort", "system", "output_format", "stream"]

# How errors name each parameter. A field of Gemini's own API stands in errors of its compatible endpoint.
_NAMES: Mapping[Parameter, re.Pattern[str]] = {
    "limit": re.compile(r"max[_ ]?(?:completion[_ ]?|output[_ ]?)?tokens", re.IGNORECASE),
    "temperature": re.compile(r"temperature", re.IGNORECASE),
    "reasoning_effort": re.compile(r"reasoning[_.]effort", re.IGNORECASE),
    "system": re.compile(
        r"\broles?\b|\bsystem (?:role|message|prompt|instruction)|\bdeveloper (?:message|instruction)", re.IGNORECASE
    ),
    "output_format": re.compile(
        r"response_?(?:format|schema)|json[_ ]?(?:schema|object|mode)|structured.outputs?|guided[_ ]|\bgrammar\b",
        re.IGNORECASE,
    ),
    "stream": re.compile(r"\bstream(?:ing|_options)?\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """For each parameter the ways to send it, the one in use first. A parameter with one way left is settled.

    None leaves a parameter out. `system` "user" puts the rules at the beginning of the user's message.
    """

    limit: tuple[Limit, ...] = ("max_tokens", "max_completion_tokens", "unset")
    temperature: tuple[float | None, ...] = (0.0, None)
    reasoning_effort: tuple[str | None, ...] = (None,)
    system: tuple[Literal["system", "user"], ...] = ("system", "user")
    # OpenAI's schema, the schema of llama.cpp's server, any JSON object, the prompt alone.
    output_format: tuple[OutputFormat, ...] = ("json_schema", "json_object_schema", "json_object", "text")
    stream: tuple[Stream, ...] = ("no", "with_usage", "yes")

    def parameters(self, prompt: Prompt, output_tokens: int) -> dict[str, Any]:
        """Return the body of a request, but for the model's name."""
        form = _response_format(self.output_format[0], prompt)
        sent: dict[str, Any] = {
            "messages": [{"role": m.role, "content": m.content} for m in self._messages(prompt)],
            "temperature": self.temperature[0],
            "reasoning_effort": self.reasoning_effort[0],
            "response_format": form,
            "stream": None if self.stream[0] == "no" else True,
            "stream_options": {"include_usage": True} if self.stream[0] == "with_usage" else None,
            **({} if self.limit[0] == "unset" else {self.limit[0]: output_tokens}),
        }
        return {name: value for name, value in sent.items() if value is not None}

    def without(self, parameter: Parameter) -> "Dialect | None":
        """Return the dialect that sends a parameter in the next way; None if no way is left."""
        ways = getattr(self, parameter)[1:]
        return replace(self, **{parameter: ways}) if ways else None

    def plain(self) -> "Dialect":
        """Return the dialect without the parameters that a request can do without."""
        return replace(
            self,
            temperature=self.temperature[-1:],
            reasoning_effort=self.reasoning_effort[-1:],
            output_format=self.output_format[-1:],
        )

    def merged(self, other: "Dialect") -> "Dialect":
        """Return the dialect that sends nothing that either of two has found to be refused."""
        fewer = {f.name: min(getattr(self, f.name), getattr(other, f.name), key=len) for f in fields(self)}
        return Dialect(**fewer)

    def refused_in(self, words: str) -> Parameter | None:
        """Return the first parameter that an error's words name and that can be sent in another way."""
        named = [
            (found.start(), parameter)
            for parameter, pattern in _NAMES.items()
            if len(getattr(self, parameter)) > 1 and (found := pattern.search(words))
        ]
        return min(named)[1] if named else None

    @property
    def words(self) -> str:
        """What is sent, for people: "JSON schema, temperature 0.0, max_tokens"."""
        said = [
            _FORMAT_WORDS[self.output_format[0]],
            "no temperature" if self.temperature[0] is None else f"temperature {self.temperature[0]}",
            "no token limit" if self.limit[0] == "unset" else self.limit[0],
        ]
        said += [f"reasoning effort {self.reasoning_effort[0]}"] if self.reasoning_effort[0] else []
        said += ["no system role"] if self.system[0] == "user" else []
        return ", ".join([*said, *(["streamed"] if self.stream[0] != "no" else [])])

    def _messages(self, prompt: Prompt) -> tuple[Message, ...]:
        first, *rest = prompt.messages
        if self.system[0] == "system" or first.role != "system" or not rest:
            return prompt.messages
        return (Message("user", f"{first.content}\n\n{rest[0].content}"), *rest[1:])


_FORMAT_WORDS: dict[OutputFormat, str] = {
    "json_schema": "JSON schema",
    "json_object_schema": "JSON object with schema",
    "json_object": "JSON object",
    "text": "JSON asked for in words",
}


def _response_format(form: OutputFormat, prompt: Prompt) -> dict[str, Any] | None:
    match form:
        case "json_schema":
            schema = {"name": "reply", "strict": True, "schema": prompt.reply_schema}
            return {"type": "json_schema", "json_schema": schema}
        case "json_object_schema":
            return {"type": "json_object", "schema": prompt.reply_schema}
        case "json_object":
            return {"type": "json_object"}
        case "text":
            return None
