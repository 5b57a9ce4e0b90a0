import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(who: Customer | null, path: string, init: RequestInit = {}): Promise<Answer> {
  const { data } = await who?.client.auth.getSession() ?? { data: { session: null } };
  const headers = new Headers(init.headers);
  if (data.session !== null) headers.set("authorization", `Bearer ${data.session.access_token}`);
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/datasets${path}`, {
    ...init,
    headers,
  });
  return { status: response.status, body: await response.json() };
}

const send = (who: Customer | null, query: string, body: BodyInit, type = "text/csv") =>
  call(who, query, { method: "POST", headers: { "content-type": type }, body });

const sendJson = (who: Customer, body: unknown) =>
  send(who, "", JSON.stringify(body), "application/json");

function sendForm(who: Customer, parts: readonly (readonly [string, string | File])[]) {
  const form = new FormData();
  for (const [name, value] of parts) form.append(name, value);
  return call(who, "", { method: "POST", body: form });
}

/** Counts a user's datasets, rows and files. */
async function stateOf({ id }: Customer) {
  const [state] = await test.sql<[{ datasets: number; rows: number; files: number }]>`
    select
      (select count(*)::int from public.datasets where owner_id = ${id}) as datasets,
      (select count(*)::int from public.dataset_rows r join public.datasets d on d.id = r.dataset_id
        where d.owner_id = ${id}) as rows,
      (select count(*)::int from storage.objects
        where bucket_id = 'datasets' and name like ${`${id}/%`}) as files`;
  return { ...state };
}

const sweep = (olderThanSeconds?: number) =>
  test.call(
    "datasets/sweep",
    olderThanSeconds === undefined ? {} : { older_than_seconds: olderThanSeconds },
  );

Deno.test("a file becomes rows and can be downloaded unchanged, both only by its owner", async () => {
  const [owner, stranger] = [await test.customer(), await test.customer()];
  const file = '\ufeffquestion,expected\r\n"How much,\nin all?",12.50\r\nWho?,Åsa\r\n';
  const made = await send(owner, "?name=invoices", file);
  assert.equal(made.status, 201);
  assert.deepEqual(
    [made.body.name, made.body.version, made.body.format, made.body.columns, made.body.row_count],
    ["invoices", 1, "csv", ["question", "expected"], 2],
  );
  assert.equal(made.body.content_hash, createHash("sha256").update(file).digest("hex"));

  const shown = await call(owner, `/${made.body.id}`);
  assert.equal(shown.status, 200);
  assert.deepEqual(shown.body, {
    ...made.body,
    rows: [{ question: "How much,\nin all?", expected: "12.50" }, {
      question: "Who?",
      expected: "Åsa",
    }],
  });
  const bucket = (who: Customer) => who.client.storage.from("datasets");
  const path = String(made.body.file_path);
  const { data } = await bucket(owner).download(path);
  assert.deepEqual(await data?.bytes(), new TextEncoder().encode(file));

  assert.deepEqual((await call(stranger, `/${made.body.id}`)).body.code, "resource.not_found");
  assert.equal((await bucket(stranger).download(path)).data, null);
  assert.deepEqual((await bucket(stranger).remove([path])).data, []);
  assert.notEqual((await bucket(owner).upload(`${owner.id}/own.csv`, "a")).error, null);
  const rows = (who: Customer) => who.client.from("dataset_rows").select("row_index");
  assert.equal((await rows(owner)).data?.length, 2);
  assert.deepEqual((await rows(stranger)).data, []);
  await stranger.client.from("datasets").delete().eq("id", made.body.id);
  assert.deepEqual(await stateOf(owner), { datasets: 1, rows: 2, files: 1 });
  assert.equal((await call(owner, `/${crypto.randomUUID()}`)).status, 404);
  assert.equal((await call(owner, "/no-id")).status, 404);
});

Deno.test("uploading and reading require a token", async () => {
  assert.equal((await send(null, "?name=x", "a\n1\n")).status, 401);
  assert.equal((await call(null, `/${crypto.randomUUID()}`)).status, 401);
  assert.equal((await test.call("datasets/sweep", {}, "wrong")).status, 401);
});

Deno.test("a body, a form, text in JSON and rows in JSON are stored as the same rows", async () => {
  const owner = await test.customer();
  const expected = [{ a: "1", b: "x;y" }, { a: "2", b: "" }];
  const made = [
    await send(owner, "?name=body&delimiter=auto", 'a;b\n1;"x;y"\n2;\n'),
    await send(owner, "?name=plain&format=tsv", "a\tb\n1\tx;y\n2\t\n", "application/octet-stream"),
    await sendForm(owner, [["name", "form"], ["file", new File(["a,b\n1,x;y\n2,\n"], "r.CSV")]]),
    await sendForm(owner, [
      ["name", "lines"],
      ["format", "jsonl"],
      ["file", new File(expected.map((row) => JSON.stringify(row) + "\n"), "rows")],
    ]),
    await sendJson(owner, { name: "text", format: "csv", content: "a,b\n1,x;y\n2,\n" }),
    await sendJson(owner, { name: "rows", rows: expected }),
  ];
  for (const { status, body } of made) {
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual((await call(owner, `/${body.id}`)).body.rows, expected);
  }
  assert.deepEqual(made.map(({ body }) => body.format), [
    "csv",
    "tsv",
    "csv",
    "jsonl",
    "csv",
    "json",
  ]);
});

Deno.test("numbers reach Postgres and the client with every digit of the file", async () => {
  const owner = await test.customer();
  const extremes = `{"most": [1e308, -1.5e-16382, 0.${"1".repeat(16_383)}]}`;
  const file = `[{"id": 12345678901234567890.10}, ${extremes}]`;
  const { body } = await send(owner, "?name=n", file, "application/json");
  const { data } = await owner.client.auth.getSession();
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/datasets/${body.id}`, {
    headers: { authorization: `Bearer ${data.session?.access_token}` },
  });
  assert.match(await response.text(), /12345678901234567890\.10/);
});

