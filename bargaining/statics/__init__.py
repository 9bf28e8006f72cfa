"""What moves a deal: exact derivatives, one parameter at a time, and shares of variance."""
