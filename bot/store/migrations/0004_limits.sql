-- What was asked of GitHub lately, and what GitHub says about its limits, for all processes on all machines.
--
-- One row for each account ('installation:42', or 'app' for what is asked with the App's own JWT). Whoever counts
-- locks it first, so a request is let through or refused by all limits at once, and none is counted twice. Times are
-- this database's, so the clocks of the machines do not matter.
CREATE TABLE github_accounts (
    account           text PRIMARY KEY,
    -- Requests under way: when each is to be forgotten if nobody says that it ended (its process was killed).
    leases            timestamptz[] NOT NULL DEFAULT '{}',
    -- Creations (what notifies people): how many in each second of the last minute, and each minute of the last hour.
    creation_seconds  bigint[] NOT NULL DEFAULT '{}',
    creations         integer[] NOT NULL DEFAULT '{}',
    creation_minutes  bigint[] NOT NULL DEFAULT '{}',
    creations_hourly  integer[] NOT NULL DEFAULT '{}',
    last_write_at     timestamptz NOT NULL DEFAULT '-infinity',
    paused_until      timestamptz NOT NULL DEFAULT '-infinity',
    -- How often GitHub has refused in a row without naming a time.
    times_refused     integer NOT NULL DEFAULT 0,
    -- When the next one that finds no room is told to come: one after the other, not all at the same moment.
    next_turn         timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50); -- every request changes the row: half a page free lets it stay on its page

CREATE TABLE github_budgets (
    account       text NOT NULL REFERENCES github_accounts ON DELETE CASCADE,
    resource      text NOT NULL,
    -- Points: how many in each second of the last minute.
    seconds       bigint[] NOT NULL DEFAULT '{}',
    points        integer[] NOT NULL DEFAULT '{}',
    -- The primary budget as GitHub last told it; null until it has.
    budget        integer,
    remaining     integer,
    resets_at     timestamptz,
    paused_until  timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (account, resource)
) WITH (fillfactor = 50);

-- One token for each installation and all processes, encrypted with a key that only the App's private key gives.
CREATE TABLE installation_tokens (
    installation_id bigint PRIMARY KEY,
    sealed          bytea NOT NULL,
    renew_at        timestamptz NOT NULL
);

-- Who the App is, by the ID that a process was told; asked again once a day, as an App can be renamed.
CREATE TABLE github_identities (
    issuer   text PRIMARY KEY,
    app_id   bigint NOT NULL,
    slug     text NOT NULL,
    asked_at timestamptz NOT NULL
);

-- The amounts of the slots that count: `oldest` is the first that does.
CREATE FUNCTION github_window(INOUT slots bigint[], INOUT amounts integer[], oldest bigint, OUT total bigint)
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(slot), '{}'), coalesce(array_agg(amount), '{}'), coalesce(sum(amount), 0)
    FROM unnest(slots, amounts) AS used (slot, amount) WHERE slot >= oldest
$$;

-- The same amounts, none of them in a slot after `newest`.
CREATE FUNCTION github_until(INOUT slots bigint[], INOUT amounts integer[], newest bigint)
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(slot ORDER BY slot), '{}'), coalesce(array_agg(amount ORDER BY slot), '{}')
    FROM (
        SELECT least(slot, newest) AS slot, sum(amount)::integer AS amount
        FROM unnest(slots, amounts) AS used (slot, amount) GROUP BY 1
    ) AS clamped
$$;

-- The slot after whose end `wanted` fits into `most`: enough will be forgotten then. Null if it never fits.
CREATE FUNCTION github_room_after(slots bigint[], amounts integer[], most integer, wanted integer) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT slot FROM (
        SELECT slot, sum(amount) OVER (ORDER BY slot DESC) - amount AS later
        FROM unnest(slots, amounts) AS used (slot, amount)
    ) AS left_then WHERE later + wanted <= most ORDER BY slot LIMIT 1
$$;

