"""The cast: everything that holds state or a model. One folder, one role."""
