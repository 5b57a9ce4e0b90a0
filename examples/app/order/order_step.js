import { announce, el, section } from "../shared/dom.js";
import { count, duration, usd } from "../shared/format.js";
import { explain } from "../shared/session.js";

/** @import { Draft, Quote } from "./order_data.ts" */

/**
 * Returns the last step: what the order costs, what is still missing, and the way to pay.
 *
 * @param {() => Promise<string>} order orders the saved draft and returns the page to pay on
 */
export function orderStep(order) {
  const place = el("div", { "aria-live": "polite" });
  const pay = /** @type {HTMLButtonElement} */ (el(
    "button.primary",
    { type: "button", disabled: true },
    "Order and pay",
  ));
  const said = el("p.warning", { role: "alert", hidden: true });
  pay.addEventListener("click", async () => {
    pay.disabled = true;
    said.hidden = true;
    try {
      location.href = await order();
    } catch (error) {
      said.hidden = false;
      said.textContent = explain(error).detail;
      pay.disabled = false;
    }
  });
  return {
    element: section("pay", "Price", null, el("div.card", place, el("p.actions", pay), said)),
    /** Shows that figures are being computed. */
    wait() {
      pay.disabled = true;
      place.replaceChildren(el("p.quiet", "Computing…"));
    },
    /** @param {string} text what is still to do */
    ask(text) {
      pay.disabled = true;
      place.replaceChildren(el("p.quiet", text));
    },
    /**
     * @param {unknown} error
     * @param {Draft} draft
     */
    refuse(error, draft) {
      pay.disabled = true;
      const { detail, errors = [] } = explain(error);
      place.replaceChildren(
        el("p.warning", detail),
        el("ul.problems", ...errors.map((one) => el("li", describeError(one, draft)))),
      );
      announce(detail);
    },
    /** @param {Quote} quote */
    show({ estimate, warnings }) {
      pay.disabled = false;
      const price = new Intl.NumberFormat("en", {
        style: "currency",
        currency: estimate.currency,
      });
      const smallest = 10 ** (price.resolvedOptions().maximumFractionDigits ?? 2);
      const lines = [
        `${count(estimate.calls, "call")} of models, each model reads each image ` +
        `${count(estimate.runs_per_model, "time")}`,
        estimate.runs_per_model < estimate.requested_runs_per_model
          ? `${estimate.requested_runs_per_model} times would exceed the budget of a report`
          : null,
        `the models cost about ${usd(estimate.total_usd)}, which the price includes`,
        `ready about ${duration(1000 * estimate.duration_seconds)} after the payment`,
      ];
      place.replaceChildren(
        el("p.price", price.format(estimate.price_cents / smallest)),
        el("p.quiet", `${lines.filter((line) => line !== null).join("; ")}.`),
        ...warnings.map(({ message }) => el("p.caution", message)),
      );
      announce(`The price is ${price.format(estimate.price_cents / smallest)}.`);
    },
  };
}

/**
 * Writes an error of the order with the image's name in place of its number.
 *
 * @param {{ path?: string, message: string }} error
 * @param {Draft} draft
 */
function describeError({ path = "", message }, { images }) {
  const place = path.replace(/^configuration\.?/, "");
  const [, index, rest] = /^images\.(\d+)\.?(.*)$/.exec(place) ?? [];
  const image = index === undefined ? undefined : images[Number(index)];
  const where = image === undefined ? place : [image.name, rest].filter(Boolean).join(", ");
  return where === "" ? message : `${where}: ${message}`;
}
