"""Real git repositories on disk, read through one long-lived process each and written through git itself."""
