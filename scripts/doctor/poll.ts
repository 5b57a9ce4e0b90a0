import { setTimeout } from "node:timers/promises";

/** Time between two questions. */
const PAUSE_MS = 500;

/** Asks until an answer is good or time is up. Returns the last answer. */
export async function poll<Answer>(
  ask: () => Promise<Answer>,
  isGood: (answer: Answer) => boolean,
  deadlineMs: number,
): Promise<Answer> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || performance.now() > deadline) return answer;
    await setTimeout(PAUSE_MS);
  }
}
