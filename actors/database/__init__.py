"""Truth: documents, their revisions, tasks, and the originals' bytes."""
