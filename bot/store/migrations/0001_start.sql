-- What Trackgate remembers. Names of repositories are kept in lower case: GitHub compares them without case.
-- Texts from GitHub go through bot/store/text.py first, since PostgreSQL refuses the NUL character.

CREATE TABLE deliveries (
    guid            uuid PRIMARY KEY,
    event           text NOT NULL,
    action          text,
    installation_id bigint,
    repository      text,
    received_at     timestamptz NOT NULL,
    -- The body as GitHub signed it: jsonb would refuse \u0000 and would not keep the signed bytes.
    body            bytea NOT NULL,
    outcome         text NOT NULL CHECK (outcome IN ('queued', 'nothing', 'failed')),
    reason          text NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_received_at ON deliveries (received_at);

CREATE TABLE installations (
    repository      text PRIMARY KEY,
    installation_id bigint NOT NULL,
    suspended       boolean NOT NULL DEFAULT false
);
CREATE INDEX installations_installation_id ON installations (installation_id);

CREATE TABLE pull_requests (
    repository      text NOT NULL,
    number          bigint NOT NULL,
    installation_id bigint NOT NULL,
    head_sha        text NOT NULL,
    base_branch     text NOT NULL,
    is_open         boolean NOT NULL,
    is_draft        boolean NOT NULL,
    title           text NOT NULL,
    author          text NOT NULL,
    head_seen_at    timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (repository, number)
);
CREATE INDEX pull_requests_open_head ON pull_requests (repository, head_sha) WHERE is_open;

CREATE TABLE merge_groups (
    repository      text NOT NULL,
    head_sha        text NOT NULL,
    base_branch     text NOT NULL,
    head_seen_at    timestamptz NOT NULL,
    PRIMARY KEY (repository, head_sha)
);

CREATE TABLE decisions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository    text NOT NULL,
    number        bigint NOT NULL,
    head_sha      text NOT NULL,
    state         text NOT NULL,
    title         text NOT NULL,
    digest        text NOT NULL,
    policy_digest text NOT NULL,
    delivery_guid uuid,
    decision      jsonb NOT NULL,
    facts         jsonb NOT NULL,
    decided_at    timestamptz NOT NULL
);
CREATE INDEX decisions_newest ON decisions (repository, number, id DESC);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;
CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE ON decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE holds (
    repository text NOT NULL,
    number     bigint NOT NULL,
    holder     text NOT NULL,
    reason     text NOT NULL,
    held_at    timestamptz NOT NULL,
    PRIMARY KEY (repository, number, holder)
);

CREATE TABLE reassignments (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository    text NOT NULL,
    number        bigint NOT NULL,
    old_login     text NOT NULL,
    new_login     text NOT NULL,
    by_login      text NOT NULL,
    reassigned_at timestamptz NOT NULL,
    UNIQUE (repository, number, old_login)
);

CREATE TABLE refused_requests (
    repository text NOT NULL,
    number     bigint NOT NULL,
    head_sha   text NOT NULL,
    login      text NOT NULL,
    reason     text NOT NULL,
    PRIMARY KEY (repository, number, head_sha, login)
);

-- Whom anybody has asked for a review of a pull request: who was never asked is asked even after a comment.
CREATE TABLE asked_reviewers (
    repository text NOT NULL,
    number     bigint NOT NULL,
    login      text NOT NULL,
    PRIMARY KEY (repository, number, login)
);

CREATE TABLE commands (
    delivery_guid   uuid NOT NULL,
    line_number     bigint NOT NULL,
    comment_node_id text NOT NULL,
    comment_id      bigint NOT NULL,
    repository      text NOT NULL,
    number          bigint NOT NULL,
    sender          text NOT NULL,
    word            text NOT NULL,
    -- Null: no such command exists; nearest is then the one that was perhaps meant.
    verb            text,
    nearest         text,
    argument        text NOT NULL,
    -- ruled: decided, and what it changes is kept; the answer is still to be given on GitHub.
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ruled', 'answered')),
    obeyed          boolean,
    answer          text,
    received_at     timestamptz NOT NULL,
    -- A comment acts once, however often and under however many GUIDs its creation is delivered.
    PRIMARY KEY (comment_id, line_number)
);
CREATE INDEX commands_waiting ON commands (repository, number) WHERE state <> 'answered';

-- The App's own identity, once GitHub has said it: the loop guard of the web process needs it.
CREATE TABLE github_app (
    app_id bigint PRIMARY KEY,
    slug   text NOT NULL
);
