"""A thousand made-up secrets of eighteen kinds, the same every time."""

import base64
import random
import string
from collections.abc import Callable, Mapping


def _text(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


_ALNUM = string.ascii_letters + string.digits


def _card(rng: random.Random) -> str:
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    total = sum(d if at % 2 else (d * 2 - 9 if d > 4 else d * 2) for at, d in enumerate(digits))
    plain = "".join(map(str, [*digits, -total % 10]))
    return " ".join(plain[at : at + 4] for at in range(0, 16, 4))


def _iban(rng: random.Random) -> str:
    account = _text(rng, string.digits, 18)
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02d}{account}"


def _jwt(rng: random.Random) -> str:
    def part() -> str:
        return base64.urlsafe_b64encode(b'{"a":"' + _text(rng, _ALNUM, 18).encode() + b'"}').decode().rstrip("=")

    return f"{part()}.{part()}.{_text(rng, _ALNUM, 30)}"


KINDS: Mapping[str, Callable[[random.Random], str]] = {
    "slack bot token": lambda r: f"xoxb-{_text(r, string.digits, 12)}-{_text(r, _ALNUM, 24)}",
    "slack app token": lambda r: f"xapp-1-{_text(r, _ALNUM, 30)}",
    "openai key": lambda r: f"sk-proj-{_text(r, _ALNUM, 40)}",
    "anthropic key": lambda r: f"sk-ant-{_text(r, _ALNUM, 40)}",
    "stripe key": lambda r: f"sk_live_{_text(r, _ALNUM, 24)}",
    "aws key id": lambda r: f"AKIA{_text(r, string.ascii_uppercase + string.digits, 16)}",
    "github token": lambda r: f"ghp_{_text(r, _ALNUM, 36)}",
    "gitlab token": lambda r: f"glpat-{_text(r, _ALNUM, 20)}",
    "google key": lambda r: f"AIza{_text(r, _ALNUM, 35)}",
    "jwt": _jwt,
    "private key": lambda r: f"-----BEGIN PRIVATE KEY-----\n{_text(r, _ALNUM, 64)}\n-----END PRIVATE KEY-----",
    "password": lambda r: f"password={_text(r, _ALNUM, 12)}",
    "bearer": lambda r: f"Bearer {_text(r, _ALNUM, 32)}",
    "url password": lambda r: f"https://admin:{_text(r, _ALNUM, 14)}@db.example.org/x",
    "e-mail": lambda r: f"{_text(r, string.ascii_lowercase, 9)}@{_text(r, string.ascii_lowercase, 7)}.org",
    "phone": lambda r: f"+49 170 {_text(r, string.digits, 4)} {_text(r, string.digits, 4)}",
    "card": _card,
    "iban": _iban,
}


def planted(count: int) -> list[tuple[str, str]]:
    """Return (kind, secret) pairs, the kinds in turn."""
    rng = random.Random(20261124)
    names = list(KINDS)
    return [(kind := names[at % len(names)], KINDS[kind](rng)) for at in range(count)]


def heart(secret: str) -> str:
    """Return the part of a secret that must not turn up anywhere."""
    return max((part for part in secret.replace("=", "/").replace("@", "/").split("/") if part), key=len)
