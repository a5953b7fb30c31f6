"""Read the application's certificate from its files, in the form that MSAL takes."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from bot.settings import TeamsSettings
from index.errors import SettingsError

_PFX = frozenset({".pfx", ".p12"})


def certificate_of(settings: TeamsSettings) -> dict[str, str | bool | None]:
    """Return certificate and private key. Raises SettingsError with one line if they cannot be read or used."""
    file = settings.certificate_file or Path()
    password = settings.certificate_password.get_secret_value() if settings.certificate_password else None
    if file.suffix.lower() in _PFX:
        return _pfx(file, password)
    return _pem(file, settings.certificate_key_file or file, password)


def _pfx(file: Path, password: str | None) -> dict[str, str | bool | None]:
    content = _read(file, "certificate_file")
    try:
        key, certificate, _ = load_key_and_certificates(content, password.encode() if password else None)
    except ValueError:
        raise _wrong("certificate_file", "no PFX file, or teams.certificate_password is wrong") from None
    if key is None or certificate is None:
        raise _wrong("certificate_file", "the PFX file lacks the certificate or its private key")
    return {"private_key_pfx_path": str(file), "passphrase": password, "public_certificate": True}


def _pem(file: Path, key_file: Path, password: str | None) -> dict[str, str | bool | None]:
    certificate = _read(file, "certificate_file")
    key = _read(key_file, "certificate_key_file" if key_file != file else "certificate_file")
    try:
        public = x509.load_pem_x509_certificate(certificate).public_key()
    except ValueError:
        raise _wrong("certificate_file", "no certificate in PEM form") from None
    try:
        private = load_pem_private_key(key, password.encode() if password else None)
    except (ValueError, TypeError):
        raise _wrong("certificate_key_file", "no private key in PEM form, or its password is wrong") from None
    if private.public_key() != public:
        raise _wrong("certificate_key_file", "the private key is not that of the certificate")
    return {"private_key": key.decode(), "public_certificate": certificate.decode(), "passphrase": password}


def _read(file: Path, setting: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _wrong(setting, f"{file} cannot be read ({type(error).__name__})") from None


def _wrong(setting: str, words: str) -> SettingsError:
    return SettingsError(f"setting teams.{setting}: {words}")
