CREATE TABLE IF NOT EXISTS reservations (
  code text PRIMARY KEY,
  property text,
  guest text,
  check_in date NOT NULL,
  check_out date NOT NULL,
  guests integer,
  total numeric(12, 2)
);
CREATE TABLE IF NOT EXISTS documents (
  path text PRIMARY KEY,
  pages integer NOT NULL,
  method text NOT NULL,
  language text NOT NULL,
  kind text NOT NULL,
  summary text NOT NULL,
  content text NOT NULL
);
