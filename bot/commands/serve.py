from __future__ import annotations

from bot.terminal import fail


def run() -> None:
    """Runs the App: web and worker in one process."""
    listen(web=True, worker=True)


def listen(*, web: bool, worker: bool) -> None:
    """Serves until a signal ends it; exits 2 with one sentence when a setting is wrong."""
    import uvicorn

    from bot.app import create_app
    from bot.logs import configure_logs
    from bot.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        configure_logs(settings.log_level, settings.log_format, settings.secrets)
        application = create_app(settings, web=web, worker=worker)
    except SettingsError as problem:
        raise fail(str(problem)) from None
    uvicorn.run(application, host=settings.host, port=settings.port, log_config=None, access_log=False)
