"""Rules of INSi, pure: what traits may look like, who they fit, who is in the register, how an answer can differ."""
