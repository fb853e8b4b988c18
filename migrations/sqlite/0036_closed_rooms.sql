-- Since when a department or a room is closed: it keeps its name on what happened there, and is offered no more.

ALTER TABLE departments ADD COLUMN closed_at TEXT;

ALTER TABLE rooms ADD COLUMN closed_at TEXT;
