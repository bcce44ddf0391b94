-- Which repository a name means: names are given up and taken again, GitHub's own ID of a repository never is.

-- It outlasts the App's absence: what is kept under a name must not fall to another repository that takes the name.
CREATE TABLE repository_ids (
    repository    text PRIMARY KEY,
    repository_id bigint NOT NULL UNIQUE
);

-- Jobs that were queued under a name that was given up since find the repository by it.
CREATE TABLE former_names (
    former_name  text PRIMARY KEY,
    current_name text NOT NULL
);
CREATE INDEX former_names_current_name ON former_names (current_name);
