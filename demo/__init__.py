"""The main job on one machine: a sandbox GitHub, the service, and a repository with six tracks to watch."""
