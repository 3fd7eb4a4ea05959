"""The ports made real: in memory, and in Redis."""
