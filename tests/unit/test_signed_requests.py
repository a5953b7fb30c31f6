"""What happens to a second request with the signature of another one."""

import asyncio

from bot.slack.signed_requests import SignedRequests


class _Works:
    """Answers with the statuses of a list, one after the other; waits for `go_on` first."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self) -> int:
        await self.go_on.wait()
        return self._statuses.pop(0)


def _is_taken(status: int | None) -> bool:
    return status is not None and status < 500


async def test_what_failed_may_come_again_and_what_was_taken_may_not() -> None:
    signed, work = SignedRequests("s"), _Works(500, 200, 200)
    assert [await signed.once("v0=1", work, _is_taken) for _ in range(4)] == [500, 200, None, None]
    assert await signed.once("v0=2", work, _is_taken) == 200


async def test_a_copy_waits_for_the_request_that_is_worked_on() -> None:
    signed, work = SignedRequests("s"), _Works(500, 200)
    work.go_on.clear()
    copies = [asyncio.create_task(signed.once("v0=1", work, _is_taken)) for _ in range(4)]
    await asyncio.sleep(0)
    work.go_on.set()
    assert await asyncio.gather(*copies) == [500, 200, None, None]


async def test_a_signature_is_remembered_as_long_as_it_is_good() -> None:
    clock = [0.0]
    signed, work = SignedRequests("s", lambda: clock[0]), _Works(200, 200)
    assert await signed.once("v0=1", work, _is_taken) == 200
    clock[0] = 599.0
    assert await signed.once("v0=1", work, _is_taken) is None
    clock[0] = 601.0
    assert await signed.once("v0=2", work, _is_taken) == 200
    assert list(signed._taken) == ["v0=2"]
