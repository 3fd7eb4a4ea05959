"""`copydesk`: run the service, bring in an archive, reprocess, verify and repair what is stored,
delete articles, clean one file.

A command reads its arguments, calls one function, and says in words what came of it. Results go
to stdout, everything else to stderr.
"""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click
from pydantic import AliasChoices, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cleaning.errors import CleaningError
from cleaning.pipeline import clean
from service.batch.archive import (
    STDIN,
    Rejects,
    Tally,
    UnreadableArchive,
    import_archive,
    opened,
    rejects_path,
)
from service.batch.expiry import expire as expire_articles
from service.batch.expiry import note_expiry
from service.batch.integrity import repair as repair_index
from service.batch.integrity import verify as verify_index
from service.batch.reprocess import Difference, Result, reprocess_all, stored_ids
from service.duplicates.errors import (
    ArticleNotFound,
    IndexDamaged,
    StoreMisconfigured,
    StoreUnavailable,
)
from service.duplicates.submit import delete as delete_article
from service.duplicates.thresholds import ARTICLES, Share, Simulation
from service.duplicates.thresholds import simulate as simulate_thresholds
from service.serve import CannotListen, KeyMissing
from service.serve import serve as run_service
from service.settings import Settings
from service.web.payloads import cleaned_payload, simulation_payload
from service.wiring import services_for

FAILED = 1
MISUSED = 2
NO_REDIS = 3
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells report it
PROGRESS_SECONDS = 10.0  # between two lines, where there is no terminal to redraw


_data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where the own Redis keeps its data."
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 all went well, 1 something did not (it is told), 2 wrong arguments or "
    "settings, 3 no Redis, 130 interrupted. Settings are read from COPYDESK_… variables.",
)
@click.version_option(package_name="copydesk")
def main() -> None:
    """Clean news articles, explain every removal, and flag the ones seen before."""


@main.command()
@click.option("--host", help="Address to listen on.  [COPYDESK_HOST, 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [.._PORT, 8000]")
@click.option("--workers", type=int, help="Web server processes.  [.._WORKERS, 2]")
@_data_dir
def serve(**options: Any) -> NoReturn:  # noqa: ANN401 - Settings checks them
    """Run the service: the web server, and a Redis of its own unless REDIS_URL names one."""
    settings = _settings(**options)
    with _failures():
        sys.exit(run_service(settings, _say))


