-- The SQL interface of pg_net 0.20. scripts/stack/pg_net_worker.ts sends the rows of the queue. A NOTIFY
-- wakes it after the commit, and never after a rollback.

create schema if not exists net;

create domain net.http_method as text
  check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

-- Unlogged, as in pg_net: a crash of the database loses queued requests and responses.
create unlogged table net.http_request_queue (
  id bigserial not null,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);

create index on net._http_response (created);

create function net._wake_worker() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('pg_net_wake', '');
  return null;
end
$$;

create trigger wake_worker
after insert on net.http_request_queue
for each statement execute function net._wake_worker();

create function net._urlencode_string(string text) returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  select coalesce(string_agg(
    case
      when part.letter ~ '^[A-Za-z0-9._~-]$' then part.letter
      else upper(regexp_replace(encode(convert_to(part.letter, 'UTF8'), 'hex'), '(..)', '%\1', 'g'))
    end, '' order by part.place), '')
  from regexp_split_to_table(string, '') with ordinality as part (letter, place)
$$;

create function net._add_params(url text, params jsonb) returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when pairs.text is null then url
    else url || case when strpos(url, '?') > 0 then '&' else '?' end || pairs.text
  end
  from (
    select string_agg(
      net._urlencode_string(param.key) || '=' || net._urlencode_string(param.value), '&'
    ) as text
    from jsonb_each_text(coalesce(params, '{}')) as param
  ) as pairs
$$;

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
language sql volatile strict parallel safe security definer
set search_path = ''
as $$
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
  values ('GET', net._add_params(url, params), headers, timeout_milliseconds)
  returning id
$$;

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
language plpgsql volatile parallel safe security definer
set search_path = ''
as $$
declare
  content_type text;
  sent_headers jsonb := coalesce(headers, '{}'::jsonb);
  request_id bigint;
begin
  select header.value into content_type
  from jsonb_each_text(sent_headers) as header
  where lower(header.key) = 'content-type'
  limit 1;

  if content_type is null then
    sent_headers := sent_headers || '{"Content-Type": "application/json"}'::jsonb;
  elsif content_type !~ '^application/json($|;)' then
    raise exception 'Content-Type header must be "application/json"';
  end if;

  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'POST',
    net._add_params(http_post.url, http_post.params),
    sent_headers,
    convert_to(http_post.body::text, 'UTF8'),
    http_post.timeout_milliseconds
  )
  returning id into request_id;
  return request_id;
end
$$;

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint
language sql volatile parallel safe security definer
set search_path = ''
as $$
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'DELETE',
    net._add_params(url, params),
    headers,
    convert_to(body::text, 'UTF8'),
    timeout_milliseconds
  )
  returning id
$$;

-- Grants of pg_net, which postgres, who does not own them, cannot revoke.
grant usage on schema net to public;
grant all on all sequences in schema net to public;
grant all on all tables in schema net to public;
