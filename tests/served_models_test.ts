import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  advance,
  completed,
  orderReport,
  payReport,
  startTestDatabase,
} from "../scripts/testing/database.ts";
import { reportRunSchema } from "../supabase/functions/_shared/report/report_run.ts";
import { reportViewSchema } from "../supabase/functions/_shared/report/report_view.ts";
import { writeRunsCsv } from "../supabase/functions/_shared/report/write_report_csv.ts";

const SERVED = {
  served_model: "acme/successor",
  served_provider: "Acme",
  provider_request_id: "req-1",
  served_other: true,
  reasoning_tokens: 7,
  schema_regime: "prompt",
  request_change: "schema_in_prompt",
};

Deno.test("the served model and the request's form are stored and shown in the report's figures, view and CSV", async () => {
  await using db = await startTestDatabase();
  const { owner, report, session } = await orderReport(db, { models: ["test/a"], images: 2 });
  await payReport(db, report, session);
  const worker = randomUUID();
  const { jobs } = await advance(db, worker, [], 2);
  const [first, second] = jobs;
  assert.ok(first !== undefined && second !== undefined);
  await advance(db, worker, [{ ...completed(first), ...SERVED }, completed(second)], 0);

  const rows = await db.sql`
    select served_model, served_provider, provider_request_id, served_other,
      reasoning_tokens::integer as reasoning_tokens, schema_regime, request_change
    from public.benchmark_runs where report_id = ${report} order by served_other desc`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    SERVED,
    {
      served_model: null,
      served_provider: null,
      provider_request_id: null,
      served_other: false,
      reasoning_tokens: null,
      schema_regime: null,
      request_change: null,
    },
  ]);

  const [loaded] = await db.workers`select public.load_finalization(${report}) as loaded`;
  const { runs } = z.object({ runs: z.array(reportRunSchema) }).parse(loaded?.["loaded"]);
  assert.deepEqual(
    runs.map(({ served_model, served_other, schema_regime }) => [
      served_model,
      served_other,
      schema_regime,
    ]).sort(),
    [[SERVED.served_model, true, "prompt"], [null, false, null]].sort(),
  );

  const [viewed] = await db.workers`
    select public.view_report(null, ${report}, ${owner}, true) -> 'view' as view`;
  const csv = writeRunsCsv(reportViewSchema.parse(viewed?.["view"]));
  assert.match(
    csv,
    /reasoning_tokens,served_model,served_provider,answered_by_other,provider_request_id,schema_regime,request_change/,
  );
  assert.match(csv, /7,acme\/successor,Acme,true,req-1,prompt,schema_in_prompt/);
});
