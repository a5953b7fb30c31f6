"""Measure proof: how many honest and how many subtly false model replies are shown, by judge.

usage: python tests/bench/proof.py REPLIES.jsonl QUESTIONS.jsonl DATA_DIR [--judge none|labels|erring|yes|URL] [-v]

REPLIES are rows with id, kind (honest | subtle) and reply (shape: ../shared/data/README.md). They are served through
../shared/bench/replay.py and answered by `citedesk eval`. The judge `labels` supports a sentence if it is one of the
honest reply; `erring` says the contrary in one case of ten, chosen by a hash; `yes` supports everything; a URL is the
OpenAI-compatible server of a real model.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pipeline.proof.comparing import comparable
from pipeline.proof.markers import statements

_REPLAY = Path(__file__).parents[2].parent / "shared" / "bench" / "replay.py"
_SENTENCE = re.compile(
    r"^Sentence (\d+), which cites passages [\d, ]+:\n(.*?)(?=\n\nSentence |\Z)", re.MULTILINE | re.DOTALL
)
_ERRS = 10


class _Judge(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that judges by labels. `server.says` decides on a sentence."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        told = _SENTENCE.findall(request["messages"][-1]["content"])
        verdicts = [{"sentence": int(number), "verdict": self.server.says(sentence)} for number, sentence in told]  # type: ignore[attr-defined]
        text = json.dumps({"verdicts": verdicts, "answers_question": True})
        usage = {"prompt_tokens": len(json.dumps(request)) // 4, "completion_tokens": len(text) // 4}
        usage["total_tokens"] = sum(usage.values())
        body = json.dumps(
            {
                "id": "j",
                "object": "chat.completion",
                "created": 0,
                "model": "judge",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
                "usage": usage,
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _judge_server(kind: str, honest: set[str]) -> ThreadingHTTPServer:
    def says(sentence: str) -> str:
        is_true = comparable(sentence) in honest
        if kind == "erring" and int(sha256(sentence.encode()).hexdigest(), 16) % _ERRS == 0:
            is_true = not is_true
        return "supported" if is_true or kind == "yes" else "not_stated"

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Judge)
    server.says = says  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _rows(replies: Path, questions: Path, data_dir: Path, kind: str, judge: str) -> tuple[list[dict[str, Any]], str]:
    served = list(map(json.loads, replies.read_text(encoding="utf-8").splitlines()))
    honest = {
        comparable(statement.text)
        for row in served
        if row["kind"] == "honest"
        for statement in statements(row["reply"].get("answer", ""))
    }
    server = _judge_server(judge, honest)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        rows, log = Path(folder) / "rows.jsonl", Path(folder) / "log.jsonl"
        replay = subprocess.Popen(  # noqa: S603 - the replay server
            [sys.executable, str(_REPLAY), str(port), str(replies), str(questions), kind, str(log)]
        )
        time.sleep(0.7)
        environment = os.environ | {
            "CITEDESK_LLM__PROVIDER": "openai",
            "CITEDESK_LLM__BASE_URL": f"http://127.0.0.1:{port}/v1",
            "CITEDESK_LLM__API_KEY": "none",
            "CITEDESK_LLM__MODEL": "replay",
            "CITEDESK_LIMITS__SUFFICIENCY_MIN": "0",
            "CITEDESK_JUDGE__KIND": "none" if judge == "none" else "model",
            "CITEDESK_JUDGE__BASE_URL": judge if "://" in judge else f"http://127.0.0.1:{server.server_address[1]}/v1",
            "CITEDESK_JUDGE__API_KEY": "none",
            "CITEDESK_JUDGE__MODEL": "judge",
            "HF_HUB_OFFLINE": "1",
        }
        command = [
            str(Path(sys.executable).with_name("citedesk")),
            "eval",
            str(questions),
            "--json",
            "--rows",
            str(rows),
        ]
        try:
            subprocess.run(  # noqa: S603 - our own command
                [*command, "--data-dir", str(data_dir)], env=environment, check=True, capture_output=True
            )
        finally:
            replay.terminate()
            server.shutdown()
        states = {
            row["id"]: row["served"]
            for row in map(json.loads, log.read_text(encoding="utf-8").splitlines())
            if row["id"]
        }
        kept = {row["id"]: row["reply"] for row in served if row["kind"] == kind}
        found = [
            row | {"served": states.get(row["id"]), "reply": kept[row["id"]]}
            for row in map(json.loads, rows.read_text(encoding="utf-8").splitlines())
            if row["id"] in kept
        ]
    return found, kind


def main() -> None:
    """Print what was shown of the honest and of the false replies."""
    parser = argparse.ArgumentParser()
    parser.add_argument("replies", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--judge", default="none")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    for kind in ("honest", "subtle"):
        rows, _ = _rows(arguments.replies, arguments.questions, arguments.data_dir, kind, arguments.judge)
        given = [row for row in rows if row["reply"]["status"] == "answered"]
        told = Counter((row["served"], row["outcome"], row["form"]) for row in given)
        print(f"{kind}, judge {arguments.judge}: {len(given)} replies")
        judged = [row for row in rows if row["judge"]]
        tokens = sum(row["judge_tokens"] or 0 for row in judged)
        ms = sum(row["stage_ms"].get("judge", 0.0) for row in judged)
        if judged:
            print(
                f"  the judge read {len(judged)}: {tokens / len(judged):.0f} tokens, {ms / len(judged):.0f} ms a draft"
            )
            print(f"  verdicts: {dict(Counter(v for row in judged for v in row['verdicts']))}")
        for (served, outcome, form), count in sorted(told.items(), key=str):
            print(f"  {count:4} served {served}: {outcome} {form or ''}")
        for row in given if arguments.verbose else []:
            wrong = row["form"] != "written" if kind == "honest" else row["form"] == "written"
            if row["served"] == "reply" and wrong:
                print(f"\n{row['id']} {row['outcome']} {row['form']} {row['findings']}\n  {row['reply']['answer']}")


if __name__ == "__main__":
    main()
