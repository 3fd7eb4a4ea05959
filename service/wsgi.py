"""The way in for a WSGI server: `gunicorn "service.wsgi:application()"`."""

from flask import Flask

from service.app import create_app
from service.settings import Settings
from service.wiring import open_services


def application() -> Flask:
    """Make the application as the environment sets it up."""
    settings = Settings()
    return create_app(open_services(settings), settings)
