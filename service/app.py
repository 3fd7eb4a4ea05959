"""The web application: every surface on one Flask app, with what protects all of them."""

import secrets

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import CSRFProtect

from service.duplicates.ports import Services
from service.settings import Settings
from service.web import (
    article_pages,
    articles_api,
    body,
    current,
    errors,
    flags_api,
    guard,
    health,
    review_pages,
    site_pages,
    sites_api,
    stories_api,
    story_pages,
    threshold_pages,
    thresholds_api,
    wording,
)

# A moderator's working day: a form that was open that long may still be sent.
FORM_TOKEN_SECONDS = 12 * 60 * 60


def create_app(services: Services, settings: Settings) -> Flask:
    """Make the application. It connects to nothing until a request asks for it."""
    app = Flask("service.web")
    app.config.update(
        SECRET_KEY=_secret_key(settings),
        SESSION_COOKIE_NAME="copydesk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=FORM_TOKEN_SECONDS,
        # The guard compares Origin with Host on every unsafe request, with TLS or without;
        # Referer, which flask-wtf would ask for besides, is often stripped for privacy.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _Sessions()
    # An article's id may hold any number of slashes.
    app.url_map.merge_slashes = False
    app.url_map.converters["article"] = articles_api.ArticleIdConverter

    current.set_services(app, services)
    errors.register(app)
    # In this order: who asks, then what they sent, then whether the form is ours.
    guard.register(app, settings)
    body.register(app, settings.max_body_bytes)
    csrf = CSRFProtect(app)
    apis = (articles_api, flags_api, sites_api, stories_api, thresholds_api, health)
    for module in apis:
        csrf.exempt(module.blueprint)
        app.register_blueprint(module.blueprint)
    for pages in (review_pages, article_pages, site_pages, story_pages, threshold_pages):
        app.register_blueprint(pages.blueprint)
    wording.register(app)
    return app


def _secret_key(settings: Settings) -> str:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return secrets.token_hex(32)


class _Sessions(SecureCookieSessionInterface):
    """The cookie is Secure exactly where the request came by TLS: plain loopback works too."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return guard.is_secure() or super().get_cookie_secure(app)
