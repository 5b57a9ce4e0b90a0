import { deepEqual, equal, rejects } from "node:assert/strict";
import { startTestDatabase, type TestDatabase } from "../testing.ts";
import { prepareSystemSchema } from "./prepare_system_schema.ts";

const UID = "11111111-2222-4333-8444-555555555555";

Deno.test("the system schema matches what migrations and policies find on a hosted project", async (t) => {
  await using database = await startTestDatabase();
  await prepareSystemSchema(database.config, database.adminDbUrl);
  const { sql } = database;

  await t.step(
    "the project's owner, no superuser, references users and reacts to them",
    async () => {
      equal(
        (await sql`select rolsuper from pg_roles where rolname = current_user`)[0]?.rolsuper,
        false,
      );
      await sql.unsafe(`
      create table public.profiles (id uuid primary key references auth.users (id));
      create function public.add_profile() returns trigger language plpgsql security definer
        set search_path = '' as $$
      begin
        insert into public.profiles (id) values (new.id);
        return new;
      end $$;
      create trigger users_add_profile after insert on auth.users
        for each row execute function public.add_profile();
      insert into auth.users (id, email) values ('${UID}', 'seeded@example.com');
    `).simple();
      deepEqual([...await sql`select id from public.profiles`], [{ id: UID }]);
    },
  );

  await t.step("the project's owner creates buckets and policies on objects", async () => {
    await sql`insert into storage.buckets (id, name, public) values ('b', 'b', false)`;
    await sql.unsafe(`create policy "p" on storage.objects for select to authenticated
      using (storage.foldername(name) = array['a', 'b'] and storage.filename(name) = 'c.png'
        and storage.extension(name) = 'png')`);
    await sql`insert into storage.objects (bucket_id, name) values ('b', 'a/b/c.png'), ('b', 'd')`;
    const seen = await sql.begin(async (transaction) => {
      await transaction`set local role authenticated`;
      return await transaction`select name from storage.objects`;
    });
    deepEqual([...seen], [{ name: "a/b/c.png" }]);
  });

  await t.step(
    "auth.uid() and similar functions read claims in both formats of PostgREST",
    async () => {
      const read = (settings: Record<string, string>) =>
        sql.begin(async (transaction) => {
          for (const [name, value] of Object.entries(settings)) {
            await transaction`select set_config(${name}, ${value}, true)`;
          }
          await transaction`set local role anon`;
          const [row] = await transaction`select auth.uid(), auth.role(), auth.jwt()`;
          return row;
        });
      deepEqual(await read({}), { uid: null, role: null, jwt: null });
      const claims = { sub: UID, role: "authenticated" };
      deepEqual(
        await read({ "request.jwt.claims": JSON.stringify(claims) }),
        { uid: UID, role: "authenticated", jwt: claims },
      );
      const legacy = { "request.jwt.claim.sub": UID, "request.jwt.claim.role": "authenticated" };
      const { uid, role } = await read(legacy) ?? {};
      deepEqual({ uid, role }, { uid: UID, role: "authenticated" });
    },
  );

  await t.step("callers cannot read users", async () => {
    for (const role of ["anon", "authenticated", "service_role"]) {
      await rejects(
        sql.begin(async (transaction) => {
          await transaction.unsafe(`set local role ${role}`);
          await transaction`select from auth.users`;
        }),
        { code: "42501" },
      );
    }
  });

  await t.step(
    "the project's owner publishes tables and creates policies on messages",
    async () => {
      await sql.unsafe(`
      create table public.notes (id int primary key);
      alter publication supabase_realtime add table public.notes;
      create policy "p" on realtime.messages for select to anon using (realtime.topic() = 'open');
      select realtime.send('{"a": 1}', 'made', 'open', false);
    `).simple();
      const [sent] = await sql`select topic, event, private, extension, payload - 'id' as payload
      from realtime.messages`;
      deepEqual(sent, {
        topic: "open",
        event: "made",
        private: false,
        extension: "broadcast",
        payload: { a: 1 },
      });
      const published = await sql`
      select pubname, tablename from pg_publication_tables order by pubname`;
      deepEqual([...published], [
        { pubname: "supabase_realtime", tablename: "notes" },
        { pubname: "supabase_realtime_messages_publication", tablename: "messages" },
      ]);
    },
  );

  await t.step("callers cannot query what others see", async () => {
    for (const role of ["anon", "authenticated", "service_role"]) {
      for (
        const call of [
          "realtime.insert_probe('t')",
          "realtime.list_visible_rows('public.notes', '[]', '[]')",
        ]
      ) {
        await rejects(
          sql.begin(async (transaction) => {
            await transaction.unsafe(`set local role ${role}`);
            await transaction.unsafe(`select ${call}`);
          }),
          { code: "42501" },
        );
      }
    }
  });

  await t.step("preparing it again changes nothing", async () => {
    const before = await summarize(database);
    await prepareSystemSchema(database.config, database.adminDbUrl);
    deepEqual(await summarize(database), before);
  });
});

Deno.test("a database without the bootstrap's schemas is refused", async () => {
  await using database = await startTestDatabase();
  await database.admin`create database bare`;
  const url = new URL(database.adminDbUrl);
  url.pathname = "/bare";
  await rejects(prepareSystemSchema(database.config, url.href), { code: "3F000" });
});

/** Reads owners, grants, code and triggers of the system's objects. */
async function summarize({ admin }: TestDatabase): Promise<unknown[]> {
  return [
    await admin`
      select c.oid::regclass::text, c.relowner::regrole::text, c.relacl::text, c.relrowsecurity
      from pg_class c
      where c.relnamespace in ('auth'::regnamespace, 'storage'::regnamespace, 'realtime'::regnamespace)
      order by 1`,
    await admin`
      select p.oid::regprocedure::text, p.proowner::regrole::text, p.proacl::text, p.prosrc
      from pg_proc p
      where p.pronamespace in ('auth'::regnamespace, 'storage'::regnamespace,
        'extensions'::regnamespace, 'realtime'::regnamespace)
      order by 1`,
    await admin`select evtname, evtfoid::regproc::text from pg_event_trigger order by 1`,
    await admin`select * from pg_publication_tables order by 1, 2, 3`,
    await admin`select * from pg_policies order by 1, 2, 3`,
    await admin`select roleid::regrole::text, member::regrole::text from pg_auth_members order by 1, 2`,
  ].map((rows) => [...rows]);
}
