import { announce, el } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { describeWaits, summarizeProgress } from "./progress.js";

/** Progress, in percent, after which screen readers are told again. */
const ANNOUNCE_STEP = 10;

const WORDS = new Map([
  ["draft", "The benchmark has not been ordered yet."],
  ["awaiting_payment", "The benchmark is waiting for payment."],
  ["paid", "The benchmark is paid for and about to start."],
  ["running", "The models are reading the images."],
]);

/**
 * Returns the view of a running report; `update` shows new progress.
 *
 * @returns {{ element: HTMLElement, update: (news: import("./report_data.ts").Progress) => void }}
 */
export function progressView() {
  const state = el("p.lead");
  const waits = el("div");
  const figure = el("p.count", { "aria-hidden": "true" });
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Runs finished" });
  const list = el("ul.lanes");
  let announced = -ANNOUNCE_STEP;
  return {
    element: el(
      "section.card.hero",
      { "aria-labelledby": "title" },
      el("p.eyebrow", "Live"),
      el("h1", { id: "title" }, "The benchmark is running"),
      state,
      waits,
      figure,
      bar,
      list,
    ),
    update: (news) => {
      const { models, ended, total } = summarizeProgress(news);
      state.textContent = WORDS.get(news.status) ?? "";
      waits.replaceChildren(...describeWaits(news).map((line) => el("p.caution", line)));
      figure.textContent = total === 0 ? "" : `${ended} of ${count(total, "run")}`;
      bar.setAttribute("max", String(Math.max(1, total)));
      bar.setAttribute("value", String(ended));
      list.replaceChildren(...models.map(lane));
      const percentage = total === 0 ? 0 : (100 * ended) / total;
      if (percentage >= announced + ANNOUNCE_STEP) {
        announced = percentage;
        announce(total === 0 ? state.textContent : `${ended} of ${total} runs finished`);
      }
    },
  };
}

/** @param {{ name: string, ended: number, total: number, failed: number }} model */
function lane({ name, ended, total, failed }) {
  const bar = el("progress", { max: Math.max(1, total), value: ended, "aria-label": name });
  const note = failed === 0 ? "" : `, ${failed} failed`;
  return el("li", el("span", name), bar, el("span", `${ended}/${total}${note}`));
}
