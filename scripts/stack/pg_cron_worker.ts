import pLimit from "p-limit";
import { Cron } from "croner";
import { createPgClient, type PgClient } from "./pg_client.ts";
import type { Log, Service } from "./service.ts";
import { isExtensionMissing, type Session, startWorker } from "./worker_session.ts";

const CONNECT_MS = 5_000;

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
  const tasks = new Map<string, { stop(): void }>();
  const limit = pLimit(MAX_RUNNING);
  /** Connections of the jobs that run now, by the id of their run. */
  const running = new Map<string, PgClient>();
  /** Undefined while the database is away. Runs that are due then do not take place. */
  let current: Session | undefined;

  const load = async ({ query }: Session) => {
    const jobs = await query<Job>(
      "select jobid, schedule, command, username from cron.job where active",
    );
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
  };

  const run = async (job: Job) => {
    try {
      const [details] = await current?.query<{ runid: string }>(
        `insert into cron.job_run_details (jobid, database, username, command, status, start_time)
         values ($1, current_database(), $2, $3, 'running', clock_timestamp())
         returning runid`,
        [job.jobid, job.username, job.command],
      ) ?? [];
      if (details === undefined) return;
      const connection = createPgClient({
        connectionString: urlOf(job.username),
        application_name: "pg_cron",
        connectionTimeoutMillis: CONNECT_MS,
      });
      running.set(details.runid, connection);
      const { status, message } = await execute(connection, job.command);
      running.delete(details.runid);
      await current?.query(
        `update cron.job_run_details
         set status = $2, return_message = $3, end_time = clock_timestamp() where runid = $1`,
        [details.runid, status, message],
      );
    } catch (error) {
      if (current === undefined || current.over.aborted) return;
      log("pg_cron", `job ${job.jobid} was not recorded in cron.job_run_details: ${error}`);
    }
  };

  /** Ends the record of runs that nobody carries out any more. */
  const closeRuns = async ({ query }: Session) => {
    await query(
      `update cron.job_run_details set status = 'failed', return_message = 'server restarted'
       where status in ('starting', 'running') and not runid = any ($1)`,
      [[...running.keys()]],
    );
  };

  const worker = startWorker({
    dbUrl: adminUrl,
    name: "pg_cron",
    channel: "pg_cron_change",
    work: async (session) => {
      current = session;
      try {
        for (let isFirst = true; !session.over.aborted; isFirst = false) {
          try {
            if (isFirst) await closeRuns(session);
            await load(session);
          } catch (error) {
            if (!isExtensionMissing(error)) throw error;
          }
          await session.notified();
        }
      } finally {
        if (current === session) current = undefined;
      }
    },
    log,
  });
  await worker.ready;
  return {
    name: "pg_cron",
    async stop() {
      for (const task of tasks.values()) task.stop();
      await worker.stop();
      await Promise.all([...running.values()].map((connection) => connection.end()));
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

/** Runs a command on a connection of its own, which is closed afterwards. Never rejects. */
async function execute(
  connection: PgClient,
  command: string,
): Promise<{ status: "succeeded" | "failed"; message: string }> {
  // A lost connection also rejects what waits for it.
  connection.on("error", () => {});
  try {
    await connection.connect();
    const results = await connection.query(command);
    const last = Array.isArray(results) ? results.at(-1) : results;
    return {
      status: "succeeded",
      message: `${last?.command ?? ""} ${last?.rowCount ?? ""}`.trim(),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: "failed", message: `ERROR:  ${message}` };
  } finally {
    await connection.end().catch(() => {});
  }
}
