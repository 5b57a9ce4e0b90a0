import { literal, type SqlRunner } from "../support/run_sql.ts";

/** Something that the operator of a project does by hand. */
export interface Action {
  /** Name and arguments, as commander reads them. */
  readonly usage: string;
  readonly description: string;
  /**
   * Does it and says what was done.
   *
   * @throws {Error} if it cannot be done.
   */
  readonly run: (sql: SqlRunner, args: readonly string[]) => Promise<string>;
}

const LIMITS = [
  ...["soft_ceiling_usd", "hard_ceiling_usd", "max_workers", "lease_seconds", "max_crashes"],
  ...["max_in_flight_per_lane", "max_in_flight_per_group", "max_in_flight_per_provider"],
];

const CHAT_LIMITS = ["usd_per_user_day", "usd_per_month", "telemetry_retention_days"];

const IMAGE_LIMITS = ["image_retention_days", "max_files_per_account", "max_bytes_per_account"];

function number(text: string, name: string): string {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return String(value);
  throw new Error(`${name} is no number: ${text}`);
}

async function readValue(sql: SqlRunner, statement: string): Promise<unknown> {
  const [row] = await sql.run(statement);
  return row?.["value"];
}

/** Sets whether new orders may name a model. */
async function setActive(sql: SqlRunner, model: string, isActive: boolean): Promise<void> {
  const changed = await readValue(
    sql,
    `update public.models set active = ${isActive} where id = ${
      literal(model)
    } returning id as value`,
  );
  if (changed === undefined) throw new Error(`no model has the id ${model}`);
}

