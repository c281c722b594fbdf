"""Settings from the environment, checked once at the start."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_CHARACTERS = 32
"""Least length of a key that signs: 256 bits, if each character carries eight."""

POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}


class SettingsError(Exception):
    """A setting is wrong or missing. The message is one sentence that names the first, `all` has one for each."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(sentences[0])
        self.all = sentences


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("it is not an address such as https://host")
    if parts.username is not None:
        raise ValueError("an address must not carry a password")
    return value.rstrip("/")


def _optional_address(value: str) -> str:
    return _address(value) if value else value


S = TypeVar("S", bound="Storage")
Address = Annotated[str, AfterValidator(_address)]
OptionalAddress = Annotated[str, AfterValidator(_optional_address)]


class Storage(BaseSettings):
    """Where things are kept. Every setting is an environment variable with the prefix `PRODGATE_`."""

    model_config = SettingsConfigDict(env_prefix="PRODGATE_", extra="ignore", frozen=True, validate_default=True)

    database_url: str = ""
    data_dir: Path = Path(".data")

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        if value and value.partition("://")[0] not in POSTGRESQL:
            raise ValueError("it must start with postgresql://; without it SQLite in the data directory is used")
        try:
            sa.make_url(value or "sqlite://")
        except (sa.exc.ArgumentError, ValueError):
            raise ValueError("it is not a database address") from None
        return value

    @field_validator("data_dir")
    @classmethod
    def _writable(cls, value: Path) -> Path:
        try:
            value.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as problem:
            raise ValueError(f"it cannot be made ({problem.strerror})") from None
        if not os.access(value, os.W_OK | os.X_OK):
            raise ValueError("it cannot be written to")
        return value.absolute()

    @property
    def database(self) -> str:
        """A SQLAlchemy address: PostgreSQL by psycopg, or SQLite in the data directory."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'prodgate.sqlite'}"
        return f"postgresql+psycopg://{self.database_url.partition('://')[2]}"

    @property
    def embedded(self) -> bool:
        """Whether web and worker must be one process, since the database is a file."""
        return not self.database_url


class Settings(Storage):
    """All that the App needs to know."""

    app_id: int = Field(gt=0)
    private_key: SecretStr
    webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(min_length=1)
    github_url: Address = "https://github.com"
    github_api_url: OptionalAddress = ""
    public_url: OptionalAddress = ""
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8000, ge=1, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    ca_bundle: Path | None = None
    dashboard: Literal["off", "local", "github"] = "off"

    @field_validator("webhook_secret", "secret_key", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",")) if value.strip() else ()

    @field_validator("webhook_secret", "secret_key")
    @classmethod
    def _filled(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(not secret.get_secret_value() for secret in value):
            raise ValueError("one of its comma-separated values is empty")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value()) < SECRET_CHARACTERS for secret in value):
            raise ValueError(f"a key must have at least {SECRET_CHARACTERS} characters")
        return value

    @field_validator("private_key")
    @classmethod
    def _pem(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().replace("\\n", "\n")
        if "-----BEGIN" not in text:
            try:
                text = Path(text).read_text("utf-8")
            except (OSError, ValueError):
                raise ValueError("it is neither a PEM key nor the path of one") from None
        try:
            key = load_pem_private_key(text.encode(), None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("it holds no RSA private key in PEM without a password")
        return SecretStr(text)

    @field_validator("ca_bundle", mode="before")
    @classmethod
    def _absent(cls, value: object) -> object:
        return value or None

    @field_validator("ca_bundle")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            ssl.create_default_context(cafile=value)
        except (OSError, ssl.SSLError):
            raise ValueError("it is not a file of PEM certificates") from None
        return value.absolute()

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        if self.public_url:
            self._require("secret_key", "PRODGATE_PUBLIC_URL")
        if self.dashboard == "github":
            for name in ("public_url", "secret_key", "client_id", "client_secret"):
                self._require(name, "PRODGATE_DASHBOARD=github")
        return self

    def _require(self, name: str, needed_by: str) -> None:
        value: Any = getattr(self, name)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise ValueError(f"PRODGATE_{name.upper()} is not set, and {needed_by} needs it")

    @property
    def api_url(self) -> str:
        """The REST address: given, or as github.com and GitHub Enterprise Server have it."""
        if self.github_api_url:
            return self.github_api_url
        if self.github_url == "https://github.com":
            return "https://api.github.com"
        return f"{self.github_url}/api/v3"

    @property
    def git_environment(self) -> Mapping[str, str]:
        """What git needs besides the standard proxy variables to reach GitHub."""
        return {"GIT_SSL_CAINFO": str(self.ca_bundle)} if self.ca_bundle else {}

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """The first signs, all verify."""
        return tuple(key.get_secret_value() for key in self.secret_key)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown."""
        held = (*self.webhook_secret, *self.secret_key, self.client_secret, self.private_key)
        password = sa.make_url(self.database).password
        return tuple(filter(None, [*(secret.get_secret_value() for secret in held), str(password or "")]))


def load_settings() -> Settings:
    """The settings; raises `SettingsError` with a sentence for each that is wrong."""
    return _load(Settings)


def load_storage() -> Storage:
    """Where things are kept, whatever else is missing; raises `SettingsError`."""
    return _load(Storage)


def _load(model: type[S]) -> S:
    try:
        return model()
    except ValidationError as problem:
        raise SettingsError(*(_sentence(error) for error in problem.errors(include_input=False))) from None


def _sentence(error: ErrorDetails) -> str:
    reason = error["msg"].removeprefix("Value error, ").rstrip(".")
    if not error["loc"]:
        return f"{reason}."
    name = "PRODGATE_" + str(error["loc"][0]).upper()
    if error["type"] == "missing" or (error["type"] == "too_short" and error["ctx"]["actual_length"] == 0):
        return f"{name} is not set."
    return f"{name} is wrong: {reason}."
