"""The reasons of the page model, in words."""

from cleaning.reasons import Reasons

PAGE_REASONS = Reasons({
    "neighbours": (
        ("weight_around", "links_around", "since_", "until_",
         *(f"{name}{sign}" for sign in "+-" for name in (
             "size", "link_share", "weight", "ends_stop", "tag_p", "tag_li", "stops", "bad_hints",
             "good_hints", "title_share", "upper", "said_mean", "named_own"))),
        "Its neighbours are not running text.",
        "Its neighbours are running text.",
    ),
    "alike": (
        ("alike_",),
        "What looks like it on this page is not running text.",
        "What looks like it on this page is running text.",
    ),
    "links": (
        ("link", "links"),
        "Much of it is links.",
        "It has few links or none.",
    ),
    "markup": (
        ("tag_", "own_", "near_", "far_", "bad_hints", "good_hints", "named_"),
        "Its tags and class names are those of page furniture.",
        "Its tags and class names are those of a story.",
    ),
    "surroundings": (
        ("owner_", "parent_", "grand_", "great_", "above_heart", "below_meeting", "meeting_",
         "in_main", "to_main", "main_weight", "depth", "in_parent", "first_in_parent",
         "last_in_parent", "box_", "article", "h1_before"),
        "It stands apart from the part of the page that holds most of the text.",
        "It stands in the part of the page that holds most of the text.",
    ),
    "place": (
        ("place", "weight_before", "weight_after"),
        "It stands above or below the story.",
        "It stands where the story stands.",
    ),
    "title": (
        ("is_title", "title_share", "to_title", "has_title"),
        "It says the title, or stands apart from it.",
        "It fits the title.",
    ),
    "metadata": (
        ("in_summary", "in_body"),
        "The page's own data does not give it as part of the story.",
        "The page's own data gives it as part of the story.",
    ),
    "again": (
        ("seen_",),
        "It stands more than once on the page.",
        "It stands once on the page.",
    ),
    "length": (
        ("size", "words", "weight", "breaks", "after_break"),
        "It is short, or set in broken lines.",
        "It is a long run of text.",
    ),
    "sentences": (
        ("stops", "commas", "quotes", "ends", "begins", "capitals", "upper", "digits", "bars",
         "colons", "signs", "marks", "letters", "word_length", "bold"),
        "It reads like a label rather than like sentences.",
        "It reads like sentences.",
    ),
    "words": (
        ("said_",),
        "Its words are those of page furniture.",
        "Its words are not those of page furniture.",
    ),
    "page": (("page_",), "", ""),
})  # fmt: skip
