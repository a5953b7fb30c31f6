"""The settings of services whose articles are indexed."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bot.section import Count, Section

# Where Notion answers for everybody.
_NOTION = "https://api.notion.com"

ServiceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class ServiceSettings(Section):
    """Table `[[index.services]]`."""

    kind: Literal["confluence", "notion", "zendesk"] = Field(description="what answers there")
    name: ServiceName = Field(description="small letters, digits and hyphens; the ids of its documents begin with it")
    url: str = Field("", description=f"address of the site; none: for Notion {_NOTION}")
    user: str = Field(
        "", description="e-mail address of the user to whom an API token of Confluence or Zendesk belongs"
    )
    token_env: Variable | None = Field(
        None,
        description="name of the environment variable that holds the token; with `_FILE` behind it, of a file of it",
    )
    spaces: tuple[str, ...] = Field((), description="keys of the spaces of Confluence that are read")
    locales: tuple[str, ...] = Field((), description="languages of Zendesk that are read, such as `en-us`")
    readers: tuple[str, ...] = Field(
        (),
        description="groups that may read what the service limits to nobody, or `everyone`; none: for Confluence who"
        " may read the space, for Zendesk everyone, for Notion nobody",
    )
    groups: dict[str, str] = Field(
        default_factory=dict,
        description="groups here, by name or id of a group of Confluence or by id of a user segment of Zendesk",
    )
    articles_max: Count = Field(20_000, description="articles read from it")

    @model_validator(mode="after")
    def _names_what_is_read(self) -> "ServiceSettings":
        if not self.address.startswith(("https://", "http://")):
            raise ValueError("url: give the address of the site, such as https://example.atlassian.net")
        needed = {"confluence": ("spaces", self.spaces), "zendesk": ("locales", self.locales)}.get(self.kind)
        if needed and not needed[1]:
            raise ValueError(f"{needed[0]}: name what is read")
        if self.kind == "notion" and not self.readers:
            raise ValueError("readers: Notion does not tell who may read a page, so name the groups, or `everyone`")
        return self

    @property
    def address(self) -> str:
        """The address of the site. Confluence shows its own with `/wiki` behind it."""
        url = self.url.rstrip("/")
        return url.removesuffix("/wiki") if self.kind == "confluence" else url or (_NOTION * (self.kind == "notion"))
