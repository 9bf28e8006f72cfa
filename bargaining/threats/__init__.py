"""Where the disagreement point comes from: rules that derive it from a game of threats, one a file."""
