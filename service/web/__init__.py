"""The HTTP surface: the API under /v1, the review pages, and what guards both."""
