"""What comes in, made plain: files today; images, speech and video when their engines come."""