Deno.test("the same bytes are one version; other bytes or another delimiter are the next; owners are independent", async () => {
  const [owner, other] = [await test.customer(), await test.customer()];
  const versionOf = async (answer: Promise<Answer>) => {
    const { status, body } = await answer;
    return [status, body.version];
  };
  const first = await send(owner, "?name=d", "a,b\n1;2,3\n");
  const again = await send(owner, "?name=d", "a,b\n1;2,3\n");
  assert.deepEqual([again.status, again.body], [200, first.body]);
  assert.deepEqual(await versionOf(send(owner, "?name=d", "a,b\n4,5\n")), [201, 2]);
  assert.deepEqual(await versionOf(send(owner, "?name=d&delimiter=|", "a,b\n4,5\n")), [201, 3]);
  assert.deepEqual(await versionOf(send(owner, "?name=e", "a,b\n4,5\n")), [201, 1]);
  assert.deepEqual(await versionOf(send(other, "?name=d", "a,b\n4,5\n")), [201, 1]);
  assert.deepEqual(await stateOf(owner), { datasets: 4, rows: 4, files: 4 });
});

Deno.test("concurrent uploads of one name create one version per distinct content", async () => {
  const owner = await test.customer();
  const contents = ["a\n1\n", "a\n1\n", "a\n2\n", "a\n1\n", "a\n2\n", "a\n3\n"];
  const answers = await Promise.all(contents.map((file) => send(owner, "?name=race", file)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 201, 201, 201]);
  assert.deepEqual(
    [...new Set(answers.map(({ body }) => body.version))].sort(),
    [1, 2, 3],
  );
  assert.deepEqual(await stateOf(owner), { datasets: 3, rows: 3, files: 3 });
});

Deno.test("an unreadable file is refused with line and column, and nothing of it is stored", async () => {
  const owner = await test.customer();
  const good = Array.from({ length: 20_000 }, (_, index) => `${index},"some\ntext"\n`).join("");
  const ragged = await send(owner, "?name=x", `a,b\n${good}1,2,3\n`);
  assert.deepEqual(
    [ragged.status, ragged.body.code, ragged.body.reason, ragged.body.line, ragged.body.column],
    [400, "datasets.unreadable", "ragged_row", 40_002, 3],
  );
  const cases = [
    ["?name=x", "a,a\n1,2\n", "duplicate_header", 1, 2],
    ["?name=x", 'a\n"1\n', "malformed_quotes", 2, 1],
    ["?name=x&format=json", '[{"a": 1},\n{"a" 1}]', "not_json", 2, 6],
    ["?name=x&format=jsonl", '{"a": 1}\n7\n', "not_an_object", 2, 1],
    ["?name=x", "", "no_rows", 1, 1],
  ] as const;
  for (const [query, file, reason, line, column] of cases) {
    const { status, body } = await send(owner, query, file);
    assert.deepEqual([status, body.reason, body.line, body.column], [400, reason, line, column]);
  }
  const latin1 = await send(owner, "?name=x", new Uint8Array([0x61, 0x0a, 0xe9, 0x0a]));
  assert.deepEqual([latin1.body.reason, latin1.body.byte], ["undecodable", 3]);
  assert.deepEqual(await stateOf(owner), { datasets: 0, rows: 0, files: 0 });
});

