import { announce, el } from "../shared/dom.js";
import { count, duration, percent, thousand, timeOfDay, usd } from "../shared/format.js";
import { describeWaits, expectEnd, summarizeProgress } from "./progress.js";

/** Progress, in percent, after which screen readers are told again. */
const ANNOUNCE_STEP = 10;

const WORDS = new Map([
  ["draft", "The benchmark has not been ordered yet."],
  ["awaiting_payment", "The benchmark is waiting for payment."],
  ["paid", "The benchmark is paid for and about to start."],
  ["running", "The models are reading the images."],
]);

const PAUSED =
  "Nothing is lost. The trouble is on our side: the benchmark goes on where it stopped once it is " +
  "solved. You may close this page. We write to you when the report is ready, or if it cannot be " +
  "finished within a day.";

/**
 * Returns the view of a running report; `update` shows new progress.
 *
 * @returns {{ element: HTMLElement, update: (news: import("./report_data.ts").Progress) => void }}
 */
export function progressView() {
  const title = el("h1", { id: "title" }, "The benchmark is running");
  const state = el("p.lead");
  const waits = el("div");
  const figure = el("p.count", { "aria-hidden": "true" });
  const clock = el("p.quiet");
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Runs finished" });
  const list = el("ul.lanes");
  let announced = -ANNOUNCE_STEP;
  return {
    element: el(
      "section.card.hero",
      { "aria-labelledby": "title" },
      el("p.eyebrow", "Live"),
      title,
      state,
      waits,
      figure,
      bar,
      clock,
      list,
      el(
        "p.facts",
        "The figures are provisional: they change until the last run. You may close this page: " +
          "nothing stops, and an e-mail tells the customer when the report is ready.",
      ),
    ),
    update: (news) => {
      const { models, ended, total } = summarizeProgress(news);
      const isPaused = typeof news.paused_since === "string";
      title.textContent = isPaused ? "The benchmark is paused" : "The benchmark is running";
      state.textContent = isPaused ? PAUSED : WORDS.get(news.status) ?? "";
      waits.replaceChildren(
        ...isPaused ? [] : describeWaits(news).map((line) => el("p.caution", line)),
      );
      figure.textContent = total === 0 ? "" : `${ended} of ${count(total, "run")}`;
      bar.setAttribute("max", String(Math.max(1, total)));
      bar.setAttribute("value", String(ended));
      clock.textContent = describeClock(news, { ended, total });
      list.replaceChildren(...models.map(lane));
      const percentage = total === 0 ? 0 : (100 * ended) / total;
      if (percentage >= announced + ANNOUNCE_STEP) {
        announced = percentage;
        announce(total === 0 ? state.textContent : `${ended} of ${total} runs finished`);
      }
    },
  };
}

/**
 * @param {import("./report_data.ts").Progress} news
 * @param {{ ended: number, total: number }} runs
 */
function describeClock({ started_at: startedAt, waiting_for: waits }, runs) {
  if (startedAt === null) return "";
  const now = Date.now();
  const elapsed = `Running for ${duration(now - Date.parse(startedAt))}.`;
  // A provider that accepts no calls may do so again at any time.
  const end = waits.length > 0 ? null : expectEnd(Date.parse(startedAt), now, runs);
  return end === null
    ? elapsed
    : `${elapsed} Expected end at about ${timeOfDay(new Date(end).toISOString())}.`;
}

/** @param {ReturnType<typeof summarizeProgress>["models"][number]} model */
function lane({ name, ended, total, failed, accuracy, cost_per_run: cost }) {
  const bar = el("progress", { max: Math.max(1, total), value: ended, "aria-label": name });
  const note = failed === 0 ? "" : `, ${failed} failed`;
  return el(
    "li",
    el("span", name),
    bar,
    el("span", `${ended}/${total}${note}`),
    accuracy === null ? null : el(
      "span.so-far",
      `so far ${percent(accuracy)} right` +
        (cost === null ? "" : `, ${usd(thousand(cost))} per 1,000`),
    ),
  );
}
