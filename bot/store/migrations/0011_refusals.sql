-- Since when GitHub refuses to ask somebody for a review. After an hour it is asked again: not every way in which a
-- person gets access is told by an event (a team that was given the repository, for one).
ALTER TABLE refused_requests ADD COLUMN refused_at timestamptz NOT NULL DEFAULT now();
