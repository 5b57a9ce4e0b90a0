// Runs pg-boss under Node as its documentation recommends: one consumer that fetches and completes.
import { PgBoss } from "pg-boss";
import { serve } from "./serve.mjs";

const QUEUE = "bench";

// Maintenance is off during the measurement, because a round is too short to need any.
const boss = new PgBoss({
  connectionString: process.argv[2],
  supervise: false,
  schedule: false,
  max: 2,
});
boss.on("error", (error) => {
  throw error;
});
await boss.start();
await boss.createQueue(QUEUE);

serve({
  async enqueue({ payloads }) {
    await boss.insert(QUEUE, payloads.map((data) => ({ data })));
  },
  async drain({ batch, result }) {
    let jobs = 0;
    while (true) {
      const fetched = await boss.fetch(QUEUE, { batchSize: batch });
      if (fetched.length === 0) return jobs;
      // Passes jobs instead of ids, so that completion is tied to the attempt, as ours is.
      await boss.complete(QUEUE, fetched, result);
      jobs += fetched.length;
    }
  },
  async stop() {
    await boss.stop({ graceful: false });
  },
});
