// Behaviour that ModelPick needs and that @supabase/lite alone has differently from a hosted
// project. One step per difference, through unmodified supabase-js on a real Postgres. A step that
// fails after an upgrade of @supabase/lite shows what the upgrade changed.

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createCanvas } from "@napi-rs/canvas";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { SignJWT } from "jose";
import { sniffImage } from "../../../supabase/functions/_shared/models/image.ts";
import { startTestFunctions } from "../functions/testing.ts";
import { waitUntil } from "../processes.ts";
import { startTestGateway } from "./testing.ts";

type TransformOptions = NonNullable<
  NonNullable<
    Parameters<ReturnType<SupabaseClient["storage"]["from"]>["createSignedUrl"]>[2]
  >["transform"]
>;

const SCHEMA = `
create table public.notes (
  id bigint generated always as identity primary key,
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null check (title <> ''),
  slug text unique
);
create table public.replies (
  id bigint generated always as identity primary key,
  note_id bigint not null references public.notes (id),
  text text not null
);
create table public.hidden (id int primary key);
create table public.tagged (tag text primary key);
insert into public.tagged values ('red'), ('blue');
alter table public.notes enable row level security;
alter table public.replies enable row level security;
alter table public.hidden enable row level security;
alter table public.tagged enable row level security;
grant select, insert, update, delete on public.notes, public.replies to authenticated;
grant select on public.notes to service_role;
grant select on public.tagged to anon;
create policy "Owners do all with their notes" on public.notes to authenticated
  using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy "Replies are everybody's" on public.replies to authenticated
  using (true) with check (true);
create policy "Tags are seen by who names them" on public.tagged for select to anon
  using (tag = (select current_setting('request.headers', true)::json ->> 'x-tag'));

create function public.fail(p_code text) returns void language plpgsql as $$
begin
  raise exception using errcode = p_code, message = 'it failed', detail = 'the detail',
    hint = 'the hint';
end $$;
create function public.describe_caller() returns jsonb language sql stable as $$
  select jsonb_build_object('user', current_user, 'session', session_user, 'uid', auth.uid(),
    'role', auth.role(), 'claimed', auth.jwt() ->> 'role',
    'method', current_setting('request.method', true), 'path', current_setting('request.path', true))
$$;
create function public.leave_role() returns text language plpgsql as $$
begin
  reset role;
  return current_user;
end $$;

insert into storage.buckets (id, name, public)
  values ('files', 'files', false), ('open', 'open', true);
create policy "Users do all with the files in their folder" on storage.objects to authenticated
  using (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid()::text))
  with check (bucket_id = 'files' and (storage.foldername(name))[1] = (select auth.uid()::text));
create policy "Users fill the open bucket" on storage.objects for insert to authenticated
  with check (bucket_id = 'open');
`;

const GREET = `Deno.serve(async (request) => {
  const { name } = await request.json();
  return Response.json({ greeting: "Hello " + name, apikey: request.headers.get("apikey") });
});`;

