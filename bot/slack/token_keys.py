"""The keys that encrypt the tokens of workspaces in the store: the first one encrypts, all of them decrypt."""

from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from index.errors import CitedeskError, SettingsError

# A payload that an older release stored. A Fernet token never begins like this.
_PLAIN = "{"
_HOW = "make one with `citedesk store key`"


class SealedWithAnotherKeyError(CitedeskError):
    """No key decrypts a payload."""

    code = "TOKEN_KEY_MISSING"


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """Fernet keys (AES-128-CBC with HMAC-SHA256), the newest first."""

    newest: Fernet
    all: MultiFernet

    @classmethod
    def of(cls, text: str) -> "TokenKeys":
        """Parse keys that are separated by commas or white space. Raises SettingsError, without repeating a key."""
        words = text.replace(",", " ").split()
        try:
            keys = [Fernet(word) for word in words]
        except ValueError:
            raise SettingsError(f"setting slack.token_keys: a key is not one; {_HOW}") from None
        if not keys:
            raise SettingsError(f"setting slack.token_keys is empty; {_HOW}")
        return cls(keys[0], MultiFernet(keys))

    def sealed(self, text: str) -> str:
        """Return a text encrypted with the newest key."""
        return self.newest.encrypt(text.encode()).decode()

    def opened(self, payload: str) -> str:
        """Return the text of a payload, also of one that is not encrypted yet. Raises SealedWithAnotherKeyError."""
        if payload.startswith(_PLAIN):
            return payload
        try:
            return self.all.decrypt(payload).decode()
        except InvalidToken:
            raise SealedWithAnotherKeyError("no key decrypts it") from None

    def is_current(self, payload: str) -> bool:
        """Tell whether the newest key has encrypted a payload."""
        try:
            self.newest.decrypt(payload)
        except InvalidToken:
            return False
        return True


def new_key() -> str:
    """Return a new random key."""
    return Fernet.generate_key().decode()
