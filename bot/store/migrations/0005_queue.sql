-- The queue: fair turns among installations, installations that wait for a limit, and jobs that were given up.

-- Fair turns -----------------------------------------------------------------------------------------------------
-- Procrastinate fetches by priority and age, so 5,000 jobs of one installation would keep everybody else waiting.
-- Each job therefore has a turn (start-time fair queueing): one more than the last that its installation waits for,
-- and never before the turn that is being served now. Ten installations with something to do take it in turns,
-- however much one of them has queued; a class of its own (priority) still comes before turns.
ALTER TABLE procrastinate_jobs
    ADD COLUMN installation_id bigint NOT NULL DEFAULT 0,
    ADD COLUMN turn bigint NOT NULL DEFAULT 0,
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now();

UPDATE procrastinate_jobs SET installation_id = coalesce(
    (args->>'installation_id')::bigint, (args->'arguments'->>'installation_id')::bigint, 0);

-- What is served next, and where the line begins; what has to wait for a time stands in neither.
CREATE INDEX queue_ready ON procrastinate_jobs (priority DESC, turn, id)
    WHERE status = 'todo' AND scheduled_at IS NULL;
CREATE INDEX queue_line ON procrastinate_jobs (installation_id, priority, turn)
    WHERE status = 'todo' AND scheduled_at IS NULL;
CREATE INDEX queue_due ON procrastinate_jobs (scheduled_at)
    WHERE status = 'todo' AND scheduled_at IS NOT NULL;

-- Until when an installation has no room in one of GitHub's limits: its jobs wait, and cost nobody anything.
-- A limit that leaves room for people's work only (is_background) does not make that wait.
CREATE TABLE queue_pauses (
    installation_id bigint NOT NULL,
    is_background   boolean NOT NULL,
    paused_until    timestamptz NOT NULL,
    PRIMARY KEY (installation_id, is_background)
);

-- Jobs that failed too often: kept to be seen and to be tried again, out of the way of all others.
CREATE TABLE parked_jobs (
    key       text PRIMARY KEY,
    task      text NOT NULL,
    arguments jsonb NOT NULL,
    priority  integer NOT NULL,
    error     text NOT NULL,
    delivery  uuid,
    parked_at timestamptz NOT NULL DEFAULT now()
);

-- Subjects whose job failed and was not done since, whatever queued it: sweeps and periodic tasks queue the same work
-- again and again, and a count of the job's own would begin anew each time. deliveries: whose work failed.
CREATE TABLE failing_jobs (
    key        text PRIMARY KEY,
    attempts   integer NOT NULL,
    next_at    timestamptz NOT NULL,
    deliveries uuid[] NOT NULL
);

-- When an installation was last asked for its repositories because one of them could not be found.
CREATE TABLE installation_looks (
    installation_id bigint PRIMARY KEY,
    asked_at        timestamptz NOT NULL
);

-- What the planner knows of a table that is empty now and has 5,000 rows a second later is never true. So the functions
-- below keep to one plan, and each look at the line is worded so that one index alone gives its order, without a sort.
CREATE FUNCTION queue_turn(_installation_id bigint, _priority integer) RETURNS bigint
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    _last record;
    _present bigint;
BEGIN
    SELECT installation_id, priority, turn INTO _last FROM procrastinate_jobs
        WHERE status = 'todo' AND scheduled_at IS NULL
            AND (installation_id, priority, turn) <= (_installation_id, _priority, 9223372036854775807)
        ORDER BY installation_id DESC, priority DESC, turn DESC LIMIT 1;
    SELECT turn INTO _present FROM procrastinate_jobs
        WHERE status = 'todo' AND scheduled_at IS NULL AND priority = _priority
        ORDER BY turn, id LIMIT 1;
    IF _last.installation_id = _installation_id AND _last.priority = _priority THEN
        RETURN greatest(_last.turn + 1, _present, 0);
    END IF;
    RETURN greatest(_present, 0);
END;
$$;

