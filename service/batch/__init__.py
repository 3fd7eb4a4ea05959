"""Whole archives, through the same use cases as single requests."""
