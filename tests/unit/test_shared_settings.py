"""The settings of the shared server."""

import pytest

from bot.settings import load_settings
from bot.shared.server import SharedServer
from bot.telemetry.metrics import Metrics
from index.errors import SettingsError


def test_by_default_nothing_is_shared() -> None:
    assert not load_settings().shared.url.get_secret_value()


def test_the_password_in_the_address_is_not_shown() -> None:
    settings = load_settings(shared={"url": "rediss://:s3cret@cache.example.com:6379/0"})
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings.model_dump())


@pytest.mark.parametrize("url", ["cache:6379", "http://cache:6379", "async+valkey://cache", "memory://"])
def test_an_address_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^setting shared\.url: begin it with valkeys://, rediss://") as refused:
        load_settings(shared={"url": url})
    assert url not in str(refused.value)


@pytest.mark.parametrize(
    "query", ["socket_timeout=soon", "no_such=1", "s3cret=1", "s3cret"], ids=["number", "name", "secret", "bare"]
)
async def test_a_parameter_that_cannot_be_read_names_the_setting_and_no_password(query: str) -> None:
    with pytest.raises(SettingsError, match=r"^setting shared\.url: ") as refused:
        SharedServer(load_settings(shared={"url": f"redis://:s3cret@cache/0?{query}"}).shared, Metrics(routes=()))
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("name", ["timeout_s", "retry_s", "connections", "replicas"])
def test_a_number_that_is_zero_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^setting shared\.{name}: "):
        load_settings(shared={name: 0})
