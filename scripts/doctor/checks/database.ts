import { z } from "zod";
import { failed, type Finding, ok } from "../finding.ts";
import { poll } from "../poll.ts";
import type { Target } from "../target.ts";

const findingsSchema = z.array(z.object({
  subject: z.string(),
  state: z.enum(["ok", "warning", "failed"]),
  finding: z.string(),
  remedy: z.string().nullable(),
}));

/** Time in which a new project runs its first cron job and reads its providers' lists. */
const FIRST_RUNS_MS = 75_000;
const NOT_YET = /not (run|been read) yet/;

/** Asks the database what it can see of its own project. Waits for what a new project runs first. */
export async function checkDatabase({ sql }: Target): Promise<Finding[]> {
  const diagnose = async () =>
    findingsSchema.parse(
      await sql.run("select subject, state, finding, remedy from private.diagnose()"),
    );
  return await poll(
    diagnose,
    (findings) => !findings.some(({ finding }) => NOT_YET.test(finding)),
    FIRST_RUNS_MS,
  );
}

/** Checks that Postgres calls the functions of this project and of no other. */
export async function checkProjectUrl(
  { sql, apiUrl }: Pick<Target, "sql" | "apiUrl">,
): Promise<Finding[]> {
  const [row] = await sql.run(
    "select decrypted_secret as url from vault.decrypted_secrets where name = 'project_url'",
  );
  const url = row?.["url"];
  // What is missing is a finding of the database's own.
  if (typeof url !== "string") return [];
  if (url === apiUrl) return [ok("project_url", `Postgres calls the functions at ${apiUrl}`)];
  return [failed(
    "project_url",
    `Postgres calls the functions of ${url}, but this project is ${apiUrl}`,
    "deno task deploy to this project writes the right one",
  )];
}

const startedSchema = z.array(z.object({ name: z.string(), id: z.string().nullable() }));
const answersSchema = z.array(z.object({
  id: z.string(),
  status: z.number().nullable(),
  error: z.string().nullable(),
}));

/** Time in which pg_net has sent a request and a cold function has answered. */
const ANSWER_MS = 20_000;

/** Has Postgres start one worker of each kind, and checks that each answers 202. */
export async function checkWorkers({ sql }: Target): Promise<Finding[]> {
  const started = startedSchema.parse(
    await sql.run(`
      select name, private.invoke_function(name)::text as id
      from (select distinct function_name as name from private.job_kinds union select 'models-sync') x
      order by name`),
  );
  const ids = started.flatMap(({ id }) => id === null ? [] : [id]);
  if (ids.length < started.length) {
    return [failed("workers", "Postgres starts none: the vault lacks an entry", "See vault")];
  }
  const answers = await poll(
    async () =>
      answersSchema.parse(
        await sql.run(`
          select id::text, status_code as status, error_msg as error from net._http_response
          where id in (${ids.join(", ")})`),
      ),
    (rows) => rows.length === ids.length,
    ANSWER_MS,
  );
  const problems = started.flatMap(({ name, id }) => {
    const answer = answers.find((row) => row.id === id);
    return answer?.status === 202 ? [] : [describeAnswer(name, answer)];
  });
  return problems.length > 0
    ? problems
    : [ok("workers", `Postgres started ${started.length} workers and all answered 202`)];
}

function describeAnswer(
  name: string,
  answer: { readonly status: number | null; readonly error: string | null } | undefined,
): Finding {
  if (answer === undefined) {
    return failed(
      "workers",
      `${name}: pg_net has sent nothing for ${ANSWER_MS / 1000} s`,
      "Restart the database under Settings, General: pg_net's worker does not run",
    );
  }
  const remedies: Readonly<Record<number, string>> = {
    401: "The worker token is refused: project_url may be another project's; deploy again",
    404: "The function is not deployed: deno task deploy",
    503: "The function does not start, mostly because a setting is missing: read its log",
  };
  const said = answer.status === null ? answer.error ?? "no answer" : `status ${answer.status}`;
  return failed(
    "workers",
    `${name} was started by Postgres and answered: ${said}`,
    remedies[answer.status ?? 0] ?? "Read the log of the function",
  );
}