Deno.test("an invalid upload request is refused with the reason", async () => {
  const owner = await test.customer();
  const file = new File(["a\n1\n"], "a.csv");
  const cases: readonly (readonly [Promise<Answer>, number, string, string?])[] = [
    [send(owner, "", "a\n1\n"), 422, "request.invalid", "name"],
    [send(owner, "?name=x&format=xml", "a"), 422, "request.invalid", "format"],
    [send(owner, "?name=x", "a", "text/plain"), 422, "request.invalid", "format"],
    [send(owner, "?name=x&delimiter=..", "a"), 422, "request.invalid", "delimiter"],
    [send(owner, "?name=x&format=tsv&delimiter=;", "a"), 422, "request.invalid", "delimiter"],
    [send(owner, "?name=x&nmae=y", "a"), 422, "request.invalid", "nmae"],
    [send(owner, `?name=${"x".repeat(201)}`, "a"), 422, "request.invalid", "name"],
    [send(owner, "?name=x", "a", "image/png"), 415, "request.unsupported_media_type"],
    [sendJson(owner, { name: "x", format: "csv" }), 422, "request.invalid", "content"],
    [sendJson(owner, { name: "x", rows: [1] }), 422, "request.invalid", "rows.0"],
    [sendForm(owner, [["name", "x"]]), 422, "request.invalid", "file"],
    [sendForm(owner, [["file", file]]), 422, "request.invalid", "name"],
    [
      sendForm(owner, [["name", "x"], ["file", file], ["format", "csv"]]),
      422,
      "request.invalid",
      "format",
    ],
    [
      send(owner, "", "--x\r\nnonsense", "multipart/form-data; boundary=x"),
      422,
      "request.invalid",
      "file",
    ],
    [send(owner, "", "x", "multipart/form-data"), 400, "request.malformed"],
    [call(owner, ""), 405, "request.method_not_allowed"],
    [
      call(owner, `/${crypto.randomUUID()}`, { method: "POST", body: "a" }),
      405,
      "request.method_not_allowed",
    ],
  ];
  for (const [answer, status, code, path] of cases) {
    const { status: actual, body } = await answer;
    const [error] = body.errors as { path: string }[];
    assert.deepEqual([actual, body.code, error?.path], [status, code, path]);
  }
  assert.deepEqual(await stateOf(owner), { datasets: 0, rows: 0, files: 0 });
});

Deno.test("a file over the limit is refused as soon as it exceeds it, with or without Content-Length", async () => {
  const owner = await test.customer();
  const block = new Uint8Array(1024 * 1024).fill(0x78);
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      if (++sent > 200) controller.close();
      else controller.enqueue(block);
    },
  });
  const chunked = await send(owner, "?name=big", endless);
  assert.deepEqual([chunked.status, chunked.body.code], [413, "request.too_large"]);
  assert.ok(sent < 200, `${sent} MiB were taken`);
  const sendWhole = () => send(owner, "?name=big", new Uint8Array(51 * 1024 * 1024));
  let whole = await sendWhole();
  // What was read of the first has used the instance up: another one takes the repeated request.
  while (whole.body.code === "request.instance_spent") whole = await sendWhole();
  assert.deepEqual([whole.status, whole.body.code], [413, "request.too_large"]);
  const json = await sendJson(owner, { name: "big", content: "x".repeat(9 * 1024 * 1024) });
  assert.equal(json.status, 413);
  assert.deepEqual(await stateOf(owner), { datasets: 0, rows: 0, files: 0 });
});

Deno.test("a failed transaction stores nothing, and the sweep removes the file", async () => {
  const owner = await test.customer();
  await test.sql`
    create function public.refuse_row() returns trigger language plpgsql as $$
    begin
      if new.data_json ->> 'a' = 'poison' then raise exception 'refused'; end if;
      return new;
    end $$`;
  await test.sql`
    create trigger refuse_row before insert on public.dataset_rows
      for each row execute function public.refuse_row()`;
  try {
    const rows = Array.from({ length: 50_000 }, (_, index) => `row ${index}\n`).join("");
    const { status, body } = await send(owner, "?name=x", `a\n${rows}poison\n`);
    assert.deepEqual([status, body.code], [500, "internal.unexpected"]);
  } finally {
    await test.sql`drop trigger refuse_row on public.dataset_rows`;
    await test.sql`drop function public.refuse_row()`;
  }
  assert.deepEqual(await stateOf(owner), { datasets: 0, rows: 0, files: 1 });
  assert.equal((await send(owner, "?name=x", "a\n1\n")).status, 201);
  assert.equal((await sweep(0)).status, 202);
  await waitFor("the sweep", async () => (await stateOf(owner)).files === 1);
  assert.deepEqual(await stateOf(owner), { datasets: 1, rows: 1, files: 1 });
});

