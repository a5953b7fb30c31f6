"""Check blocks and views against Slack's rules. Elements and fields that Citedesk does not use are refused.

Limits: docs.slack.dev, Block Kit reference; the limit for `markdown` holds for all such blocks of a message together.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

MAX_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_TEXT = 40_000
MAX_MARKDOWN_TOTAL = 12_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Block(_Strict):
    block_id: str | None = Field(None, max_length=255)


class _PlainText(_Strict):
    type: Literal["plain_text"]
    text: str = Field(min_length=1, max_length=3000)
    emoji: bool | None = None


class _Mrkdwn(_Strict):
    type: Literal["mrkdwn"]
    text: str = Field(min_length=1, max_length=3000)
    verbatim: bool | None = None


_Text = Annotated[_PlainText | _Mrkdwn, Field(discriminator="type")]


class _Label(_PlainText):
    text: str = Field(min_length=1, max_length=75)


class _Button(_Strict):
    type: Literal["button"]
    text: _Label
    action_id: str = Field(max_length=255)
    value: str | None = Field(None, max_length=2000)
    url: str | None = Field(None, max_length=3000)
    style: Literal["primary", "danger"] | None = None
    accessibility_label: str | None = Field(None, max_length=75)


class _FeedbackButton(_Strict):
    text: _Label
    value: str = Field(max_length=2000)
    accessibility_label: str | None = Field(None, max_length=75)


class _FeedbackButtons(_Strict):
    type: Literal["feedback_buttons"]
    action_id: str = Field(max_length=255)
    positive_button: _FeedbackButton
    negative_button: _FeedbackButton


class _PlainTextInput(_Strict):
    type: Literal["plain_text_input"]
    action_id: str = Field(max_length=255)
    multiline: bool | None = None
    initial_value: str | None = Field(None, max_length=3000)
    min_length: int | None = Field(None, ge=0, le=3000)
    max_length: int | None = Field(None, ge=1, le=3000)
    placeholder: _PlainText | None = None
    focus_on_load: bool | None = None


class _Option(_Strict):
    text: _Label
    value: str = Field(min_length=1, max_length=150)
    description: _Label | None = None


class _StaticSelect(_Strict):
    type: Literal["static_select"]
    action_id: str = Field(max_length=255)
    options: list[_Option] = Field(min_length=1, max_length=100)
    initial_option: _Option | None = None
    placeholder: _PlainText | None = None


class _Checkboxes(_Strict):
    type: Literal["checkboxes"]
    action_id: str = Field(max_length=255)
    options: list[_Option] = Field(min_length=1, max_length=10)
    initial_options: list[_Option] | None = None


class _Section(_Block):
    type: Literal["section"]
    text: _Text
    expand: bool | None = None


class _Context(_Block):
    type: Literal["context"]
    elements: list[_Text] = Field(min_length=1, max_length=10)


class _Header(_Block):
    class _Text(_PlainText):
        text: str = Field(min_length=1, max_length=150)

    type: Literal["header"]
    text: _Text


class _Divider(_Block):
    type: Literal["divider"]


class _Markdown(_Block):
    type: Literal["markdown"]
    text: str = Field(min_length=1, max_length=12_000)


class _Actions(_Block):
    type: Literal["actions"]
    elements: list[Annotated[_Button | _StaticSelect | _Checkboxes, Field(discriminator="type")]] = Field(
        min_length=1, max_length=25
    )


class _ContextActions(_Block):
    type: Literal["context_actions"]
    elements: list[_FeedbackButtons] = Field(min_length=1, max_length=5)


class _Input(_Block):
    type: Literal["input"]
    label: _PlainText
    element: Annotated[_PlainTextInput | _StaticSelect | _Checkboxes, Field(discriminator="type")]
    optional: bool | None = None
    hint: _PlainText | None = None
    dispatch_action: bool | None = None


_AnyBlock = Annotated[
    _Section | _Context | _Header | _Divider | _Markdown | _Actions | _ContextActions | _Input,
    Field(discriminator="type"),
]
_BLOCKS = TypeAdapter(list[_AnyBlock])


class _View(_Strict):
    class _Title(_PlainText):
        text: str = Field(min_length=1, max_length=24)

    type: Literal["modal"]
    title: _Title
    blocks: list[_AnyBlock] = Field(max_length=MAX_VIEW_BLOCKS)
    submit: _Title | None = None
    close: _Title | None = None
    callback_id: str = Field("", max_length=255)
    private_metadata: str = Field("", max_length=3000)
    notify_on_close: bool = False
    clear_on_close: bool = False

    @model_validator(mode="after")
    def _inputs_need_submit(self) -> "_View":
        if self.submit is None and any(isinstance(block, _Input) for block in self.blocks):
            raise ValueError("submit is required when a view has an input block")
        return self


class _HomeView(_Strict):
    type: Literal["home"]
    blocks: list[_AnyBlock] = Field(max_length=MAX_VIEW_BLOCKS)
    callback_id: str = Field("", max_length=255)
    private_metadata: str = Field("", max_length=3000)


def block_errors(blocks: Any) -> list[str]:  # noqa: ANN401 - unchecked JSON
    """Return the errors of a message's blocks, worded like Slack's `response_metadata.messages`; [] if valid."""
    try:
        parsed = _BLOCKS.validate_python(blocks)
    except ValidationError as error:
        return _messages(error)
    if len(parsed) > MAX_BLOCKS:
        return [f"[ERROR] no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"]
    ids = [block.block_id for block in parsed if block.block_id]
    if len(ids) != len(set(ids)):
        return ["[ERROR] duplicate block_id [json-pointer:/blocks]"]
    if any(isinstance(block, _Input) for block in parsed):
        return ["[ERROR] unsupported type: input [json-pointer:/blocks]"]
    return []


def markdown_length(blocks: Any) -> int:  # noqa: ANN401 - valid blocks
    """Return the number of characters in all `markdown` blocks of a message."""
    return sum(len(block["text"]) for block in blocks if block.get("type") == "markdown")


def view_errors(view: Any) -> list[str]:  # noqa: ANN401 - unchecked JSON
    """Return the errors of a modal or of App Home, worded as in `block_errors`; [] if valid."""
    is_home = isinstance(view, dict) and view.get("type") == "home"
    try:
        parsed = (_HomeView if is_home else _View).model_validate(view)
    except ValidationError as error:
        return _messages(error)
    ids = [block.block_id for block in parsed.blocks if block.block_id]
    return ["[ERROR] duplicate block_id [json-pointer:/view/blocks]"] if len(ids) != len(set(ids)) else []


def _messages(error: ValidationError) -> list[str]:
    return [
        f"[ERROR] {e['msg']} [json-pointer:/{'/'.join(str(part) for part in e['loc'])}]"
        for e in error.errors(include_input=False, include_url=False)[:10]
    ]
