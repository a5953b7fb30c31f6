"""Which activities Teams refuses: the published rules of messages, AI labels, citations and cards (pure)."""

import json
import re
from typing import Any

CARD_BYTES, MESSAGE_BYTES = 28 * 1024, 40 * 1024
_MESSAGE = "https://schema.org/Message"
_CITATIONS, _NAME, _ABSTRACT, _KEYWORDS, _KEYWORD = 10, 80, 160, 3, 28


def refusal(activity: dict[str, Any]) -> tuple[int, str] | None:
    """Return the status and the reason with which Teams refuses an activity; None if it takes it."""
    if activity["type"] != "message":
        return None
    sizes = [_bytes(attachment["content"]) for attachment in activity.get("attachments") or []]
    if _bytes(activity) > MESSAGE_BYTES or any(size > CARD_BYTES for size in sizes):
        return 413, "MessageSizeTooBig"
    roots = [entity for entity in activity.get("entities") or [] if entity.get("type") == _MESSAGE]
    if len(roots) > 1:
        return 400, "more than one root Message entity"
    faults = [fault for root in roots for fault in _faults(root, str(activity.get("text") or ""))]
    return (400, faults[0]) if faults else None


def _faults(root: dict[str, Any], text: str) -> list[str]:
    faults = []
    if "additionalType" in root and root["additionalType"] != ["AIGeneratedContent"]:
        faults.append("additionalType: exactly one element, or no key")
    claims = root.get("citation") or []
    if len(claims) > _CITATIONS:
        faults.append("more than ten citations")
    for claim in claims:
        position = claim["position"]
        if not isinstance(position, int) or position < 1 or not re.search(rf"(?<!\\)\[{position}\]", text):
            faults.append(f"position {position} is not in the text")
        faults += _faults_of_appearance(claim["appearance"])
    return faults


def _faults_of_appearance(about: dict[str, Any]) -> list[str]:
    keywords = about.get("keywords", [])
    checks = {
        "name": isinstance(about.get("name"), str) and 0 < len(about["name"].strip()) <= len(about["name"]) <= _NAME,
        "abstract": isinstance(about.get("abstract"), str) and 0 < len(about["abstract"]) <= _ABSTRACT,
        "keywords": len(keywords) <= _KEYWORDS and all(0 < len(word) <= _KEYWORD for word in keywords),
        "url": "url" not in about or str(about["url"]).startswith(("https://", "http://")),
    }
    return [name for name, holds in checks.items() if not holds]


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le", "surrogatepass"))
