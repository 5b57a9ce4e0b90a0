-- What a report's owner follows live, under the policies of these tables.
alter publication supabase_realtime add table public.reports, public.benchmark_runs;
