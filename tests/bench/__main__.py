"""Run a benchmark: `python -m tests.bench NAME [OPTION..]`; without a name, list them."""

import sys
from collections.abc import Sequence
from importlib import import_module

# Name -> what it measures, and how long it takes with its default options on two slow cores.
BENCHMARKS = {
    "clean": ("ms of each stage of cleaning, and how they grow with the text", "2 minutes"),
    "extraction": ("how much of an article page structure alone finds", "1 minute"),
    "statements": ("statements that an article tells again: found, and falsely linked", "1 minute"),
    "teasers": ("teasers, furniture and titles put into articles: what is removed", "3 minutes"),
    "index": ("articles, round trips and bytes of the index; signatures", "3 minutes"),
    "thresholds": ("what each threshold of recognising costs", "2 minutes"),
    "kept": ("bytes of an article in Redis: record, source, flags", "1 minute"),
    "damage": ("copies with damaged, replaced or cut words: met and recognised", "1 minute"),
    "recognise": ("copies found and missed in generated wire copy", "2 minutes"),
}


def main(argv: Sequence[str]) -> int:
    """Run the named benchmark with the rest of the arguments; 2 if there is no such one."""
    if not argv or argv[0] in ("-h", "--help"):
        print("python -m tests.bench NAME [OPTION..]    (NAME --help: its options)\n")
        for name, (what, how_long) in BENCHMARKS.items():
            print(f"  {name:12} {what} (about {how_long})")
        return 0
    name, *options = argv
    if name not in BENCHMARKS:
        names = ", ".join(BENCHMARKS)
        print(f"there is no benchmark {name!r}; there are: {names}", file=sys.stderr)
        return 2
    return int(import_module(f"tests.bench.{name}").main(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