@main.command("import")
@click.argument("archive", metavar="FILE.jsonl", type=click.Path(allow_dash=True))
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the lines that did not go in, with reasons.  [FILE.jsonl.rejects.jsonl]",
)
@_data_dir
def import_(archive: str, rejects: Path | None, **options: Any) -> NoReturn:  # noqa: ANN401
    """Bring in an archive: one JSON object a line, with the fields of POST /v1/articles.

    FILE may be compressed (.gz), or - for standard input. Running it again changes nothing where
    it has been. The exit status is 1 if lines were rejected.
    """
    settings = _settings(**options)
    rejects = rejects or rejects_path(archive)
    tally = Tally()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        stack.enter_context(_interruptions(tally))
        source = stack.enter_context(opened(archive))
        if archive != STDIN and rejects.exists() and rejects.samefile(archive):
            raise click.UsageError("the rejects would overwrite the archive")
        try:
            kept = stack.enter_context(Rejects(rejects).fresh())
        except OSError as error:
            detail = f"{rejects} cannot be written: {error.strerror}"
            raise click.BadParameter(detail, param_hint="--rejects") from error
        services = stack.enter_context(services_for(settings))
        progress = stack.enter_context(_Progress.shown("import", None))
        steps = import_archive(
            services, source, line_limit=settings.max_body_bytes, tally=tally, reject=kept.write
        )
        for _ in steps:
            progress.advance(str(tally))
    _say(str(tally))
    if tally.rejected:
        _say(f"the rejected lines and their reasons: {rejects}")
    sys.exit(FAILED if tally.rejected else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_data_dir
def reprocess(*, as_json: bool, **options: Any) -> NoReturn:  # noqa: ANN401
    """Clean and compare everything stored once more, and print what has changed.

    One line an article on stdout. The exit status is 1 if the present rules refuse an article; it
    is left as it was.
    """
    settings = _settings(**options)
    changed = refused = uncleaned = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        services = stack.enter_context(services_for(settings))
        ids = stored_ids(services)
        progress = stack.enter_context(_Progress.shown("reprocess", len(ids)))
        for result in reprocess_all(services, ids):
            changed += bool(result.differences)
            refused += result.error is not None
            uncleaned += not result.was_cleaned
            if result.differences or result.error:
                click.echo(json.dumps(asdict(result)) if as_json else _in_words(result))
            progress.advance(f"{changed:,} changed")
    _say(f"{len(ids):,} articles: {changed:,} changed, {refused:,} refused")
    if uncleaned:
        _say(f"{uncleaned:,} of them were only compared: their source is no longer kept")
    sys.exit(FAILED if refused else 0)


@main.command()
@_data_dir
def verify(**options: Any) -> NoReturn:  # noqa: ANN401
    """Say whether the index holds what the stored articles say; change nothing.

    One line a fault on stdout. The exit status is 1 if there are any: `copydesk repair` mends them.
    """
    settings = _settings(**options)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        services = stack.enter_context(services_for(settings, any_index=True))
        count = services.articles.count()
        progress = stack.enter_context(_Progress.shown("verify", count))
        faults = verify_index(services, lambda: progress.advance(""))
    for fault in faults:
        click.echo(fault)
    told = f"{len(faults):,} faults; `copydesk repair` mends them" if faults else "all is well"
    _say(f"{count:,} articles: {told}")
    sys.exit(FAILED if faults else 0)


@main.command()
@_data_dir
def repair(**options: Any) -> NoReturn:  # noqa: ANN401
    """Build the index anew from the stored articles, and finish what was begun.

    Articles keep their arrival numbers, so that originals stay originals. Meanwhile none is taken
    in (503). It may be stopped at any moment; run it again then.
    """
    settings = _settings(**options)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        services = stack.enter_context(services_for(settings, any_index=True))
        progress = stack.enter_context(_Progress.shown("repair", services.articles.count()))
        done = repair_index(services, lambda: progress.advance(""))
    _say(f"{done.articles:,} articles are in the index; {done.compared:,} were compared again")
    sys.exit(0)


@main.command()
@click.option("--near-threshold", type=float, help="Least share of the longer text.")
@click.option("--contained-threshold", type=float, help="Least share of the shorter text.")
@click.option("--numbers-threshold", type=float, help="Least share of numbers that agree.")
@click.option("--later-numbers-threshold", type=float, help="The same of later news.")
@click.option("--same-news-hours", type=float, help="Hours until news counts as later.")
@click.option(
    "--articles",
    type=click.IntRange(1),
    default=ARTICLES,
    show_default=True,
    help="So many of the last ones are looked at.",
)
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="Pairs told of each kind.",
)
@click.option("--json", "as_json", is_flag=True, help="What POST /v1/thresholds/simulate answers.")
@_data_dir
def simulate(
    *,
    articles: int,
    examples: int,
    as_json: bool,
    data_dir: Path | None,
    **thresholds: float | None,
) -> NoReturn:
    """Say what other thresholds would flag, gain and lose; change nothing.

    The last articles, and the pairs of which people have decided, are compared with these
    thresholds and with those of the settings.
    """
    settings = _settings(data_dir=data_dir)
    proposed = _settings(data_dir=data_dir, **thresholds).policy
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        services = stack.enter_context(services_for(settings))
        progress = stack.enter_context(_Progress.shown("simulate", None))
        found = simulate_thresholds(
            services,
            proposed,
            articles=articles,
            examples=examples,
            tick=lambda so_far: progress.advance(
                f"{so_far.articles:,} articles, {so_far.decided.total:,} decisions"
            ),
        )
    if as_json:
        click.echo(json.dumps(simulation_payload(found), ensure_ascii=False))
        sys.exit(0)
    for line in _told_of(found):
        click.echo(line)
    for note in found.notes:
        _say(note)
    sys.exit(0)


