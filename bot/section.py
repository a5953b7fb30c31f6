"""What the tables of the settings are made of."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr

Seconds = Annotated[float, Field(gt=0)]
Hours = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def in_one_case(identifier: str) -> str:
    """Return an id of Microsoft's directory in lower case, because it is the same in any; any other id as it is."""
    return identifier.lower() if _GUID.fullmatch(identifier) else identifier


Id = Annotated[str, AfterValidator(in_one_case)]


def _usable_token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value().strip()
    if re.search(r"[\s\"']", token) or not token.isascii() or not token.isprintable():
        raise ValueError("holds a space, a quote or another character that no token has")
    return SecretStr(token)


Token = Annotated[SecretStr, AfterValidator(_usable_token)]


def _without_user(value: HttpUrl) -> HttpUrl:
    if value.username or value.password:
        raise ValueError("holds a user or a password, but requests to it have a token: remove them")
    return value


PlainUrl = Annotated[HttpUrl, AfterValidator(_without_user)]


class Section(BaseModel):
    """A table of citedesk.toml; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
