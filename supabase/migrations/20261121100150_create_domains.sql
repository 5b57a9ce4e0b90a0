-- Domains rather than checks on the tables that every claim writes to: a table's checks are parsed
-- anew by each statement that writes there, which was a seventh of a claim's time.
create domain private.usd as numeric check (value >= 0);
create domain private.counter as integer check (value >= 0);
create domain private.cap as integer check (value > 0);
create domain private.percentage as double precision check (value between 0 and 100);
create domain private.run_status as text check (value in ('queued', 'running', 'complete', 'failed', 'skipped'));
create domain private.ledger_state as text check (value in ('settled', 'written_off', 'returned'));
comment on domain private.usd is 'An amount of US dollars.';
comment on domain private.cap is 'How many at once.';
comment on domain private.percentage is '0-100.';
