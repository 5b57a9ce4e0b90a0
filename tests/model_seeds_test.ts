import assert from "node:assert/strict";
import { startOpenRouterService } from "../scripts/services/openrouter/server.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";
import { findDatedPrices } from "../supabase/functions/_shared/models/catalogue/dated_prices.ts";
import { createModelSync } from "../supabase/functions/_shared/models/catalogue/model_sync.ts";
import { findProvider, PROVIDER_NAMES } from "../supabase/functions/_shared/models/providers.ts";
import { connectDatabase } from "../supabase/functions/_shared/platform/database.ts";
import { createLogger } from "../supabase/functions/_shared/platform/logger.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const NOTICE_DAYS = 60;

/** End dates that providers had announced by 30 November 2026. */
const ANNOUNCED_ENDS: readonly (readonly [RegExp, string])[] = [
  [/gemini-2\.5-(pro|flash)$/, "2026-12-01"],
  [/gpt-5(-mini)?$/, "2026-12-11"],
  [/gpt-(4o|4\.1)(-mini)?$/, "2027-01-14"],
  [
    /pixtral-12b|llama-3\.1-8b-instant|llama-3\.3-70b-versatile|llama3\.1-8b|zai-glm-4\.7/,
    "2026-08-01",
  ],
];

interface Seed {
  readonly id: string;
  readonly retires_at: string | null;
}

/** Returns the models that may be gone `NOTICE_DAYS` after a day. */
function endingWithin(seeds: readonly Seed[], today: Date): string[] {
  const limit = new Date(today.getTime() + NOTICE_DAYS * 86_400_000).toISOString().slice(0, 10);
  return seeds.filter(({ id, retires_at }) => {
    const announced = ANNOUNCED_ENDS.find(([pattern]) => pattern.test(id))?.[1];
    return [retires_at, announced].some((end) => typeof end === "string" && end <= limit);
  }).map(({ id }) => id);
}

Deno.test("no seeded model ends within 60 days of today", async () => {
  const seeds = await database.sql<Seed[]>`
    select id, to_char(retires_at, 'YYYY-MM-DD') as retires_at from public.models
    union all select model, null from public.model_prices`;
  assert.deepEqual(endingWithin(seeds, new Date()), []);
  const doomed = [
    { id: "acme/soon", retires_at: "2027-01-29" },
    { id: "acme/late", retires_at: "2027-01-30" },
    { id: "openai/gpt-4.1-mini", retires_at: null },
  ];
  assert.deepEqual(endingWithin(doomed, new Date("2026-11-30T12:00:00Z")), [
    "acme/soon",
    "openai/gpt-4.1-mini",
  ]);
});

Deno.test("the seeds cover seven makers and all tiers, and each is in the tier of its price", async () => {
  const [counts] = await database.sql`
    select count(*) filter (where supports_vision)::int as vision,
      count(distinct provider) filter (where supports_vision)::int as makers,
      count(distinct tier) filter (where supports_vision)::int as tiers,
      count(*) filter (where not supports_vision)::int as text,
      count(*) filter (where tier <> private.tier_of(input_price, output_price))::int as misplaced
    from public.models where base_url_key <> 'local'`;
  assert.ok(counts !== undefined && counts["vision"] >= 16 && counts["makers"] >= 7, `${counts}`);
  assert.equal(counts["tiers"], 3);
  assert.ok(counts["text"] >= 5);
  assert.equal(counts["misplaced"], 0);
});

Deno.test("every seeded price equals genai-prices on the day it was checked", async () => {
  const rows = await database.sql<
    { id: string; base_url_key: string; checked_at: Date; prices: (number | null)[] }[]
  >`
    select id, base_url_key, checked_at, jsonb_build_array(input_price, cached_input_price, output_price,
      long_context_above, long_context_input_price, long_context_cached_input_price, long_context_output_price) as prices
    from public.models where base_url_key <> 'local'
    union all
    select model, 'openai', '2026-11-30', jsonb_build_array(input_per_million / 1e6, cached_input_per_million / 1e6,
      output_per_million / 1e6, long_context_above, long_context_input_per_million / 1e6,
      long_context_cached_input_per_million / 1e6, long_context_output_per_million / 1e6)
    from public.model_prices where model !~ '/'`;
  assert.ok(rows.length >= 36);
  let tiered = 0;
  for (const { id, base_url_key, checked_at, prices } of rows) {
    const provider = findProvider(base_url_key)?.pricesAt ?? base_url_key;
    const name = base_url_key === "openrouter" ? id : id.replace(`${base_url_key}/`, "");
    const found = findDatedPrices(provider, name, checked_at);
    assert.ok(found, `genai-prices has no price of ${id}`);
    const { longContext: long } = found;
    const expected = [
      ...[found.input, found.cachedInput, found.output].map(Number),
      ...long === null
        ? [null, null, null, null]
        : [long.above, ...[long.input, long.cachedInput, long.output].map(Number)],
    ];
    const round = (price: number | null) => price?.toPrecision(12) ?? null;
    assert.deepEqual(prices.map(round), expected.map(round), id);
    if (long !== null) tiered++;
  }
  assert.ok(tiered >= 8, "some seeds cost more with a long input");
});

Deno.test("every provider of the list is in private.providers, and no other", async () => {
  const rows = await database.sql<{ name: string }[]>`select name from private.providers`;
  const inDatabase = new Set(rows.map(({ name }) => name));
  const inCode = new Set<string>(PROVIDER_NAMES);
  const missing = [...inCode.difference(inDatabase)];
  assert.equal(missing.join(), "", "a migration has to insert these names into private.providers");
  const extra = [...inDatabase.difference(inCode)];
  assert.equal(extra.join(), "", "PROVIDERS in _shared/models/providers.ts lacks these names");
});

Deno.test("the first reading of the stand-in's lists changes no seed", async () => {
  const service = await startOpenRouterService();
  const sql = connectDatabase(database.url, { name: "seeds" });
  try {
    const sync = createModelSync({
      sql,
      endpoints: {
        openrouter: { baseUrl: service.openRouterUrl, apiKey: null },
        ...Object.fromEntries(
          ["google", "groq", "cerebras"].map((name) => [
            name,
            { baseUrl: `${service.url}/${name}/v1`, apiKey: null },
          ]),
        ),
      },
      findPrices: (provider, model) => findDatedPrices(provider, model, new Date("2026-11-30")),
      log: createLogger({ name: "seeds", write: () => {} }),
    });
    await sync.syncAll();
    const changes = await database.sql`
      select model_id, kind, old, new from private.model_changes`;
    assert.deepEqual([...changes], []);
    const [read] = await database.sql`
      select count(*)::int as n from private.providers where listed_at is not null and error is null`;
    assert.equal(read?.["n"], 4);
  } finally {
    await sql.end();
    await service.stop();
  }
});
