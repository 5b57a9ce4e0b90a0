// Reads one JSON command per line. Answers each with one line: number of jobs and milliseconds.
import { createInterface } from "node:readline";

/** Runs the handler that each line of standard input names in `do`, one after the other, then `stop`. */
export async function serve({ stop, ...handlers }) {
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...options } = JSON.parse(line);
    const begun = performance.now();
    const answer = await handlers[name](options);
    const milliseconds = performance.now() - begun;
    console.log(JSON.stringify({
      jobs: 0,
      milliseconds,
      ...typeof answer === "object" ? answer : { jobs: answer ?? 0 },
    }));
  }
  await stop();
  process.exit(0);
}