/** What `deno task operate` can do. */
export const ACTIONS: readonly Action[] = [
  {
    usage: "rotate-token",
    description: "replace the token with which Postgres starts workers",
    run: async (sql) => {
      await sql.run("select private.rotate_worker_token()");
      return "The token was replaced. Functions refuse the old one within a minute.";
    },
  },
  {
    usage: "resume <provider>",
    description: "try a parked or paused provider at once",
    run: async (sql, [provider = ""]) => {
      const jobs = await readValue(
        sql,
        `select public.resume_provider(${literal(provider)}) as value`,
      );
      return `${jobs} jobs wait for ${provider}. One call is made next, the rest follows.`;
    },
  },
  {
    usage: "resume-report <report>",
    description: "try the providers at once that a paused report waits for",
    run: async (sql, [report = ""]) => {
      const jobs = await readValue(
        sql,
        `select public.resume_report(${literal(report)}) as value`,
      );
      return `${jobs} calls wait. One to each provider is made next, the rest follows.`;
    },
  },
  {
    usage: "retry-report <report>",
    description: "make the missing calls of a failed report again, before it is refunded",
    run: async (sql, [report = ""]) => {
      const calls = await readValue(
        sql,
        `select public.retry_report(${literal(report)}) as value`,
      );
      return `${calls} calls are made again.`;
    },
  },
  {
    usage: "auto-refund <on|off>",
    description: "whether the payments of failed reports are refunded by themselves",
    run: async (sql, [state = ""]) => {
      if (!["on", "off"].includes(state)) throw new Error(`say on or off, not ${state}`);
      await sql.run(
        `update private.billing_settings set auto_refund = ${state === "on"} where singleton`,
      );
      return state === "on"
        ? "Payments of reports that fail from now on are refunded."
        : "Refunds are yours: deno task operate show benchmarks 5 lists what is owed.";
    },
  },
  {
    usage: "sell <id> <reports> <amount> <currency> <name>",
    description: "offer a price of one report or a pack of several, in cents or yen",
    run: async (sql, [id = "", reports = "", amount = "", currency = "", name = ""]) => {
      await sql.run(
        `insert into public.prices (id, name, reports, amount, currency)
        values (${literal(id)}, ${literal(name)}, ${number(reports, "reports")}, ${
          number(amount, "amount")
        }, ${literal(currency)})
        on conflict (id) do update set name = excluded.name, reports = excluded.reports,
          amount = excluded.amount, currency = excluded.currency, active = true`,
      );
      return `${name} costs ${amount} ${currency} from now on.`;
    },
  },
  {
    usage: "stop-selling <id>",
    description: "let no new order name a price",
    run: async (sql, [id = ""]) => {
      const changed = await readValue(
        sql,
        `update public.prices set active = false where id = ${literal(id)} returning id as value`,
      );
      if (changed === undefined) throw new Error(`no price has the id ${id}`);
      return `${id} is no longer sold.`;
    },
  },
  {
    usage: "retry-email <job>",
    description: "send an e-mail that ended as a dead letter",
    run: async (sql, [job = ""]) => {
      const changed = await readValue(
        sql,
        `update private.job_queue
        set dead_at = null, attempts = 0, releases = 0, crashes = 0, run_at = now()
        where id = ${
          number(job, "job")
        } and kind in ('report_email', 'invitation_email') and dead_at is not null
        returning id as value`,
      );
      if (changed === undefined) throw new Error(`${job} is no dead e-mail`);
      return "The sweep starts a worker within 15 seconds.";
    },
  },
  {
    usage: "rescore",
    description: "score all reports of older scorers again",
    run: async (sql) => {
      let reports = 0;
      for (;;) {
        const begun = Number(await readValue(sql, "select public.rescore_reports(20) as value"));
        reports += begun;
        if (begun === 0) return `${reports} reports are scored again in the background.`;
      }
    },
  },
  {
    usage: "sync-models",
    description: "read the providers' lists of models now",
    run: async (sql) => {
      const request = await readValue(
        sql,
        "select private.invoke_function('models-sync') as value",
      );
      if (request === null) throw new Error("the vault lacks an entry: deno task doctor");
      return "models-sync was started.";
    },
  },
  {
    usage: "offer <model>",
    description: "let new orders name a model",
    run: async (sql, [model = ""]) => {
      await setActive(sql, model, true);
      return `${model} is offered.`;
    },
  },
  {
    usage: "withdraw <model>",
    description: "let no new order name a model",
    run: async (sql, [model = ""]) => {
      await setActive(sql, model, false);
      return `${model} is no longer offered.`;
    },
  },
  {
    usage: "add-model <id> <name> <input> <output> <context>",
    description: "offer a model of an endpoint of your own, with its prices and context length",
    run: async (sql, [id = "", name = "", input = "", output = "", context = ""]) => {
      const [provider = "", model] = id.split(/\/(.*)/s);
      if (!model) throw new Error("an id is a provider, a slash and the model's name there");
      await sql.run(
        `insert into public.models (id, name, provider, tier, base_url_key,
          input_price, output_price, cached_input_price, context_length)
        values (${literal(id)}, ${literal(name)}, ${literal(provider)}, 'budget', ${
          literal(provider)
        }, ${number(input, "price")}, ${number(output, "price")}, ${number(input, "price")}, ${
          number(context, "context")
        })`,
      );
      return `${id} is offered.`;
    },
  },
  {
    usage: "price <model> <input> <cached> <output>",
    description: "set a model's price in USD per million tokens, from now on",
    run: async (sql, [model = "", ...prices]) => {
      const [input, cached, output] = prices.map((price) => number(price, "price"));
      await sql.run(
        `select private.set_model_price(${
          literal(model)
        }, ${input}, ${cached}, ${output}, 'operator')`,
      );
      return `${model} costs ${input}, ${cached} and ${output} USD from now on.`;
    },
  },
  {
    usage: "limit <name> <value>",
    description: `set a limit: ${LIMITS.join(", ")}`,
    run: async (sql, [name = "", value = ""]) => {
      if (!LIMITS.includes(name)) throw new Error(`no limit is named ${name}`);
      await sql.run(`update private.queue_settings set ${name} = ${number(value, name)}`);
      return `${name} is ${value}. Reports keep the ceilings under which they were paid.`;
    },
  },
  {
    usage: "limit-chat <name> <value>",
    description: `set a limit of the chat: ${CHAT_LIMITS.join(", ")}; "none" removes it`,
    run: async (sql, [name = "", value = ""]) => {
      if (!CHAT_LIMITS.includes(name)) throw new Error(`the chat has no limit named ${name}`);
      const set = value === "none" ? "null" : number(value, name);
      await sql.run(`update private.chat_settings set ${name} = ${set}`);
      return `${name} is ${value} from the next question on.`;
    },
  },
  {
    usage: "limit-images <name> <value>",
    description: `set how images are kept: ${IMAGE_LIMITS.join(", ")}; "none" ends the retention`,
    run: async (sql, [name = "", value = ""]) => {
      if (!IMAGE_LIMITS.includes(name)) throw new Error(`images have no limit named ${name}`);
      const set = value === "none" ? "null" : number(value, name);
      await sql.run(`update private.image_settings set ${name} = ${set}`);
      return `${name} is ${value}.`;
    },
  },
  {
    usage: "limit-provider <provider> <calls>",
    description: "set how many calls a provider gets at once",
    run: async (sql, [provider = "", calls = ""]) => {
      await sql.run(
        `insert into private.provider_limits values (${literal(provider)}, ${
          number(calls, "calls")
        })
        on conflict (provider) do update set max_in_flight = excluded.max_in_flight`,
      );
      return `${provider} gets ${calls} calls at once.`;
    },
  },
];
