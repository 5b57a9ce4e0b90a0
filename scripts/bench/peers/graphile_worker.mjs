// Runs graphile-worker under Node with its batching: a local queue of the batch's size, completions in
// batches, and as many concurrent jobs as a batch has.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { serve } from "./serve.mjs";

const TASK = "bench";
const connectionString = process.argv[2];
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
await utils.withPgClient((client) =>
  client.query("create table results (job_id bigint primary key, output jsonb not null)")
);

serve({
  async enqueue({ payloads }) {
    await utils.addJobs(payloads.map((payload) => ({ identifier: TASK, payload })));
  },
  // graphile-worker stores no results, so the task writes its own. Without one it has less work than the others.
  async drain({ batch, result, jobs, storesResults }) {
    const pool = new pg.Pool({ connectionString, max: batch + 2 });
    pool.on("error", (error) => {
      throw error;
    });
    pool.on("connect", (client) => client.on("error", () => {}));
    const drained = Promise.withResolvers();
    let begun = 0;
    let done = 0;
    const runner = await run({
      preset: {
        worker: {
          concurrentJobs: batch,
          ...batch > 1 ? { localQueue: { size: batch }, completeJobBatchDelay: 0 } : {},
        },
      },
      pgPool: pool,
      logger,
      noHandleSignals: true,
      taskList: {
        async [TASK](_payload, helpers) {
          // The time to start it is not counted.
          begun ||= performance.now();
          if (storesResults) {
            await helpers.query("insert into results values ($1, $2)", [helpers.job.id, result]);
          }
          if (++done === jobs) drained.resolve();
        },
      },
    });
    await drained.promise;
    await runner.stop();
    const milliseconds = performance.now() - begun;
    await pool.end();
    await utils.withPgClient((client) => client.query("truncate results"));
    return { jobs: done, milliseconds };
  },
  async stop() {
    await utils.release();
  },
});
