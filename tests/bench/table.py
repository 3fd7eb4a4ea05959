"""What every benchmark prints with."""

from collections.abc import Sequence


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table whose columns line up; numbers stand to the right."""
    lines = [[shown(cell) for cell in row] for row in rows]
    widths = [
        max(len(name), 3, *(len(line[i]) for line in lines)) if lines else max(len(name), 3)
        for i, name in enumerate(head)
    ]
    right = [
        bool(rows) and all(isinstance(row[i], int | float | None) for row in rows)
        for i in range(len(head))
    ]
    rule = ["-" * (width - 1) + (":" if r else "-") for width, r in zip(widths, right, strict=True)]
    print(f"\n{title}\n")
    for line in (list(head), rule, *lines):
        cells = (
            cell.rjust(width) if r else cell.ljust(width)
            for cell, width, r in zip(line, widths, right, strict=True)
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def shown(cell: object) -> str:
    """A number with three digits that matter; None as a dash."""
    if cell is None:
        return "–"
    if not isinstance(cell, float):
        return f"{cell:,}" if isinstance(cell, int) else str(cell)
    if cell >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if cell >= 10 else f"{cell:.3f}".rstrip("0").rstrip(".")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies; 0 of none."""
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0
