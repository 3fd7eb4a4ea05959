"""The way in for a WSGI server: `gunicorn "service.wsgi:application()"`."""

from flask import Flask

from cleaning.pipeline import clean
from service.app import create_app
from service.settings import Settings
from service.wiring import open_services


def application() -> Flask:
    """Make the application as the environment sets it up."""
    settings = Settings()
    # Month names and word lists are loaded here, not in somebody's request.
    clean("Warming up\n1 March 2026\nThis is read once, so that the first article need not wait.")
    return create_app(open_services(settings), settings)
