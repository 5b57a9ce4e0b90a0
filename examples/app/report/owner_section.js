import { announce, el } from "../shared/dom.js";
import { writeJson } from "../shared/json.js";
import { Refused } from "./api.js";

/**
 * Returns the owner's panel: the link to share, what it shows, the payment and another scoring. Null
 * for visitors.
 *
 * @param {import("./report_data.ts").ReportData} data
 * @param {import("./api.js").Api} api
 */
export function ownerView({ sharing, payment, order, report }, api) {
  if (sharing === null) return null;
  return el(
    "div.card.owner",
    el(
      "p",
      "You opened your own link. It shows everything; keep it. Whoever has it can share this " +
        "report and have it scored again.",
    ),
    sharingView(sharing, api),
    payment === null ? null : paymentView(payment),
    order === null || report.summary === null ? null : rescoringView(order.json_schema, api),
  );
}

/**
 * Runs an action of the owner and shows what came of it.
 *
 * @param {HTMLElement} said
 * @param {() => Promise<string>} action returns what to say
 */
async function attempt(said, action) {
  try {
    said.textContent = await action();
  } catch (error) {
    said.textContent = error instanceof Refused
      ? error.message
      : "That did not work. Check the connection and try again.";
  }
  announce(said.textContent);
}

/**
 * @param {NonNullable<import("./report_data.ts").ReportData["sharing"]>} sharing
 * @param {import("./api.js").Api} api
 */
function sharingView(sharing, api) {
  const said = el("p.said");
  const place = el("div");
  /** @param {typeof sharing} now */
  const show = (now) => {
    const change = (
      /** @type {Parameters<typeof api.share>[0]} */ wanted,
      /** @type {string} */ done,
    ) =>
      attempt(said, async () => {
        show(await api.share(wanted));
        return done;
      });
    const action = (
      /** @type {string} */ title,
      /** @type {"rotate" | "revoke"} */ wanted,
      /** @type {string} */ done,
    ) => {
      const button = el("button.plain", { type: "button" }, title);
      button.addEventListener("click", () => void change({ change: wanted }, done));
      return button;
    };
    const shares = /** @type {HTMLInputElement} */ (el(
      "input",
      { type: "checkbox", checked: now.shares_order },
    ));
    const expires = /** @type {HTMLInputElement} */ (el(
      "input",
      { type: "date", value: now.share_expires_at?.slice(0, 10) ?? "" },
    ));
    const set = () =>
      void change({
        change: "set",
        expires_at: expires.value === "" ? null : `${expires.value}T23:59:59Z`,
        shares_order: shares.checked,
      }, shares.checked ? "Visitors see everything." : "Visitors see figures and no values.");
    shares.addEventListener("change", set);
    expires.addEventListener("change", set);
    if (now.share_token === null) {
      place.replaceChildren(
        el("p", "No link is shared: only you can open this report."),
        el("p.actions", action("Make a link to share", "rotate", "Here is the link.")),
      );
      return;
    }
    const url = `${location.origin}/report/${now.share_token}`;
    const field = el("input", { type: "url", readonly: true, value: url, id: "share-link" });
    const copy = el("button.plain", { type: "button" }, "Copy");
    copy.addEventListener("click", () =>
      void attempt(said, async () => {
        await navigator.clipboard.writeText(url);
        return "Copied.";
      }));
    place.replaceChildren(
      el("p.actions", el("label", { for: "share-link" }, "Link to share"), field, copy),
      el("p.actions", el("label", shares, " Visitors see images, prompt and values")),
      el("p.actions", el("label", "Ends after ", expires), el("span.quiet", "empty: never")),
      el(
        "p.actions",
        action("Replace the link", "rotate", "The old link opens nothing any more."),
        action("Revoke the link", "revoke", "The link opens nothing any more."),
      ),
    );
  };
  show(sharing);
  return el("div", el("h3", "Share"), place, said);
}

/** @param {NonNullable<import("./report_data.ts").ReportData["payment"]>} payment */
function paymentView({ paid_amount, refunded_amount, currency, disputed_amount, dispute_status }) {
  const amount = (/** @type {number} */ smallest) => {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    return format.format(smallest / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  };
  const lines = [
    `Paid: ${amount(paid_amount)}.`,
    refunded_amount > 0 ? `Refunded: ${amount(refunded_amount)}.` : null,
    dispute_status === null ? null : `Disputed: ${amount(disputed_amount ?? 0)}, ` +
      `${dispute_status.replaceAll("_", " ")}.`,
  ];
  return el("div", el("h3", "Payment"), el("p", lines.filter((line) => line !== null).join(" ")));
}

/**
 * @param {import("./report_data.ts").JsonValue} schema
 * @param {import("./api.js").Api} api
 */
function rescoringView(schema, api) {
  const said = el("p.said");
  const text = /** @type {HTMLTextAreaElement} */ (el(
    "textarea",
    { rows: 12, spellcheck: "false", "aria-label": "Schema with rules" },
    writeJson(schema, 2),
  ));
  const button = el("button.plain", { type: "button" }, "Score again");
  button.addEventListener("click", () =>
    void attempt(said, async () => {
      const begun = await api.rescore(parse(text.value));
      return begun.is_new
        ? `Revision ${begun.revision} is being scored. Load the page again in a minute.`
        : `These rules were used already: revision ${begun.revision}.`;
    }));
  return el(
    "details",
    el("summary", "Score the same answers by other rules"),
    el(
      "p.quiet",
      "Change only x-compare in the schema, for example ",
      el("code", '"x-compare": {"ignore": true}'),
      " for a field that should not count. No model is called and nothing is charged.",
    ),
    text,
    el("p.actions", button),
    said,
  );
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused(`That is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}
