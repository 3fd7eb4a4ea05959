"""Golden cases: a source each, and what cleaning makes of it. `./dev golden` writes the expected
outputs anew; read the difference before you commit it.

A case is a directory: `source.txt` or `source.html`, `expected.txt` (the title, if there is one,
after a `# `, then the kept text), `verdicts.json` (what became of each block) and `why.txt` (why
the case is there).
"""

import json
from dataclasses import dataclass
from pathlib import Path

from cleaning.model import CleanedArticle
from cleaning.pipeline import clean

HERE = Path(__file__).parent
_OPENING_WORDS = 6
_OPENING_CHARACTERS = 40  # of text without spaces


@dataclass(frozen=True, slots=True)
class Case:
    """One golden case."""

    directory: Path

    @property
    def source(self) -> Path:
        """The file that is cleaned; its suffix tells the format."""
        (source,) = self.directory.glob("source.*")
        return source

    def clean(self) -> CleanedArticle:
        """The article as it is made of the source now."""
        content_type = "text/html" if self.source.suffix == ".html" else "text/plain"
        return clean(self.source.read_bytes(), content_type=content_type)


def cases() -> list[Case]:
    """Every case, by name."""
    return [Case(why.parent) for why in sorted(HERE.glob("*/why.txt"))]


def kept_text(article: CleanedArticle) -> str:
    """What `expected.txt` holds."""
    heading = f"# {article.title}\n\n" if article.title else ""
    return f"{heading}{article.text}\n"


def verdicts(article: CleanedArticle) -> list[dict[str, object]]:
    """What `verdicts.json` holds."""
    return [
        {
            "kept": block.kept,
            "role": block.role.value,
            "rule": block.rule,
            "repeats": block.repeats.of if block.repeats else None,
            "opening": " ".join(block.text.split()[:_OPENING_WORDS])[:_OPENING_CHARACTERS],
        }
        for block in article.blocks
    ]


def main() -> None:
    """Write the expected outputs of every case."""
    for case in cases():
        article = case.clean()
        (case.directory / "expected.txt").write_text(kept_text(article), "utf-8")
        lines = ",\n ".join(json.dumps(line, ensure_ascii=False) for line in verdicts(article))
        (case.directory / "verdicts.json").write_text(f"[{lines}]\n", "utf-8")
        print(
            f"{case.directory.name}: {len(article.blocks)} blocks, {len(article.removed)} removed"
        )


if __name__ == "__main__":
    main()
