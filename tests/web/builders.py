"""What the web tests send and expect, with only what matters in view."""

from typing import Any

from werkzeug.test import TestResponse

STORY = """The harbour council voted on Tuesday night to close the eastern quay to freight, a step \
that shipowners had expected since a storm in January cracked its foundations.

Engineers told the council that repairs would take three years and cost 48 million crowns, more \
than the town collects in taxes in a good year, and that no insurer was willing to cover the work.

Ingrid Solheim, who runs the largest of the seven fish companies on the quay, said that her boats \
would move to Skarvik before the herring season, and that most of her 112 workers would follow.

The mayor, Peder Aune, asked the coast guard to keep a berth open for the rescue cruiser, which \
has sailed from the eastern quay since 1987."""

OTHER_STORY = """A choir of 340 pensioners sang in the main railway station of Oderwald on Sunday, \
to raise money for a hospice whose roof has leaked since the spring.

Commuters missed their trains to listen, the stationmaster said, and nobody complained about it.

The choir's conductor, Maria Lindqvist, promised to come back before Christmas with a longer \
programme and a brass band from the fire brigade."""

CHROME = "Home > News > Harbour"


def an_article(**fields: Any) -> dict[str, Any]:
    """An article that nothing is wrong with. A field of None is left out."""
    article = {"id": "quay", "title": "Council closes the eastern quay", "text": STORY, **fields}
    return {name: value for name, value in article.items() if value is not None}


def is_problem(response: TestResponse, status: int, field: str | None = None) -> bool:
    """Assert the shape of an error, the field that it names, and that its code says something."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["code"]
    assert problem["detail"]
    if field is not None:
        assert field in [error["field"] for error in problem["errors"]], problem
    return True
