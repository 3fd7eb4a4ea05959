"""Pure: text in, article and fingerprint out. `pipeline.clean` is the way in."""