Deno.test("a function killed while storing rows leaves only a file for the sweep, and the name stays usable", async () => {
  const owner = await test.customer();
  const other = await test.customer();
  const kept = await send(other, "?name=kept", "a\n1\n");
  const rows = Array.from({ length: 50_000 }, (_, index) => `row ${index}\n`).join("");
  const holder = await test.sql.reserve();
  try {
    // A lock on the table keeps the function from writing rows.
    await holder`begin`;
    await holder`lock table public.dataset_rows in share mode`;
    const upload = send(owner, "?name=x", `a\n${rows}`);
    await waitFor("the upload to wait for the lock", async () => {
      const waiting = await test.sql`
        select from pg_stat_activity where application_name = 'datasets' and wait_event_type = 'Lock'`;
      return waiting.length > 0;
    });
    assert.equal((await stateOf(owner)).files, 1);
    await test.stack.crashFunction("datasets");
    assert.ok((await upload).status >= 500);
  } finally {
    await holder`rollback`;
    holder.release();
  }
  await waitFor("Postgres to end the transaction", async () => {
    const open = await test.sql`
      select from pg_stat_activity where application_name = 'datasets' and state <> 'idle'`;
    return open.length === 0;
  });
  assert.deepEqual(await stateOf(owner), { datasets: 0, rows: 0, files: 1 });

  await sweep();
  const again = await send(owner, "?name=x", `a\n${rows}`);
  assert.deepEqual([again.status, again.body.version], [201, 1]);
  assert.deepEqual(await stateOf(owner), { datasets: 1, rows: 50_000, files: 2 });
  await sweep(0);
  await waitFor("the sweep", async () => (await stateOf(owner)).files === 1);
  const { data } = await owner.client.storage.from("datasets")
    .download(String(again.body.file_path));
  assert.equal(data?.size, rows.length + 2);
  assert.equal((await call(other, `/${kept.body.id}`)).status, 200);
  assert.equal((await stateOf(other)).files, 1);
});

Deno.test("an aborted upload leaves nothing", async () => {
  const owner = await test.customer();
  const control = new AbortController();
  let sent = 0;
  const body = new ReadableStream({
    pull(stream) {
      stream.enqueue(new TextEncoder().encode("a\n1\n2\n"));
      if (++sent === 20) control.abort();
    },
  });
  await assert.rejects(
    call(owner, "?name=x&format=csv", { method: "POST", body, signal: control.signal }),
  );
  await waitFor("the function to be idle", async () => {
    const open = await test.sql`
      select from pg_stat_activity where application_name = 'datasets' and state <> 'idle'`;
    return open.length === 0;
  });
  assert.equal((await send(owner, "?name=y", "a\n1\n")).status, 201);
  assert.deepEqual(await stateOf(owner), { datasets: 1, rows: 1, files: 1 });
});

Deno.test("the cron job removes the file of a deleted dataset once it is old enough", async () => {
  const owner = await test.customer();
  const first = await send(owner, "?name=x", "a\n1\n");
  await send(owner, "?name=x", "a\n2\n");
  const { error } = await owner.client.from("datasets").delete().eq("id", first.body.id);
  assert.equal(error, null);
  assert.deepEqual(await stateOf(owner), { datasets: 1, rows: 1, files: 2 });
  await test.sql`
    update storage.objects set created_at = now() - interval '2 hours' where bucket_id = 'datasets'`;
  await test.sql`
    select cron.alter_job(jobid, schedule => '1 second') from cron.job
    where jobname = 'sweep-dataset-files'`;
  await waitFor("the sweep", async () => (await stateOf(owner)).files === 1);
  const { data } = await owner.client.from("datasets").select("file_path");
  const { data: file } = await owner.client.storage.from("datasets")
    .download(data?.[0]?.file_path);
  assert.equal(await file?.text(), "a\n2\n");
});

Deno.test("reading a dataset returns its first 100 rows, or fewer if they are long", async () => {
  const owner = await test.customer();
  const many = await send(owner, "?name=many", `a\n${"x\n".repeat(250)}`);
  const shown = await call(owner, `/${many.body.id}`);
  assert.deepEqual([shown.body.row_count, (shown.body.rows as unknown[]).length], [250, 100]);
  const long = "y".repeat(3 * 1024 * 1024);
  const large = await send(owner, "?name=large", `a\n${long}\n${long}\n`);
  assert.deepEqual((await call(owner, `/${large.body.id}`)).body.rows, [{ a: long }]);
});
