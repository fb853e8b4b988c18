-- The story of a visit is told from its events, with the names that things have today.
DROP TABLE timeline;