CREATE FUNCTION queue_line_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.installation_id := coalesce(
        (NEW.args->>'installation_id')::bigint, (NEW.args->'arguments'->>'installation_id')::bigint, 0);
    IF NEW.scheduled_at IS NULL THEN
        SELECT max(paused_until) INTO NEW.scheduled_at FROM queue_pauses
            WHERE installation_id = NEW.installation_id AND paused_until > clock_timestamp()
                AND (NEW.priority < 0 OR NOT is_background);
    END IF;
    IF NEW.scheduled_at IS NULL THEN
        NEW.turn := queue_turn(NEW.installation_id, NEW.priority);
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER queue_line_up BEFORE INSERT ON procrastinate_jobs
    FOR EACH ROW WHEN (NEW.status = 'todo') EXECUTE FUNCTION queue_line_up();

-- What is due joins the line, at its end: thousands that were put off together must not jump the queue together.
CREATE FUNCTION queue_let_due_in(_most integer) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    _now timestamptz := clock_timestamp();  -- as a variable an index can look for it
    _count integer;
BEGIN
    WITH due AS (
        SELECT id, installation_id, priority, turn FROM procrastinate_jobs
        WHERE status = 'todo' AND scheduled_at IS NOT NULL AND scheduled_at <= _now
        ORDER BY scheduled_at LIMIT _most
        FOR UPDATE SKIP LOCKED
    ), first_turns AS (
        SELECT line.*, queue_turn(line.installation_id, line.priority) AS first_turn
        FROM (SELECT DISTINCT installation_id, priority FROM due) AS line
    ), turns AS (
        SELECT id, first_turn - 1 + row_number() OVER (PARTITION BY installation_id, priority ORDER BY turn, id)
            AS turn
        FROM due JOIN first_turns USING (installation_id, priority)
    )
    UPDATE procrastinate_jobs AS job SET scheduled_at = NULL, turn = turns.turn
    FROM turns WHERE job.id = turns.id;
    GET DIAGNOSTICS _count = ROW_COUNT;
    RETURN _count;
END;
$$;

-- The next job for a worker that runs at most _concurrency at once; a row of nulls when there is none for it now.
-- An installation may take one more thread while it holds fewer than three times those that are free, so that
-- slow answers to one never hold all threads: of 16 one alone takes 12, the next 3, and there is room for a third.
CREATE FUNCTION queue_fetch(_queue text, _worker_id bigint, _concurrency integer) RETURNS procrastinate_jobs
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    _due timestamptz;
    _full bigint[];
    _next record;
    _found procrastinate_jobs;
BEGIN
    SELECT scheduled_at INTO _due FROM procrastinate_jobs
        WHERE status = 'todo' AND scheduled_at IS NOT NULL
        ORDER BY scheduled_at LIMIT 1;
    IF _due <= clock_timestamp() THEN
        PERFORM queue_let_due_in(100);
    END IF;
    SELECT array_agg(installation_id) INTO _full FROM (
        SELECT installation_id, count(*) AS held, sum(count(*)) OVER () AS taken FROM procrastinate_jobs
        WHERE status = 'doing' AND worker_id = _worker_id GROUP BY installation_id
    ) AS holders WHERE held >= 3 * (_concurrency - taken);
    -- One after the other, as others may take what we look at. By the turns whoever is not full stands near the
    -- front, and at most as many subjects are busy as there are threads: the line is not searched to its end.
    FOR _next IN
        SELECT id, installation_id, lock, queue_name FROM procrastinate_jobs
        WHERE status = 'todo' AND scheduled_at IS NULL
        ORDER BY priority DESC, turn, id LIMIT 300
    LOOP
        CONTINUE WHEN _next.queue_name <> _queue OR _next.installation_id = ANY (_full);
        CONTINUE WHEN EXISTS (
            SELECT FROM procrastinate_jobs AS other WHERE other.status = 'doing' AND other.lock = _next.lock);
        SELECT * INTO _found FROM procrastinate_jobs WHERE id = _next.id FOR UPDATE SKIP LOCKED;
        IF _found.status = 'todo' AND _found.scheduled_at IS NULL THEN
            UPDATE procrastinate_jobs SET status = 'doing', worker_id = _worker_id WHERE id = _found.id;
            _found.status := 'doing';
            _found.worker_id := _worker_id;
            RETURN _found;
        END IF;
    END LOOP;
    RETURN NULL;
