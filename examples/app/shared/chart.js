// Charts are drawn by Observable Plot, which index.html loads before the modules. Their colours come
// from the style sheet.

import { el } from "./dom.js";

/** Values that differ by more than this need a logarithmic axis. */
const WIDE_RANGE = 20;

/**
 * Returns Observable Plot, which a script loads before the modules.
 *
 * @returns {typeof import("@observablehq/plot")}
 */
export function plotLibrary() {
  return Reflect.get(globalThis, "Plot");
}

/**
 * Tells whether values need a logarithmic axis.
 *
 * @param {number[]} values
 */
export function isWide(values) {
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) > WIDE_RANGE * least;
}

/**
 * Returns a chart that is drawn again when its width changes. `words` describe it to screen readers.
 *
 * @param {{ title: string, note: string | null, words: string }} text
 * @param {(width: number) => Element} draw
 */
export function chart({ title, note, words }, draw) {
  const canvas = el("div.canvas", { role: "img", "aria-label": `${title}. ${words}` });
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.floor(canvas.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    const image = draw(width);
    // Screen readers get the words above instead of the axes.
    image.setAttribute("aria-hidden", "true");
    canvas.replaceChildren(image);
  }).observe(canvas);
  return el(
    "figure.card.chart",
    el("figcaption", el("h3", title), note === null ? null : el("p", note)),
    canvas,
  );
}
