-- Which checks the policy in force reads, by base branch, as the last evaluation knew it: events of others change no
-- gate and ask for nothing. No row: not known, so every check may matter.
CREATE TABLE watched_checks (
    repository  text NOT NULL,
    base_branch text NOT NULL,
    -- In lower case: a commit status has the name of a check in whatever case it likes.
    names       text[] NOT NULL,
    PRIMARY KEY (repository, base_branch)
);
