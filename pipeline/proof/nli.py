"""The judge `nli`: a cross-encoder for natural language inference reads each sentence beside the passages it cites.

The passages are the premise, the sentence is the hypothesis. A sentence is supported if the most probable label is
entailment, for the passages together or, where they are too long for the model, for a part of them.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embedding.runtime import export_in_process, fingerprint
from index.errors import IndexUnavailableError, SettingsError
from pipeline.errors import RetryableModelError
from pipeline.proof.judge import Claim, Judgement, Verdict
from pipeline.proof.nli_model import NliModel, Probabilities, labels_in
from pipeline.request_log import RequestLog
from pipeline.types import Deadline, Failure

# More probable than all other labels together. It was not measured: no model for inference could be had.
SUPPORTED_FROM = 0.5
# Export format version. Bump it when an export changes.
_EXPORT = 1


class NliJudge:
    """Judges with a model that runs in this process; one judgement at a time, for a run uses all cores."""

    name = "nli"

    def __init__(self, model: NliModel, supported_from: float = SUPPORTED_FROM) -> None:
        self._model = model
        self._supported_from = supported_from
        self._turn = asyncio.Semaphore(1)

    async def judge(
        self,
        question: str,  # noqa: ARG002 - the model reads the sentence only
        claims: Sequence[Claim],
        deadline: Deadline,
        log: RequestLog,
    ) -> Judgement:
        """Return one verdict for each claim. It is not said whether they answer the question.

        Raises RetryableModelError at the deadline.
        """
        log.attempted()
        try:
            async with asyncio.timeout(deadline.remaining()), self._turn:
                verdicts = await asyncio.to_thread(self._verdicts, claims, deadline)
        except TimeoutError as error:
            raise RetryableModelError(Failure.MODEL_TIMEOUT) from error
        return Judgement(verdicts)

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""

    def _verdicts(self, claims: Sequence[Claim], deadline: Deadline) -> tuple[Verdict, ...]:
        def in_time() -> None:
            # A thread cannot be cancelled; without this it would go on after the deadline.
            if not deadline.remaining():
                raise TimeoutError

        pairs = [self._model.windows(claim) for claim in claims]
        found = self._model.read([pair for windows in pairs for pair in windows], in_time)
        ends = np.cumsum([len(windows) for windows in pairs], dtype=int)
        return tuple(decide(part, self._model.labels, self._supported_from) for part in np.split(found, ends)[:-1])


def decide(windows: Probabilities, labels: Sequence[Verdict], supported_from: float) -> Verdict:
    """Return the verdict on a claim from the probabilities of its windows, float32[windows, labels].

    The best supported window wins, unless another one contradicts the claim with more probability.
    """
    best = dict.fromkeys(Verdict, 0.0)
    for window in windows:
        label = int(window.argmax())
        best[labels[label]] = max(best[labels[label]], float(window[label]))
    if best[Verdict.CONTRADICTED] > best[Verdict.SUPPORTED]:
        return Verdict.CONTRADICTED
    return Verdict.SUPPORTED if best[Verdict.SUPPORTED] > supported_from else Verdict.NOT_STATED


def open_nli_judge(
    folder: Path, exports: Path, setting: str = "judge.nli_model", supported_from: float = SUPPORTED_FROM
) -> NliJudge:
    """Return the judge of a model folder; export the model into `exports` first if that was not done (seconds).

    Raises SettingsError, one line that names the `setting`, if the folder holds no usable model.
    """
    try:
        labels = labels_in(folder / "config.json")
        kept = exports / f"nli-{folder.resolve().name}@{fingerprint(folder)[:12]}-fp32-{_EXPORT}"
        try:
            return NliJudge(NliModel(kept, labels), supported_from)
        except IndexUnavailableError:
            export_in_process("pipeline.proof.nli_export", folder, kept)
        return NliJudge(NliModel(kept, labels), supported_from)
    except (IndexUnavailableError, OSError, ValueError) as error:
        raise SettingsError(f"setting {setting}: {folder} cannot be used: {error}") from None
