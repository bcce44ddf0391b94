-- Bodies are compressed before they come here (zlib): a payload of 20 KB becomes 2 KB. PostgreSQL's own
-- compression of such a body costs its server ten times as much as everything else about the row.
-- The bytes that GitHub signed are what is read back. Rows that are there already stay as they are.
ALTER TABLE deliveries ADD COLUMN is_compressed boolean NOT NULL DEFAULT false;
-- What is compressed already is not tried again, and lies beside its row only when it does not fit into a page.
ALTER TABLE deliveries ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE deliveries SET (toast_tuple_target = 8160);
