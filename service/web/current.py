"""What the application that answers the present request was made with."""

from flask import Flask, current_app

from service.duplicates.ports import Services

_KEY = "copydesk"


def set_services(app: Flask, services: Services) -> None:
    """Make `services` those of this application."""
    app.extensions[_KEY] = services


def services() -> Services:
    """The services of the application that answers the present request."""
    found: Services = current_app.extensions[_KEY]
    return found
