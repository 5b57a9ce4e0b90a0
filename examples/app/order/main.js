import { announce, el, section } from "../shared/dom.js";
import { date } from "../shared/format.js";
import { explain, readConfig } from "../shared/session.js";
import { signInView } from "../shared/sign_in.js";
import { createApi } from "./api.js";
import { imagesStep } from "./images_step.js";
import { modelsStep } from "./models_step.js";
import { orderStep } from "./order_step.js";
import { taskStep } from "./task_step.js";

/** @import { Draft } from "./order_data.ts" */

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const account = /** @type {HTMLElement} */ (document.getElementById("account"));
const SIGN_IN = {
  title: "Order a benchmark",
  lead: "Find out which model reads your documents best, what each costs, and how sure that is.",
};
/** Pause after the last change before the draft is saved and priced. */
const PAUSE_MS = 700;

/** @type {Draft} */
const EMPTY = {
  id: null,
  name: "",
  prompt: "Read the document and answer with JSON that fits the schema.",
  json_schema: {},
  images: [],
  model_ids: [],
  priorities: ["accuracy", "cost", "speed"],
  runs_per_model: 2,
  strategy: "full",
};

/** @param {import("./api.js").Api} api */
async function start(api) {
  const user = await api.user();
  if (user === null) {
    account.replaceChildren();
    content.replaceChildren(signInView(api, SIGN_IN, () => start(api)));
    return;
  }
  const signOut = el("button.plain", { type: "button" }, "Sign out");
  signOut.addEventListener("click", async () => {
    await api.signOut();
    location.replace("/order/");
  });
  account.replaceChildren(el("span.quiet.user", user), signOut);
  const id = /^#draft=([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  const [models, reports, draft] = await Promise.all([
    api.models(),
    api.reports(),
    id === undefined ? structuredClone(EMPTY) : api.loadDraft(id),
  ]);
  showOrder(api, draft, models, reports);
}

/**
 * @param {import("./api.js").Api} api
 * @param {Draft} draft
 * @param {import("./order_data.ts").OfferedModel[]} models
 * @param {import("./order_data.ts").OwnReport[]} reports
 */
function showOrder(api, draft, models, reports) {
  const pay = orderStep(async () => {
    await api.saveDraft(draft);
    return (await api.order(draft.id ?? "")).checkout_url;
  });
  let timer = 0;
  let version = 0;
  const changed = () => {
    clearTimeout(timer);
    version++;
    timer = setTimeout(() => void price(), PAUSE_MS);
  };
  const price = async () => {
    const missing = findMissing(draft);
    const priced = version;
    if (missing === null) pay.wait();
    else pay.ask(missing);
    try {
      await save();
      if (missing !== null) return chosen.price(null);
      const quote = await api.estimate(draft.id ?? "");
      // A later change is priced by itself.
      if (priced !== version) return;
      pay.show(quote);
      chosen.price(quote.estimate);
    } catch (error) {
      if (priced === version) pay.refuse(error, draft);
    }
  };
  /** Saves one at a time, so that two first saves do not make two drafts. */
  let saving = Promise.resolve();
  const save = () => {
    saving = saving.catch(() => {}).then(async () => {
      await api.saveDraft(draft);
      history.replaceState(null, "", `#draft=${draft.id}`);
    });
    return saving;
  };
  const task = taskStep(draft, changed);
  const images = imagesStep(draft, api, () => {
    task.show();
    changed();
  });
  const chosen = modelsStep(draft, models, changed);
  content.replaceChildren(
    el("h1", "Order a benchmark"),
    ...reports.length === 0 ? [] : [ownReports(reports)],
    images.element,
    task.element,
    chosen.element,
    pay.element,
  );
  void price();
}

/**
 * Returns what the customer has to do before the order can be priced; null if nothing.
 *
 * @param {Draft} draft
 */
function findMissing({ images, model_ids, json_schema, prompt }) {
  const steps = [
    images.length === 0 ? "add images" : null,
    images.some(({ expected }) => expected === null)
      ? "say for each image what should be read from it"
      : null,
    Object.keys(json_schema).length === 0 ? "give a schema" : null,
    prompt.trim() === "" ? "write a prompt" : null,
    model_ids.length === 0 ? "choose models" : null,
  ].filter((step) => step !== null);
  return steps.length === 0 ? null : `To see the price: ${steps.join(", ")}.`;
}

/** @param {import("./order_data.ts").OwnReport[]} reports */
function ownReports(reports) {
  return section(
    "reports",
    "Your reports",
    null,
    el(
      "ul",
      ...reports.map(({ status, created_at, share_token }) =>
        el(
          "li",
          share_token === null
            ? `${date(created_at)}: ${status}, not shared`
            : el("a", { href: `/report/#${share_token}` }, `${date(created_at)}: ${status}`),
        )
      ),
    ),
  );
}

try {
  await start(await createApi(await readConfig()));
} catch (error) {
  const { title, detail } = explain(error);
  content.replaceChildren(el("section.message", el("h1", title), el("p", detail)));
  announce(title);
}
