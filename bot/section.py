"""What the tables of the settings are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0)]
Hours = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A table of citedesk.toml; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
