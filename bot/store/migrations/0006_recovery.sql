-- What lost deliveries are found by: a digest of each gate's surroundings, GitHub's own list of deliveries, and the
-- policy that guards tags while a broken one is in force.

-- What a list of pull requests should show of each whose gate was evaluated to the end (bot/core/glimpse.py). No row:
-- the next sweep evaluates it.
CREATE TABLE glimpses (
    repository    text NOT NULL,
    number        bigint NOT NULL,
    digest        text NOT NULL,
    -- The names of the checks that the policy read: by them the digest is made.
    watched       text[] NOT NULL,
    -- When time alone may change the gate.
    look_again_at timestamptz,
    PRIMARY KEY (repository, number)
);

-- When the sweep last came to each repository, and what its tags looked like.
CREATE TABLE repository_sweeps (
    repository   text PRIMARY KEY,
    -- When its job was queued, not done: a repository that fails each time must not hold the turn of the others.
    queued_at    timestamptz NOT NULL,
    -- GitHub's node ID: by it many repositories are looked at in one request.
    node_id      text,
    -- Of all tags and the policy at the last look that found nothing wrong; null: look again.
    tags_digest  text
);

CREATE TABLE valid_policies (
    repository text PRIMARY KEY,
    source     text NOT NULL,
    digest     text NOT NULL,
    content    bytea NOT NULL
);

-- GUIDs that GitHub could not deliver. One row each for as long as GitHub keeps them: so none is asked for at will.
CREATE TABLE missed_deliveries (
    guid            uuid PRIMARY KEY,
    delivery_id     bigint NOT NULL,
    event           text NOT NULL,
    action          text,
    installation_id bigint,
    repository_id   bigint,
    delivered_at    timestamptz NOT NULL,
    -- Lower numbers are asked for first: what only the payload tells.
    urgency         smallint NOT NULL,
    -- asking: written before GitHub is asked, so that a crash in between is seen and cleared up.
    state           text NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'asking', 'asked', 'refused')),
    -- The last time. A row that is found again, since that attempt failed as well, keeps it.
    asked_at        timestamptz,
    -- How often while the webhook worked; probes do not count.
    asked_times     smallint NOT NULL DEFAULT 0,
    -- Whether it was last asked for to see if anything gets through.
    is_probe        boolean NOT NULL DEFAULT false,
    -- When GitHub's newest known attempt failed, by its clock; null: GitHub delivered it, and it was given up or lost here.
    failed_at       timestamptz,
    reason          text NOT NULL DEFAULT '',
    CHECK (state = 'found' OR asked_at IS NOT NULL)
);
CREATE INDEX missed_deliveries_found ON missed_deliveries (urgency, delivered_at) WHERE state = 'found';

-- The few that were given up are looked for often.
CREATE INDEX deliveries_failed ON deliveries (received_at) WHERE outcome = 'failed';

-- One row: how far back GitHub's list of deliveries has been looked through.
CREATE TABLE delivery_watch (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Nothing older has to be looked at again; null until one look came to its end.
    seen_until      timestamptz,
    -- A look that has not come to its end goes on at this page of GitHub's list, and leaves next_seen_until then.
    cursor          text,
    next_seen_until timestamptz,
    -- The newest attempts of any event, by GitHub's clock: the webhook works when the newest one is a success.
    newest_success  timestamptz,
    newest_failure  timestamptz,
    -- Since it last worked.
    probes          integer NOT NULL DEFAULT 0,
    probed_at       timestamptz
);
