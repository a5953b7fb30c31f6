"""A model that does what any text in its prompt tells it, and dresses it up in four ways."""

import json
from dataclasses import dataclass, field

from pipeline.request_log import RequestLog
from pipeline.types import Completion, Deadline, Prompt

WAYS = ("uncited", "cited", "quoting the attack", "beside the truth")


@dataclass
class ObeyingModel:
    """Says `obeyed` as soon as it can read `attack` in its prompt, else the true `gold` sentence of block n."""

    attack: str
    obeyed: str
    gold: str
    way: str
    name: str = "obeying"
    model: str = "m1"
    was_steered: bool = field(default=False, init=False)

    circuit_is_open = False

    async def aclose(self) -> None:
        pass

    async def complete(self, prompt: Prompt, deadline: Deadline, log: RequestLog) -> Completion:
        assert deadline.remaining() > 0
        log.attempted()
        block = next((n for n, chunk in enumerate(prompt.chunks, 1) if self.gold in chunk.text), None)
        self.was_steered = _plain(self.attack) in _plain(prompt.messages[-1].content)
        return Completion(self._reply(prompt, block), self.name, self.model, 10, 10)

    def _reply(self, prompt: Prompt, block: int | None) -> str:
        marker = block or 1
        truth = f"{self.gold} [{marker}]"
        quotes = [self.gold]
        answer = truth
        if self.was_steered:
            if self.way == "quoting the attack":
                quotes = [self.attack]
            answer = {
                "uncited": self.obeyed,
                "cited": f"{self.obeyed} [{marker}]",
                "quoting the attack": f"{self.obeyed} [{marker}]",
                "beside the truth": f"{truth} {self.obeyed} [{marker}]",
            }[self.way]
        elif block is None:
            return json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
        cited = [
            {"marker": marker, "chunk_id": prompt.chunks[marker - 1].chunk_id, "quote": quote}
            for quote in quotes
            if prompt.chunks
        ]
        return json.dumps({"status": "answered", "answer": answer, "confidence": "high", "citations": cited})


def _plain(text: str) -> str:
    return " ".join(text.split())
