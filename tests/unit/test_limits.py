import pytest
from support.builders import context
from support.clocks import Clock

from pipeline.errors import LimitReachedError
from pipeline.limits import Admission, AdmissionLimits
from pipeline.rate_limits import Window, memory_rate_limits
from pipeline.types import Deadline, Failure


async def _ask(admission: Admission, **fields: object) -> None:
    async with admission.admitted(context(**fields)):
        pass


async def test_a_user_is_refused_at_the_window_and_told_when_to_come_back(wall_clock: Clock) -> None:
    admission = Admission(AdmissionLimits(per_user="2/minute"), memory_rate_limits())
    await _ask(admission)
    wall_clock.advance(20)
    await _ask(admission)
    with pytest.raises(LimitReachedError) as caught:
        await _ask(admission)
    assert caught.value.failure is Failure.USER_LIMIT
    assert caught.value.limit == 2
    assert caught.value.retry_after == pytest.approx(40)
    await _ask(admission, user_id="U2")


async def test_tenant_and_route_have_windows_of_their_own() -> None:
    admission = Admission(AdmissionLimits(per_tenant="1/minute"), memory_rate_limits())
    await _ask(admission)
    with pytest.raises(LimitReachedError) as caught:
        await _ask(admission, user_id="U2")
    assert caught.value.failure is Failure.TENANT_LIMIT
    routed = Admission(AdmissionLimits(per_route={"slack": "1/hour"}), memory_rate_limits())
    await _ask(routed)
    with pytest.raises(LimitReachedError) as caught:
        await _ask(routed, user_id="U2")
    assert caught.value.failure is Failure.ROUTE_LIMIT
    await _ask(routed, route="cli")


async def test_a_full_queue_refuses_at_once_and_frees_its_places() -> None:
    admission = Admission(AdmissionLimits(in_flight=1), memory_rate_limits())
    async with admission.admitted(context()):
        with pytest.raises(LimitReachedError) as caught:
            await _ask(admission)
        assert admission.in_flight == 1
    assert caught.value.failure is Failure.QUEUE_FULL
    await _ask(admission)
    assert admission.in_flight == 0


@pytest.mark.usefixtures("wall_clock")
async def test_a_tenants_tokens_of_the_day_are_counted_and_end() -> None:
    admission = Admission(AdmissionLimits(tenant_tokens_per_day=1000), memory_rate_limits())
    async with admission.admitted(context()):
        pass
    await admission.spend(context(), 5000)
    with pytest.raises(LimitReachedError) as caught:
        async with admission.admitted(context()):
            pass
    assert caught.value.failure is Failure.TOKEN_BUDGET
    # From half a minute past 08:00 UTC to midnight.
    assert caught.value.retry_after == pytest.approx(57_570)
    async with admission.admitted(context(tenant_id="T2")):
        pass


async def test_what_cannot_be_served_in_time_is_refused_at_once_with_when_to_come_back() -> None:
    admission = Admission(AdmissionLimits("999/minute", "999/minute", concurrency=1), memory_rate_limits())
    for _ in range(30):
        await _ask(admission)
    # However fast those were, they took longer than the nanosecond that is left on this clock that stands still.
    no_time = Deadline(1e-9, Clock())
    async with admission.admitted(context()), admission.admitted(context()):
        with pytest.raises(LimitReachedError) as caught:
            async with admission.admitted(context(deadline=no_time)):
                pass
        async with admission.admitted(context(deadline=Deadline.after(10))):
            pass
    assert caught.value.failure is Failure.QUEUE_FULL
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > no_time.remaining()


@pytest.mark.parametrize(
    ("written", "window"),
    [("20/minute", Window(20, 60)), ("5 per 2 hours", Window(5, 7200)), ("1/second", Window(1, 1))],
)
def test_a_window_is_written_in_words(written: str, window: Window) -> None:
    assert Window.parsed(written) == window


@pytest.mark.parametrize("written", ["", "many", "20/fortnight"])
def test_what_is_no_window_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"parse|granularity"):
        Window.parsed(written)
