"""What goes over the wire, as pydantic models with examples. Nothing inside the cast knows these."""
