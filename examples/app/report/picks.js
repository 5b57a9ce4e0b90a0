import { el } from "../shared/dom.js";
import { groupByModel } from "./figures.js";
import { list, unbroken } from "../shared/format.js";

/** Display names of the picks. */
const NAMES = {
  mostAccurate: "Most accurate",
  cheapestGoodEnough: "Cheapest good enough",
  fastestGoodEnough: "Fastest good enough",
};

/**
 * Returns a card for the most accurate model and for the cheapest and the fastest good enough ones.
 * Picks of the same model share a card. Null if nothing was measured.
 *
 * @param {import("./report_data.ts").Summary} summary
 */
export function picksView({ models, picks, goodEnough }) {
  const names = /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES));
  const named = names.map((name) => {
    const pick = picks[name];
    return pick === null ? null : { ...pick, name };
  });
  const groups = groupByModel(named);
  if (groups.length === 0) return null;
  const isOnlyOne =
    models.filter(({ standing }) => standing === "best" || standing === "good_enough").length === 1;
  return el(
    "div.picks",
    el("h2.unseen", "Picks"),
    el("ul", ...groups.map((group) => card(group, models, isOnlyOne))),
    el("p.quiet", unbroken(goodEnough)),
  );
}

/**
 * @param {(import("./report_data.ts").Pick & { name: keyof typeof NAMES })[]} group
 * @param {import("./report_data.ts").Model[]} models
 * @param {boolean} isOnlyOne true if no other model is good enough
 */
function card(group, models, isOnlyOne) {
  const [first] = group;
  const model = models.find(({ modelId }) => modelId === first?.modelId);
  // The only good enough model is not compared with others in cost and speed.
  const said = isOnlyOne ? group.filter(({ name }) => name === "mostAccurate") : group;
  return el(
    "li.pick",
    el("p.pick-name", labelOf(group.map(({ name }) => name))),
    el("h3", model?.modelName ?? first?.modelId),
    ...said.map(({ text }) => el("p", unbroken(text))),
    isOnlyOne ? el("p", "No other model is good enough.") : null,
  );
}

/**
 * Joins the names of picks: `Most accurate, cheapest and fastest good enough`.
 *
 * @param {(keyof typeof NAMES)[]} names
 */
function labelOf(names) {
  const last = names.at(-1);
  const words = names.map((name) =>
    name === last ? NAMES[name] : NAMES[name].replace(" good enough", "")
  );
  return list(words.map((word, index) => index === 0 ? word : word.toLowerCase()));
}
