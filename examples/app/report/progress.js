// The one place that knows how news of a running report come.

import { NotFound } from "./api.js";
import { timeOfDay } from "../shared/format.js";

const POLL_MS = 2000;
const RETRY_MS = 5000;
/** A channel brings each message once at most, and no word of a link that was taken back. */
const JOINED_MS = 30_000;

/** States in which a report changes no more. */
const ENDED = ["complete", "failed", "refunded"];

/** @param {string} status */
export function hasEnded(status) {
  return ENDED.includes(status);
}

/**
 * Runs of a report, all and by model.
 *
 * @param {Pick<import("./report_data.ts").Progress, "models">} news as `/report/progress` answers
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

/** Names of providers that are more than their key with a capital letter. */
const PROVIDERS = new Map([["openrouter", "OpenRouter"], ["openai", "OpenAI"]]);

/**
 * Says, a sentence each, which providers runs wait for and until when.
 *
 * @param {Pick<import("./report_data.ts").Progress, "waiting_for">} news
 */
export function describeWaits({ waiting_for: waits = [] }) {
  return waits.map(({ provider, next_try_at: next }) => {
    const name = PROVIDERS.get(provider) ?? provider.charAt(0).toUpperCase() + provider.slice(1);
    return `Waiting for ${name}: it takes no calls at the moment. Nothing is lost` +
      `${next === null ? "." : `; next try at ${timeOfDay(next)}.`}`;
  });
}

/**
 * Calls `onNews` whenever there is any, and settles once the report has ended. The report's channel
 * brings the news; until it is joined, and where it cannot be, the server is asked again and again.
 * A link that opens nothing any more rejects.
 *
 * @param {import("./api.js").Api} api
 * @param {(news: import("./report_data.ts").Progress) => void} onNews
 */
export async function followProgress(api, onNews) {
  let isJoined = false;
  let isEnded = false;
  let wakeUp = () => {};
  const take = (/** @type {import("./report_data.ts").Progress} */ news) => {
    // An answer may be older than what the channel has brought meanwhile: an end is an end.
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
      // Joined: what came before has to be asked for. Not joined any more: all that comes.
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
