"""Rules for claims problems, one a file."""
