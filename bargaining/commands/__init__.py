"""One command of the command line a file: each parses, calls and prints."""