@main.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@_data_dir
def delete(ids: tuple[str, ...], **options: Any) -> NoReturn:  # noqa: ANN401
    """Delete articles with all that is known of them, decisions included.

    Those that pointed to them are compared again. The exit status is 1 if one of them is none.
    """
    settings = _settings(**options)
    unknown = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        services = stack.enter_context(services_for(settings))
        for article_id in ids:
            try:
                delete_article(services, article_id)
            except ArticleNotFound as error:
                _say(str(error))
                unknown += 1
    _say(f"{len(ids) - unknown:,} articles deleted")
    sys.exit(FAILED if unknown else 0)


@main.command()
@_data_dir
def expire(**options: Any) -> NoReturn:  # noqa: ANN401
    """Delete the articles whose time is over (COPYDESK_RETENTION), and what was half deleted.

    It may be stopped at any moment and run again, also beside the service, which does the same once
    an hour.
    """
    settings = _settings(**options)
    count = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(_failures())
        services = stack.enter_context(services_for(settings))
        noting = stack.enter_context(_Progress.shown("windows", None))
        for _ in note_expiry(services):
            noting.advance("noted by the present windows")
        progress = stack.enter_context(_Progress.shown("expire", None))
        for _ in expire_articles(services):
            count += 1
            progress.advance(f"{count:,} deleted")
        left = services.articles.count()
    _say(f"{count:,} articles deleted; {left:,} are left")
    sys.exit(0)


@main.command("clean")
@click.argument("file", type=click.File("rb"))
@click.option("--url", help="Where the page comes from.")
@click.option("--html/--text", "is_html", default=None, help="What FILE is.  [told from it]")
def clean_(file: Any, url: str | None, *, is_html: bool | None) -> None:  # noqa: ANN401
    """Clean one file (- for standard input) and print the article as JSON.

    It is what POST /v1/clean answers. Nothing is stored and no Redis is needed.
    """
    content_type = {True: "text/html", False: "text/plain", None: None}[is_html]
    try:
        cleaned = clean(file.read(), content_type=content_type, url=url)
    except CleaningError as error:
        _fail(f"{file.name}: {error}", FAILED)
    click.echo(json.dumps(cleaned_payload(cleaned), ensure_ascii=False, indent=2))


# --- settings and failures, in words -------------------------------------------------------


def _settings(**options: Any) -> Settings:  # noqa: ANN401 - they are checked here
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            field = str(details["loc"][0]) if details["loc"] else ""
            told = details["msg"].removeprefix("Value error, ")
            _say(f"{_variable(field, given)}: {told}" if field else told)
        sys.exit(MISUSED)


