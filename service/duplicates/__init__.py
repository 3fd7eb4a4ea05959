"""Pure: what a duplicate is, and what may happen to a flag."""
