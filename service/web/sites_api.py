"""`/v1/sites`: what people decided of a block on every article of a site."""

from flask import Blueprint, Response, request

from service.duplicates.errors import ArticleNotFound, BlockNotFound, IllegalRule
from service.duplicates.model import RulePreview
from service.duplicates.site_rules import (
    list_rules,
    list_sites,
    make_rule,
    preview_rule,
    withdraw_rule,
)
from service.duplicates.sites import ARTICLES_PER_SITE, site_name
from service.web import current
from service.web.body import read_json
from service.web.flags_api import NAMELESS
from service.web.payloads import (
    RuleRequest,
    json_response,
    parse_rule,
    parse_site_query,
    parse_withdrawal,
    refuse_body,
    rule_payload,
    rule_preview_payload,
    site_rules_payload,
)

blueprint = Blueprint("sites", __name__, url_prefix="/v1/sites")


@blueprint.get("")
def show_sites() -> Response:
    """The sites that have or had rules."""
    query = parse_site_query(request.args)
    found = list_sites(current.services(), query.after, query.limit + 1)
    shown = found[: query.limit]
    after = shown[-1] if len(found) > len(shown) else None
    return json_response({"sites": shown, "after": after})


@blueprint.get("/<article:site>/rules")
def show_rules(site: str) -> Response:
    """The rules of a site, withdrawn ones too."""
    return json_response(site_rules_payload(list_rules(current.services(), site_name(site))))


@blueprint.post("/<article:site>/rules")
def post_rule(site: str) -> Response:
    """Make a rule of a block: 201; or show what it would do: 200."""
    asked = parse_rule(read_json())
    try:
        preview = _done(site_name(site), asked)
    except ArticleNotFound as error:
        raise IllegalRule("article", str(error)) from error
    except BlockNotFound as error:
        raise IllegalRule("block", str(error)) from error
    payload = rule_preview_payload(preview, made=not asked.preview)
    return json_response(payload, 200 if asked.preview else 201)


@blueprint.delete("/<article:site>/rules/<key>")
def delete_rule(site: str, key: str) -> Response:
    """Withdraw a rule; it stays in the list, with its history."""
    refuse_body()
    by = parse_withdrawal(request.args).by or NAMELESS
    rule = withdraw_rule(current.services(), site_name(site), key, by=by)
    return json_response(rule_payload(rule))


def _done(site: str, asked: RuleRequest) -> RulePreview:
    services, by = current.services(), asked.by or NAMELESS
    if not asked.preview:
        return make_rule(services, asked.article, asked.block, kept=asked.kept, by=by, site=site)
    limit = asked.limit or ARTICLES_PER_SITE
    return preview_rule(
        services, asked.article, asked.block, kept=asked.kept, by=by, site=site, limit=limit
    )
