import { el } from "../shared/dom.js";
import { explain } from "../shared/session.js";
import { icon } from "./icon.js";

/** @typedef {import("./chat_data.ts").Rating} Rating */

const LONGEST_REASON = 1000;

/**
 * Returns thumbs up and down, which are stored at once, and a field for the reason. A second press on
 * a thumb withdraws it.
 *
 * @param {Rating | null} given
 * @param {(rating: Rating | null) => Promise<void>} save
 */
export function ratingForm(given, save) {
  let rating = given;
  const up = thumb("up", "Good answer");
  const down = thumb("down", "Bad answer");
  const field = /** @type {HTMLTextAreaElement} */ (el("textarea", {
    rows: 2,
    maxlength: LONGEST_REASON,
    "aria-label": "Reason",
  }));
  const send = el("button.small", { type: "submit" }, "Save reason");
  const reason = el("form.reason", field, send);
  const said = el("p.quiet.said", { role: "status" });
  const show = () => {
    up.setAttribute("aria-pressed", String(rating?.rating === 1));
    down.setAttribute("aria-pressed", String(rating?.rating === -1));
    reason.hidden = rating === null;
    field.placeholder = rating?.rating === 1
      ? "What was good? (optional)"
      : "What was wrong? (optional)";
  };
  /**
   * @param {Rating | null} next
   * @param {string} thanks
   */
  const change = async (next, thanks) => {
    const before = rating;
    rating = next;
    show();
    try {
      await save(next);
      said.textContent = thanks;
    } catch (error) {
      rating = before;
      show();
      said.textContent = `Not saved: ${explain(error).detail}`;
    }
  };
  const press = (/** @type {1 | -1} */ value) => () => {
    const isWithdrawn = rating?.rating === value;
    field.value = "";
    void change(
      isWithdrawn ? null : { rating: value, reason: null },
      isWithdrawn ? "Rating withdrawn." : "Rating saved.",
    );
  };
  up.addEventListener("click", press(1));
  down.addEventListener("click", press(-1));
  reason.addEventListener("submit", (event) => {
    event.preventDefault();
    if (rating === null) return;
    const text = field.value.trim();
    void change({ ...rating, reason: text === "" ? null : text }, "Reason saved. Thank you.");
  });
  field.value = given?.reason ?? "";
  show();
  return el(
    "div.rating",
    el("div.thumbs", { role: "group", "aria-label": "Rate this answer" }, up, down),
    reason,
    said,
  );
}

/**
 * @param {"up" | "down"} name
 * @param {string} label
 */
function thumb(name, label) {
  return el("button.thumb", { type: "button", "aria-label": label, title: label }, icon(name));
}
