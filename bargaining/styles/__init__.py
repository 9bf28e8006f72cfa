"""Style sheets of the figures."""
