"""`/review/sites`: what people decided of a block on every article of a site, and the preview that
comes before."""

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from service.duplicates.site_rules import (
    list_rules,
    list_sites,
    make_rule,
    preview_rule,
    withdraw_rule,
)
from service.duplicates.sites import site_name
from service.submission import FieldError
from service.web import current
from service.web.article_pages import asked, check_block, written
from service.web.flags_api import NAMELESS
from service.web.guard import moderator
from service.web.payloads import block_index, parse_site_query, parse_withdrawal
from service.web.refusals import InvalidRequest

blueprint = Blueprint("site", __name__)


@blueprint.get("/review/sites")
def show_all() -> Response:
    """The sites that have or had rules, and a way to any other."""
    query = parse_site_query(request.args)
    found = list_sites(current.services(), query.after, query.limit + 1)
    sites = found[: query.limit]
    html = render_template(
        "review/sites.html",
        sites=sites,
        after=sites[-1] if len(found) > len(sites) else None,
        is_first=query.after is None,
        signed_in=moderator(),
    )
    return make_response(html)


@blueprint.get("/review/site")
def show() -> Response:
    """One site: its rules and its last articles."""
    return _site_page(site_name(asked("name")))


@blueprint.get("/review/site/preview")
def preview() -> Response:
    """What a rule would do to the last articles of its site."""
    article_id, index = asked("article"), block_index(asked("block"), "block")
    return _preview_page(article_id, index, kept=_kept(asked("kept")))


@blueprint.post("/review/site/rules")
def make() -> AnyResponse:
    """Make the rule that was previewed."""
    article_id, index = written("article"), block_index(written("block"), "block")
    kept = _kept(written("kept"))
    check_block(article_id, index, written("key"))
    try:
        by = decider()
    except InvalidRequest as error:
        return _preview_page(article_id, index, kept=kept, status=422, mistakes=error.errors)
    made = make_rule(current.services(), article_id, index, kept=kept, by=by)
    changed = sum(effect.changes_text for effect in made.effects)
    flash(f"The rule holds. {changed} {'article' if changed == 1 else 'articles'} changed.")
    return redirect(url_for("site.show", name=made.rule.site), 303)


@blueprint.post("/review/site/withdraw")
def withdraw() -> AnyResponse:
    """Withdraw a rule."""
    site, key = site_name(written("site")), written("key")
    try:
        by = decider()
    except InvalidRequest as error:
        return _site_page(site, status=422, mistakes=error.errors)
    withdraw_rule(current.services(), site, key, by=by)
    flash("The rule is withdrawn. The articles it had changed were cleaned anew.")
    return redirect(url_for("site.show", name=site), 303)


def _site_page(site: str, *, status: int = 200, mistakes: tuple[FieldError, ...] = ()) -> Response:
    html = render_template(
        "review/site.html",
        found=list_rules(current.services(), site),
        mistakes=mistakes,
        signed_in=moderator(),
        name=request.form.get("by", session.get("moderator", "")),
    )
    return make_response(html, status)


def _preview_page(
    article_id: str,
    index: int,
    *,
    kept: bool,
    status: int = 200,
    mistakes: tuple[FieldError, ...] = (),
) -> Response:
    services = current.services()
    found = preview_rule(services, article_id, index, kept=kept, by=NAMELESS)
    record = services.articles.get(article_id)
    html = render_template(
        "review/preview.html",
        preview=found,
        record=record,
        index=index,
        kept=kept,
        mistakes=mistakes,
        signed_in=moderator(),
        name=request.form.get("by", session.get("moderator", "")),
    )
    return make_response(html, status)


def decider() -> str:
    """Who decides: as signed in, else as written. Raises InvalidRequest."""
    name = (moderator() or request.form.get("by", "")).strip()
    if not name:
        raise InvalidRequest(FieldError("by", "is missing: say who decides"))
    by = parse_withdrawal(MultiDict({"by": name})).by or name
    session["moderator"] = by
    return by


def _kept(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise InvalidRequest(FieldError("kept", "must be yes or no"))
    return text == "yes"
