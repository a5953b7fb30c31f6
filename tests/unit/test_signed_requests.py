"""What happens to a second request with the signature of another one."""

import pytest

from bot.slack.signed_requests import AlreadyTakenError, SignedRequests


def test_what_failed_may_come_again_and_what_was_taken_may_not() -> None:
    signed = SignedRequests("s")
    with signed.taking("v0=1"):
        pass
    with signed.taking("v0=1") as taken:
        taken()
    with pytest.raises(AlreadyTakenError) as refused, signed.taking("v0=1"):
        pass
    assert not refused.value.is_running
    with signed.taking("v0=2") as taken:
        taken()


def test_while_a_request_is_worked_on_its_copy_shall_come_again_later() -> None:
    signed = SignedRequests("s")
    with signed.taking("v0=1"), pytest.raises(AlreadyTakenError) as refused, signed.taking("v0=1"):
        pass
    assert refused.value.is_running
    with signed.taking("v0=1") as taken:
        taken()


def test_a_signature_is_remembered_as_long_as_it_is_good() -> None:
    clock = [0.0]
    signed = SignedRequests("s", lambda: clock[0])
    with signed.taking("v0=1") as taken:
        taken()
    clock[0] = 599.0
    with pytest.raises(AlreadyTakenError), signed.taking("v0=1"):
        pass
    clock[0] = 601.0
    with signed.taking("v0=2") as taken:
        taken()
    assert list(signed._taken) == ["v0=2"]
