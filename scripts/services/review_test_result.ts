import { z } from "zod";
import { dataOf } from "./chat_messages.ts";

const pastSchema = z.object({
  status: z.string(),
  duration_secs: z.number().nullish(),
  watcher_quality: z.number().nullish(),
});
const subjectSchema = z.object({
  result: pastSchema.extend({
    tool_name: z.string(),
    error_class: z.string().optional(),
    error_message: z.string().optional(),
  }),
  history: z.array(pastSchema),
});

/** Returns a simulated model's review of the test result in a prompt; null if there is none. */
export function reviewTestResult(prompt: string): string | null {
  const parsed = subjectSchema.safeParse(dataOf(prompt));
  if (!parsed.success) return null;
  const { result, history: [last, ...earlier] } = parsed.data;
  const took = result.duration_secs ?? null;
  const tookBefore = last?.duration_secs ?? null;
  const hasPassed = result.status === "PASS";
  const isSlower = took !== null && tookBefore !== null && took > 1.5 * tookBefore;
  const changes = last !== undefined && last.status !== result.status
    ? [`It ended as ${result.status} after ${last.status}.`]
    : [];
  return JSON.stringify({
    quality_score: hasPassed ? isSlower ? 6 : 9 : result.status === "SKIP" ? 5 : 2,
    strengths: hasPassed ? [`${result.tool_name} passes.`] : [],
    weaknesses: hasPassed ? [] : [`${result.tool_name} ends as ${result.status}.`],
    anomalies: [
      ...changes,
      ...isSlower ? [`It took ${took} s after ${tookBefore} s.`] : [],
    ],
    recommendations: hasPassed ? [] : [`Look into ${result.error_class ?? "the failure"} first.`],
    confidence_level: last === undefined ? "low" : earlier.length === 0 ? "medium" : "high",
  });
}
