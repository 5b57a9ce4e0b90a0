// Follows the progress of a running report, by its Realtime channel or by polling.

import { NotFound } from "./api.js";
import { timeOfDay } from "../shared/format.js";

const POLL_MS = 2000;
const RETRY_MS = 5000;
/**
 * Polling interval while the channel is joined. The channel delivers each message at most once, and
 * does not tell that a link was revoked.
 */
const JOINED_MS = 30_000;

/** Statuses of a report that has ended. */
const ENDED = ["complete", "failed", "refunded"];

/** @param {string} status */
export function hasEnded(status) {
  return ENDED.includes(status);
}

/**
 * Counts the runs of a report, in total and by model.
 *
 * @param {Pick<import("./report_data.ts").Progress, "models">} news response of `/report/progress`
 */
export function summarizeProgress({ models }) {
  const byModel = models.map((model) => {
    const ended = model.complete + model.failed + model.skipped;
    return { ...model, ended, total: ended + model.queued + model.running };
  });
  const sum = (/** @type {"ended" | "total" | "failed"} */ key) =>
    byModel.reduce((total, model) => total + model[key], 0);
  return { models: byModel, ended: sum("ended"), total: sum("total"), failed: sum("failed") };
}

/**
 * Returns the time at which all runs will have ended if they go on as fast as so far, in milliseconds;
 * null before a twentieth has ended, when too little is known.
 *
 * @param {number} start milliseconds
 * @param {number} now milliseconds
 * @param {{ ended: number, total: number }} runs
 */
export function expectEnd(start, now, { ended, total }) {
  if (ended === 0 || ended < total / 20) return null;
  return now + ((now - start) * (total - ended)) / ended;
}

/** Names of providers that are not just their key with a capital letter. */
const PROVIDERS = new Map([["openrouter", "OpenRouter"], ["openai", "OpenAI"]]);

/**
 * Describes, one sentence each, the providers that runs wait for and the next attempt.
 *
 * @param {Pick<import("./report_data.ts").Progress, "waiting_for">} news
 */
export function describeWaits({ waiting_for: waits }) {
  return waits.map(({ provider, next_try_at: next }) => {
    const name = PROVIDERS.get(provider) ?? provider.charAt(0).toUpperCase() + provider.slice(1);
    return `Waiting for ${name}, which accepts no calls at the moment. No run is lost.` +
      `${next === null ? "" : ` Next attempt at ${timeOfDay(next)}.`}`;
  });
}

/**
 * Calls `onNews` with each progress, and resolves once the report has ended. Progress comes from the
 * report's channel. Until the channel is joined, or if it cannot be, the server is polled. The promise
 * rejects if the link no longer opens the report.
 *
 * @param {import("./api.js").Api} api
 * @param {(news: import("./report_data.ts").Progress) => void} onNews
 */
export async function followProgress(api, onNews) {
  let isJoined = false;
  let isEnded = false;
  let wakeUp = () => {};
  const take = (/** @type {import("./report_data.ts").Progress} */ news) => {
    // A response may be older than the last message of the channel: ignore it after the end.
    if (isEnded) return;
    onNews(news);
    isEnded = hasEnded(news.status);
    if (isEnded) wakeUp();
  };
  const leaving = api.follow({
    onNews: take,
    onJoined: (joined) => {
      if (joined === isJoined) return;
      isJoined = joined;
      // On joining, earlier progress must be fetched. On leaving, polling must start at once.
      wakeUp();
    },
  }).catch(() => async () => {});
  try {
    while (!isEnded) {
      const wait = Promise.withResolvers();
      wakeUp = () => wait.resolve(undefined);
      let failed = false;
      try {
        take(await api.progress());
      } catch (error) {
        if (error instanceof NotFound) throw error;
        failed = true;
      }
      if (isEnded) break;
      setTimeout(wakeUp, isJoined ? JOINED_MS : failed ? RETRY_MS : POLL_MS);
      await wait.promise;
    }
  } finally {
    void leaving.then((leave) => leave());
  }
}
