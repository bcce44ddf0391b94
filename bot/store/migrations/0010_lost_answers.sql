-- The label that a command is taking off, noted before GitHub is asked: should the answer get lost, the command is not
-- ruled on again as if nothing had been held.
ALTER TABLE commands ADD lifting text;
