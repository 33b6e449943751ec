"""Models behind Protocols: text to vectors, evidence to answers."""