-- Leave to send one request, or the seconds to wait (wait_seconds > 0) and why.
--
-- Slots count for 62 whole slots of seconds, not 60: one because a slot may have begun just now, one because a request
-- arrives at GitHub later than it is counted here. A `most` that is null is no limit.
CREATE FUNCTION github_acquire(
    for_account text, for_resource text, cost integer, writes boolean, creating integer, background boolean,
    most_points integer, most_creations integer, most_creations_hourly integer, most_in_flight integer,
    reserve double precision, spaced_from double precision, spacing double precision, lease_seconds double precision,
    OUT wait_seconds double precision, OUT reason text, OUT lease timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    account github_accounts;
    budget  github_budgets;
    moment  timestamptz;
    second  bigint;
    used    bigint;
    minute_used bigint := 0;
    hour_used   bigint := 0;
    allowed double precision;
    turn    timestamptz;
    step    double precision := 0.05;
    slots   integer;
    found_at timestamptz;
BEGIN
    -- A crash of the database may forget the counts of its last moments: GitHub's own word then does its part. That
    -- is cheaper than waiting for the disk with each request.
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT * INTO account FROM github_accounts AS a WHERE a.account = for_account FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO github_accounts (account) VALUES (for_account) ON CONFLICT DO NOTHING;
        SELECT * INTO account FROM github_accounts AS a WHERE a.account = for_account FOR UPDATE;
    END IF;
    SELECT * INTO budget FROM github_budgets AS b WHERE b.account = for_account AND b.resource = for_resource;
    IF NOT FOUND THEN
        INSERT INTO github_budgets (account, resource) VALUES (for_account, for_resource) RETURNING * INTO budget;
    END IF;
    moment := clock_timestamp(); -- only now: the lock may have taken a while
    second := floor(extract(epoch FROM moment));
    turn := moment;
    IF account.last_write_at > moment
        OR budget.seconds[cardinality(budget.seconds)] > second
        OR account.creation_seconds[cardinality(account.creation_seconds)] > second
        OR account.creation_minutes[cardinality(account.creation_minutes)] > second / 60 THEN
        -- The clock went back. What was counted ahead of it counts as done just now, and is forgotten in its time.
        account.last_write_at := least(account.last_write_at, moment);
        SELECT * INTO budget.seconds, budget.points FROM github_until(budget.seconds, budget.points, second);
        SELECT * INTO account.creation_seconds, account.creations
        FROM github_until(account.creation_seconds, account.creations, second);
        SELECT * INTO account.creation_minutes, account.creations_hourly
        FROM github_until(account.creation_minutes, account.creations_hourly, second / 60);
        UPDATE github_accounts AS a
        SET last_write_at = account.last_write_at,
            creation_seconds = account.creation_seconds, creations = account.creations,
            creation_minutes = account.creation_minutes, creations_hourly = account.creations_hourly
        WHERE a.account = for_account;
        UPDATE github_budgets AS b SET seconds = budget.seconds, points = budget.points
        WHERE b.account = for_account AND b.resource = for_resource;
    END IF;

    IF account.paused_until > turn THEN
        turn := account.paused_until;
        reason := 'paused by GitHub';
    END IF;
    IF budget.paused_until > turn THEN
        turn := budget.paused_until;
        reason := 'paused by GitHub';
    END IF;

    IF account.leases <> '{}' THEN
        -- None ends later than one that begins now, unless the clock went back since.
        SELECT coalesce(array_agg(one), '{}') INTO account.leases FROM unnest(account.leases) AS one
        WHERE one > moment AND one <= moment + make_interval(secs => lease_seconds + 1);
    END IF;
    slots := cardinality(account.leases);
    IF budget.remaining IS NOT NULL AND budget.resets_at > turn
        AND budget.remaining - slots <= ceil(budget.budget * reserve) THEN
        turn := budget.resets_at;
        reason := 'budget used up';
    END IF;
    IF most_in_flight IS NOT NULL AND turn = moment
        AND slots >= (CASE WHEN background THEN ceil(most_in_flight / 2.0) ELSE most_in_flight END) THEN
        turn := moment + interval '0.1 s';
        reason := 'too many at once';
    END IF;

    IF most_points IS NOT NULL THEN
        SELECT * INTO budget.seconds, budget.points, used
        FROM github_window(budget.seconds, budget.points, second - 61);
        allowed := most_points * CASE WHEN background THEN spaced_from ELSE 1 END;
        step := cost * 60.0 / most_points;
        IF used + cost > allowed THEN
            found_at := to_timestamp(62 + coalesce(
                github_room_after(budget.seconds, budget.points, floor(allowed)::integer, cost), second));
            IF found_at > turn THEN
                turn := found_at;
                reason := 'points of the minute used up';
            END IF;
        ELSIF writes AND used + cost > most_points * spaced_from
            AND account.last_write_at + make_interval(secs => spacing) > turn THEN
            turn := account.last_write_at + make_interval(secs => spacing);
            reason := 'writes are spaced';
        END IF;
        IF writes AND used + cost > most_points * spaced_from THEN
            step := greatest(step, spacing);
        END IF;
    END IF;

    IF creating > 0 AND most_creations IS NOT NULL THEN
        SELECT * INTO account.creation_seconds, account.creations, minute_used
        FROM github_window(account.creation_seconds, account.creations, second - 61);
        IF minute_used > 0 AND minute_used + creating > most_creations THEN
            found_at := to_timestamp(62 + coalesce(github_room_after(
                account.creation_seconds, account.creations, most_creations, creating),
                account.creation_seconds[cardinality(account.creation_seconds)]));
            IF found_at > turn THEN
                turn := found_at;
                reason := 'creations of the minute used up';
                step := 60.0 / most_creations;
            END IF;
        END IF;
    END IF;
    IF creating > 0 AND most_creations_hourly IS NOT NULL THEN
        SELECT * INTO account.creation_minutes, account.creations_hourly, hour_used
        FROM github_window(account.creation_minutes, account.creations_hourly, second / 60 - 60);
        IF hour_used > 0 AND hour_used + creating > most_creations_hourly THEN
            found_at := to_timestamp(60 * (61 + coalesce(github_room_after(
                account.creation_minutes, account.creations_hourly, most_creations_hourly, creating),
                account.creation_minutes[cardinality(account.creation_minutes)])));
            IF found_at > turn THEN
                turn := found_at;
                reason := 'creations of the hour used up';
                step := 3600.0 / most_creations_hourly;
            END IF;
        END IF;
    END IF;

    IF reason IS NOT NULL THEN
        -- Behind those who were told to come already, unless they belong to another wait than this one.
        IF account.next_turn > turn AND account.next_turn < turn + interval '60 s' THEN
            turn := account.next_turn;
        END IF;
        UPDATE github_accounts AS a SET next_turn = turn + make_interval(secs => step) WHERE a.account = for_account;
        wait_seconds := extract(epoch FROM turn - moment);
        RETURN;
    END IF;

    lease := moment + make_interval(secs => lease_seconds);
    WHILE lease = ANY (account.leases) LOOP
        lease := lease + interval '1 microsecond';
    END LOOP;
    IF most_points IS NOT NULL THEN
        UPDATE github_budgets AS b
        SET (seconds, points) = (SELECT * FROM github_added(budget.seconds, budget.points, second, cost))
        WHERE b.account = for_account AND b.resource = for_resource;
    END IF;
    IF creating > 0 THEN
        SELECT * INTO account.creation_seconds, account.creations
        FROM github_added(account.creation_seconds, account.creations, second, creating);
        SELECT * INTO account.creation_minutes, account.creations_hourly
        FROM github_added(account.creation_minutes, account.creations_hourly, second / 60, creating);
    END IF;
    UPDATE github_accounts AS a
    SET leases = account.leases || lease, creation_seconds = account.creation_seconds, creations = account.creations,
        creation_minutes = account.creation_minutes, creations_hourly = account.creations_hourly,
        last_write_at = CASE WHEN writes THEN moment ELSE a.last_write_at END
    WHERE a.account = for_account;
    wait_seconds := 0;
END
$$;

-- `amount` more in a slot. Slots are in order, and the newest is the last.
CREATE FUNCTION github_added(INOUT slots bigint[], INOUT amounts integer[], slot bigint, amount integer)
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    -- After a step back of the clock the amount goes to the newest slot, where it counts a little longer.
    IF slots <> '{}' AND slots[cardinality(slots)] >= slot THEN
        amounts[cardinality(amounts)] := amounts[cardinality(amounts)] + amount;
    ELSE
        slots := slots || slot;
        amounts := amounts || amount;
    END IF;
END
$$;

-- A request is over: its lease ends, and what GitHub said is kept. The seconds of the pause, if it wants one.
CREATE FUNCTION github_settle(
    for_account text, for_resource text, lease timestamptz,
    told_budget integer, told_remaining integer, resets_in double precision,
    pauses boolean, paused_resource text, named_seconds double precision, succeeded boolean,
    first_pause double precision, longest_pause double precision,
    OUT pause_seconds double precision
) LANGUAGE plpgsql AS $$
DECLARE
    account github_accounts;
    moment  timestamptz;
    again   boolean;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT * INTO account FROM github_accounts AS a WHERE a.account = for_account FOR UPDATE;
    moment := clock_timestamp();
    IF told_remaining IS NOT NULL THEN
        -- Answers overtake each other: within one period of the budget the least that remains is the newest.
        UPDATE github_budgets AS b
        SET budget = told_budget, resets_at = moment + make_interval(secs => resets_in),
            remaining = CASE WHEN b.budget = told_budget
                AND abs(extract(epoch FROM b.resets_at - moment) - resets_in) < 30
                THEN least(b.remaining, told_remaining) ELSE told_remaining END
        WHERE b.account = for_account AND b.resource = for_resource
            AND (b.resets_at IS NULL OR extract(epoch FROM b.resets_at - moment) - resets_in < 30);
    END IF;
    IF pauses THEN
        -- Requests that were under way together are refused together: that is one time, not many.
        again := named_seconds IS NULL AND account.paused_until <= moment;
        pause_seconds := coalesce(named_seconds, least(longest_pause, first_pause * 2 ^ least(10,
            CASE WHEN again THEN account.times_refused ELSE greatest(account.times_refused - 1, 0) END)));
        IF again THEN
            account.times_refused := account.times_refused + 1;
        END IF;
        IF paused_resource IS NULL THEN
            account.paused_until :=
                greatest(account.paused_until, moment + make_interval(secs => pause_seconds));
        ELSE
            UPDATE github_budgets AS b
            SET paused_until = greatest(b.paused_until, moment + make_interval(secs => pause_seconds))
            WHERE b.account = for_account AND b.resource = paused_resource;
        END IF;
    ELSIF succeeded AND account.paused_until <= moment THEN
        account.times_refused := 0;
    END IF;
    UPDATE github_accounts AS a
    SET leases = array_remove(a.leases, lease), paused_until = account.paused_until,
        times_refused = account.times_refused
    WHERE a.account = for_account;
END
$$;
