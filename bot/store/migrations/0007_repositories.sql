-- Which repository a name means: names are given up and taken again, GitHub's own ID of a repository never is.

ALTER TABLE installations
    -- Null until GitHub has listed the repository for its installation.
    ADD repository_id bigint;
CREATE INDEX installations_repository_id ON installations (repository_id);

-- Jobs that were queued under a name that was given up since find the repository by it.
CREATE TABLE former_names (
    former_name  text PRIMARY KEY,
    current_name text NOT NULL
);
CREATE INDEX former_names_current_name ON former_names (current_name);