END;
$$;

-- Jobs that nobody does any more go back to their place in the line. _delay: seconds to wait before that.
-- One of the same key that waits already does the work of both, so the older one goes.
CREATE FUNCTION queue_hand_back(_ids bigint[], _worker_id bigint, _counts boolean, _delay double precision)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _job procrastinate_jobs;
    _count integer := 0;
BEGIN
    FOR _job IN
        SELECT * FROM procrastinate_jobs
        WHERE id = ANY (_ids) AND status = 'doing' AND worker_id IS NOT DISTINCT FROM _worker_id
        ORDER BY id FOR UPDATE SKIP LOCKED
    LOOP
        BEGIN
            UPDATE procrastinate_jobs
            SET status = 'todo', worker_id = NULL, abort_requested = false,
                attempts = attempts + CASE WHEN _counts THEN 1 ELSE 0 END,
                scheduled_at = CASE WHEN _delay > 0 THEN clock_timestamp() + _delay * interval '1 second' END
            WHERE id = _job.id;
        EXCEPTION WHEN unique_violation THEN
            DELETE FROM procrastinate_jobs WHERE id = _job.id;
        END;
        _count := _count + 1;
    END LOOP;
    IF _count > 0 THEN
        -- As an insertion would: whoever is idle takes them at once.
        PERFORM pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}');
    END IF;
    RETURN _count;
END;
$$;

-- The end of a job. Nothing when another worker took it over meanwhile: it is no longer ours to end.
CREATE FUNCTION queue_finish(_id bigint, _worker_id bigint, _succeeded boolean) RETURNS boolean
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    _job procrastinate_jobs;
BEGIN
    SELECT * INTO _job FROM procrastinate_jobs WHERE id = _id FOR UPDATE;
    IF NOT FOUND OR _job.status <> 'doing' OR _job.worker_id IS DISTINCT FROM _worker_id THEN
        RETURN false;
    END IF;
    DELETE FROM procrastinate_jobs WHERE id = _id;
    IF _succeeded THEN
        DELETE FROM parked_jobs WHERE key = _job.queueing_lock;
        DELETE FROM failing_jobs WHERE key = _job.queueing_lock;
    END IF;
    RETURN true;
END;
$$;

-- An installation without room in a limit: its jobs wait for _seconds, and those that come meanwhile too; all of them,
-- or those that are background work.
CREATE FUNCTION queue_pause(_installation_id bigint, _seconds double precision, _is_background boolean) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    _until timestamptz := clock_timestamp() + _seconds * interval '1 second';
    _count integer;
BEGIN
    DELETE FROM queue_pauses WHERE paused_until < clock_timestamp();
    INSERT INTO queue_pauses AS known VALUES (_installation_id, _is_background, _until)
        ON CONFLICT (installation_id, is_background) DO UPDATE
            SET paused_until = greatest(known.paused_until, excluded.paused_until);
    -- What somebody holds is left to him: waiting for it could wait in a ring with intakes that hold several.
    UPDATE procrastinate_jobs SET scheduled_at = _until WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND scheduled_at IS NULL AND installation_id = _installation_id
            AND (priority < 0 OR NOT _is_background)
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS _count = ROW_COUNT;
    RETURN _count;
END;
$$;

-- Procrastinate's own history of each job: two rows and their removal for every evaluation, which nothing reads.
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_insert_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_update_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_scheduled_events_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_abort_requested_events_v1;

-- Every row lives for seconds: the dead ones are cleared away before they slow the line down.
ALTER TABLE procrastinate_jobs SET (
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE procrastinate_workers SET (
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
