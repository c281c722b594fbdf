"""Settings from the environment, checked once at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(Exception):
    """A setting is wrong or missing. The message is one sentence that names it."""


class Settings(BaseSettings):
    """Every setting is an environment variable with the prefix `PRODGATE_`."""

    model_config = SettingsConfigDict(env_prefix="PRODGATE_", extra="ignore", frozen=True)

    app_id: int = Field(gt=0)
    private_key: SecretStr
    webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode]
    github_url: str = "https://github.com"
    github_api_url: str = ""
    database_url: str = ""
    data_dir: Path = Path(".data")
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    ca_bundle: str = ""
    dashboard: Literal["off", "local", "github"] = "off"

    @field_validator("webhook_secret", "secret_key", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("webhook_secret", "secret_key")
    @classmethod
    def _filled(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(not secret.get_secret_value() for secret in value):
            raise ValueError("a secret must not be empty")
        return value

    @field_validator("private_key")
    @classmethod
    def _pem(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().replace("\\n", "\n")
        if "-----BEGIN" not in text:
            try:
                text = Path(text).read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                raise ValueError("neither a PEM key nor the path of one") from None
        if "PRIVATE KEY-----" not in text:
            raise ValueError("it holds no private key")
        return SecretStr(text)

    @model_validator(mode="after")
    def _secrets(self) -> Settings:
        if not self.webhook_secret:
            raise ValueError("webhook_secret must not be empty")
        return self

    @property
    def api_url(self) -> str:
        """The REST address: given, or as github.com and GitHub Enterprise Server have it."""
        if self.github_api_url:
            return self.github_api_url.rstrip("/")
        if self.github_url.rstrip("/") == "https://github.com":
            return "https://api.github.com"
        return f"{self.github_url.rstrip('/')}/api/v3"

    @property
    def link_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def database(self) -> str:
        """A SQLAlchemy address: PostgreSQL by psycopg, or SQLite in the data directory."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'prodgate.sqlite').absolute()}"
        scheme, separator, rest = self.database_url.partition("://")
        if scheme in ("postgres", "postgresql"):
            scheme = "postgresql+psycopg"
        return f"{scheme}{separator}{rest}"


def load_settings() -> Settings:
    """The settings; raises `SettingsError` with one sentence that names the first that is wrong."""
    try:
        return Settings()
    except ValidationError as problem:
        error = problem.errors()[0]
        name = "PRODGATE_" + "_".join(str(part) for part in error["loc"][:1]).upper()
        if error["type"] == "missing":
            raise SettingsError(f"{name} is not set.") from None
        reason = error["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name} is wrong: {reason}.") from None
