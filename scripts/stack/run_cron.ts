import { Cron } from "croner";
import postgres from "postgres";
import { Slots } from "./slots.ts";
import type { Log, Service } from "./types.ts";
import { connectWorker, isExtensionMissing } from "./worker_database.ts";

/** pg_cron's limit on hosted Supabase. */
const MAX_RUNNING = 8;

interface Job {
  readonly jobid: string;
  readonly schedule: string;
  readonly command: string;
  readonly username: string;
}

/** A schedule as pg_cron writes it, as `croner` takes it. */
export interface CronTiming {
  readonly pattern: string;
  /** Seconds between two runs, for the schedules that are not bound to the clock. */
  readonly interval?: number;
}

/** Translates `30 seconds`, `@daily`, and five fields, where `$` is the last day of the month. */
export function readSchedule(schedule: string): CronTiming {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(schedule)?.[1];
  if (seconds !== undefined) return { pattern: "* * * * * *", interval: Number(seconds) };
  return { pattern: schedule.trim().replaceAll("$", "L") };
}

/**
 * Does the work of pg_cron's background worker: runs what `cron.job` says, as each job's own user, and
 * records it in `cron.job_run_details`. A run that is due while the one before it still runs waits for
 * it; at most eight run at once.
 *
 * @param adminUrl connection string of the superuser, whose tables these are.
 * @param urlOf connection string of a job's user.
 */
export async function startCron(
  adminUrl: string,
  urlOf: (username: string) => string,
  log: Log,
): Promise<Service> {
  const sql = connectWorker(adminUrl, "pg_cron");
  const tasks = new Map<string, Task>();
  const slots = new Slots(MAX_RUNNING);
  const running = new Set<postgres.Sql>();
  let isStopping = false;
  let loading = Promise.resolve();

  const load = async () => {
    if (isStopping) return;
    try {
      const jobs = await sql<Job[]>`
        select jobid, schedule, command, username from cron.job where active`;
      const wanted = new Map(jobs.map((job) => [JSON.stringify(job), job]));
      for (const [key, task] of tasks) {
        if (wanted.has(key)) continue;
        task.stop();
        tasks.delete(key);
      }
      for (const [key, job] of wanted) {
        if (tasks.has(key)) continue;
        try {
          tasks.set(key, new Task(job, () => slots.use(() => run(job))));
        } catch (error) {
          log("pg_cron", `job ${job.jobid} has a schedule that never comes: ${error}`);
        }
      }
    } catch (error) {
      if (!isStopping && !isExtensionMissing(error)) log("pg_cron", `cannot read jobs: ${error}`);
    }
  };
  const reload = () => {
    loading = loading.then(load);
  };

  const run = async (job: Job) => {
    if (isStopping) return;
    const connection = postgres(urlOf(job.username), {
      max: 1,
      // Nobody waits for that question of the library's own, so nobody would hear that it was cut off.
      fetch_types: false,
      onnotice: () => {},
      connection: { application_name: "pg_cron" },
    });
    running.add(connection);
    try {
      const [details] = await sql<{ runid: string }[]>`
        insert into cron.job_run_details (jobid, database, username, command, status, start_time)
        values (
          ${job.jobid}, current_database(), ${job.username}, ${job.command}, 'running',
          clock_timestamp()
        )
        returning runid`;
      const runid = details?.runid ?? null;
      const { status, message } = await execute(connection, job.command);
      if (isStopping) return;
      await sql`
        update cron.job_run_details
        set status = ${status}, return_message = ${message}, end_time = clock_timestamp()
        where runid = ${runid}`;
    } catch (error) {
      if (!isStopping) log("pg_cron", `job ${job.jobid} could not be recorded: ${error}`);
    } finally {
      running.delete(connection);
      await connection.end();
    }
  };

  await sql`
    update cron.job_run_details set status = 'failed', return_message = 'server restarted'
    where status in ('starting', 'running')`.catch((error) => {
    if (!isExtensionMissing(error)) throw error;
  });
  await sql.listen("pg_cron_change", reload, reload);

  return {
    name: "pg_cron",
    async stop() {
      isStopping = true;
      for (const task of tasks.values()) task.stop();
      await Promise.all([...running].map((connection) => connection.end({ timeout: 0 })));
      await loading;
      await sql.end({ timeout: 5 });
    },
  };
}

/** One job on the clock. */
class Task {
  readonly #cron: Cron;
  #due = 0;
  #isRunning = false;

  constructor(job: Job, private readonly run: () => Promise<void>) {
    const { pattern, interval } = readSchedule(job.schedule);
    const options = { timezone: "UTC", ...interval === undefined ? {} : { interval } };
    this.#cron = new Cron(pattern, options, () => {
      // Runs by the clock all take place, however late; of the others one at a time waits.
      this.#due = interval === undefined ? this.#due + 1 : 1;
      this.#catchUp();
    });
  }

  stop(): void {
    this.#cron.stop();
    this.#due = 0;
  }

  async #catchUp(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#due > 0) {
      this.#due -= 1;
      await this.run();
    }
    this.#isRunning = false;
  }
}

async function execute(
  connection: postgres.Sql,
  command: string,
): Promise<{ status: "succeeded" | "failed"; message: string }> {
  try {
    const result = await connection.unsafe(command).simple();
    return { status: "succeeded", message: `${result.command ?? ""} ${result.count ?? ""}`.trim() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: "failed", message: `ERROR:  ${message}` };
  }
}
