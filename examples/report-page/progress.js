// The one place that knows how news of a running report come.

import { NotFound } from "./api.js";

const POLL_MS = 2000;
const RETRY_MS = 5000;

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

/**
 * Calls `onNews` whenever there is any, and settles once the report has ended. A server that does
 * not answer is asked again; a link that opens nothing any more rejects.
 *
 * @param {import("./api.js").Api} api
 * @param {(news: import("./report_data.ts").Progress) => void} onNews
 * @param {AbortSignal} signal
 */
export async function followProgress(api, onNews, signal) {
  while (!signal.aborted) {
    let delay = POLL_MS;
    try {
      const news = await api.progress(signal);
      onNews(news);
      if (hasEnded(news.status)) return;
    } catch (error) {
      if (error instanceof NotFound) throw error;
      delay = RETRY_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}