def _variable(field: str, given: dict[str, Any]) -> str:
    """How somebody has set a field, so that they find it."""
    if field in given:
        return f"--{field.replace('_', '-')}"
    if field not in Settings.model_fields:  # the alias itself
        return field
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return " or ".join(map(str, alias.choices))
    return f"COPYDESK_{field.upper()}"


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """End with a message and an exit status where a traceback would help nobody."""
    try:
        yield
    except IndexDamaged as error:
        _fail(str(error), FAILED)
    except (KeyMissing, StoreMisconfigured) as error:
        _fail(str(error), MISUSED)
    except StoreUnavailable as error:
        _fail(str(error), NO_REDIS)
    except (CannotListen, UnreadableArchive, OSError) as error:
        _fail(str(error), FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@contextlib.contextmanager
def _interruptions(tally: Tally) -> Iterator[None]:
    """Say how far an import came when something ended it."""
    try:
        yield
    except BaseException:
        if tally.line:
            _say(str(tally))
            _say(f"stopped at line {tally.line:,}; run it again: what is in stays as it is")
        raise


def _in_words(result: Result) -> str:
    if result.error is not None:
        return f"{result.id}\trefused: {result.error}"
    return f"{result.id}\t" + "; ".join(map(_difference, result.differences))


def _difference(difference: Difference) -> str:
    if difference.before is None and difference.after is None:
        return difference.what
    return f"{difference.what}: {difference.before or '–'} → {difference.after or '–'}"


def _told_of(found: Simulation) -> Iterator[str]:
    """What a simulation found, now and then, and its pairs: one line each."""
    decided = found.decided
    yield "\tnow\tthen"
    yield f"flags\t{found.flags[0]}\t{found.flags[1]}"
    yield f"duplicates\t{found.duplicates[0]}\t{found.duplicates[1]}"
    for name, shares in (("precision", decided.precision), ("recall", decided.recall)):
        yield "\t".join((f"{name} on decisions", *map(_share, shares)))
    examples = {
        "confirmed, lost": decided.lost,
        "rejected, dropped": decided.dropped,
        **{str(kind): told for kind, told in found.examples.items()},
    }
    for kind in found.examples:
        yield f"{kind} flags\t\t{found.kinds[kind]}"
    for name, told in examples.items():
        for pair in told:
            relations = f"{pair.present or '–'} → {pair.proposed or '–'}"
            scores = pair.likeness
            shared = f"{scores.contained_in:.2f} {scores.containment:.2f}" if scores else ""
            yield f"{name}\t{pair.article}\t{pair.other}\t{relations}\t{shared}"


def _share(share: Share) -> str:
    if share.value is None:
        return "unknown"
    low, high = share.interval
    return f"{share.value:.3f} ({share.hits} of {share.of}; {low:.2f} to {high:.2f})"


def _say(line: str) -> None:
    click.echo(f"copydesk: {line}", err=True)


def _fail(line: str, status: int) -> NoReturn:
    _say(line)
    sys.exit(status)


# --- progress ------------------------------------------------------------------------------


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """The Ctrl-Cs heard so far. Each raises KeyboardInterrupt at once, but that is lost where it
    meets a destructor or a callback from C code, which Python lets no exception escape from."""
    heard: list[int] = []

    def interrupt(number: int, _: object) -> NoReturn:
        heard.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


class _Progress:
    """How far a command is, on stderr: a bar on a terminal, else a line now and then.

    It also sees to it that Ctrl-C ends the command.
    """

    def __init__(
        self, name: str, total: int | None, bar: Progress | None, interrupts: list[int]
    ) -> None:
        self._name = name
        self._interrupts = interrupts
        self._total = total
        self._bar = bar
        self._task = bar.add_task(name, total=total, told="") if bar else None
        self._done = 0
        self._told = time.monotonic()

    @classmethod
    @contextlib.contextmanager
    def shown(cls, name: str, total: int | None) -> "Iterator[_Progress]":
        """Show progress while the context lasts. `total` None: nobody knows."""
        console = Console(stderr=True)
        if not console.is_terminal:
            with _interrupts() as interrupts:
                yield cls(name, total, None, interrupts)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}"),
        )
        with (
            Progress(*columns, console=console, transient=True) as bar,
            _interrupts() as interrupts,
        ):
            yield cls(name, total, bar, interrupts)

    def advance(self, told: str) -> None:
        """One more is done; `told` sums up what has come of all so far. Raises KeyboardInterrupt
        if an earlier one was lost."""
        if self._interrupts:
            raise KeyboardInterrupt
        self._done += 1
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, told=told)
        elif time.monotonic() - self._told > PROGRESS_SECONDS:
            self._told = time.monotonic()
            of_total = "" if self._total is None else f"{self._done:,} of {self._total:,}; "
            _say(f"{self._name}: {of_total}{told}")


if __name__ == "__main__":
    main()
