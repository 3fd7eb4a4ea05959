from dataclasses import replace

from service.batch.integrity import verify
from service.duplicates.model import DEFAULT_POLICY, Decision
from service.duplicates.ports import Services
from service.duplicates.review import decide
from service.duplicates.submit import submit
from service.duplicates.thresholds import Kind, Share, simulate
from tests.builders import an_article, prose


def test_other_thresholds_are_tried_without_changing_anything(services: Services) -> None:
    text = prose(1)
    submit(services, an_article(text), "first")
    submit(services, an_article(text), "again")
    third = submit(services, an_article(f"{text}\n\n{prose(2, sentences=6)}"), "longer")
    assert [flag.other for flag in third.flags] == ["first", "again"]
    decide(services, third.flags[0].id, Decision.DUPLICATE, by="Ada", seen=None)
    ids = list(services.articles.ids())
    before = services.articles.get_many(ids), services.flags.page(None, None, 9)

    found = simulate(services, replace(DEFAULT_POLICY, near=0.95, contained=1.0))

    assert {(pair.article, pair.other) for pair in found.examples[Kind.CHANGED]} == {
        ("longer", "first"),
        ("longer", "again"),
    }
    found = simulate(services, replace(DEFAULT_POLICY, near=0.2, contained=0.2))
    assert (found.articles, found.stored, found.pairs) == (3, 3, 3)
    assert (found.decided.total, found.decided.by_service) == (1, 1)
    assert found.decided.recall == (Share(1, 1), Share(1, 1))
    assert (services.articles.get_many(ids), services.flags.page(None, None, 9)) == before
    assert verify(services) == []
