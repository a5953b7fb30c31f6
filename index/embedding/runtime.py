"""Exported models on disk and how they run: shared by embedder, reranker and the judge `nli` (`pipeline/proof`).

An export is a folder that a program wrote: a graph for ONNX Runtime, a tokenizer, other files and a card, a JSON file
that lists their checksums. Nothing here imports torch.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.digests import digest
from index.errors import IndexUnavailableError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
# Tokens in one run of the model, with padding; the activations of more do not fit the CPU caches
# (tests/bench/embedding.py).
_TOKENS_PER_RUN = 512
_PARTS_OF_A_MODEL = {".json", ".safetensors", ".txt", ".model"}
_EXCEPTION = re.compile(r"[\w.]+(?:Error|Exception): ")
_REASON_CHARS = 300


def checked_card(folder: Path, card: str, files: set[str]) -> dict[str, Any]:
    """Return the card of an export, after checking each of its files against its checksum.

    Raises IndexUnavailableError if there is no export with these `files`, or a damaged one.
    """
    try:
        found: dict[str, Any] = json.loads((folder / card).read_bytes())
        damaged = [file for file, expected in found["checksums"].items() if digest(folder / file) != expected]
        if damaged or not files <= set(found["checksums"]):
            raise IndexUnavailableError(f"exported model {folder.name} is damaged")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexUnavailableError(f"no exported model {folder.name}") from error
    return found


def fingerprint(folder: Path) -> str:
    """Return a digest of the files that a model's export depends on. Raises ValueError if there are no weights."""
    files = sorted(file for file in folder.iterdir() if file.suffix in _PARTS_OF_A_MODEL)
    if not any(file.suffix == ".safetensors" for file in files):
        raise ValueError("it has no .safetensors weights")
    listed = "\n".join(f"{file.name} {digest(file)}" for file in files)
    return sha256(listed.encode()).hexdigest()


def write_card(folder: Path, card: str, fields: dict[str, Any], files: Sequence[str]) -> None:
    """Write the card of an export: `fields` and the checksums of `files`."""
    checksums = {file: digest(folder / file) for file in files}
    (folder / card).write_text(json.dumps({**fields, "checksums": checksums}, indent=1), encoding="utf-8")


def export_in_process(module: str, source: Path, folder: Path, *arguments: str) -> None:
    """Let the program `module` export the model `source` into `folder`, in a process of its own.

    Raises IndexUnavailableError, with the program's reason, if it fails. `folder` is then as it was.
    """
    if find_spec("sentence_transformers") is None:
        raise IndexUnavailableError(
            f"model {source} must be exported first, which needs pip install 'citedesk[export]'"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".exporting-"))
    try:
        command = [sys.executable, "-m", module, str(source), str(draft), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
        if done.returncode:
            raise IndexUnavailableError(f"model {source} cannot be exported: {_reason(done.stderr)}")
        # If two processes export at the same time, the last one replaces the other's equal export.
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def export_model(folder: Path, card: str, target: Path) -> str:
    """Copy an exported model into the new folder `target`; return the SHA-256 digest of its card.

    The card holds the digests of all other files, so its own tells whether two exports are the same. Raises
    IndexUnavailableError if `target` exists or cannot be written.
    """
    try:
        shutil.copytree(folder, target)
    except OSError as error:
        raise IndexUnavailableError(f"{target} cannot be written: {error.strerror or 'it exists'}") from error
    return digest(target / card)


def _reason(stderr: str) -> str:
    """Return, in one line, the exception that ended a program, else the last line that it wrote."""
    lines = stderr.strip().splitlines() or ["no word why"]
    start = max((number for number, line in enumerate(lines) if _EXCEPTION.match(line)), default=len(lines) - 1)
    return " ".join(" ".join(lines[start:]).split())[:_REASON_CHARS]


def quiet() -> None:
    """Keep the libraries of an export off the network and off stderr, where the reason of a failure is read."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)


def open_session(folder: Path) -> "InferenceSession":
    """Return the graph of an export, ready to run. Any number of threads may run it."""
    # Imported late, so that `citedesk --help` does not wait for it.
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    # Threads that keep spinning after a run would take a core from the search that follows.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])


def open_tokenizer(folder: Path) -> "Tokenizer":
    """Return the tokenizer of an export, which neither cuts nor pads."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield batches of texts, by number, of similar length, so that little of a run is padding."""
    batch: list[int] = []
    for text in sorted(range(len(lengths)), key=lambda text: lengths[text]):
        if batch and (len(batch) + 1) * lengths[text] > _TOKENS_PER_RUN:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch
