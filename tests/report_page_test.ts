import assert from "node:assert/strict";
import type { BrowserContextOptions, Locator } from "playwright-core";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import type { Priority } from "../supabase/functions/_shared/benchmark/configuration.ts";
import { concludeReport } from "../supabase/functions/_shared/report/conclude_report.ts";
import {
  type CraftedModel,
  craftRow,
  craftRuns,
  everyOutcome,
  free,
  large,
  medium,
  mini,
} from "../supabase/functions/_shared/testing/crafted_report.ts";
import {
  findChromium,
  findObstacles,
  launchChromium,
  type Visit,
  visit,
} from "./support/browser.ts";

const executable = findChromium();
/** What Auth would e-mail. */
const codes: string[] = [];
const test = executable === undefined ? undefined : await TestStack.start({
  log: (source, line) => {
    if (source === "auth") codes.push(line);
  },
});
const browser = executable === undefined ? undefined : await launchChromium(executable);
Deno.test.afterAll(async () => {
  await browser?.close();
  await test?.[Symbol.asyncDispose]();
});

interface Place {
  readonly test: TestStack;
  visit(url: string, options?: BrowserContextOptions): Promise<Visit>;
}

/** Registers a test that needs a browser. */
function inBrowser(name: string, run: (place: Place) => Promise<void>): void {
  Deno.test({
    name,
    ignore: test === undefined || browser === undefined,
    fn: async () => {
      assert.ok(test !== undefined && browser !== undefined);
      await run({ test, visit: (url, options) => visit(browser, url, options) });
    },
  });
}

async function finishedReport(test: TestStack) {
  const owner = await test.customer();
  const id = await test.order(owner, { images: 2, runsPerModel: 2 });
  const { share_token } = await test.ended(id);
  return { owner, id, url: `${test.stack.apiUrl}/report/${share_token}` };
}

interface Summary {
  readonly models: readonly {
    readonly modelId: string;
    readonly modelName: string;
    readonly accuracy: number;
    readonly medianLatency: number;
    readonly runsCompleted: number;
  }[];
}

inBrowser("the page shows the numbers that the database holds", async ({ test, visit }) => {
  const { id, url } = await finishedReport(test);
  const [row] = await test.sql<[{ summary: Summary; recommended: string; rationale: string }]>`
    select summary, recommended_model as recommended, rationale from public.reports where id = ${id}`;
  await using at = await visit(url);
  const { page } = at;
  await page.waitForSelector("table.models");
  const chosen = row.summary.models.find(({ modelId }) => modelId === row.recommended);
  assert.equal(await page.textContent("h1"), chosen?.modelName);
  assert.equal(plainSpaces(await page.textContent(".rationale")), row.rationale);
  for (const { modelId, modelName, accuracy, runsCompleted } of row.summary.models) {
    const cells = page.locator(`tr[data-model="${modelId}"]`);
    const text = await cells.innerText();
    assert.ok(text.includes(modelName));
    assert.ok(text.includes(`${accuracy.toFixed(1)} %`), text);
    assert.ok(text.includes(`${runsCompleted} / ${runsCompleted}`), text);
  }
  assert.equal(await page.locator("figure .canvas svg").count(), 3);
  const words = await page.locator("figure .canvas").first().getAttribute("aria-label");
  assert.ok(words?.includes(chosen?.modelName ?? "?"));
  assert.match(await page.innerText("#images"), /keeps the images, .* all values, .* private/);
  await page.locator("table.cells button").first().click();
  await page.waitForSelector("dialog[open] .verdict");
  assert.equal(await page.locator("#images img").count(), 0);
  assert.equal(await page.locator("#owner, pre").count(), 0);
  assert.deepEqual(at.complaints, []);
  assert.deepEqual([...at.origins], [test.stack.apiUrl]);
});

inBrowser(
  "if the owner shares the order, a cell of the matrix opens the image beside the expected and read values",
  async ({ test, visit }) => {
    const { owner, id, url } = await finishedReport(test);
    await test.sql`
    update public.benchmark_runs set field_accuracy = 50, exact_match = false,
      field_errors = '[{"fieldPath": "vendor", "expected": "HARBOR MARKET", "actual": "<b>HARBOUR</b>"},
        {"fieldPath": "total", "expected": 9400111899223857264999, "actual": 9400111899223857264998}]'
    where report_id = ${id} and image_index = 1`;
    await test.sql`
    update public.benchmark_runs set field_accuracy = 100, exact_match = true, field_errors = '[]'
    where report_id = ${id} and image_index = 0`;
    await owner.client.rpc("set_sharing", {
      p_report: id,
      p_expires_at: null,
      p_shares_order: true,
    });
    await using at = await visit(url);
    const { page } = at;
    const rows = page.locator("table.cells tbody tr");
    await rows.first().waitFor();
    assert.deepEqual(await rows.locator("th").allInnerTexts(), [
      "02-software-invoice.png",
      "01-grocery-till.png",
    ], "the hardest first, by its file's name");
    assert.deepEqual(
      (await rows.first().locator("td").allInnerTexts()).map(plainSpaces).slice(1),
      ["50 %", "50 %"],
    );
    const open = async (row: number, cell: number) => {
      await rows.nth(row).getByRole("button").nth(cell).focus();
      await page.keyboard.press("Enter");
      const dialog = page.locator("dialog[open]");
      await dialog.locator(".verdict").waitFor();
      return dialog;
    };
    const dialog = await open(0, 0);
    // A string, because the type check does not know a browser's globals.
    const hasLoaded = `document.querySelector("dialog[open] img")?.naturalWidth > 0`;
    await waitFor("the image to load", () => page.evaluate<boolean>(hasLoaded));
    const wrong = dialog.locator("tr.wrong");
    assert.deepEqual(await wrong.locator("th, td").allInnerTexts(), [
      ...["vendor", "HARBOR MARKET", "<b>HARBOUR</b> wrong"],
      ...["total", "9400111899223857264999", "9400111899223857264998 wrong"],
    ]);
    assert.deepEqual(await wrong.last().locator("mark").allInnerTexts(), ["9", "8"]);
    const paths = await dialog.locator("tbody th").allInnerTexts();
    const { data: order } = await owner.client.from("report_orders").select("config_snapshot")
      .eq("report_id", id).single();
    const schema = Object.keys(order?.config_snapshot.json_schema.properties);
    const shown = [...new Set(paths.map((path) => path.replace(/[.[].*/, "")))];
    assert.deepEqual(shown, schema.filter((name) => shown.includes(name)), "the schema's order");
    await dialog.getByRole("button", { name: /^Run 2/ }).click();
    assert.equal(await dialog.locator("tr.wrong").count(), 2);
    assert.deepEqual(await findObstacles(page), []);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    await page.selectOption("#matrix-field", "total");
    assert.deepEqual(
      (await rows.first().locator("td").allInnerTexts()).map(plainSpaces).slice(1),
      ["0 %", "0 %"],
    );
    await page.getByLabel("Only mistakes").check();
    assert.equal(await rows.count(), 1);
    const only = await open(0, 1);
    assert.equal(await only.locator("tr.right").count(), 0);
    assert.deepEqual(at.complaints, []);
  },
);

inBrowser(
  "the owner's link shares, replaces and revokes the link and asks for another scoring, by keyboard too",
  async ({ test, visit }) => {
    const { owner, id, url } = await finishedReport(test);
    const { data: link } = await owner.client.rpc("rotate_owner_link", { p_report: id });
    const { apiUrl } = test.stack;
    await using at = await visit(`${apiUrl}/report/#owner=${link.owner_token}`);
    const { page } = at;
    const panel = page.locator("#owner");
    await panel.waitFor();
    assert.equal(await panel.getByLabel("Link to share").inputValue(), url);
    assert.match(await panel.innerText(), /Paid: \$/);
    assert.match(await page.innerText("#order"), new RegExp(id));
    assert.equal(await page.locator("#order pre").count(), 2);
    assert.deepEqual(await findObstacles(page), []);
    await panel.getByLabel("Visitors see images, prompt and values").check();
    await panel.getByText("Visitors see everything.").waitFor();
    const [{ shares }] = await test.sql<[{ shares: boolean }]>`
      select shares_order as shares from public.reports where id = ${id}`;
    assert.equal(shares, true);
    const replace = panel.getByRole("button", { name: "Replace the link" });
    await replace.focus();
    await page.keyboard.press("Enter");
    await panel.getByText("The old link opens nothing any more.").waitFor();
    const next = await panel.getByLabel("Link to share").inputValue();
    assert.notEqual(next, url);
    await using guest = await visit(next);
    await guest.page.waitForSelector("#order pre");
    await using late = await visit(url);
    await late.page.getByRole("heading", { name: "Report not found" }).waitFor();

    await panel.getByText("Score the same answers by other rules").click();
    const schema = JSON.parse(await panel.getByLabel("Schema with rules").inputValue());
    const score = async (text: string) => {
      await panel.getByLabel("Schema with rules").fill(text);
      await panel.getByRole("button", { name: "Score again" }).click();
    };
    await score("{");
    await panel.getByText(/That is no JSON/).waitFor();
    await score(JSON.stringify({ ...schema, title: "x" }));
    await panel.getByText(/json_schema\.title: /).waitFor();
    schema.properties.vendor["x-compare"] = { ignore: true };
    await score(JSON.stringify(schema));
    await panel.getByText("Revision 2 is being scored.").waitFor();

    await panel.getByRole("button", { name: "Revoke the link" }).click();
    await panel.getByText("only you can open this report").waitFor();
    assert.equal((await test.report(id)).share_token, null);
    await page.reload();
    await panel.waitFor();
    // The refused schema is one.
    assert.deepEqual(at.complaints.filter((line) => !line.includes("422")), []);
  },
);

const PROGRESS = "**/functions/v1/report/progress";

inBrowser(
  "a visitor of a running report follows it through the channel without polling, and then sees the report",
  async ({ test, visit }) => {
    await test.behave({ medianMs: 900, sigma: 0 });
    try {
      const owner = await test.customer();
      await test.allowCalls(1);
      const id = await test.order(owner, { images: 4, runsPerModel: 4 });
      const { share_token } = await test.report(id);
      await using at = await visit("about:blank");
      const { page } = at;
      let heard = 0;
      page.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => {
          if (payload.toString().includes('"runs_left"')) heard++;
        }));
      // From the first message on, polling gets no response.
      await page.route(PROGRESS, (route) => heard > 0 ? route.abort() : route.continue());
      await page.goto(`${test.stack.apiUrl}/report/${share_token}`);
      await page.waitForSelector(".lanes progress");
      assert.equal(await page.textContent("h1"), "The benchmark is running");
      const ended = async () => {
        const shown = await page.locator("progress[aria-label='Runs finished']").all();
        return Number(await shown[0]?.getAttribute("value") ?? NaN);
      };
      await page.locator("#announcer", { hasText: "runs finished" }).waitFor({ state: "attached" });
      await waitFor("a message", () => Promise.resolve(heard > 0));
      const before = await ended();
      await test.allowCalls(60);
      await waitFor(
        "more runs to be shown as finished, if not all",
        async () => await ended() > before || await page.locator("table.models").count() > 0,
      );
      await page.waitForSelector("table.models");
      assert.equal((await test.report(id)).status, "complete");
      assert.match(await page.textContent("#announcer") ?? "", /has ended/);
      assert.deepEqual(at.complaints, []);
    } finally {
      await test.allowCalls(60);
      await test.behave({});
    }
  },
);

inBrowser(
  "a visitor of a running report sees the provider it waits for and the time of the next attempt",
  async ({ test, visit }) => {
    const { url } = await finishedReport(test);
    await using at = await visit("about:blank", { timezoneId: "UTC" });
    const { page } = at;
    await page.route("**/functions/v1/report", async (route) => {
      const response = await route.fetch();
      const data = await response.json();
      const report = { ...data.report, status: "running", summary: null };
      await route.fulfill({ response, json: { ...data, report } });
    });
    await page.route(PROGRESS, (route) =>
      route.fulfill({
        json: {
          status: "running",
          models: [],
          started_at: null,
          waiting_for: [{
            provider: "openrouter",
            since: "2026-11-21T13:59:00Z",
            next_try_at: "2026-11-21T14:05:00Z",
          }],
        },
      }));
    await page.goto(url);
    await page.getByText(
      "Waiting for OpenRouter, which accepts no calls at the moment. No run is lost. Next attempt at 14:05.",
    ).waitFor();
  },
);

inBrowser(
  "a rescored report says so and links to the first scoring and back",
  async ({ test, visit }) => {
    const { id, url, owner } = await finishedReport(test);
    const [{ schema }] = await test.sql<[{ schema: { properties: Record<string, object> } }]>`
    select config_snapshot -> 'json_schema' as schema from public.report_orders where report_id = ${id}`;
    schema.properties["vendor"] = { ...schema.properties["vendor"], "x-compare": { ignore: true } };
    const { error } = await owner.client.rpc("rescore_report", {
      p_report: id,
      p_json_schema: schema,
    });
    assert.equal(error, null);
    await waitFor(
      "the revision",
      async () =>
        (await test.sql`select from public.reports where id = ${id} and revision = 2`).length === 1,
    );
    await using at = await visit(url);
    const { page } = at;
    await page.getByText(/^Revision 2: the answers as scored on .* by scorer \d+/).waitFor();
    await page.getByRole("link", { name: "revision 1" }).click();
    await page.getByText(/^Revision 1: /).waitFor();
    await page.getByRole("link", { name: "revision 2" }).click();
    await page.getByText(/^Revision 2: /).waitFor();
    assert.deepEqual(at.complaints, []);
  },
);

inBrowser("the page polls if Realtime cannot be reached", async ({ test, visit }) => {
  await test.behave({ medianMs: 900, sigma: 0 });
  try {
    const owner = await test.customer();
    await test.allowCalls(1);
    const id = await test.order(owner, { images: 4, runsPerModel: 4 });
    const { share_token } = await test.report(id);
    await using at = await visit("about:blank");
    const { page } = at;
    await page.routeWebSocket(/realtime/, (socket) => socket.close());
    let asked = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/report/progress")) asked++;
    });
    await page.goto(`${test.stack.apiUrl}/report/${share_token}`);
    await page.waitForSelector(".lanes progress");
    await test.allowCalls(60);
    await page.waitForSelector("table.models");
    assert.ok(asked >= 2, `asked ${asked} times`);
  } finally {
    await test.allowCalls(60);
    await test.behave({});
  }
});

inBrowser(
  "a wrong, missing or revoked token shows that the report was not found",
  async ({ test, visit }) => {
    const { owner, id, url } = await finishedReport(test);
    await owner.client.rpc("revoke_share_token", { p_report: id });
    const { apiUrl } = test.stack;
    for (
      const gone of [
        `${apiUrl}/report/${"0".repeat(64)}`,
        `${apiUrl}/report/x`,
        `${apiUrl}/report/`,
        url,
      ]
    ) {
      await using at = await visit(gone);
      await at.page.waitForSelector("h1");
      assert.equal(await at.page.textContent("h1"), "Report not found");
      assert.equal(await at.page.locator("table, article, figure").count(), 0);
      assert.equal(await at.page.getAttribute("meta[name=robots]", "content"), "noindex, nofollow");
    }
  },
);

inBrowser(
  "a token in the fragment opens the report and is sent in no URL",
  async ({ test, visit }) => {
    const { url } = await finishedReport(test);
    const token = url.split("/").at(-1) ?? "";
    await using at = await visit(`${test.stack.apiUrl}/report/index.html`);
    const addresses: string[] = [];
    at.page.on(
      "request",
      (request) => addresses.push(request.url() + (request.headers().referer ?? "")),
    );
    await at.page.goto(`${test.stack.apiUrl}/report/?again#${token}`);
    await at.page.waitForSelector("table.models");
    assert.ok(addresses.length > 3);
    assert.ok(
      !addresses.map((address) => address.replace(/#.*/, "")).join().includes(token),
    );
  },
);

inBrowser("a report's text is never markup", async ({ test, visit }) => {
  const { id, url } = await finishedReport(test);
  const hostile = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
  await test.sql`update public.reports set rationale = ${hostile},
    summary = jsonb_set(summary, '{models,0,modelName}', to_jsonb(${hostile}::text)) || jsonb_build_object(
      'picks', jsonb_build_object('mostAccurate',
        jsonb_build_object('modelId', summary #> '{models,0,modelId}', 'runnerUpId', null,
          'difference', null, 'certain', null, 'text', ${hostile}::text),
        'cheapestGoodEnough', null, 'fastestGoodEnough', null),
      'reason', ${hostile}::text, 'goodEnough', ${hostile}::text,
      'higherAccuracy', jsonb_build_object('modelId', summary #> '{models,0,modelId}', 'points', 1,
        'moreImages', null, 'text', ${hostile}::text),
      'caution', jsonb_build_object('code', 'few_images', 'images', 1, 'imagesNeeded', 6,
        'text', ${hostile}::text))
      where id = ${id}`;
  await using at = await visit(url);
  await at.page.waitForSelector("table.models");
  assert.equal(await at.page.textContent(".rationale"), hostile);
  assert.equal(await at.page.textContent(".rationale + .caveat"), hostile);
  assert.equal(await at.page.locator(".reasons p").filter({ hasText: hostile }).count(), 1);
  assert.equal(await at.page.locator(".picks").getByText(hostile).count(), 3);
  assert.equal(await at.page.locator("main img[src=x], main script").count(), 0);
  assert.notEqual(await at.page.title(), "run");
});

interface CraftedState {
  readonly models: readonly CraftedModel[];
  readonly images: number;
  readonly priorities?: readonly Priority[];
}

/** Replaces a report's conclusion by that of a crafted report. */
async function conclude(test: TestStack, id: string, state: CraftedState): Promise<void> {
  const { models, images, priorities = ["cost", "speed", "accuracy"] } = state;
  const { config_snapshot: snapshot } = craftRow(models, images, priorities);
  const { summary, recommendedModelId, rationale, error } = concludeReport(
    { reportId: id, snapshot },
    craftRuns(models, images),
  );
  await test
    .sql`update public.reports set error = ${error}, recommended_model = ${recommendedModelId}, rationale = ${rationale},
    summary = ${JSON.stringify(summary)}::text::jsonb where id = ${id}`;
}

/** Models of {@link everyOutcome} without figures, and why. */
const UNMEASURED = {
  Retired: "the provider no longer has the model",
  Parked: "the provider did not accept our account",
  Cut: "the answers did not fit our token limit",
  Schemaless: "the provider does not accept the report's schema",
  Down: "the provider was down or overloaded",
  Rejected: "the calls were rejected",
};

/** Replaces no-break spaces, which keep units with their numbers. */
const plainSpaces = (text: string | null) => (text ?? "").replaceAll("\u00a0", " ");

inBrowser(
  "each state of a report shows its recommendation or the reason for none, its picks and its standings",
  async ({ test, visit }) => {
    const { id, url } = await finishedReport(test);
    const seen = async (state: CraftedState) => {
      await conclude(test, id, state);
      await using at = await visit(url);
      const { page } = at;
      await page.waitForSelector("table.models");
      const texts = async (selector: string) =>
        (await page.locator(selector).allInnerTexts()).map(plainSpaces);
      const shown = {
        title: await page.textContent("h1"),
        hero: plainSpaces(await page.innerText(".hero")),
        picks: await texts(".pick"),
        badges: await texts("table.models .badge"),
        legend: (await texts(".legend")).join(),
        rows: await texts("table.models tbody tr"),
        all: plainSpaces(await page.innerText("main")),
      };
      assert.deepEqual(await findObstacles(page), []);
      assert.deepEqual(at.complaints, []);
      return shown;
    };

    const few = await seen({ models: [large, medium, mini, free], images: 4 });
    assert.match(few.hero, /^4 images are too few to tell differences in accuracy from chance/);
    assert.equal(few.all.match(/too few|enough images/g)?.length, 1);
    assert.equal(few.title, "Mini");
    assert.equal(few.picks.length, 2);
    assert.match(few.picks[0] ?? "", /^Most accurate\s+Large\s+Large read /);
    assert.match(few.picks[1] ?? "", /^Cheapest and fastest good enough\s+Mini\s+Mini costs /);
    assert.match(
      few.hero,
      /Good enough means more than 50 % of the fields right and measured less/,
    );
    assert.deepEqual(few.badges, [
      ...["Most accurate", "Good enough", "Recommended", "Good enough", "Below the minimum"],
    ]);

    const alike = await seen({ models: [large, medium, mini], images: 20 });
    assert.deepEqual(alike.badges, ["Most accurate", "Recommended"]);
    assert.match(alike.legend, /All others: good enough/);

    const poor = { ...large, skill: 0.42, isLost: (image: number) => image < 3 };
    const none = await seen({ models: [poor, free], images: 12 });
    assert.equal(none.title, "No model can be recommended");
    assert.match(none.hero, /No model is good enough: none read more than 50 % of the fields/);
    assert.match(none.picks.join(), /^Most accurate/);
    assert.match(none.legend, /All models: below the minimum/);
    assert.match(none.rows[0] ?? "", /18 \/ 24\s+6 lost to outages/);

    const down = await seen({ models: [{ ...large, isLost: () => true }], images: 4 });
    assert.equal(down.title, "No model can be recommended");
    assert.match(
      down.hero,
      /No call of any model was completed\. Large is not ranked: the provider was down/,
    );
    assert.match(down.rows[0] ?? "", /Because the provider was down or overloaded\s.*0 \/ 8/s);

    const raced = await seen({
      models: [
        { ...large, endsOn: "2027-01-20" },
        { ...mini, end: 8, isRaced: true },
        { ...free, served: "free-2" },
      ],
      images: 20,
      priorities: ["accuracy", "cost", "speed"],
    });
    assert.equal(raced.title, "Large");
    assert.match(raced.hero, /Large ends on 2027-01-20\./);
    assert.deepEqual(raced.badges, [
      ...["Recommended", "Most accurate", "Stopped early", "Answered by another"],
    ]);
    assert.match(raced.picks.join(), /^Most accurate, cheapest and fastest good enough\s+Large/);
    assert.match(raced.picks.join(), /No other model is good enough\.$/);
    assert.match(raced.rows[2] ?? "", /^Free \(answered by free-2\)/);

    const mixed = await seen({ models: everyOutcome, images: 12 });
    const rowOf = (name: string) => mixed.rows.find((row) => row.startsWith(name)) ?? "";
    for (const [name, reason] of Object.entries(UNMEASURED)) {
      assert.match(rowOf(name), new RegExp(`Not measured\\s+Because ${reason}`));
      assert.match(rowOf(name), /–.*0 \/ 24/s);
      assert.doesNotMatch(rowOf(name), /\d %/);
    }
    const [notice] = await test.sql`
      select public.load_report(${id}) -> 'unmeasured_models' as unmeasured_models`;
    assert.equal(notice?.["unmeasured_models"], 7, "what the e-mail says");
    assert.match(rowOf("Filtered"), /0\.0 %.*24 \/ 24\s+24 withheld by the provider/s);
    assert.match(rowOf("Flaky"), /18 \/ 24\s+6 lost to outages/);
    assert.match(
      rowOf("Rerouted"),
      /^Rerouted \(answered by acme\/successor\).*Answered by another/s,
    );
  },
);

inBrowser(
  "the table can be sorted by keyboard and announces its order",
  async ({ test, visit }) => {
    const { id, url } = await finishedReport(test);
    // Equally fast models would have no order to check.
    await test.sql`update public.reports set summary = jsonb_set(
    jsonb_set(summary, '{models,0,medianLatency}', '900'), '{models,1,medianLatency}', '300')
    where id = ${id}`;
    await using at = await visit(url);
    const { page } = at;
    await page.waitForSelector("table.models");
    const order = async () => {
      const rows = await page.locator("tr[data-model]").all();
      return await Promise.all(rows.map((row) => row.getAttribute("data-model")));
    };
    const [{ summary }] = await test.sql<[{ summary: Summary }]>`
    select summary from public.reports where id = ${id}`;
    const byTime = [...summary.models].sort((one, other) => one.medianLatency - other.medianLatency)
      .map(({ modelId }) => modelId);
    await page.getByRole("button", { name: "Median time" }).focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await order(), byTime);
    assert.equal(await page.locator("th[aria-sort=ascending]").count(), 1);
    await page.keyboard.press("Enter");
    assert.deepEqual(await order(), byTime.toReversed());
  },
);

inBrowser(
  "axe finds no accessibility violation in light, dark and on a phone",
  async ({ test, visit }) => {
    const { owner, id, url } = await finishedReport(test);
    await owner.client.rpc("set_sharing", {
      p_report: id,
      p_expires_at: null,
      p_shares_order: true,
    });
    const looks: BrowserContextOptions[] = [
      { colorScheme: "light" },
      { colorScheme: "dark" },
      { colorScheme: "light", viewport: { width: 390, height: 844 } },
    ];
    for (const look of looks) {
      await using at = await visit(url, look);
      const { page } = at;
      await page.waitForSelector("#images .cells");
      await page.waitForSelector("figure .canvas svg");
      assert.deepEqual(await findObstacles(page), []);
      const overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(overhang, 0, "the page itself does not scroll sideways");
      if (look.viewport === undefined) continue;
      await page.locator(".more summary").click();
      const hidden = await page.evaluate(`[...document.querySelectorAll(".scroller, pre")]
        .filter((part) => part.scrollWidth > part.clientWidth)
        .map((part) => part.getAttribute("aria-label"))`);
      assert.deepEqual(hidden, [], "every figure is reached without scrolling sideways");
    }
  },
);

inBrowser(
  "a report of eleven models prints to A4 with nothing cut off",
  async ({ test, visit }) => {
    const { id, url } = await finishedReport(test);
    await conclude(test, id, { models: everyOutcome, images: 12 });
    await using at = await visit(url);
    const { page } = at;
    await page.waitForSelector("table.cells");
    const pdf = new TextDecoder("latin1").decode(await page.pdf({ format: "A4" }));
    assert.match(pdf, /MediaBox ?\[0 0 59[45][.\d]* 84[12]/);
    // The width of A4 at 96 dpi, without Chromium's margins of 1 cm.
    await page.setViewportSize({ width: 718, height: 1000 });
    await page.emulateMedia({ media: "print" });
    const wide = await page.evaluate(`[...document.querySelectorAll("main *")]
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1 &&
      getComputedStyle(part).clipPath === "none")
    .map((part) => part.outerHTML.slice(0, 80))`);
    assert.deepEqual(wide, []);
  },
);

inBrowser("every file can be downloaded without the token in a URL", async ({ test, visit }) => {
  const { url } = await finishedReport(test);
  await using at = await visit(url);
  const { page } = at;
  await page.waitForSelector(".menu");
  const starts = { "Models (CSV)": "model_id,", "Markdown": "# ", "Chart (SVG)": "<svg " };
  for (const [title, start] of Object.entries(starts)) {
    await page.locator(".menu summary").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: title }).click(),
    ]);
    const text = await Deno.readTextFile(await download.path());
    assert.ok(text.startsWith(start), text.slice(0, 100));
    await page.waitForSelector(".menu:not([open])");
  }
});

inBrowser(
  "paying leads to the live report, and leaving the pay page to a page that says what that means",
  async ({ test, visit }) => {
    const owner = await test.customer();
    const draft = await test.draft(owner, { images: 1, runsPerModel: 1 });
    const { checkout_url } = await test.checkout(owner, draft);
    await using at = await visit(checkout_url, { viewport: { width: 390, height: 844 } });
    const { page } = at;
    const failed: string[] = [];
    page.on("response", (response) => {
      // Stripe's own page is not ours to judge.
      const isOurs = response.url().startsWith(test.stack.apiUrl);
      if (isOurs && response.status() >= 400) failed.push(response.url());
    });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "Nothing was charged" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/checkout/cancelled");
    assert.deepEqual(await findObstacles(page), []);
    await page.goto(checkout_url);
    await page.getByRole("button", { name: /^Pay \$/ }).click();
    await page.waitForURL(/\/report\/[0-9a-f]{64}$/);
    await page.waitForSelector("table.models");
    assert.deepEqual(failed, []);
    await page.goto(`${test.stack.apiUrl}/checkout/success?session_id=cs_test_unknown`);
    await page.getByText("This payment is unknown here").waitFor();
    assert.deepEqual(await findObstacles(page), []);
  },
);

inBrowser(
  "a visitor of a paused report reads that nothing is lost, and sees the report once it has gone on",
  async ({ test, visit }) => {
    await test.behave({ rates: { payment_required: 1 } });
    try {
      const owner = await test.customer();
      const id = await test.order(owner, { images: 2, runsPerModel: 1 });
      const { share_token } = await test.report(id);
      await using at = await visit(`${test.stack.apiUrl}/report/${share_token}`);
      const { page } = at;
      await page.getByRole("heading", { name: "The benchmark is paused" }).waitFor();
      await page.getByText("Nothing is lost.").waitFor();
      await test.behave({});
      await test.sql`select public.resume_report(${id})`;
      await page.waitForSelector("table.models");
      assert.equal((await test.report(id)).partial_reason, null);
      assert.deepEqual(at.complaints, []);
    } finally {
      await test.behave({});
    }
  },
);

const RECEIPTS = new URL("../examples/receipts/", import.meta.url);

inBrowser(
  "a customer comes from files to a live, paid report by keyboard, on a desk and on a phone",
  async ({ test, visit }) => {
    for (const width of [1280, 390]) {
      const email = `${crypto.randomUUID()}@example.com`;
      await using at = await visit(`${test.stack.apiUrl}/order/`, {
        viewport: { width, height: 900 },
      });
      const { page } = at;
      const press = async (part: Locator, key = "Enter") => {
        await part.focus();
        await page.keyboard.press(key);
      };
      await page.getByLabel("E-mail").fill(email);
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: email }).waitFor();
      const sent = codes.findLast((line) => line.includes(email));
      await page.getByLabel("Code").fill(/code is: (\d{6})\b/.exec(sent ?? "")?.[1] ?? "");
      await page.keyboard.press("Enter");

      const files = [
        "01-grocery-till.png",
        "01-grocery-till.json",
        "03-cafe-slip.png",
        "schema.json",
      ];
      await page.getByLabel("Add images").setInputFiles(
        files.map((name) => new URL(name, RECEIPTS).pathname),
      );
      await page.getByText(/say for each image what should be read/).waitFor();
      const typed = page.locator(".images li").nth(1);
      await press(typed.locator("summary"));
      const form = typed.getByRole("group", { name: "Expected of 03-cafe-slip.png" });
      await form.getByLabel("vendor").fill("The Copper Kettle");
      await form.getByLabel("document_type").selectOption("receipt");
      await form.getByLabel("date").fill("2026-02-14");
      await form.getByLabel("currency").fill("GBP");
      await form.getByLabel("total", { exact: true }).fill("24.70");
      await typed.getByText("expected JSON given").waitFor();
      for (const model of ["GPT-6 Luna OpenAI", "Gemini 3.5 Flash Google"]) {
        await press(page.getByRole("checkbox", { name: new RegExp(`^${model} `) }), "Space");
      }
      await page.locator(".price").waitFor();
      await page.getByText(/per 1,000 documents/).first().waitFor();
      assert.deepEqual(await findObstacles(page), []);
      const overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(overhang, 0, "the page does not scroll sideways");
      const drafts = await test.sql<{ total: number }[]>`
        select (d.upload_data #>> '{images,1,expected,total}')::float as total
        from public.benchmark_drafts d join auth.users u on u.id = d.owner_id where u.email = ${email}`;
      assert.deepEqual(
        drafts.map(({ total }) => total),
        [24.7],
        "one draft, however often changed",
      );

      assert.deepEqual(at.complaints, []);

      await press(page.getByRole("button", { name: "Order and pay" }));
      await press(page.getByRole("button", { name: /^Pay \$/ }));
      await page.waitForURL(/\/report\//);
      await page.waitForSelector("table.models");
    }
  },
);
