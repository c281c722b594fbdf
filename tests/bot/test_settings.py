"""Every setting of the environment: read, checked, and named when it is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.settings import Settings, SettingsError, load_settings


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


KEY = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
SIGNING = "k" * 32
Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Loads the settings of a working environment, changed as the test says; an empty value unsets."""
    for name in list(os.environ):
        if name.startswith("PRODGATE_"):
            monkeypatch.delenv(name)

    def loaded(**changed: str) -> Settings:
        least = {"APP_ID": "7", "PRIVATE_KEY": KEY, "WEBHOOK_SECRET": "s3cret", "DATA_DIR": str(tmp_path / "data")}
        for name, value in {**least, **changed}.items():
            monkeypatch.setenv(f"PRODGATE_{name}", value)
        return load_settings()

    return loaded


def test_three_settings_are_enough(load: Load) -> None:
    settings = load()
    assert (settings.port, settings.api_url, settings.dashboard) == (8000, "https://api.github.com", "off")
    assert settings.database.startswith("sqlite:///")
    assert settings.data_dir.is_dir()


def test_a_key_may_be_a_path_or_have_escaped_line_ends(load: Load, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY)
    assert load(PRIVATE_KEY=str(tmp_path / "key.pem")).private_key.get_secret_value() == KEY
    assert load(PRIVATE_KEY=KEY.replace("\n", "\\n")).private_key.get_secret_value() == KEY


def test_secrets_and_keys_rotate(load: Load) -> None:
    settings = load(WEBHOOK_SECRET="new, old", SECRET_KEY=f"{SIGNING}1,{SIGNING}2")
    assert [secret.get_secret_value() for secret in settings.webhook_secret] == ["new", "old"]
    assert settings.signing_keys == (f"{SIGNING}1", f"{SIGNING}2")


def test_an_enterprise_server_has_its_api_below_its_address(load: Load) -> None:
    assert load(GITHUB_URL="https://github.acme.example/").api_url == "https://github.acme.example/api/v3"
    assert load(GITHUB_API_URL="https://api.acme.example/").api_url == "https://api.acme.example"


def test_a_postgresql_address_is_spoken_by_psycopg(load: Load) -> None:
    settings = load(DATABASE_URL="postgres://bot:hunter2@db.example/prodgate")
    assert settings.database == "postgresql+psycopg://bot:hunter2@db.example/prodgate"
    assert "hunter2" in settings.secrets


WRONG = {
    "APP_ID": ("", "many", "0"),
    "PRIVATE_KEY": ("", "/nowhere/key.pem", "-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----"),
    "WEBHOOK_SECRET": ("", "new,,old"),
    "GITHUB_URL": ("github.com", "ftp://github.com", "https://user:password@github.com"),
    "GITHUB_API_URL": ("api.github.com",),
    "DATABASE_URL": ("mysql://db.example/prodgate", "postgresql://db.example:port/prodgate"),
    "DATA_DIR": ("/dev/null/data",),
    "PUBLIC_URL": ("prodgate.example", "https://prodgate.example/?a=b"),
    "HOST": ("",),
    "PORT": ("http", "0", "65536"),
    "LOG_LEVEL": ("loud",),
    "LOG_FORMAT": ("xml",),
    "SECRET_KEY": ("short", f"{SIGNING},"),
    "CA_BUNDLE": ("/nowhere/ca.pem", "/dev/null"),
    "DASHBOARD": ("on",),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_setting_is_named_in_one_sentence(load: Load, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**{name: value})
    sentence = str(caught.value)
    assert sentence.startswith(f"PRODGATE_{name} is ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"])
def test_a_missing_setting_is_named(load: Load, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    load()
    monkeypatch.delenv(f"PRODGATE_{name}")
    with pytest.raises(SettingsError, match=rf"^PRODGATE_{name} is not set\.$"):
        load_settings()


def test_a_key_of_another_kind_is_refused(load: Load) -> None:
    with pytest.raises(SettingsError, match="PRODGATE_PRIVATE_KEY is wrong: it holds no RSA private key"):
        load(PRIVATE_KEY=pem(ec.generate_private_key(ec.SECP256R1())))


def test_a_setting_that_another_needs_is_named(load: Load) -> None:
    with pytest.raises(SettingsError, match="PRODGATE_SECRET_KEY is not set, and PRODGATE_PUBLIC_URL needs it"):
        load(PUBLIC_URL="https://prodgate.example")
    with pytest.raises(SettingsError, match="PRODGATE_CLIENT_ID is not set, and PRODGATE_DASHBOARD=github needs it"):
        load(PUBLIC_URL="https://prodgate.example", SECRET_KEY=SIGNING, DASHBOARD="github")


def test_no_error_shows_a_secret(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load(SECRET_KEY="tooshort")
    assert "tooshort" not in str(caught.value)
    assert "s3cret" not in repr(load(SECRET_KEY=SIGNING))


@pytest.mark.parametrize(
    ("command", "changed", "sentence"),
    [
        ("serve", {"PRODGATE_PORT": "http"}, "PRODGATE_PORT is wrong"),
        ("serve", {"PRODGATE_APP_ID": ""}, "PRODGATE_APP_ID is "),
        ("worker", {}, "PRODGATE_DATABASE_URL is not set, and web and worker apart need it."),
    ],
)
def test_the_start_stops_with_the_sentence(
    tmp_path: Path, command: str, changed: dict[str, str], sentence: str
) -> None:
    least = {"PRODGATE_APP_ID": "7", "PRODGATE_PRIVATE_KEY": KEY, "PRODGATE_WEBHOOK_SECRET": "s3cret"}
    env = {"PATH": os.environ["PATH"], "PRODGATE_DATA_DIR": str(tmp_path), **least, **changed}
    words = [str(Path(sys.executable).with_name("prodgate")), command]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"prodgate: {sentence}")
    assert done.stderr.count("\n") == 1
