"""Redact what must not be logged: credentials, and what identifies a person or an account.

Log events are built from ids and numbers only; redaction guards against mistakes. The patterns follow the key formats
that the issuers document.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_CREDENTIAL = re.compile(
    r"""
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*                                   # JSON web token
    | \bxox[a-z]-[\w-]{8,} | \bxapp-[\w-]{8,} | \bhooks\.slack\.com/services/[\w/]+
    | \b(?:sk|pk|rk)[-_](?:live|test|proj|ant|svcacct|or)?[-_]?[\w-]{16,} # OpenAI, Anthropic, Stripe
    | \b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b                             # AWS
    | \bgh[pousr]_\w{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
    | \bAIza[\w-]{30,} | \bya29\.[\w-]{16,} | \bGOCSPX-[\w-]{16,}         # Google
    | \bhf_\w{20,} | \bnpm_\w{20,} | \bpypi-[\w-]{20,} | \bdop_v1_[0-9a-f]{32,}
    | \bSG\.[\w-]{16,}\.[\w-]{16,} | \b(?:SK|AC)[0-9a-f]{32}\b | \b\d{8,10}:AA[\w-]{30,}
    | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)                                     # user:password in a URL
    | (?i:\bbearer\s+)[\w.~+/=-]{8,} | (?i:\bbasic\s+)[A-Za-z0-9+/]{12,}={0,2}
    | (?i:\b(?:password|passwd|pwd|secret|token|(?:api|access|account)[_-]?key|client[_-]?secret)\b
      ["']?\s*[:=]\s*["']?)[^\s"',;]{6,}
    """,
    re.VERBOSE,
)
_LONG_SECRET = re.compile(
    r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{32,}\b|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9+/_-]{40,}={0,2}"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}\b")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")
_PHONE = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){2,5}\d{2,4}|\(?0\d{1,4}\)?[ /-]\d{3,}(?:[ /-]?\d{2,})*"
    r"|\(?\d{3}\)?[ -]\d{3}-\d{4})(?!\w)"
)
_SSN = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")
_NAME_BEFORE = re.compile(r"^(?:(?:bearer|basic)\s+|[\w-]+[\"']?\s*[:=]\s*)", re.IGNORECASE)
_MASK = "[redacted]"


def credentials(text: str) -> tuple[str, ...]:
    """Return the keys, tokens, private keys and passwords in `text`, without the name before them."""
    values = (_value_of(match[0]) for match in _CREDENTIAL.finditer(text))
    return tuple(value for value in values if _is_real(value))


def redacted(text: str) -> str:
    """Return `text` with credentials, e-mail, phone, card and account numbers replaced."""
    for pattern in (_CREDENTIAL, _EMAIL, _LONG_SECRET):
        text = pattern.sub(_MASK, text)
    text = _IBAN.sub(lambda match: _MASK if _is_iban(match[0]) else match[0], text)
    text = _CARD.sub(lambda match: _MASK if _is_card(match[0]) else match[0], text)
    return _SSN.sub(_MASK, _PHONE.sub(_MASK, text))


def redacted_event(_logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - structlog's
    """Return a log event with every text in it redacted, and exceptions as their type (a structlog processor)."""
    return {redacted(str(name)): _value(value) for name, value in event.items()}


def _value(value: Any) -> Any:  # noqa: ANN401 - a log value is anything
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redacted(value)
        case Mapping():
            return {redacted(str(name)): _value(inner) for name, inner in value.items()}
        case Sequence() | set() | frozenset() if not isinstance(value, bytes):
            return [_value(inner) for inner in value]
        case BaseException():
            # The text of an exception may repeat what was sent.
            return type(value).__name__
        case _:
            return redacted(str(value))


def _value_of(credential: str) -> str:
    """Return "x1" of "token: x1", "Bearer x1" and "user:x1", without Markdown marks around it."""
    return _NAME_BEFORE.sub("", credential).strip("\"'`*_.!?)]}=")


def _is_real(value: str) -> bool:
    # A manual's placeholders, such as "password: ********" and "token = <token>", are no credentials.
    return any(character.isdigit() for character in value) and "<" not in value and "example" not in value.casefold()


def _is_card(text: str) -> bool:
    """Check the Luhn digit (ISO/IEC 7812-1)."""
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """Check the two digits after the country (ISO 13616, modulo 97)."""
    plain = text.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1
