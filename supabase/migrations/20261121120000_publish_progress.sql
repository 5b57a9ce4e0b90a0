-- What a report's owner follows live, under the policies of these tables.
alter publication supabase_realtime add table public.reports, public.benchmark_runs;
-- Realtime asks no policy about a row that is gone and tells its key to whoever may select of the table, as
-- anon may. So it is told of none; this holds for every table of the publication.
alter publication supabase_realtime set (publish = 'insert, update');
