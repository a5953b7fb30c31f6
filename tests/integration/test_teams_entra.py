"""How the bot signs in at Entra, with MSAL as it is: by secret, certificate, managed identity and federated token."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from support.entra import APPLICATION, DIRECTORY, SECRET, FakeEntra, entra
from support.proxies import recording_proxy
from support.teams import REVIEWS, connector

from bot.clouds import CLOUDS, CloudName
from bot.settings import TeamsSettings, load_settings
from bot.teams.checks import checks
from bot.teams.entra import Entra, TokenRefusedError, asking
from index.errors import SettingsError

_PUBLIC = CLOUDS["public"]
_IDENTITY = "77777777-2222-3333-4444-cccccccccccc"
_PASSWORD = "pa55word"


@pytest.fixture
async def microsoft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeEntra]:
    """Run Entra of the public cloud."""
    async with entra(tmp_path / "entra", monkeypatch, "login.microsoftonline.com") as fake:
        yield fake


def _settings(**more: Any) -> TeamsSettings:  # noqa: ANN401
    given = {"app_id": APPLICATION, "tenant_id": DIRECTORY, "timeout_s": 5.0} | more
    return TeamsSettings.model_validate(given)


async def _token(resource: str = _PUBLIC.messages, **more: Any) -> str:  # noqa: ANN401
    tokens = Entra(_settings(**more))
    try:
        return await tokens.token(resource)
    finally:
        tokens.close()


async def test_a_token_is_asked_for_once_for_each_service(microsoft: FakeEntra) -> None:
    tokens = Entra(_settings(app_secret=SECRET))
    asked = [await tokens.token(_PUBLIC.messages), await tokens.token(_PUBLIC.messages)]
    asked.append(await tokens.token("https://graph.microsoft.com"))
    tokens.close()
    assert asked == ["t-1", "t-1", "t-2"]
    assert microsoft.scopes == ["https://api.botframework.com/.default", "https://graph.microsoft.com/.default"]


@pytest.mark.parametrize("name", get_args(CloudName))
async def test_each_cloud_signs_in_at_its_own_host(
    name: CloudName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = CLOUDS[name]
    async with entra(tmp_path / "entra", monkeypatch, cloud.login.removeprefix("https://")) as fake:
        assert await _token(cloud.messages, cloud=name, app_secret=SECRET) == "t-1"
        assert fake.scopes == [f"{cloud.messages}/.default"]
        assert set(fake.proxy.asked) == {fake.host}, "no other cloud is asked"


@pytest.mark.parametrize(
    ("settings", "number", "words"),
    [
        ({"app_secret": "id-instead-of-value"}, 7000215, "the secret's value, not its id"),
        ({"app_secret": SECRET, "app_id": _IDENTITY}, 700016, "check teams.app_id, teams.tenant_id"),
        ({"app_secret": SECRET, "tenant_id": _IDENTITY}, 90002, "there is no such directory"),
    ],
)
async def test_a_refusal_says_its_number_and_what_to_mend_and_nothing_of_the_library(
    microsoft: FakeEntra, settings: dict[str, Any], number: int, words: str
) -> None:
    assert microsoft
    with pytest.raises(TokenRefusedError) as refused:
        await _token(**settings)
    assert f"AADSTS{number}: " in str(refused.value)
    assert words in str(refused.value)
    assert "nobody shall read" not in str(refused.value)
    assert settings["app_secret"] not in str(refused.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (7000222, "has expired"),
        (700027, "upload it"),
        (7000112, "disabled"),
        (500011, "create the Azure bot"),
        (4242, "code=4242"),
        (503, "an error of its own"),
    ],
)
async def test_numbers_have_words_and_unknown_ones_an_address(microsoft: FakeEntra, number: int, words: str) -> None:
    microsoft.says = number
    with pytest.raises(TokenRefusedError, match=words):
        await _token(app_secret=SECRET)


async def test_a_directory_that_is_not_found_can_be_found_later(microsoft: FakeEntra) -> None:
    tokens = Entra(_settings(app_secret=SECRET))
    port = microsoft.proxy.homes.pop(microsoft.host)
    with pytest.raises(TokenRefusedError, match="Entra cannot be reached"):
        await tokens.token(_PUBLIC.messages)
    microsoft.proxy.homes[microsoft.host] = port
    assert await tokens.token(_PUBLIC.messages) == "t-1"
    tokens.close()


# --- certificates


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "citedesk")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    return built.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())


Write = Callable[[Path, rsa.RSAPrivateKey, x509.Certificate], dict[str, Any]]


def _together(folder: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> dict[str, Any]:
    (folder / "bot.pem").write_bytes(_pem(key) + certificate.public_bytes(Encoding.PEM))
    return {"certificate_file": folder / "bot.pem"}


def _apart(folder: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> dict[str, Any]:
    (folder / "bot.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "bot.key").write_bytes(_pem(key, _PASSWORD))
    files = {"certificate_file": folder / "bot.crt", "certificate_key_file": folder / "bot.key"}
    return files | {"certificate_password": _PASSWORD}


def _pfx(folder: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> dict[str, Any]:
    encryption = BestAvailableEncryption(_PASSWORD.encode())
    content = pkcs12.serialize_key_and_certificates(b"bot", key, certificate, None, encryption)
    (folder / "bot.PFX").write_bytes(content)
    return {"certificate_file": folder / "bot.PFX", "certificate_password": _PASSWORD}


def _pem(key: rsa.RSAPrivateKey, password: str = "") -> bytes:
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Make a private key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("write", [_together, _apart, _pfx])
async def test_a_certificate_signs_in_from_any_of_the_usual_files(
    microsoft: FakeEntra, tmp_path: Path, key: rsa.RSAPrivateKey, write: Write
) -> None:
    microsoft.certificate = _certificate(key)
    assert await _token(**write(tmp_path, key, microsoft.certificate)) == "t-1"
    microsoft.certificate = _certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(TokenRefusedError, match="AADSTS700027: the certificate is not one of the application's"):
        await _token(**write(tmp_path, key, _certificate(key)))


def _no_file(folder: Path, _: rsa.RSAPrivateKey) -> dict[str, Any]:
    return {"certificate_file": folder / "absent.pem"}


def _a_folder(folder: Path, _: rsa.RSAPrivateKey) -> dict[str, Any]:
    return {"certificate_file": folder}


def _text(folder: Path, _: rsa.RSAPrivateKey) -> dict[str, Any]:
    (folder / "bot.pem").write_text("hello")
    return {"certificate_file": folder / "bot.pem"}


def _no_key(folder: Path, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    (folder / "bot.pem").write_bytes(_certificate(key).public_bytes(Encoding.PEM))
    return {"certificate_file": folder / "bot.pem"}


def _wrong_password(folder: Path, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return _apart(folder, key, _certificate(key)) | {"certificate_password": "wr0ng"}


def _no_password(folder: Path, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return _apart(folder, key, _certificate(key)) | {"certificate_password": None}


def _wrong_pfx_password(folder: Path, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return _pfx(folder, key, _certificate(key)) | {"certificate_password": "wr0ng"}


def _key_of_another(folder: Path, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return _apart(folder, rsa.generate_private_key(public_exponent=65537, key_size=2048), _certificate(key))


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_no_file, "teams.certificate_file: .*absent.pem cannot be read .FileNotFoundError."),
        (_a_folder, "teams.certificate_file: .* cannot be read .IsADirectoryError."),
        (_text, "teams.certificate_file: no certificate in PEM form"),
        (_no_key, "teams.certificate_key_file: no private key in PEM form"),
        (_wrong_password, "or its password is wrong"),
        (_no_password, "or its password is wrong"),
        (_wrong_pfx_password, "teams.certificate_password is wrong"),
        (_key_of_another, "the private key is not that of the certificate"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_one_line_at_the_start(
    tmp_path: Path, key: rsa.RSAPrivateKey, write: Callable[[Path, rsa.RSAPrivateKey], dict[str, Any]], words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as wrong:
        asking(_settings(**write(tmp_path, key)))
    assert "wr0ng" not in str(wrong.value)
    assert "\n" not in str(wrong.value)


# --- identities


async def test_a_managed_identity_that_is_the_bot_needs_no_sign_in_and_no_proxy(microsoft: FakeEntra) -> None:
    token = await _token(app_id=_IDENTITY, managed_identity=_IDENTITY.upper())
    assert token == "of-the-identity"
    assert microsoft.identities == [{"api-version": "2019-08-01", "resource": _PUBLIC.messages, "client_id": _IDENTITY}]
    assert microsoft.proxy.asked == []


async def test_a_managed_identity_signs_in_for_the_application(microsoft: FakeEntra) -> None:
    microsoft.federated = "of-the-identity"
    assert await _token(managed_identity=_IDENTITY) == "t-1"
    assert microsoft.identities[0]["resource"] == "api://AzureADTokenExchange"
    assert microsoft.proxy.asked[0] == microsoft.host


async def test_a_token_of_kubernetes_signs_in_and_is_read_anew(microsoft: FakeEntra, tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(SettingsError, match=r"teams.federated_token_file: .* is not a file"):
        asking(_settings(federated_token_file=file))
    file.write_text("first\n")
    microsoft.federated = "second"
    tokens = Entra(_settings(federated_token_file=file))
    with pytest.raises(TokenRefusedError, match="AADSTS700027"):
        await tokens.token(_PUBLIC.messages)
    file.write_text("second\n")
    assert await tokens.token(_PUBLIC.messages) == "t-1"
    file.unlink()
    with pytest.raises(TokenRefusedError, match="FileNotFoundError"):
        await tokens.token("https://graph.microsoft.com")
    tokens.close()


async def test_without_the_service_of_identities_the_refusal_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/identity")
    monkeypatch.setenv("IDENTITY_HEADER", "inside")
    with pytest.raises(TokenRefusedError, match="cannot be reached"):
        await _token(managed_identity=_IDENTITY, app_id=_IDENTITY)


# --- doctor


async def test_doctor_asks_entra_for_a_token_also_without_a_conversation_to_read(microsoft: FakeEntra) -> None:
    teams = _settings(app_secret=SECRET).model_dump()
    (well,) = await checks(load_settings(teams=teams))
    assert (well.ok, well.words) == (True, f"application {APPLICATION}; reviews are decided in Slack only")
    microsoft.says = 7000222
    (expired,) = await checks(load_settings(teams=teams))
    assert (expired.ok, "AADSTS7000222: the secret has expired" in expired.words) == (False, True)


async def test_doctor_reads_the_conversation_with_the_token(microsoft: FakeEntra) -> None:
    async with connector() as fake:
        fake.members[REVIEWS] = ["reviewer", "second"]
        microsoft.proxy.homes["smba.example"] = int(fake.url.rstrip("/").rpartition(":")[2])
        more = {"service_url": "http://smba.example/", "reviewers_conversation": REVIEWS, "app_secret": SECRET}
        (well,) = await checks(load_settings(teams=_settings(**more).model_dump()))
        assert well.words == f"application {APPLICATION}; 2 people read the reviews"


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the token (401)"), (404, "add the app where it is")])
async def test_doctor_tells_a_wrong_bot_from_a_conversation_without_the_app(
    microsoft: FakeEntra, status: int, words: str
) -> None:
    async with connector() as fake:
        fake.roster_status = status
        microsoft.proxy.homes["smba.example"] = int(fake.url.rstrip("/").rpartition(":")[2])
        more = {"service_url": "http://smba.example/", "reviewers_conversation": REVIEWS, "app_secret": SECRET}
        (wrong,) = await checks(load_settings(teams=_settings(**more).model_dump()))
        assert words in wrong.words


async def test_doctor_says_in_one_line_what_is_wrong_with_a_certificate(tmp_path: Path) -> None:
    teams = _settings(certificate_file=tmp_path / "absent.pem").model_dump()
    (wrong,) = await checks(load_settings(teams=teams))
    assert (wrong.ok, wrong.words.startswith("setting teams.certificate_file: ")) == (False, True)


async def test_a_proxy_that_refuses_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    async with recording_proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        (wrong,) = await checks(load_settings(teams=_settings(app_secret=SECRET).model_dump()))
        assert "check the network, HTTPS_PROXY and teams.cloud" in wrong.words
        assert set(proxy.asked) == {"login.microsoftonline.com"}
