import assert from "node:assert/strict";
import fc from "fast-check";
import { createLogger } from "../_shared/platform/logger.ts";
import { NO_TEAMS } from "../_shared/testing/account_access_fake.ts";
import type { ReportView, ReportViewer } from "../_shared/report/report_view.ts";
import type { ScoredOrder } from "../_shared/report/rescoring.ts";
import {
  SAMPLE_REPORT as REPORT,
  sampleView as view,
} from "../_shared/testing/report_view_sample.ts";
import { createHandler, type ReportDeps } from "./handler.ts";

const TOKEN = "a".repeat(64);
const OWNED = "b".repeat(64);
const ADA = "7d2c9a3f-1b1e-4b0a-9a55-2f0e3d4c5b66";
const ORDER: ScoredOrder = {
  json_schema: {
    type: "object",
    properties: { total: { type: "number" }, note: { type: "string" } },
  },
  images: [{ path: "u/a.png", expected: { total: 1, note: "x" } }],
};

/** Serves a report that belongs to Ada and that one token opens, and collects the log. */
function serve(shown: ReportView = view(), paths: readonly string[] | null = null) {
  const lines: string[] = [];
  const opened: unknown[] = [];
  const changes: string[] = [];
  const asked: (number | null)[] = [];
  const mayView = (viewer: ReportViewer) =>
    "token" in viewer
      ? viewer.token === TOKEN
      : viewer.reportId === REPORT && viewer.ownerId === ADA;
  const deps: ReportDeps = {
    accounts: NO_TEAMS,
    lookUpUser: (token) =>
      Promise.resolve(
        { ada: { id: ADA, email: undefined }, bob: { id: crypto.randomUUID(), email: undefined } }[
          token
        ] ?? null,
      ),
    reports: {
      view: (viewer, { revision }) => {
        asked.push(revision);
        return Promise.resolve(mayView(viewer) && (revision ?? 1) === 1 ? shown : null);
      },
      viewProgress: (viewer) =>
        Promise.resolve(
          mayView(viewer)
            ? {
              report_id: REPORT,
              status: "running",
              started_at: "2026-11-21T09:00:00Z",
              models: [{
                model_id: "acme/large",
                name: "Large",
                queued: 1,
                running: 1,
                complete: 2,
                failed: 0,
                skipped: 0,
                accuracy: 98.5,
                cost_per_run: 0.002,
              }],
              waiting_for: [],
              paused_since: null,
            }
            : null,
        ),
      listRelated: () => Promise.resolve([]),
      draftAgain: ({ reportId }) =>
        Promise.resolve(
          reportId === REPORT
            ? { draft_id: REPORT, model_ids: ["acme/large"], replaced: [] }
            : null,
        ),
      openOwnerLink: (token) =>
        Promise.resolve(token === OWNED ? { reportId: REPORT, ownerId: ADA } : null),
      changeSharing: (token, { change }) => {
        changes.push(change);
        return Promise.resolve(
          token === OWNED
            ? { report_id: REPORT, share_token: TOKEN, share_expires_at: null, shares_order: true }
            : null,
        );
      },
      viewImages: (viewer) =>
        Promise.resolve(
          mayView(viewer) && paths !== null
            ? { report_id: REPORT, paths: [...paths], sources: [...paths] }
            : null,
        ),
    },
    rescoring: {
      loadOrder: (reportId, ownerId) =>
        Promise.resolve(reportId === REPORT && ownerId === ADA ? ORDER : null),
      open: (report_id, schema) => {
        opened.push(schema);
        return Promise.resolve({
          report_id,
          revision: 2,
          status: "scoring" as const,
          scorer_version: 1,
          is_new: opened.length === 1,
        });
      },
    },
    images: {
      signUrls: (all) => Promise.resolve(all.map((path) => `https://storage.example/${path}`)),
    },
    log: createLogger({ name: "report", write: (line) => lines.push(line) }),
  };
  const handler = createHandler(deps);
  const get = (
    path = "",
    headers: Record<string, string> = { "x-share-token": TOKEN },
    method = "GET",
  ) => handler(new Request(`https://project.example/report${path}`, { headers, method }));
  const rescore = (body: unknown, headers: Record<string, string>, path = "rescore") =>
    handler(
      new Request(`https://project.example/report/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
  return { get, rescore, lines, opened, asked, changes };
}

async function problemOf(response: Response) {
  const { request_id: _, instance: __, ...problem } = await response.json();
  return { status: response.status, problem };
}

Deno.test("the token in the header opens the report in every format", async () => {
  const { get } = serve();
  const types: Record<string, string> = {
    "": "application/json",
    "?format=json": "application/json",
    "?format=csv": "text/csv",
    "?format=csv&table=runs": "text/csv",
    "?format=md": "text/markdown",
    "?format=svg": "image/svg+xml",
  };
  for (const [query, type] of Object.entries(types)) {
    const response = await get(query);
    assert.equal(response.status, 200, query);
    assert.equal(response.headers.get("content-type")?.split(";")[0], type);
    assert.match(await response.text(), /Large|acme\/large/);
  }
});

Deno.test("only the signed-in owner can open a report by its id", async () => {
  const { get } = serve();
  const bearer = (name: string) => ({ authorization: `Bearer ${name}` });
  assert.equal((await get(`?report_id=${REPORT}`, bearer("ada"))).status, 200);
  const foreign = await problemOf(await get(`?report_id=${REPORT}`, bearer("bob")));
  const absent = await problemOf(await get(`?report_id=${crypto.randomUUID()}`, bearer("ada")));
  assert.equal(foreign.status, 404);
  assert.deepEqual(foreign, absent);
  assert.equal((await get(`?report_id=${REPORT}`, bearer("eve"))).status, 401);
  assert.equal((await get(`?report_id=${REPORT}`, {})).status, 401);
  assert.equal((await get("", bearer("ada"))).status, 400);
});

Deno.test("tokens that open nothing get the same response in every part and format", async () => {
  const { get } = serve();
  const answers = await Promise.all(
    ["", "?format=csv", "?format=svg", "/progress", "/images"].flatMap((path) =>
      ["b".repeat(64), "", "x", TOKEN.toUpperCase(), `${TOKEN}a`].map(async (token) =>
        await problemOf(await get(path, { "x-share-token": token }))
      )
    ),
  );
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(answers[0]?.status, 404);
});

Deno.test("an ended report is revalidated by its entity tag and not sent again", async () => {
  const { get } = serve();
  for (const query of ["", "?format=csv", "?format=md", "?format=svg"]) {
    const first = await get(query);
    const tag = first.headers.get("etag") ?? "";
    assert.match(tag, /^"[0-9a-f]{32}"$/);
    assert.equal(first.headers.get("cache-control"), "private, max-age=0, must-revalidate");
    assert.match(first.headers.get("vary") ?? "", /x-share-token/);
    const again = await get(query, { "x-share-token": TOKEN, "if-none-match": `"x", W/${tag}` });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
    assert.equal(again.headers.get("etag"), tag);
    const other = await get(query, { "x-share-token": TOKEN, "if-none-match": '"x"' });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  }
  const changed = await serve(view({ rationale: "Another." })).get();
  assert.notEqual(changed.headers.get("etag"), (await get()).headers.get("etag"));
});

Deno.test("an entity tag shows nothing after the token is revoked", async () => {
  const { get } = serve();
  const tag = (await get()).headers.get("etag") ?? "";
  const answer = await get("", { "x-share-token": "b".repeat(64), "if-none-match": tag });
  assert.equal(answer.status, 404);
});

Deno.test("a running report is not stored by any cache", async () => {
  const { get } = serve(view({ status: "running", summary: null, recommended_model: null }));
  for (const query of ["", "?format=csv", "?format=md", "?format=svg"]) {
    const response = await get(query);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("etag"), null);
    assert.match(await response.text(), /Large|running/);
  }
});

Deno.test("an unknown format, table or parameter is refused by name", async () => {
  const { get } = serve();
  for (
    const [query, path] of [
      ["?format=pdf", "format"],
      ["?format=csv&table=all", "table"],
      ["?colour=red", "colour"],
      [`?report_id=${REPORT}`, "report_id"],
      [`?token=${TOKEN}`, "token"],
    ]
  ) {
    const { status, problem } = await problemOf(await get(query));
    assert.equal(status, 400, query);
    assert.equal(problem.code, "request.malformed");
    assert.equal(problem.errors[0].path, path);
  }
  for (const path of ["", "/progress", "/images"]) {
    const posted = await get(path, { "x-share-token": TOKEN }, "POST");
    assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET"], path);
  }
  assert.equal((await get("/else")).status, 404);
});

Deno.test("no log line contains a token, wherever the caller sent it", async () => {
  const { get, lines } = serve();
  await get("");
  await get(`?token=${TOKEN}`);
  await get(`?format=${TOKEN}`);
  await get("", { authorization: `Bearer ${TOKEN}` });
  assert.equal(lines.length, 4);
  assert.ok(!lines.join().includes(TOKEN));
  assert.ok(lines[0]?.startsWith(`[benchmark:${REPORT}]`));
});

Deno.test("pages of every origin can send the token and read the entity tag", async () => {
  const { get } = serve();
  const origin = "https://pages.example";
  const preflight = await get("", {
    origin,
    "access-control-request-method": "GET",
    "access-control-request-headers": "x-share-token",
  }, "OPTIONS");
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /x-share-token/);
  const answer = await get("", { origin, "x-share-token": TOKEN });
  assert.equal(answer.headers.get("access-control-allow-origin"), origin);
  assert.match(answer.headers.get("access-control-expose-headers") ?? "", /etag/);
});

Deno.test("images are available only if they are shared", async () => {
  assert.equal((await serve(view(), null).get("/images")).status, 404);
  const response = await serve(view(), ["u/a.png", "u/b.png"]).get("/images");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(await response.json(), {
    images: [
      { index: 0, url: "https://storage.example/u/a.png" },
      { index: 1, url: "https://storage.example/u/b.png" },
    ],
    expires_in_seconds: 300,
  });
});

Deno.test("progress returns the number of each model's runs by status", async () => {
  const response = await serve().get("/progress");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { models } = await response.json();
  assert.deepEqual(models[0], {
    model_id: "acme/large",
    name: "Large",
    queued: 1,
    running: 1,
    complete: 2,
    failed: 0,
    skipped: 0,
    accuracy: 98.5,
    cost_per_run: 0.002,
  });
});

Deno.test("no answer of a model can become a spreadsheet's formula", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("=", "+", "-", "@", "\t", "\r"),
      // Without what splits cells: the cell looked for is found by splitting.
      fc.string().map((text) => text.replaceAll(/[",\r\n]/g, "")),
      async (start, rest) => {
        const shown = view({ status: "running" }, null);
        for (const run of shown.runs ?? []) run.error_message = start + rest;
        const response = await serve(shown).get("?format=csv&table=runs");
        const cell = (await response.text()).split("acme/large,1,1,complete,")[1]?.split(",").at(
          -1,
        );
        assert.doesNotMatch(cell ?? "", /^"?[=+\-@\t\r]/);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("an earlier revision is read by its number, and an unknown one is not found", async () => {
  const { get, asked } = serve();
  assert.equal((await get("?revision=1")).status, 200);
  assert.equal((await get()).status, 200);
  assert.deepEqual(asked, [1, null]);
  assert.equal((await get("?revision=2")).status, 404);
  for (const revision of ["0", "-1", "1.5", "x", "", "1e3", "9999999999"]) {
    const { status, problem } = await problemOf(await get(`?revision=${revision}`));
    assert.equal(status, 400, revision);
    assert.equal(problem.errors[0].path, "revision");
  }
});

const bearer = (name: string) => ({ authorization: `Bearer ${name}` });

Deno.test("an owner can rescore a report by its own rules or by others", async () => {
  const { rescore, opened } = serve();
  const first = await rescore({ report_id: REPORT }, bearer("ada"));
  assert.equal(first.status, 202);
  assert.equal((await first.json()).revision, 2);
  const schema = {
    // In another order of keys, which is no other schema.
    properties: {
      note: { type: "string", "x-compare": { ignore: true } },
      total: { type: "number" },
    },
    type: "object",
  };
  assert.equal(
    (await rescore({ report_id: REPORT, json_schema: schema }, bearer("ada"))).status,
    200,
  );
  assert.deepEqual(opened, [null, schema]);
});

Deno.test("invalid rules and other changes of the schema are refused with their path", async () => {
  const { rescore, opened } = serve();
  const { properties } = ORDER.json_schema as { properties: Record<string, object> };
  const withTotal = (total: object) => ({
    type: "object",
    properties: { ...properties, total: { type: "number", ...total } },
  });
  const cases: [unknown, string, string][] = [
    [
      withTotal({ "x-compare": { type: "colour" } }),
      "json_schema.properties.total.x-compare.type",
      "compare_rule_invalid",
    ],
    [withTotal({ minimum: 0 }), "json_schema.properties.total.minimum", "schema_changed"],
    [{ type: "object" }, "json_schema.properties", "schema_changed"],
    [
      { ...ORDER.json_schema, "x-compare": { ignore: true } },
      "images.0.expected",
      "nothing_to_compare",
    ],
    ["{}", "json_schema", "custom"],
  ];
  for (const [json_schema, path, code] of cases) {
    const { status, problem } = await problemOf(
      await rescore({ report_id: REPORT, json_schema }, bearer("ada")),
    );
    assert.equal(status, 422, path);
    assert.equal(problem.code, "request.invalid");
    assert.deepEqual([problem.errors[0].path, problem.errors[0].code], [path, code]);
  }
  assert.deepEqual(opened, []);
});

Deno.test("the owner's link reads, shares and rescores its report, and only that", async () => {
  const { get, rescore: post, changes, opened } = serve();
  const owned = { "x-owner-token": OWNED };
  assert.equal((await get("", owned)).status, 200);
  assert.equal((await get(`?report_id=${REPORT}`, owned)).status, 400);
  assert.equal((await get("", { "x-owner-token": TOKEN })).status, 404);
  assert.equal((await post({}, owned)).status, 202);
  assert.deepEqual(opened, [null]);
  assert.equal((await post({ change: "rotate" }, owned, "sharing")).status, 200);
  for (const body of [{ change: "set" }, { change: "rotate", shares_order: true }, {}]) {
    assert.equal((await post(body, owned, "sharing")).status, 422);
  }
  assert.equal((await post({ change: "rotate" }, bearer("ada"), "sharing")).status, 401);
  assert.deepEqual(changes, ["rotate"]);
});

Deno.test("two reports are compared for their owner alone, and a report is drafted again", async () => {
  const { get, rescore: post } = serve(view(), ["u/a.png"]);
  const owned = { "x-owner-token": OWNED };
  const both = `/compare?before=${REPORT}&after=${REPORT}`;
  for (const headers of [owned, bearer("ada")]) {
    const response = await get(both, headers);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).images, 1);
  }
  assert.equal((await get(both)).status, 401);
  assert.equal((await get(both, bearer("bob"))).status, 404);
  const other = crypto.randomUUID();
  assert.equal((await get(`/compare?before=${other}&after=${other}`, owned)).status, 404);
  const { status, problem } = await problemOf(await get(`/compare?before=x`, owned));
  assert.equal(status, 400);
  assert.deepEqual(problem.errors.map(({ path }: { path: string }) => path), ["before", "after"]);
  assert.deepEqual(await (await get("/related", owned)).json(), { reports: [] });
  assert.equal((await post({}, owned, "again")).status, 201);
  assert.equal((await post({}, bearer("ada"), `again?report_id=${REPORT}`)).status, 201);
  assert.equal((await post({}, { "x-share-token": TOKEN }, "again")).status, 401);
});

Deno.test("holders of the link and other users cannot rescore a report", async () => {
  const { rescore, get, opened } = serve();
  const statusOf = async (headers: Record<string, string>) =>
    (await rescore({ report_id: REPORT }, headers)).status;
  assert.equal(await statusOf({ "x-share-token": TOKEN }), 401);
  assert.equal(await statusOf({}), 401);
  assert.equal(await statusOf(bearer("eve")), 401);
  const foreign = await problemOf(await rescore({ report_id: REPORT }, bearer("bob")));
  const absent = await problemOf(
    await rescore({ report_id: crypto.randomUUID() }, bearer("ada")),
  );
  assert.equal(foreign.status, 404);
  assert.deepEqual(foreign, absent);
  const read = await get("/rescore", bearer("ada"));
  assert.deepEqual([read.status, read.headers.get("allow")], [405, "POST"]);
  assert.deepEqual(opened, []);
});
