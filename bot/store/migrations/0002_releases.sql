-- Releases, sign-offs, overrides, the tag guard, deployments; and the decision log becomes a chain of hashes.
-- Times are given by the program. Repositories and logins are in lower case.

ALTER TABLE commands
    ADD commented_at timestamptz,
    ADD handled_by text NOT NULL DEFAULT 'pull_request' CHECK (handled_by IN ('pull_request', 'release_desk'));

-- One row for each tag that was ever armed: the lock and the plan of its release.
CREATE TABLE releases (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository      text NOT NULL,
    tag             text NOT NULL,
    state           text NOT NULL CHECK (state IN ('armed', 'tagging', 'released', 'cancelled')),
    -- Null: the head of the release branch, wherever that moves.
    target          text,
    armed_by        text NOT NULL,
    armed_at        timestamptz NOT NULL,
    -- Where it was armed first: there its report is.
    issue_number    bigint NOT NULL,
    -- The plan, kept when the gate was found open and before anything is written on GitHub.
    judged_sha      text,
    policy_digest   text,
    decision_digest text,
    record          bytea,
    tagger_at       timestamptz,
    tag_object_sha  text,
    release_id      bigint,
    -- What keeps the plan from being carried out: {text, owner, action}.
    obstacle        jsonb,
    finished_at     timestamptz,
    UNIQUE (repository, tag),
    CHECK (state NOT IN ('tagging', 'released')
           OR num_nulls(judged_sha, policy_digest, decision_digest, record, tagger_at) = 0),
    CHECK (state IN ('tagging', 'released')
           OR num_nonnulls(judged_sha, policy_digest, decision_digest, record, tagger_at, tag_object_sha,
                           release_id) = 0),
    CHECK (state <> 'released' OR num_nulls(tag_object_sha, release_id, finished_at) = 0)
);

-- A release that was made is what it is. Its repository may get another name, or be deleted.
CREATE FUNCTION refuse_change_of_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(old) - 'repository' IS DISTINCT FROM to_jsonb(new) - 'repository' THEN
        RAISE EXCEPTION 'release % is made and cannot be changed', old.tag;
    END IF;
    RETURN new;
END;
$$;
CREATE TRIGGER releases_made_stay BEFORE UPDATE ON releases
    FOR EACH ROW WHEN (old.state = 'released') EXECUTE FUNCTION refuse_change_of_release();

-- The one comment that is kept up to date: one for each tag, and one for each issue for reports without a tag ('').
-- Its row is there before the comment, so that one which was made just before a crash is looked for, not made again.
CREATE TABLE report_comments (
    repository      text NOT NULL,
    tag             text NOT NULL,
    issue_number    bigint NOT NULL,
    state           text NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'there')),
    comment_node_id text,
    -- Of the text that the comment shows; empty until it is there.
    digest          text NOT NULL DEFAULT '',
    PRIMARY KEY (repository, tag, issue_number),
    CHECK ((state = 'there') = (comment_node_id IS NOT NULL))
);
CREATE UNIQUE INDEX report_comments_of_a_tag ON report_comments (repository, tag) WHERE tag <> '';

CREATE TABLE sign_offs (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository      text NOT NULL,
    statement       text NOT NULL,
    login           text NOT NULL,
    commit_sha      text NOT NULL,
    comment_id      bigint NOT NULL,
    comment_node_id text NOT NULL,
    given_at        timestamptz NOT NULL,
    ended_at        timestamptz,
    ended_reason    text,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX sign_offs_newest ON sign_offs (repository, statement, login, given_at, id);

CREATE TABLE overrides (
    repository   text NOT NULL,
    track        text NOT NULL,
    commit_sha   text NOT NULL,
    by_login     text NOT NULL,
    reason       text NOT NULL,
    asked_at     timestamptz NOT NULL,
    confirmed_by text,
    confirmed_at timestamptz,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (repository, commit_sha, track),
    CHECK (confirmed_by <> by_login),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);

-- Release tags that were there when the App first saw the repository: {name: object SHA}. The row says that they were
-- looked at, be there none at all. Tags that the gate made stand in releases.
CREATE TABLE tag_baselines (
    repository text PRIMARY KEY,
    tags       jsonb NOT NULL,
    -- What the policy called release tags then: a policy that names more later starts to guard those as they are.
    patterns   text[] NOT NULL,
    taken_at   timestamptz NOT NULL
);

-- A release tag that appeared, moved or disappeared without an open gate. While it lasts there is one row of it.
CREATE TABLE tag_incidents (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository   text NOT NULL,
    name         text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('appeared', 'moved', 'deleted')),
    -- Where the tag was seen (null: nowhere), and where it belongs (null: nowhere).
    seen_sha     text,
    right_sha    text,
    actor        text,
    found_at     timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'undone', 'reported')),
    issue_number bigint,
    -- Set once it is reported and the tag is as it should be: the same again is then another incident.
    over_at      timestamptz,
    CHECK ((state = 'reported') = (issue_number IS NOT NULL)),
    CHECK (over_at IS NULL OR state = 'reported')
);
CREATE UNIQUE INDEX tag_incidents_that_last ON tag_incidents
    (repository, name, kind, coalesce(seen_sha, ''), coalesce(right_sha, '')) WHERE over_at IS NULL;

CREATE TABLE deployments (
    repository    text NOT NULL,
    run_id        bigint NOT NULL,
    environment   text NOT NULL,
    ref           text NOT NULL,
    sha           text NOT NULL,
    callback_path text NOT NULL,
    requested_at  timestamptz NOT NULL,
    answered_at   timestamptz,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'rejected')),
    delivery_guid uuid NOT NULL,
    PRIMARY KEY (repository, run_id, environment),
    CHECK ((state = 'waiting') = (answered_at IS NULL))
);
CREATE INDEX deployments_waiting ON deployments (repository) WHERE state = 'waiting';

-- Keys that sign release records, when none is given by the environment. The newest signs; all are published.
CREATE TABLE signing_keys (
    key_id      text PRIMARY KEY,
    private_key bytea NOT NULL,
    public_key  text NOT NULL,
    made_at     timestamptz NOT NULL
);

-- The decision log: one chain of hashes through all its entries (how: bot/store/log.py). Entries from before have no
-- hash and stand before the chain; a new one cannot be without.
ALTER TABLE decisions
    ADD kind text NOT NULL DEFAULT 'merge_gate' CHECK (kind IN
        ('merge_gate', 'merge_group', 'release_gate', 'tagging', 'tag_guard', 'deployment', 'sign_off', 'override',
         'command')),
    ADD subject text NOT NULL DEFAULT '',
    ADD previous_hash text UNIQUE,
    ADD hash text,
    ALTER number DROP NOT NULL,
    ADD CONSTRAINT decisions_chained CHECK (num_nulls(previous_hash, hash) = 0) NOT VALID;
CREATE INDEX decisions_of_a_repository ON decisions (repository, id DESC);
CREATE TRIGGER decisions_not_emptied BEFORE TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
