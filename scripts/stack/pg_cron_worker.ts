import pLimit from "p-limit";
import { Cron } from "croner";
import postgres from "postgres";
import type { Log, Service } from "./service.ts";
import { connectWorker, isExtensionMissing } from "./worker_database.ts";

/** Limit of running jobs in pg_cron on hosted Supabase. */
const MAX_RUNNING = 8;

interface Job {
  readonly jobid: string;
  readonly schedule: string;
  readonly command: string;
  readonly username: string;
}

/** Schedule of pg_cron in the format of `croner`. */
export interface CronTiming {
  readonly pattern: string;
  /** Seconds between two runs, for schedules that are not tied to the clock. */
  readonly interval?: number;
}

/** Converts a schedule: `30 seconds`, `@daily` or five fields; `$` is the month's last day. */
export function readSchedule(schedule: string): CronTiming {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(schedule)?.[1];
  if (seconds !== undefined) return { pattern: "* * * * * *", interval: Number(seconds) };
  return { pattern: schedule.trim().replaceAll("$", "L") };
}

/**
 * Does the work of pg_cron's background worker: runs the jobs of `cron.job`, each as its own user,
 * and records them in `cron.job_run_details`. A run that is due while the previous one is still
 * running waits for it. At most eight jobs run at once.
 *
 * @param adminUrl connection string of the superuser, who owns these tables.
 * @param urlOf returns the connection string of a job's user.
 */
export async function startCron(
  adminUrl: string,
  urlOf: (username: string) => string,
  log: Log,
): Promise<Service> {
  const sql = connectWorker(adminUrl, "pg_cron");
  const tasks = new Map<string, { stop(): void }>();
  const limit = pLimit(MAX_RUNNING);
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
          tasks.set(key, startTask(job, () => limit(() => run(job))));
        } catch (error) {
          log("pg_cron", `job ${job.jobid} has a schedule without a next run: ${error}`);
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
      // The library sends this query itself and nobody awaits it, so its cancellation must be
      // handled here.
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
      if (!isStopping) {
        log("pg_cron", `job ${job.jobid} was not recorded in cron.job_run_details: ${error}`);
      }
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

/**
 * Starts the timer of one job. A run that is due while the previous one is still running waits for
 * it.
 */
function startTask({ schedule }: Job, run: () => Promise<void>): { stop(): void } {
  const { pattern, interval } = readSchedule(schedule);
  const turns = pLimit(1);
  const options = { timezone: "UTC", ...interval === undefined ? {} : { interval } };
  const cron = new Cron(pattern, options, () => {
    // Clock-based runs all take place, however late. For interval runs at most one waits.
    if (interval === undefined || turns.pendingCount === 0) void turns(run);
  });
  return {
    stop: () => {
      cron.stop();
      turns.clearQueue();
    },
  };
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
