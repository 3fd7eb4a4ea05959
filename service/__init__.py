"""The service around the cleaner: recognising, storing, serving."""