Deno.test("supabase-js works with the gateway as with a hosted project", async (t) => {
  await using functions = await startTestFunctions({ "greet/index.ts": GREET });
  await using gateway = await startTestGateway(functions.runtime);
  await gateway.sql.unsafe(SCHEMA).simple();
  const { keys } = gateway.config;
  const [alice, bob] = [await gateway.signUp(), await gateway.signUp()];
  const anonymous = gateway.client();
  const describeCaller = async (client = anonymous) => (await client.rpc("describe_caller")).data;

  await t.step("a user signs in, is identified by the token and refreshes it", async () => {
    const { data: { user } } = await alice.client.auth.getUser();
    equal(user?.id, alice.id);
    const again = gateway.client();
    const signedIn = await again.auth.signInWithPassword({
      email: user?.email ?? "",
      password: "correct horse battery",
    });
    equal(signedIn.data.user?.id, alice.id);
    const refreshed = await again.auth.refreshSession();
    equal(refreshed.error, null);
    const wrong = await again.auth.signInWithPassword({ email: user?.email ?? "", password: "no" });
    equal(wrong.error?.code, "invalid_credentials");
  });

  await t.step("rows are those that the caller's policies show", async () => {
    const { data: note } = await alice.client.from("notes").insert({ title: "mine" })
      .select().single();
    equal(note.owner_id, alice.id);
    equal((await alice.client.from("notes").select()).data?.length, 1);
    deepEqual((await bob.client.from("notes").select()).data, []);
    equal((await gateway.client(keys.secret).from("notes").select()).data?.length, 1);
    const forged = await bob.client.from("notes").insert({ title: "x", owner_id: alice.id });
    equal(forged.status, 403);
    equal(forged.error?.code, "42501");
  });

  await t.step("the library grants nothing: tables without a grant stay inaccessible", async () => {
    const asAnon = await anonymous.from("hidden").select();
    deepEqual([asAnon.status, asAnon.error?.code], [401, "42501"]);
    const asUser = await alice.client.from("hidden").select();
    deepEqual([asUser.status, asUser.error?.code], [403, "42501"]);
    const asService = await gateway.client(keys.secret).from("hidden").select();
    equal(asService.error?.code, "42501");
    const grants = await gateway.sql`
      select grantee from information_schema.role_table_grants
      where table_name = 'hidden' and grantee <> 'postgres'`;
    deepEqual([...grants], []);
  });

  await t.step("embedding, counting, upserting and ranges work", async () => {
    const { data: note } = await alice.client.from("notes").insert({ title: "with replies" })
      .select().single();
    await alice.client.from("replies").insert([1, 2, 3].map((n) => ({
      note_id: note.id,
      text: `reply ${n}`,
    })));
    const { data } = await alice.client.from("notes").select("title, replies(text)")
      .eq("id", note.id).single();
    equal(data?.replies.length, 3);
    const counted = await alice.client.from("replies").select("*", { count: "exact" }).range(0, 1);
    deepEqual([counted.count, counted.data?.length], [3, 2]);
    const row = { slug: "only", title: "first" };
    await alice.client.from("notes").upsert(row, { onConflict: "slug" });
    await alice.client.from("notes").upsert({ ...row, title: "second" }, { onConflict: "slug" });
    const { data: upserted } = await alice.client.from("notes").select("title").eq("slug", "only");
    deepEqual(upserted, [{ title: "second" }]);
  });

  await t.step("request.headers is visible in policies of tables", async () => {
    const { data } = await anonymous.from("tagged").select().setHeader("x-tag", "blue");
    deepEqual(data, [{ tag: "blue" }]);
    deepEqual((await anonymous.from("tagged").select()).data, []);
  });

  await t.step("request.headers of one caller never shows in another's request", async () => {
    const tags = ["red", "blue"];
    const seen = await Promise.all(Array.from({ length: 40 }, async (_, n) => {
      const tag = tags[n % 2] ?? "";
      const { data } = await anonymous.from("tagged").select().setHeader("x-tag", tag);
      return data?.map((row) => row.tag).join() === tag;
    }));
    ok(seen.every(Boolean));
  });

  await t.step("SQL sees the caller's role, claims and request", async () => {
    const request = { method: "POST", path: "/rpc/describe_caller", session: "authenticator" };
    deepEqual(await describeCaller(alice.client), {
      ...request,
      user: "authenticated",
      role: "authenticated",
      claimed: "authenticated",
      uid: alice.id,
    });
    deepEqual(await describeCaller(), {
      ...request,
      user: "anon",
      role: "anon",
      claimed: "anon",
      uid: null,
    });
  });

  await t.step("a function that resets its role gains nothing", async () => {
    equal((await anonymous.rpc("leave_role")).data, "authenticator");
  });

  await t.step("an error raised in an rpc keeps its code, detail, hint and status", async () => {
    const expected: Record<string, number> = {
      P0001: 400,
      "22023": 400,
      "23505": 409,
      "40001": 500,
      "42501": 403,
      "53400": 500,
      P0002: 500,
      PT402: 402,
    };
    for (const [code, status] of Object.entries(expected)) {
      const { error, status: answered } = await alice.client.rpc("fail", { p_code: code });
      deepEqual(
        [answered, error?.code, error?.message, error?.details, error?.hint],
        [status, code, "it failed", "the detail", "the hint"],
      );
    }
    equal((await anonymous.rpc("fail", { p_code: "42501" })).status, 401);
  });

  await t.step("errors of tables are PostgREST's", async () => {
    const empty = await alice.client.from("notes").insert({ title: "" });
    deepEqual([empty.status, empty.error?.code], [400, "23514"]);
    const twice = await alice.client.from("notes").insert({ title: "again", slug: "only" });
    deepEqual([twice.status, twice.error?.code], [409, "23505"]);
    const orphan = await alice.client.from("replies").insert({ note_id: 999_999, text: "to none" });
    deepEqual([orphan.status, orphan.error?.code], [409, "23503"]);
    const column = await alice.client.from("notes").select("nope");
    deepEqual([column.status, column.error?.code], [400, "42703"]);
    equal(column.error?.message, "column notes.nope does not exist");
    const table = await alice.client.from("nowhere").select();
    deepEqual([table.status, table.error?.code], [404, "PGRST205"]);
    const none = await alice.client.from("notes").select().eq("title", "none").single();
    deepEqual([none.status, none.error?.code], [406, "PGRST116"]);
    const unknown = await alice.client.rpc("no_such_function");
    deepEqual([unknown.status, unknown.error?.code], [404, "PGRST202"]);
  });

  await t.step("new and legacy keys have the same roles", async () => {
    const roles = await Promise.all(
      [keys.publishable, keys.anonJwt, keys.secret, keys.serviceRoleJwt].map(async (key) =>
        (await describeCaller(gateway.client(key))).user
      ),
    );
    deepEqual(roles, ["anon", "anon", "service_role", "service_role"]);
    const legacyUser = createClient(gateway.url, keys.anonJwt, {
      accessToken: () => Promise.resolve(alice.accessToken),
    });
    equal((await describeCaller(legacyUser)).uid, alice.id);
    const { error } = await gateway.client(keys.anonJwt).auth.signUp({
      email: "legacy@example.com",
      password: "correct horse battery",
    });
    equal(error, null);
  });

  await t.step("requests without a key or with a wrong one are refused", async () => {
    const rest = `${gateway.url}/rest/v1/notes`;
    const bearer = { Authorization: `Bearer ${alice.accessToken}` };
    const attempts: HeadersInit[] = [{}, { apikey: "sb_publishable_wrong" }, bearer];
    for (const headers of attempts) {
      const response = await fetch(rest, { headers });
      equal(response.status, 401);
      await response.body?.cancel();
    }
    const forged = await new SignJWT({ role: "service_role" })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode("not the secret of this project, not at all"));
    const response = await fetch(rest, {
      headers: { apikey: keys.publishable, Authorization: `Bearer ${forged}` },
    });
    equal(response.status, 401);
    await response.body?.cancel();
  });

  await t.step("a token may name only the roles of the API", async () => {
    const token = await new SignJWT({ role: "supabase_admin" })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(keys.jwtSecret));
    const client = createClient(gateway.url, keys.publishable, {
      accessToken: () => Promise.resolve(token),
    });
    const { error, status } = await client.rpc("describe_caller");
    deepEqual([status, error?.code], [403, "42501"]);
  });

  await t.step(
    "tables and functions created later appear, and dropped ones disappear",
    async () => {
      await gateway.sql.unsafe(`
      create table public.later (id int primary key);
      grant select on public.later to anon;
      alter table public.later enable row level security;
      create function public.later_too() returns int language sql as 'select 7';
    `).simple();
      const answers = (code: string | undefined) => async () =>
        (await anonymous.from("later").select()).error?.code === code;
      ok(await waitUntil(answers(undefined), 60_000));
      equal((await anonymous.rpc("later_too")).data, 7);
      await gateway.sql`alter table public.later add column name text`;
      ok(
        await waitUntil(async () => !(await anonymous.from("later").select("name")).error, 60_000),
      );
      await gateway.sql`drop table public.later`;
      ok(await waitUntil(answers("PGRST205"), 60_000));
    },
  );

  const own = alice.client.storage.from("files");
  const place = (name: string) => `${alice.id}/${name}`;

  await t.step("a Blob, a File and an ArrayBuffer are stored with their types", async () => {
    const bytes = new TextEncoder().encode('bytes, and a form\'s name="" inside');
    const uploads: Record<string, Blob | ArrayBuffer> = {
      "a blob.png": new Blob([bytes], { type: "image/png" }),
      "file.webp": new File([bytes], "other name.webp", { type: "image/webp" }),
      "buffer.jpg": bytes.buffer,
    };
    const types = ["image/png", "image/webp", "image/jpeg"];
    for (
      const [[name, body], contentType] of Object.entries(uploads).map((e, i) =>
        [e, types[i] ?? ""] as const
      )
    ) {
      const { data, error } = await own.upload(place(name), body, { contentType });
      equal(error, null);
      equal(data?.fullPath, `files/${place(name)}`);
      const { data: downloaded } = await own.download(place(name));
      equal(downloaded?.type, contentType);
      deepEqual(await downloaded?.bytes(), bytes);
    }
    const twice = await own.upload(place("buffer.jpg"), bytes.buffer);
    equal(twice.error?.message, "The resource already exists");
    const replaced = await own.upload(place("buffer.jpg"), new Blob(["new"]), { upsert: true });
    equal(replaced.error, null);
    equal(await (await own.download(place("buffer.jpg"))).data?.text(), "new");
  });

  await t.step("objects are those that the caller's policies show", async () => {
    const theirs = bob.client.storage.from("files");
    const intruding = await theirs.upload(place("intruder"), new Blob(["x"]));
    equal(intruding.error?.message, "new row violates row-level security policy");
    ok((await theirs.download(place("file.webp"))).error);
    ok((await theirs.createSignedUrl(place("file.webp"), 60)).error);
    deepEqual((await theirs.list(alice.id)).data, []);
    deepEqual((await theirs.remove([place("file.webp")])).data, []);
    ok((await anonymous.storage.from("files").download(place("file.webp"))).error);
    const service = gateway.client(keys.secret).storage.from("files");
    ok((await service.download(place("file.webp"))).data);
    const withoutKey = await fetch(`${gateway.url}/storage/v1/object/files/${place("file.webp")}`);
    equal(withoutKey.status, 400);
    await withoutKey.body?.cancel();
    const uploadWithoutKey = await fetch(`${gateway.url}/storage/v1/object/files/${place("new")}`, {
      method: "POST",
      body: "x",
    });
    equal(uploadWithoutKey.status, 400);
    match(await uploadWithoutKey.text(), /row-level security/);
  });

  await t.step("an object is read under /object/authenticated too", async () => {
    const path = `${gateway.url}/storage/v1/object/authenticated/files/${place("file.webp")}`;
    const response = await fetch(path, {
      headers: { apikey: keys.publishable, Authorization: `Bearer ${alice.accessToken}` },
    });
    equal(response.headers.get("Content-Type"), "image/webp");
    match(await response.text(), /^bytes/);
    const foreign = await fetch(path, {
      headers: { apikey: keys.publishable, Authorization: `Bearer ${bob.accessToken}` },
    });
    equal(foreign.status, 400);
    await foreign.body?.cancel();
  });

  await t.step("an object of a public bucket is read without a key", async () => {
    const bucket = alice.client.storage.from("open");
    equal((await bucket.upload("a/b.txt", new Blob(["for all"]))).error, null);
    const response = await fetch(bucket.getPublicUrl("a/b.txt").data.publicUrl);
    equal(await response.text(), "for all");
  });

  await t.step("a folder is listed by relative names, its folders without ids", async () => {
    await own.upload(place("deep/er/leaf.txt"), new Blob(["leaf"], { type: "text/plain" }));
    const { data } = await own.list(alice.id, { sortBy: { column: "name", order: "desc" } });
    deepEqual(data?.map(({ name }) => name), ["file.webp", "deep", "buffer.jpg", "a blob.png"]);
    const [file, folder] = data ?? [];
    ok(file?.id);
    equal(file?.metadata?.mimetype, "image/webp");
    deepEqual([folder?.id, folder?.metadata], [null, null]);
    deepEqual(
      (await own.list(`${alice.id}/deep/er`)).data?.map(({ name }) => name),
      ["leaf.txt"],
    );
    const page = await own.list(alice.id, { limit: 2, offset: 1 });
    deepEqual(page.data?.map(({ name }) => name), ["buffer.jpg", "deep"]);
    const found = await own.list(alice.id, { search: "buf" });
    deepEqual(found.data?.map(({ name }) => name), ["buffer.jpg"]);
  });

  await t.step("a signed URL gives access to its object only", async () => {
    const { data } = await own.createSignedUrl(place("a blob.png"), 60);
    const url = new URL(data?.signedUrl ?? "");
    const response = await fetch(url);
    equal(response.headers.get("Content-Type"), "image/png");
    match(await response.text(), /^bytes/);
    url.pathname = url.pathname.replace("a%20blob.png", "file.webp");
    const otherObject = await fetch(url);
    ok(!otherObject.ok);
    await otherObject.body?.cancel();
    url.searchParams.set("token", "nonsense");
    const forged = await fetch(url);
    equal(forged.status, 400);
    equal((await forged.json()).error, "InvalidJWT");
  });

  await t.step("a signed URL saves its object under the name it was asked for", async () => {
    const disposition = async (download: string | boolean) => {
      const { data } = await own.createSignedUrl(place("a blob.png"), 60, { download });
      const response = await fetch(data?.signedUrl ?? "");
      match(await response.text(), /^bytes/);
      return response.headers.get("Content-Disposition");
    };
    equal(
      await disposition("for you.png"),
      "attachment; filename=for%20you.png; filename*=UTF-8''for%20you.png;",
    );
    equal(await disposition(true), "attachment;");
    equal(await disposition(false), null);
  });

  await t.step("an image is resized and converted by its URL", async () => {
    const drawing = createCanvas(400, 200);
    drawing.getContext("2d").fillRect(0, 0, 400, 100);
    for (
      const [name, opaque] of [["half.webp", false], ["half.png", false], [
        "full.webp",
        true,
      ]] as const
    ) {
      if (opaque) drawing.getContext("2d").fillRect(0, 100, 400, 100);
      const type = name.endsWith("png") ? "png" : "webp";
      const bytes = type === "png" ? drawing.encodeSync("png") : drawing.encodeSync("webp");
      const { error } = await own.upload(place(name), new Uint8Array(bytes), {
        contentType: `image/${type}`,
      });
      equal(error, null);
    }
    const rendered = async (name: string, transform: TransformOptions, accept = "image/png") => {
      const { data } = await own.createSignedUrl(place(name), 60, { transform });
      const url = new URL(data?.signedUrl ?? "");
      match(url.pathname, /^\/storage\/v1\/render\/image\/sign\/files\//);
      const response = await fetch(url, { headers: { accept } });
      const sniffed = sniffImage(await response.bytes());
      equal(response.headers.get("Content-Type"), sniffed?.mediaType);
      return [sniffed?.format, sniffed?.size?.width, sniffed?.size?.height];
    };
    const box = { width: 100, height: 100, resize: "contain" } as const;
    deepEqual(await rendered("half.png", box), ["png", 100, 50]);
    deepEqual(await rendered("half.png", { width: 100, height: 100 }), ["png", 100, 100]);
    deepEqual(await rendered("half.png", { width: 9_000, resize: "contain" }), ["png", 400, 200]);
    deepEqual(await rendered("half.webp", { quality: 90 }), ["png", 400, 200]);
    deepEqual(await rendered("full.webp", { quality: 90 }), ["jpeg", 400, 200]);
    deepEqual(await rendered("full.webp", box, "image/webp"), ["webp", 100, 50]);

    const { data } = await own.download(place("half.png"), { transform: box });
    equal(sniffImage(await data?.bytes() ?? new Uint8Array())?.size?.width, 100);
    ok(
      (await bob.client.storage.from("files").download(place("half.png"), { transform: box }))
        .error,
    );
    const { data: noImage } = await own.createSignedUrl(place("buffer.jpg"), 60, {
      transform: box,
    });
    const refused = await fetch(noImage?.signedUrl ?? "");
    deepEqual([refused.status, (await refused.json()).message], [
      400,
      "The source image is invalid or unsupported for rendering",
    ]);
    await own.remove(["half.webp", "half.png", "full.webp"].map(place));
  });

  await t.step("exists() distinguishes a missing object from an existing one", async () => {
    equal((await own.exists(place("a blob.png"))).data, true);
    equal((await own.exists(place("missing"))).data, false);
    await rejects(gateway.client().storage.from("no-bucket").exists("any"), /Bucket not found/);
  });

  await t.step("many URLs are signed at once, each by the caller's rights", async () => {
    const paths = [place("a blob.png"), place("missing"), place("deep/er/leaf.txt")];
    const { data } = await own.createSignedUrls(paths, 60);
    deepEqual(data?.map(({ path, error }) => [path, error === null]), [
      [paths[0], true],
      [paths[1], false],
      [paths[2], true],
    ]);
    equal(await (await fetch(data?.[2]?.signedUrl ?? "")).text(), "leaf");
    const { data: denied } = await bob.client.storage.from("files").createSignedUrls(paths, 60);
    ok(denied?.every(({ signedUrl }) => !signedUrl));
  });

  await t.step("a signed upload URL accepts one upload without a session", async () => {
    const { data } = await own.createSignedUploadUrl(place("signed.txt"));
    const stranger = gateway.client().storage.from("files");
    const file = new Blob(["uploaded"], { type: "text/plain" });
    const { error } = await stranger.uploadToSignedUrl(
      place("signed.txt"),
      data?.token ?? "",
      file,
    );
    equal(error, null);
    const { data: stored } = await own.download(place("signed.txt"));
    deepEqual([stored?.type, await stored?.text()], ["text/plain", "uploaded"]);
  });

  await t.step("an upload above the limit, or with a bad key, is refused", async () => {
    const big = new Blob([new Uint8Array(gateway.config.storage.fileSizeLimitBytes + 1)]);
    match((await own.upload(place("big"), big)).error?.message ?? "", /maximum allowed size/);
    match(
      (await own.upload(place("smile ☺"), new Blob(["x"]))).error?.message ?? "",
      /Invalid key/,
    );
    ok((await own.download(place("big"))).error);
  });

  await t.step("a removed object is gone", async () => {
    const { data } = await own.remove([place("signed.txt"), place("missing")]);
    deepEqual(data?.map(({ name }) => name), [place("signed.txt")]);
    ok((await own.download(place("signed.txt"))).error);
  });

  await t.step("functions.invoke reaches a function", async () => {
    const { data } = await alice.client.functions.invoke("greet", { body: { name: "Alice" } });
    deepEqual(data, { greeting: "Hello Alice", apikey: keys.publishable });
    const unknown = await alice.client.functions.invoke("nothing");
    equal(unknown.error.context.status, 404);
  });

  await t.step("pages of every origin may send requests", async () => {
    const preflight = await fetch(`${gateway.url}/rest/v1/notes`, {
      method: "OPTIONS",
      headers: {
        Origin: "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "apikey,x-own",
      },
    });
    equal(preflight.status, 200);
    equal(preflight.headers.get("Access-Control-Allow-Origin"), "*");
    equal(preflight.headers.get("Access-Control-Allow-Headers"), "apikey,x-own");
    for (const path of ["/rest/v1/notes", "/auth/v1/user", "/storage/v1/bucket"]) {
      const response = await fetch(gateway.url + path);
      equal(response.headers.get("Access-Control-Allow-Origin"), "*");
      await response.body?.cancel();
    }
  });

  await t.step("paths that a hosted project does not have are not found", async () => {
    for (const path of ["/", "/studio", "/_system/config", "/rest/v2/notes", "/storage/v1x"]) {
      const response = await fetch(gateway.url + path);
      equal(response.status, 404);
      await response.body?.cancel();
    }
  });
});
