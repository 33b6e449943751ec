"""Files of many formats become `messages.Parsed`: Markdown, page by page, read in guarded processes."""
